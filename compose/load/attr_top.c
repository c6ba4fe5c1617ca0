/* The file itself, and its networks, volumes, secrets, configs, models and includes. */
#include "compose/load/attr.h"
#include "compose/load/words.h"

static const struct attr external_rows[] = {
	{ "name", KIND_STR, STR, .flags = ATTR_GONE, .acts = LOADS,
	  .doc = "Old place of the resource's name." },
};
static const struct attr_set external_set = { ATTR_SET_OF("networks.*.external", external_rows) };

#define NAME_ROW                                                                                   \
	{ "name", KIND_STR, STR, .acts = ACTS, .dflt = "PROJECT_KEY; KEY when external",           \
	  .doc = "Real name." }
#define EXTERNAL_ROW(acts_)                                                                        \
	{ "external", KIND_BOOL, BOOL | STR | MAP, .cast = CAST_BOOL, .dflt = "false",             \
	  .members = &external_set, .acts = acts_, .doc = "Made and removed by somebody else." }
#define LABELS_ROW(merge_, unique_)                                                                \
	{ "labels", KIND_PAIRS, LIST | MAP, .merge = merge_, .unique = unique_,                    \
	  .flags = ATTR_EMPTY_NULL, .item = &attr_item_str, .members = &attr_set_pairs,            \
	  .acts = VALIDATED, .doc = "Labels." }
#define DRIVER_OPTS_ROW(acts_)                                                                     \
	{ "driver_opts", KIND_NAMES, MAP, .members = &attr_set_options, .acts = acts_,             \
	  .doc = "Options of the driver." }

static const struct attr_set text_names = { .any = &attr_item_str };

static const struct attr pool_rows[] = {
	{ "subnet", KIND_STR, STR, .check = check_subnet, .acts = ACTS,
	  .doc = "Addresses of the network." },
	{ "gateway", KIND_STR, STR, .check = check_ip, .acts = ACTS, .dflt = "the first address",
	  .doc = "Address of the host." },
	{ "ip_range", KIND_STR, STR, .check = check_subnet, .acts = ACTS, .dflt = "the subnet",
	  .doc = "Part of the subnet handed out." },
	{ "aux_addresses", KIND_NAMES, MAP, .members = &text_names, .acts = ACTS,
	  .doc = "Addresses never handed out, by name." },
};
static const struct attr_set pool_set = { ATTR_SET_OF("networks.*.ipam.config[]", pool_rows) };
static const struct attr pool_item = { NULL, KIND_OBJECT, MAP, .members = &pool_set };

static const struct attr ipam_rows[] = {
	{ "driver", KIND_STR, STR, .acts = VALIDATED, .dflt = "default", .doc = "Address manager." },
	{ "config", KIND_LIST, LIST, .merge = MERGE_IPAM, .item = &pool_item, .acts = ACTS,
	  .doc = "Address pools." },
	{ "options", KIND_NAMES, MAP, .unique = UNIQUE_NAME, .members = &text_names,
	  .acts = VALIDATED, .doc = "Options of the address manager." },
};
static const struct attr_set ipam_set = { ATTR_SET_OF("networks.*.ipam", ipam_rows) };

static const struct attr network_rows[] = {
	NAME_ROW,
	{ "driver", KIND_STR, STR, .flags = ATTR_NO_HASH, .acts = ACTS, .dflt = "bridge",
	  .doc = "bridge, host, none, macvlan, ipvlan." },
	DRIVER_OPTS_ROW(ACTS),
	{ "ipam", KIND_OBJECT, MAP, .flags = ATTR_VALUE, .members = &ipam_set, .acts = ACTS,
	  .doc = "Addresses." },
	EXTERNAL_ROW(ACTS),
	{ "internal", KIND_BOOL, BOOL | STR, .cast = CAST_BOOL, .acts = ACTS, .dflt = "false",
	  .doc = "No way out of the network." },
	{ "attachable", KIND_BOOL, BOOL | STR, .cast = CAST_BOOL, .acts = VALIDATED,
	  .dflt = "false", .doc = "Without effect on one host." },
	LABELS_ROW(MERGE_SEQUENCE, UNIQUE_NAME),
	{ "enable_ipv4", KIND_BOOL, BOOL | STR, .cast = CAST_BOOL, .flags = ATTR_KEEP_ZERO,
	  .acts = ACTS, .dflt = "true", .doc = "Hand out IPv4 addresses." },
	{ "enable_ipv6", KIND_BOOL, BOOL | STR, .cast = CAST_BOOL, .flags = ATTR_KEEP_ZERO,
	  .acts = ACTS, .dflt = "false", .doc = "Hand out IPv6 addresses." },
};
static const struct attr_set network_set = { ATTR_SET_OF("networks.*", network_rows) };
static const struct attr network_entry = { NULL, KIND_OBJECT, MAP | NIL, .brief = SHORT_EXTERNAL,
					   .members = &network_set };
static const struct attr_set network_names = { .any = &network_entry };

static const struct attr volume_rows[] = {
	NAME_ROW,
	{ "driver", KIND_STR, STR, .flags = ATTR_NO_HASH, .acts = ACTS, .dflt = "local",
	  .doc = "Only local exists here." },
	DRIVER_OPTS_ROW(ACTS),
	EXTERNAL_ROW(ACTS),
	LABELS_ROW(MERGE_SEQUENCE, UNIQUE_NONE),
};
static const struct attr_set volume_set = { ATTR_SET_OF("volumes.*", volume_rows) };
static const struct attr volume_entry = { NULL, KIND_OBJECT, MAP | NIL, .brief = SHORT_EXTERNAL,
					  .path = PATH_DEVICE, .members = &volume_set };
