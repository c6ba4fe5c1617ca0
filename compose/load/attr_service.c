/* services.*: in the order in which `config` prints them. */
#include "compose/load/attr.h"
#include "compose/load/words.h"

/* Shorthands for the shapes most rows have. */
#define FLAG_ROW(name_, cast_, ...)                                                                \
	{ name_, KIND_BOOL, BOOL | STR, .cast = cast_, .dflt = "false", __VA_ARGS__ }
#define STRINGS(name_, unique_, ...)                                                               \
	{ name_, KIND_LIST, LIST, .unique = unique_, .item = &attr_item_str, __VA_ARGS__ }
#define STRING_OR_LIST(name_, ...)                                                                 \
	{ name_, KIND_LIST, STR | LIST, .merge = MERGE_SEQUENCE, .unique = UNIQUE_NAME,            \
	  .item = &attr_item_str, __VA_ARGS__ }
#define PAIRS(name_, flags_, ...)                                                                  \
	{ name_, KIND_PAIRS, LIST | MAP, .merge = MERGE_SEQUENCE, .unique = UNIQUE_NAME,           \
	  .flags = (flags_), .item = &attr_item_str, .members = &attr_set_pairs, __VA_ARGS__ }
#define HOOKS(name_, ...) { name_, KIND_LIST, LIST, .item = &hook_item, __VA_ARGS__ }
#define SIZE(name_, forms_, ...) { name_, KIND_BYTES, forms_, __VA_ARGS__ }

static const struct attr hook_item = { NULL, KIND_OBJECT, MAP, .members = &attr_set_hook };

/* blkio_config: none of these mappings takes x- members. */
static const struct attr blkio_weight_rows[] = {
	{ "path", KIND_STR, STR, .acts = ACTS, .doc = "Device." },
	{ "weight", KIND_INT, INT | STR, .min = "0", .max = "1000", .acts = ACTS,
	  .doc = "Share of the device, 10 to 1000." },
};
static const struct attr_set blkio_weight_set = {
	ATTR_SET_OF("services.*.blkio_config.weight_device[]", blkio_weight_rows), .no_x = true
};
static const struct attr blkio_weight_item = { NULL, KIND_OBJECT, MAP,
					       .members = &blkio_weight_set };
static const struct attr blkio_rate_rows[] = {
	{ "path", KIND_STR, STR, .acts = ACTS, .doc = "Device." },
	{ "rate", KIND_BYTES, INT | STR, .acts = ACTS,
	  .doc = "Bytes or operations a second." },
};
static const struct attr_set blkio_rate_set = {
	ATTR_SET_OF("services.*.blkio_config.device_*[]", blkio_rate_rows), .no_x = true
};
static const struct attr blkio_rate_item = { NULL, KIND_OBJECT, MAP, .members = &blkio_rate_set };
static const struct attr blkio_rows[] = {
	{ "weight", KIND_INT, INT | STR, .min = "0", .max = "1000", .acts = ACTS, .dflt = "500",
	  .doc = "Share of block I/O, 10 to 1000; 0 is unset." },
	{ "weight_device", KIND_LIST, LIST, .item = &blkio_weight_item, .acts = ACTS,
	  .doc = "Shares by device." },
	{ "device_read_bps", KIND_LIST, LIST, .item = &blkio_rate_item, .acts = ACTS,
	  .doc = "Bytes read a second at most." },
	{ "device_read_iops", KIND_LIST, LIST, .item = &blkio_rate_item, .acts = ACTS,
	  .doc = "Reads a second at most." },
	{ "device_write_bps", KIND_LIST, LIST, .item = &blkio_rate_item, .acts = ACTS,
	  .doc = "Bytes written a second at most." },
	{ "device_write_iops", KIND_LIST, LIST, .item = &blkio_rate_item, .acts = ACTS,
	  .doc = "Writes a second at most." },
};
static const struct attr_set blkio_set = { ATTR_SET_OF("services.*.blkio_config", blkio_rows),
					   .no_x = true };

