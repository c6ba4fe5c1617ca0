/* Rows that several tables share: items, name-to-text mappings, hooks, device requests, limits. */
#include "compose/load/attr.h"
#include "compose/load/words.h"

const struct attr attr_any = { NULL, KIND_ANY, ANY, .acts = VALIDATED, .doc = "Anything." };
const struct attr attr_item_str = { NULL, KIND_STR, STR, .acts = ACTS };
const struct attr attr_item_text = { NULL, KIND_TEXT, STR | NUM, .acts = ACTS };

/* The values of environment, labels, args and their like. */
static const struct attr pair_value = { NULL, KIND_TEXT, STR | NUM | BOOL | NIL,
					.acts = ACTS };
const struct attr_set attr_set_pairs = { .any = &pair_value };

/* The values of driver_opts and logging.options. */
static const struct attr option_value = { NULL, KIND_TEXT, STR | NUM | NIL,
					  .flags = ATTR_EMPTY_NULL };
const struct attr_set attr_set_options = { .any = &option_value };

static const struct attr host_value = { NULL, KIND_ANY, STR | LIST, .item = &attr_item_str };
const struct attr_set attr_set_hosts = { .any = &host_value };

static const struct attr ulimit_rows[] = {
	{ "soft", KIND_INT, INT | STR, .cast = CAST_INT, .flags = ATTR_REQUIRED | ATTR_ALWAYS, .acts = ACTS,
	  .doc = "Limit the process starts with; -1 is unlimited." },
	{ "hard", KIND_INT, INT | STR, .cast = CAST_INT, .flags = ATTR_REQUIRED | ATTR_ALWAYS, .acts = ACTS,
	  .doc = "Limit the process may raise the soft one to; -1 is unlimited." },
};
static const struct attr_set ulimit_set = { ATTR_SET_OF("ulimits.*", ulimit_rows) };
const struct attr attr_item_ulimit = {
	NULL, KIND_INT, INT | STR | MAP, .cast = CAST_INT, .merge = MERGE_REPLACE,
	.members = &ulimit_set, .flags = ATTR_ALWAYS,
	.expect = "a number, or a mapping with soft and hard",
};
const struct attr_set attr_set_ulimits = { .any = &attr_item_ulimit };

static const struct attr hook_rows[] = {
	{ "command", KIND_COMMAND, NIL | STR | LIST,
	  .flags = ATTR_REQUIRED | ATTR_KEEP_EMPTY | ATTR_JSON_NULL, .item = &attr_item_str, .merge = MERGE_REPLACE, .acts = ACTS,
	  .doc = "What is run; a string is split by shell rules, no shell is started." },
	{ "image", KIND_STR, STR, .acts = ACTS, .dflt = "the service's image",
	  .doc = "Image of an init container (pre_start only)." },
	{ "user", KIND_STR, STR, .acts = ACTS, .doc = "User the command runs as." },
	{ "privileged", KIND_BOOL, BOOL | STR, .acts = ACTS, .dflt = "false",
	  .doc = "Run with all capabilities." },
	{ "working_dir", KIND_STR, STR, .acts = ACTS, .doc = "Directory the command starts in." },
	{ "environment", KIND_PAIRS, LIST | MAP, .item = &attr_item_str, .members = &attr_set_pairs,
	  .flags = ATTR_SET, .acts = ACTS, .doc = "Variables on top of the service's." },
	{ "per_replica", KIND_BOOL, BOOL | STR, .acts = ACTS, .dflt = "false",
	  .doc = "Run once for every container of the service (pre_start only)." },
};
const struct attr_set attr_set_hook = { ATTR_SET_OF("hooks", hook_rows) };

/* The same rows twice: deploy wants capabilities, gpus does not. */
#define GPU_ROWS(capabilities_flags)                                                               \
	{ "capabilities", KIND_LIST, LIST, .flags = ATTR_SET | (capabilities_flags),               \
	  .item = &attr_item_str, .acts = ACTS,                                                    \
	  .doc = "What the device must be able to do, such as gpu or compute." },                  \
	{ "driver", KIND_STR, STR, .acts = ACTS, .doc = "Driver that knows the device." },         \
	{ "count", KIND_COUNT, INT | STR, .flags = ATTR_KEEP_ZERO, .acts = ACTS, .dflt = "all",    \
	  .doc = "How many devices; all is -1. Excludes device_ids." },                            \
	{ "device_ids", KIND_LIST, LIST, .flags = ATTR_SET, .item = &attr_item_str, .acts = ACTS,  \
	  .doc = "Which devices. Excludes count." },                                               \
	{ "options", KIND_PAIRS, LIST | MAP, .item = &attr_item_str, .members = &attr_set_pairs,   \
	  .flags = ATTR_EMPTY_NULL | ATTR_SET, .acts = VALIDATED,                                  \
	  .doc = "Options for the driver." }
static const struct attr gpu_rows[] = { GPU_ROWS(0) };
const struct attr_set attr_set_gpu = { ATTR_SET_OF("services.*.gpus[]", gpu_rows) };
static const struct attr reserved_rows[] = { GPU_ROWS(ATTR_REQUIRED) };
const struct attr_set attr_set_reserved_device = {
	ATTR_SET_OF("services.*.deploy.resources.reservations.devices[]", reserved_rows)
};

static const struct attr file_ref_rows[] = {
	{ "source", KIND_STR, STR, .acts = ACTS, .doc = "Name of the top-level entry." },
	{ "target", KIND_STR, STR, .acts = ACTS,
	  .dflt = "/run/secrets/SOURCE for secrets, /SOURCE for configs",
	  .doc = "Path in the container; a relative one is below the default's directory." },
	{ "uid", KIND_STR, STR, .acts = ACTS, .dflt = "0", .doc = "Owner of the file." },
	{ "gid", KIND_STR, STR, .acts = ACTS, .dflt = "0", .doc = "Group of the file." },
	{ "mode", KIND_MODE, NUM | STR, .acts = ACTS, .dflt = "0444",
	  .doc = "Permissions; text is read as octal." },
};
const struct attr_set attr_set_file_ref = { ATTR_SET_OF("service secrets and configs",
							file_ref_rows) };