static const struct attr_set volume_names = { .any = &volume_entry, .strict = true };

#define FILE_ROW                                                                                   \
	{ "file", KIND_STR, STR, .path = PATH_PLAIN, .acts = ACTS,                                 \
	  .doc = "File with the content." }
#define ENVIRONMENT_ROW                                                                            \
	{ "environment", KIND_STR, STR, .acts = ACTS, .doc = "Variable with the content." }

static const struct attr secret_rows[] = {
	NAME_ROW,
	FILE_ROW,
	ENVIRONMENT_ROW,
	{ "content", KIND_STR, STR, .flags = ATTR_INTERNAL, .acts = ACTS,
	  .doc = "Value of the variable." },
	EXTERNAL_ROW(ACTS),
	LABELS_ROW(MERGE_DEFAULT, UNIQUE_NONE),
	{ "driver", KIND_STR, STR, .acts = REFUSED, .doc = "Secret stores of a cluster." },
	DRIVER_OPTS_ROW(REFUSED),
	{ "template_driver", KIND_STR, STR, .acts = REFUSED, .doc = "Templates of a cluster." },
};
static const struct attr_set secret_set = { ATTR_SET_OF("secrets.*", secret_rows) };
static const struct attr secret_entry = { NULL, KIND_OBJECT, MAP, .brief = SHORT_EXTERNAL,
					  .members = &secret_set };
static const struct attr_set secret_names = { .any = &secret_entry, .strict = true };

static const struct attr config_rows[] = {
	NAME_ROW,
	FILE_ROW,
	ENVIRONMENT_ROW,
	{ "content", KIND_STR, STR, .flags = ATTR_KEEP_EMPTY, .acts = ACTS,
	  .doc = "The content itself." },
	EXTERNAL_ROW(ACTS),
	LABELS_ROW(MERGE_DEFAULT, UNIQUE_NONE),
	{ "template_driver", KIND_STR, STR, .acts = REFUSED, .doc = "Templates of a cluster." },
};
static const struct attr_set config_set = { ATTR_SET_OF("configs.*", config_rows) };
static const struct attr config_entry = { NULL, KIND_OBJECT, MAP, .brief = SHORT_EXTERNAL,
					  .members = &config_set };
static const struct attr_set config_names = { .any = &config_entry, .strict = true };

static const struct attr model_rows[] = {
	{ "name", KIND_STR, STR, .acts = VALIDATED, .doc = "Name of the model's configuration." },
	{ "model", KIND_STR, STR, .flags = ATTR_REQUIRED, .acts = VALIDATED,
	  .doc = "Reference of the model." },
	{ "context_size", KIND_INT, INT, .acts = VALIDATED, .doc = "Size of the context." },
	{ "runtime_flags", KIND_LIST, LIST, .item = &attr_item_str, .acts = VALIDATED,
	  .doc = "Flags for the program that runs it." },
};
static const struct attr_set model_set = { ATTR_SET_OF("models.*", model_rows) };
static const struct attr model_entry = { NULL, KIND_OBJECT, MAP, .members = &model_set };
static const struct attr_set model_names = { .any = &model_entry };

static const struct attr include_rows[] = {
	{ "path", KIND_LIST, STR | LIST, .flags = ATTR_REQUIRED | ATTR_SET, .item = &attr_item_str,
	  .acts = LOADS, .doc = "The file, or a file and what overrides it." },
	{ "project_directory", KIND_STR, STR, .acts = LOADS, .dflt = "the file's directory",
	  .doc = "What relative paths in it mean." },
	{ "env_file", KIND_LIST, STR | LIST, .flags = ATTR_SET, .item = &attr_item_str,
	  .acts = LOADS, .dflt = ".env of that directory", .doc = "Variables for it." },
};
static const struct attr_set include_set = { ATTR_SET_OF("include[]", include_rows),
					     .no_x = true };
static const struct attr include_item = {
	NULL, KIND_OBJECT, STR | MAP, .brief = SHORT_PATH, .members = &include_set,
	.expect = "a path, or a mapping with path",
};

static const struct attr service_entry = { NULL, KIND_OBJECT, MAP, .members = &attr_set_service };
static const struct attr_set service_names = { .any = &service_entry, .strict = true };

static const struct attr root_rows[] = {
	{ "version", KIND_STR, STR, .flags = ATTR_GONE, .acts = VALIDATED,
	  .doc = "Obsolete; ignored with a warning." },
	{ "name", KIND_STR, STR, .acts = LOADS, .dflt = "the directory's name",
	  .doc = "Project name." },
	{ "include", KIND_LIST, LIST, .flags = ATTR_GONE, .item = &include_item, .acts = LOADS,
	  .doc = "Other files that are part of the project." },
	{ "services", KIND_NAMES, MAP, .flags = ATTR_ALWAYS, .members = &service_names,
	  .acts = ACTS, .doc = "The services." },
	{ "networks", KIND_NAMES, MAP, .members = &network_names, .acts = ACTS,
	  .doc = "Networks the services join." },
	{ "volumes", KIND_NAMES, MAP, .members = &volume_names, .acts = ACTS,
	  .doc = "Named volumes." },
	{ "secrets", KIND_NAMES, MAP, .members = &secret_names, .acts = ACTS, .doc = "Secrets." },
	{ "configs", KIND_NAMES, MAP, .members = &config_names, .acts = ACTS,
	  .doc = "Configuration files." },
	{ "models", KIND_NAMES, MAP, .members = &model_names, .acts = VALIDATED,
	  .doc = "AI models." },
};
const struct attr_set attr_set_root = { ATTR_SET_OF("the file", root_rows) };