static const struct attr credential_rows[] = {
	{ "config", KIND_STR, STR, .acts = VALIDATED, .doc = "Only meant for Windows." },
	{ "file", KIND_STR, STR, .acts = VALIDATED, .doc = "Only meant for Windows." },
	{ "registry", KIND_STR, STR, .acts = VALIDATED, .doc = "Only meant for Windows." },
};
static const struct attr_set credential_set = { ATTR_SET_OF("services.*.credential_spec",
							    credential_rows) };

static const struct attr file_item_config = {
	NULL, KIND_OBJECT, STR | MAP, .brief = SHORT_SOURCE, .members = &attr_set_file_ref,
	.expect = "a config's name, or a mapping with source",
};
static const struct attr file_item_secret = {
	NULL, KIND_OBJECT, STR | MAP, .brief = SHORT_SOURCE, .members = &attr_set_file_ref,
	.expect = "a secret's name, or a mapping with source",
};

static const char *const condition_words[] = { "service_started", "service_healthy",
					       "service_completed_successfully", NULL };
static const struct attr depends_rows[] = {
	{ "condition", KIND_STR, STR, .flags = ATTR_REQUIRED, .words = condition_words, .acts = ACTS,
	  .dflt = "service_started in the short form", .doc = "What is waited for." },
	{ "restart", KIND_BOOL, BOOL | STR, .cast = CAST_BOOL, .acts = ACTS, .dflt = "false",
	  .doc = "Restart this service when the other is restarted on request." },
	{ "required", KIND_BOOL, BOOL, .cast = CAST_BOOL, .flags = ATTR_ALWAYS, .acts = ACTS,
	  .dflt = "true", .doc = "Whether a missing or failing dependency is an error." },
};
static const struct attr_set depends_set = { ATTR_SET_OF("services.*.depends_on.*",
							 depends_rows) };
static const struct attr depends_entry = { NULL, KIND_OBJECT, MAP, .members = &depends_set };
static const struct attr_set depends_names = { .any = &depends_entry };

static const struct attr device_rows[] = {
	{ "source", KIND_STR, STR, .flags = ATTR_REQUIRED, .acts = ACTS,
	  .doc = "Host device, directory of devices, or CDI name." },
	{ "target", KIND_STR, STR, .acts = ACTS, .dflt = "source", .doc = "Path in the container." },
	{ "permissions", KIND_STR, STR, .acts = ACTS, .dflt = "rwm",
	  .doc = "Any of r (read), w (write), m (make nodes)." },
};
static const struct attr_set device_set = { ATTR_SET_OF("services.*.devices[]", device_rows) };
static const struct attr device_item = {
	NULL, KIND_OBJECT, STR | MAP, .brief = SHORT_DEVICE, .members = &device_set,
	.expect = "SOURCE[:TARGET[:PERMISSIONS]], or a mapping with source",
};

static const struct attr provider_value = { NULL, KIND_LIST, STR | NUM | BOOL | LIST,
					    .item = &attr_item_text };
static const struct attr_set provider_options = { .any = &provider_value };
static const struct attr provider_rows[] = {
	{ "type", KIND_STR, STR, .flags = ATTR_REQUIRED, .acts = VALIDATED,
	  .doc = "Program that provides the service." },
	{ "options", KIND_NAMES, MAP, .members = &provider_options, .acts = VALIDATED,
	  .doc = "Options for it." },
};
static const struct attr_set provider_set = { ATTR_SET_OF("services.*.provider", provider_rows) };

static const struct attr env_file_rows[] = {
	{ "path", KIND_STR, STR, .flags = ATTR_REQUIRED, .path = PATH_PLAIN, .acts = ACTS,
	  .doc = "The file." },
	{ "required", KIND_BOOL, BOOL | STR, .flags = ATTR_OMIT_TRUE, .acts = ACTS, .dflt = "true",
	  .doc = "Whether a missing file is an error." },
	{ "format", KIND_STR, STR, .acts = ACTS, .dflt = "the .env grammar",
	  .doc = "raw takes every value as it stands." },
};
static const struct attr_set env_file_set = { ATTR_SET_OF("services.*.env_file[]", env_file_rows),
					      .no_x = true };
