/* services.*.deploy. */
#include "compose/load/attr.h"

static const char *const order_words[] = { "start-first", "stop-first", NULL };

static const struct attr update_rows[] = {
	{ "parallelism", KIND_INT, INT | STR, .cast = CAST_INT, .flags = ATTR_KEEP_ZERO,
	  .acts = ACTS, .doc = "Containers replaced at a time; 0 is all." },
	{ "delay", KIND_DURATION, STR, .acts = ACTS, .doc = "Pause between two groups." },
	{ "failure_action", KIND_STR, STR, .acts = VALIDATED, .doc = "continue, rollback or pause." },
	{ "monitor", KIND_DURATION, STR, .acts = VALIDATED,
	  .doc = "How long a new container is watched." },
	{ "max_failure_ratio", KIND_CPUS, NUM | STR, .cast = CAST_FLOAT64, .acts = VALIDATED,
	  .doc = "Failures tolerated." },
	{ "order", KIND_STR, STR, .words = order_words, .acts = ACTS, .dflt = "stop-first",
	  .doc = "Whether the old container stops before or after the new one starts." },
};
static const struct attr_set update_set = { ATTR_SET_OF("services.*.deploy.update_config",
							update_rows) };

static const struct attr discrete_rows[] = {
	{ "kind", KIND_STR, STR, .acts = VALIDATED, .doc = "Kind of resource." },
	{ "value", KIND_INT, NUM | STR, .acts = VALIDATED, .doc = "How many." },
};
static const struct attr_set discrete_set = {
	ATTR_SET_OF("services.*.deploy.resources.reservations.generic_resources[]"
		    ".discrete_resource_spec",
		    discrete_rows)
};
static const struct attr generic_rows[] = {
	{ "discrete_resource_spec", KIND_OBJECT, MAP, .members = &discrete_set, .acts = VALIDATED,
	  .doc = "A counted resource." },
};
static const struct attr_set generic_set = {
	ATTR_SET_OF("services.*.deploy.resources.reservations.generic_resources[]", generic_rows)
};
static const struct attr generic_item = { NULL, KIND_OBJECT, MAP, .members = &generic_set };
static const struct attr device_item = { NULL, KIND_OBJECT, MAP,
					 .members = &attr_set_reserved_device };

static const struct attr limits_rows[] = {
	{ "cpus", KIND_CPUS, NUM | STR, .acts = ACTS, .doc = "CPUs' worth of time." },
	{ "memory", KIND_BYTES, STR, .acts = ACTS, .doc = "Most memory." },
	{ "pids", KIND_INT, INT | STR, .acts = ACTS, .doc = "Most processes." },
};
static const struct attr_set limits_set = { ATTR_SET_OF("services.*.deploy.resources.limits",
							limits_rows) };
static const struct attr reservations_rows[] = {
	{ "cpus", KIND_CPUS, NUM | STR, .acts = VALIDATED, .doc = "CPUs' worth of time asked for." },
	{ "memory", KIND_BYTES, STR, .acts = ACTS, .doc = "Memory protected from reclaim." },
	{ "devices", KIND_LIST, LIST, .item = &device_item, .acts = ACTS,
	  .doc = "Devices asked for, as in gpus." },
	{ "generic_resources", KIND_LIST, LIST, .item = &generic_item, .acts = VALIDATED,
	  .doc = "Resources of a cluster." },
};
static const struct attr_set reservations_set = {
	ATTR_SET_OF("services.*.deploy.resources.reservations", reservations_rows)
};
static const struct attr resources_rows[] = {
	{ "limits", KIND_OBJECT, MAP, .members = &limits_set, .acts = ACTS,
	  .doc = "What the containers cannot exceed." },
	{ "reservations", KIND_OBJECT, MAP, .members = &reservations_set, .acts = ACTS,
	  .doc = "What the containers can count on." },
};
static const struct attr_set resources_set = { ATTR_SET_OF("services.*.deploy.resources",
							   resources_rows) };