static const struct attr env_file_item = {
	NULL, KIND_OBJECT, STR | MAP, .members = &env_file_set,
	.expect = "a path, or a mapping with path",
};

static const struct attr extends_rows[] = {
	{ "service", KIND_STR, STR, .flags = ATTR_REQUIRED, .acts = LOADS,
	  .doc = "Service taken over." },
	{ "file", KIND_STR, STR, .path = PATH_EXTENDS, .acts = LOADS, .dflt = "the same file",
	  .doc = "File it is in." },
};
static const struct attr_set extends_set = { ATTR_SET_OF("services.*.extends", extends_rows),
					     .no_x = true };

static const struct attr label_file_item = { NULL, KIND_STR, STR, .path = PATH_PLAIN };
static const struct attr gpu_item = { NULL, KIND_OBJECT, MAP, .members = &attr_set_gpu };
static const char *const all_words[] = { "all", NULL };

static const struct attr health_rows[] = {
	{ "test", KIND_TEST, STR | LIST, .merge = MERGE_REPLACE, .item = &attr_item_str,
	  .acts = ACTS, .dflt = "the image's",
	  .doc = "Command, or a list that begins with CMD, CMD-SHELL or NONE." },
	{ "timeout", KIND_DURATION, STR, .flags = ATTR_KEEP_ZERO, .acts = ACTS, .dflt = "30s",
	  .doc = "Longest run of one check." },
	{ "interval", KIND_DURATION, STR, .flags = ATTR_KEEP_ZERO, .acts = ACTS, .dflt = "30s",
	  .doc = "Time between checks." },
	{ "retries", KIND_INT, NUM | STR, .cast = CAST_INT, .flags = ATTR_KEEP_ZERO, .min = "0",
	  .acts = ACTS, .dflt = "3", .doc = "Failures in a row that mean unhealthy." },
	{ "start_period", KIND_DURATION, STR, .flags = ATTR_KEEP_ZERO, .acts = ACTS, .dflt = "0s",
	  .doc = "Time after the start in which failures do not count." },
	{ "start_interval", KIND_DURATION, STR, .flags = ATTR_KEEP_ZERO, .acts = ACTS,
	  .dflt = "5s", .doc = "Time between checks during start_period." },
	{ "disable", KIND_BOOL, BOOL | STR, .cast = CAST_BOOL, .acts = ACTS, .dflt = "false",
	  .doc = "No check, not even the image's." },
};
static const struct attr_set health_set = { ATTR_SET_OF("services.*.healthcheck", health_rows) };

static const struct attr logging_rows[] = {
	{ "driver", KIND_STR, STR, .acts = ACTS, .dflt = "json-file", .doc = "Where output goes." },
	{ "options", KIND_NAMES, MAP, .members = &attr_set_options, .acts = ACTS,
	  .doc = "max-size, max-file and what else the driver takes." },
};
static const struct attr_set logging_set = { ATTR_SET_OF("services.*.logging", logging_rows) };

static const struct attr model_ref_rows[] = {
	{ "endpoint_var", KIND_STR, STR, .acts = VALIDATED, .dflt = "KEY_URL",
	  .doc = "Variable that holds the endpoint." },
	{ "model_var", KIND_STR, STR, .acts = VALIDATED, .dflt = "KEY",
	  .doc = "Variable that holds the model." },
};
static const struct attr_set model_ref_set = { ATTR_SET_OF("services.*.models.*",
							   model_ref_rows) };
static const struct attr model_ref = { NULL, KIND_OBJECT, MAP | NIL, .flags = ATTR_HOLLOW,
				       .members = &model_ref_set };
static const struct attr_set model_names = { .any = &model_ref };

static const struct attr link_rows[] = {
	STRINGS("aliases", UNIQUE_NAME, .acts = ACTS, .doc = "Further names on this network."),
	{ "driver_opts", KIND_NAMES, MAP, .members = &attr_set_options, .acts = VALIDATED,
	  .doc = "Options of the endpoint." },
	{ "gw_priority", KIND_INT, NUM, .acts = ACTS, .dflt = "0",
	  .doc = "The network with the highest has the default route." },
	{ "interface_name", KIND_STR, STR, .acts = ACTS, .dflt = "ethN",
	  .doc = "Name of the interface in the container." },
	{ "ipv4_address", KIND_STR, STR, .check = check_ipv4, .acts = ACTS,
	  .doc = "Fixed address, in a subnet of the network." },
	{ "ipv6_address", KIND_STR, STR, .check = check_ipv6, .acts = ACTS,
	  .doc = "Fixed address, in a subnet of the network." },
	STRINGS("link_local_ips", UNIQUE_NAME, .acts = ACTS, .doc = "Further addresses."),
	{ "mac_address", KIND_STR, STR, .check = check_mac, .acts = ACTS, .doc = "Link address." },
	{ "priority", KIND_INT, NUM, .acts = ACTS, .dflt = "0",
	  .doc = "Networks are joined from the highest down." },
};
static const struct attr_set link_set = { ATTR_SET_OF("services.*.networks.*", link_rows) };
static const struct attr link_entry = { NULL, KIND_OBJECT, MAP | NIL, .flags = ATTR_HOLLOW,
					.members = &link_set };
static const struct attr_set link_names = { .any = &link_entry };

static const struct attr port_item = {
	NULL, KIND_OBJECT, NUM | STR | MAP, .brief = SHORT_PORT, .members = &attr_set_port,
	.expect = "[[IP:]HOST[-END]:]CONTAINER[-END][/PROTOCOL], or a mapping with target",
};
static const struct attr mount_item = {
	NULL, KIND_OBJECT, STR | MAP, .brief = SHORT_MOUNT, .path = PATH_MOUNT,
	.members = &attr_set_mount,
	.expect = "[SOURCE:]TARGET[:OPTIONS], or a mapping with type",
};
static const struct attr storage_value = { NULL, KIND_TEXT, STR | NUM | BOOL | NIL,
					   .flags = ATTR_EMPTY_NULL };
static const struct attr_set storage_names = { .any = &storage_value };
static const struct attr cap_item = { NULL, KIND_STR, STR, .check = check_capability };
static const struct attr rule_item = { NULL, KIND_STR, STR, .check = check_device_rule };
static const char *const cgroup_words[] = { "host", "private", NULL };