static const struct attr restart_rows[] = {
	{ "condition", KIND_STR, STR, .acts = ACTS, .dflt = "any",
	  .doc = "none, on-failure or any; also no, always, unless-stopped." },
	{ "delay", KIND_DURATION, STR, .acts = ACTS, .flags = ATTR_KEEP_ZERO,
	  .doc = "Pause before a restart." },
	{ "max_attempts", KIND_INT, INT | STR, .cast = CAST_INT, .flags = ATTR_KEEP_ZERO,
	  .acts = ACTS, .doc = "Restarts before giving up." },
	{ "window", KIND_DURATION, STR, .acts = ACTS, .flags = ATTR_KEEP_ZERO,
	  .doc = "How long a container must run to count as started." },
};
static const struct attr_set restart_set = { ATTR_SET_OF("services.*.deploy.restart_policy",
							 restart_rows) };

static const struct attr preference_rows[] = {
	{ "spread", KIND_STR, STR, .acts = VALIDATED, .doc = "Label to spread over." },
};
static const struct attr_set preference_set = {
	ATTR_SET_OF("services.*.deploy.placement.preferences[]", preference_rows)
};
static const struct attr preference_item = { NULL, KIND_OBJECT, MAP, .members = &preference_set };
static const struct attr placement_rows[] = {
	{ "constraints", KIND_LIST, LIST, .item = &attr_item_str, .acts = VALIDATED,
	  .doc = "Nodes that will do." },
	{ "preferences", KIND_LIST, LIST, .item = &preference_item, .acts = VALIDATED,
	  .doc = "Nodes that are liked." },
	{ "max_replicas_per_node", KIND_INT, INT | STR, .cast = CAST_INT, .acts = VALIDATED,
	  .doc = "Most containers of the service on one node." },
};
static const struct attr_set placement_set = { ATTR_SET_OF("services.*.deploy.placement",
							   placement_rows) };

static const struct attr deploy_rows[] = {
	{ "mode", KIND_STR, STR, .acts = VALIDATED, .dflt = "replicated",
	  .doc = "replicated, global, replicated-job, global-job; global is one container here." },
	{ "replicas", KIND_INT, INT | STR, .cast = CAST_INT, .flags = ATTR_KEEP_ZERO | ATTR_NO_HASH,
	  .acts = ACTS, .dflt = "1", .doc = "Number of containers." },
	{ "labels", KIND_PAIRS, LIST | MAP, .merge = MERGE_SEQUENCE, .unique = UNIQUE_NAME,
	  .flags = ATTR_EMPTY_NULL, .item = &attr_item_str, .members = &attr_set_pairs,
	  .acts = VALIDATED, .doc = "Labels of the service, not of its containers." },
	{ "update_config", KIND_OBJECT, MAP, .members = &update_set, .acts = ACTS,
	  .doc = "How containers are replaced." },
	{ "rollback_config", KIND_OBJECT, MAP, .members = &update_set, .acts = VALIDATED,
	  .doc = "How a failed replacement is undone." },
	{ "resources", KIND_OBJECT, MAP, .flags = ATTR_VALUE, .members = &resources_set,
	  .acts = ACTS, .doc = "Limits and reservations." },
	{ "restart_policy", KIND_OBJECT, MAP, .members = &restart_set, .acts = ACTS,
	  .doc = "When containers are started again; beats restart." },
	{ "placement", KIND_OBJECT, MAP, .flags = ATTR_VALUE, .members = &placement_set,
	  .acts = VALIDATED, .doc = "Where in a cluster containers run." },
	{ "endpoint_mode", KIND_STR, STR, .acts = VALIDATED, .doc = "vip or dnsrr." },
};
const struct attr_set attr_set_deploy = { ATTR_SET_OF("services.*.deploy", deploy_rows) };