static const struct attr service_rows[] = {
	STRINGS("profiles", UNIQUE_NAME, .flags = ATTR_NO_HASH, .acts = LOADS,
		.dflt = "always enabled", .doc = "Profiles that enable the service."),
	PAIRS("annotations", ATTR_EMPTY_NULL, .acts = ACTS, .doc = "Annotations of the container."),
	{ "attach", KIND_BOOL, BOOL | STR, .flags = ATTR_KEEP_ZERO, .acts = ACTS, .dflt = "true",
	  .doc = "Whether up in the foreground shows the output." },
	{ "build", KIND_OBJECT, STR | MAP, .merge = MERGE_BUILD, .brief = SHORT_CONTEXT,
	  .flags = ATTR_NO_HASH, .members = &attr_set_build, .acts = BUILDS,
	  .doc = "How the image is made.", .expect = "a directory or URL, or a mapping" },
	{ "develop", KIND_OBJECT, MAP | NIL, .members = &attr_set_develop, .acts = ACTS,
	  .doc = "Only used by watch." },
	{ "blkio_config", KIND_OBJECT, MAP, .members = &blkio_set, .acts = ACTS,
	  .doc = "Block I/O limits." },
	{ "cap_add", KIND_LIST, LIST, .unique = UNIQUE_NAME, .item = &cap_item, .acts = ACTS,
	  .doc = "Capabilities on top of the default set; ALL." },
	{ "cap_drop", KIND_LIST, LIST, .unique = UNIQUE_NAME, .item = &cap_item, .acts = ACTS,
	  .doc = "Capabilities taken away; ALL." },
	{ "cgroup_parent", KIND_STR, STR, .acts = ACTS, .doc = "Cgroup above the container's." },
	{ "cgroup", KIND_STR, STR, .words = cgroup_words, .acts = ACTS, .dflt = "private",
	  .doc = "Cgroup namespace." },
	{ "cpu_count", KIND_INT, STR | INT, .cast = CAST_INT64, .min = "0", .acts = VALIDATED,
	  .doc = "Only meant for Windows." },
	{ "cpu_percent", KIND_CPUS, STR | NUM, .cast = CAST_FLOAT64, .min = "0", .max = "100",
	  .acts = VALIDATED, .doc = "Only meant for Windows." },
	{ "cpu_period", KIND_INT, NUM | STR, .cast = CAST_INT64, .acts = ACTS, .dflt = "100000",
	  .doc = "Scheduling period in microseconds." },
	{ "cpu_quota", KIND_INT, NUM | STR, .cast = CAST_INT64, .acts = ACTS, .dflt = "unlimited",
	  .doc = "CPU time in a period, in microseconds." },
	{ "cpu_rt_period", KIND_MICROS, NUM | STR, .acts = ACTS,
	  .doc = "Real-time period in microseconds, or a duration; cgroup v1." },
	{ "cpu_rt_runtime", KIND_MICROS, NUM | STR, .acts = ACTS,
	  .doc = "Real-time budget in microseconds, or a duration; cgroup v1." },
	{ "cpus", KIND_CPUS, NUM | STR, .cast = CAST_FLOAT32, .acts = ACTS, .dflt = "unlimited",
	  .doc = "CPUs' worth of time." },
	{ "cpuset", KIND_STR, STR, .acts = ACTS, .doc = "CPUs to run on: 0-3,5." },
	{ "cpu_shares", KIND_INT, NUM | STR, .cast = CAST_INT64, .acts = ACTS, .dflt = "1024",
	  .doc = "Weight against other containers." },
	{ "command", KIND_COMMAND, NIL | STR | LIST, .merge = MERGE_REPLACE,
	  .flags = ATTR_KEEP_EMPTY | ATTR_JSON_NULL, .item = &attr_item_str, .acts = ACTS,
	  .dflt = "the image's", .doc = "Arguments after the entrypoint." },
	{ "configs", KIND_LIST, LIST, .unique = UNIQUE_CONFIG, .item = &file_item_config,
	  .acts = ACTS, .doc = "Configs mounted as files." },
	{ "container_name", KIND_STR, STR, .check = check_container_name, .acts = ACTS,
	  .dflt = "PROJECT-SERVICE-N", .doc = "Name of the only container." },
	{ "credential_spec", KIND_OBJECT, MAP, .members = &credential_set, .acts = VALIDATED,
	  .doc = "Only meant for Windows." },
	{ "depends_on", KIND_NAMES, LIST | MAP, .merge = MERGE_DEPENDS_ON, .brief = SHORT_DEPENDS_ON,
	  .flags = ATTR_NO_HASH | ATTR_SET, .item = &attr_item_str, .members = &depends_names,
	  .acts = ACTS, .doc = "Services started before and stopped after." },
	{ "deploy", KIND_OBJECT, MAP | NIL, .members = &attr_set_deploy, .acts = ACTS,
	  .doc = "Replicas, limits, update order." },
	{ "device_cgroup_rules", KIND_LIST, LIST, .unique = UNIQUE_EXACT, .item = &rule_item,
	  .acts = ACTS, .doc = "Device access: c 1:3 mr." },
	{ "devices", KIND_LIST, LIST, .unique = UNIQUE_DEVICE, .item = &device_item, .acts = ACTS,
	  .doc = "Host devices in the container." },
	STRING_OR_LIST("dns", .flags = ATTR_PRUNE, .brief = SHORT_LIST, .acts = ACTS,
		       .doc = "Name servers asked for names outside the project."),
	STRINGS("dns_opt", UNIQUE_NAME, .merge = MERGE_SEQUENCE, .acts = ACTS,
		.doc = "Options of resolv.conf."),
	STRING_OR_LIST("dns_search", .acts = ACTS, .doc = "Search domains."),
	{ "domainname", KIND_STR, STR, .acts = ACTS, .doc = "Domain name of the container." },
	{ "entrypoint", KIND_COMMAND, NIL | STR | LIST, .merge = MERGE_REPLACE,
	  .flags = ATTR_KEEP_EMPTY | ATTR_JSON_NULL, .item = &attr_item_str, .acts = ACTS,
	  .dflt = "the image's", .doc = "Program; when set, the image's command is not used." },
	{ "provider", KIND_OBJECT, MAP, .members = &provider_set, .acts = VALIDATED,
	  .doc = "Service provided by another program." },
	PAIRS("environment", 0, .acts = ACTS,
	      .doc = "Variables; a name without a value is taken from the environment."),
	{ "env_file", KIND_LIST, STR | LIST, .merge = MERGE_SEQUENCE, .unique = UNIQUE_PATH,
	  .brief = SHORT_ENV_FILE, .flags = ATTR_NO_HASH, .item = &env_file_item, .acts = ACTS,
	  .doc = "Files with variables; later ones win, environment beats them." },
	{ "expose", KIND_LIST, LIST, .unique = UNIQUE_EXPOSE, .item = &attr_item_text,
	  .acts = VALIDATED, .doc = "Ports the service listens on." },
	{ "extends", KIND_OBJECT, STR | MAP, .brief = SHORT_SERVICE, .flags = ATTR_GONE,
	  .members = &extends_set, .acts = LOADS, .doc = "Take over another service's definition." },
	STRINGS("external_links", UNIQUE_EXACT, .acts = ACTS,
		.doc = "CONTAINER[:ALIAS] outside the project."),
	{ "extra_hosts", KIND_HOSTS, LIST | MAP, .merge = MERGE_EXTRA_HOSTS, .flags = ATTR_SET,
	  .item = &attr_item_str, .members = &attr_set_hosts, .acts = ACTS,
	  .doc = "Lines of /etc/hosts; host-gateway is this host." },
	{ "group_add", KIND_LIST, LIST, .unique = UNIQUE_EXACT, .item = &attr_item_text,
	  .acts = ACTS, .doc = "Further groups." },
	{ "gpus", KIND_LIST, STR | LIST, .brief = SHORT_GPUS, .item = &gpu_item,
	  .words = all_words, .acts = ACTS, .doc = "GPUs: all, or a list of requests.",
	  .expect = "all, or a list of device requests" },
	{ "hostname", KIND_STR, STR, .acts = ACTS, .dflt = "the short container id",
	  .doc = "Host name." },
	{ "healthcheck", KIND_OBJECT, MAP, .members = &health_set, .acts = ACTS,
	  .dflt = "the image's", .doc = "How it is known that the service works." },
	{ "image", KIND_STR, STR, .acts = ACTS, .dflt = "PROJECT-SERVICE when built",
	  .doc = "Image to run; name of the image built." },
	FLAG_ROW("init", CAST_BOOL, .flags = ATTR_KEEP_ZERO, .acts = ACTS,
		 .doc = "Run a small init as process 1."),
	{ "ipc", KIND_STR, STR, .acts = ACTS, .dflt = "private",
	  .doc = "IPC namespace: shareable, private, host, none, service:X, container:X." },
	{ "isolation", KIND_STR, STR, .acts = VALIDATED, .doc = "default; others are for Windows." },
	PAIRS("labels", ATTR_EMPTY_NULL, .acts = ACTS, .doc = "Labels of the containers."),
	{ "label_file", KIND_LIST, STR | LIST, .merge = MERGE_SEQUENCE, .brief = SHORT_LIST,
	  .flags = ATTR_NO_HASH, .item = &label_file_item, .acts = ACTS,
	  .doc = "Files with labels; labels beats them." },
	STRINGS("links", UNIQUE_NAME, .acts = ACTS, .doc = "SERVICE[:ALIAS]: an alias seen here only."),
	{ "logging", KIND_OBJECT, MAP, .merge = MERGE_LOGGING, .members = &logging_set,
	  .acts = ACTS, .doc = "What happens to the output." },
	SIZE("mem_limit", NUM | STR, .acts = ACTS, .dflt = "unlimited", .doc = "Most memory."),
	SIZE("mem_reservation", INT | STR, .acts = ACTS, .doc = "Memory protected from reclaim."),
	SIZE("memswap_limit", NUM | STR, .acts = ACTS, .dflt = "twice mem_limit",
	     .doc = "Memory and swap together; -1 is unlimited."),
	SIZE("mem_swappiness", INT | STR, .min = "0", .max = "100", .acts = ACTS,
	     .doc = "0 to 100; cgroup v1."),
	{ "mac_address", KIND_STR, STR, .check = check_mac, .acts = ACTS, .dflt = "computed",
	  .doc = "Link address on the first network." },
	{ "models", KIND_NAMES, LIST | MAP, .merge = MERGE_NAMES, .brief = SHORT_NAMES,
	  .flags = ATTR_SET, .item = &attr_item_str, .members = &model_names, .acts = VALIDATED,
	  .doc = "Models the service uses." },
	{ "network_mode", KIND_STR, STR, .check = check_network_mode, .acts = ACTS,
	  .doc = "host, none, service:X, container:X; excludes networks." },
	{ "networks", KIND_NAMES, LIST | MAP, .merge = MERGE_NAMES, .brief = SHORT_NAMES,
	  .flags = ATTR_SET, .item = &attr_item_str, .members = &link_names, .acts = ACTS,
	  .dflt = "default", .doc = "Networks joined." },
	FLAG_ROW("oom_kill_disable", CAST_BOOL, .acts = ACTS, .doc = "Never OOM-kill; cgroup v1."),
	{ "oom_score_adj", KIND_INT, STR | INT, .cast = CAST_INT64, .min = "-1000", .max = "1000",
	  .acts = ACTS, .dflt = "0", .doc = "Likelihood of being OOM-killed." },
	{ "pid", KIND_STR, STR | NIL, .acts = ACTS, .dflt = "private",
	  .doc = "PID namespace: host, service:X, container:X." },
	{ "pids_limit", KIND_INT, NUM | STR, .cast = CAST_INT64, .acts = ACTS, .dflt = "unlimited",
	  .doc = "Most processes; -1 is unlimited." },
	{ "platform", KIND_STR, STR, .check = check_platform, .acts = ACTS, .dflt = "the host's",
	  .doc = "os[/arch[/variant]] of the image." },
	{ "ports", KIND_LIST, LIST, .unique = UNIQUE_PORT, .item = &port_item, .acts = ACTS,
	  .doc = "Ports published on the host." },
	FLAG_ROW("privileged", CAST_BOOL, .acts = ACTS,
		 .doc = "All capabilities and devices, nothing masked."),
	{ "pull_policy", KIND_STR, STR, .check = check_pull_policy, .flags = ATTR_NO_HASH,
	  .acts = ACTS, .dflt = "missing", .doc = "When the image is looked for again.",
	  .expect = "always, never, build, missing, refresh, daily, weekly or every_DURATION" },
	FLAG_ROW("read_only", CAST_BOOL, .acts = ACTS, .doc = "Read-only root file system."),
	{ "restart", KIND_STR, STR, .check = check_restart, .acts = ACTS, .dflt = "no",
	  .doc = "When containers are started again.",
	  .expect = "no, always, unless-stopped or on-failure[:N]" },
	{ "runtime", KIND_STR, STR, .acts = VALIDATED, .dflt = "our own",
	  .doc = "OCI runtime to use." },
	{ "scale", KIND_INT, INT | STR, .cast = CAST_INT, .flags = ATTR_KEEP_ZERO | ATTR_NO_HASH,
	  .acts = ACTS, .dflt = "1", .doc = "Number of containers." },
	{ "secrets", KIND_LIST, LIST, .unique = UNIQUE_SECRET, .item = &file_item_secret,
	  .acts = ACTS, .doc = "Secrets mounted as files." },
	STRINGS("security_opt", UNIQUE_EXACT, .acts = ACTS,
		.doc = "no-new-privileges, seccomp=, apparmor=, label=, systempaths=unconfined."),
	SIZE("shm_size", NUM | STR, .acts = ACTS, .dflt = "64m", .doc = "Size of /dev/shm."),
	FLAG_ROW("stdin_open", CAST_BOOL, .acts = ACTS, .doc = "Keep standard input open."),
	{ "stop_grace_period", KIND_DURATION, STR, .flags = ATTR_KEEP_ZERO, .acts = ACTS,
	  .dflt = "10s", .doc = "Time between stop_signal and SIGKILL." },
	{ "stop_signal", KIND_STR, STR, .check = check_signal, .acts = ACTS, .dflt = "SIGTERM",
	  .doc = "Signal that asks the container to end." },
	{ "storage_opt", KIND_NAMES, MAP, .members = &storage_names, .acts = VALIDATED,
	  .doc = "size=: the root file system's quota." },
	PAIRS("sysctls", ATTR_EMPTY_NULL, .acts = ACTS, .doc = "Kernel parameters of the namespaces."),
	STRING_OR_LIST("tmpfs", .acts = ACTS, .doc = "PATH[:OPTIONS] mounted as tmpfs."),
	FLAG_ROW("tty", CAST_BOOL, .acts = ACTS, .doc = "Run on a terminal."),
	{ "ulimits", KIND_NAMES, MAP, .members = &attr_set_ulimits, .acts = ACTS,
	  .doc = "Resource limits by name." },
	{ "use_api_socket", KIND_BOOL, BOOL, .acts = VALIDATED, .dflt = "false",
	  .doc = "There is no daemon here: a warning." },
	{ "user", KIND_STR, STR, .acts = ACTS, .dflt = "the image's, else root",
	  .doc = "UID[:GID] or names." },
	{ "userns_mode", KIND_STR, STR, .acts = ACTS, .dflt = "host", .doc = "User namespace." },
	{ "uts", KIND_STR, STR, .acts = ACTS, .dflt = "private",
	  .doc = "UTS namespace: host, service:X." },
	{ "volumes", KIND_LIST, LIST, .unique = UNIQUE_VOLUME, .item = &mount_item, .acts = ACTS,
	  .doc = "Mounts." },
	STRINGS("volumes_from", UNIQUE_EXACT, .acts = ACTS,
		.doc = "SERVICE[:ro] or container:NAME[:ro]: its mounts as well."),
	{ "working_dir", KIND_STR, STR, .acts = ACTS, .dflt = "the image's, else /",
	  .doc = "Directory the process starts in." },
	HOOKS("pre_start", .acts = ACTS, .doc = "Init containers run before the start."),
	HOOKS("post_start", .acts = ACTS, .doc = "Commands run in the started container."),
	HOOKS("pre_stop", .acts = ACTS, .doc = "Commands run in the container before it is stopped."),
	{ "pull_refresh_after", KIND_STR, STR, .flags = ATTR_GONE, .acts = VALIDATED,
	  .doc = "Accepted for compatibility." },
};
const struct attr_set attr_set_service = { ATTR_SET_OF("services.*", service_rows) };
