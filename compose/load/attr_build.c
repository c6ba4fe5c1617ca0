/* services.*.build and services.*.develop. */
#include "compose/load/attr.h"
#include "compose/load/words.h"

static const struct attr secret_item = {
	NULL, KIND_OBJECT, STR | MAP, .brief = SHORT_SOURCE, .members = &attr_set_file_ref,
	.expect = "a secret's name, or a mapping with source",
};

/* Values of additional_contexts: a mapping by the time paths are resolved. */
static const struct attr context_value = { NULL, KIND_TEXT, STR | NUM | BOOL | NIL,
					   .path = PATH_CONTEXT };
static const struct attr_set contexts_set = { .any = &context_value };
static const struct attr ssh_value = { NULL, KIND_TEXT, STR | NUM | BOOL | NIL, .path = PATH_PLAIN };
static const struct attr_set ssh_set = { .any = &ssh_value };

static const struct attr build_rows[] = {
	{ "context", KIND_STR, STR, .flags = ATTR_INJECT, .path = PATH_CONTEXT, .acts = BUILDS,
	  .dflt = ".", .doc = "Directory, archive or URL the build starts from." },
	{ "dockerfile", KIND_STR, STR, .acts = BUILDS, .dflt = "Dockerfile",
	  .doc = "File below the context. Excludes dockerfile_inline." },
	{ "dockerfile_inline", KIND_STR, STR, .acts = BUILDS, .doc = "The Dockerfile's text." },
	{ "entitlements", KIND_LIST, LIST, .item = &attr_item_str, .acts = VALIDATED,
	  .doc = "network.host, security.insecure." },
	{ "args", KIND_PAIRS, LIST | MAP, .merge = MERGE_SEQUENCE, .unique = UNIQUE_NAME,
	  .item = &attr_item_str, .members = &attr_set_pairs, .acts = BUILDS,
	  .doc = "Values of ARG; a name without a value is taken from the environment or dropped." },
	{ "provenance", KIND_STR, STR | BOOL, .brief = SHORT_TEXT, .acts = VALIDATED,
	  .doc = "Attestation of the build." },
	{ "sbom", KIND_STR, STR | BOOL, .brief = SHORT_TEXT, .acts = VALIDATED,
	  .doc = "Attestation of the content." },
	{ "ssh", KIND_SSH, LIST | MAP, .brief = SHORT_SSH, .item = &attr_item_str, .flags = ATTR_SET,
	  .members = &ssh_set, .acts = BUILDS, .doc = "Agent sockets or keys for RUN --mount=type=ssh." },
	{ "labels", KIND_PAIRS, LIST | MAP, .merge = MERGE_SEQUENCE, .unique = UNIQUE_NAME,
	  .flags = ATTR_EMPTY_NULL, .item = &attr_item_str, .members = &attr_set_pairs,
	  .acts = BUILDS, .doc = "Labels of the image." },
	{ "cache_from", KIND_LIST, LIST, .item = &attr_item_str, .acts = VALIDATED,
	  .doc = "Where cached layers may come from." },
	{ "cache_to", KIND_LIST, LIST, .item = &attr_item_str, .acts = VALIDATED,
	  .doc = "Where cached layers go." },
	{ "no_cache", KIND_BOOL, BOOL | STR, .acts = BUILDS, .dflt = "false",
	  .doc = "Run every step again." },
	{ "no_cache_filter", KIND_LIST, STR | LIST, .flags = ATTR_SET, .item = &attr_item_str,
	  .acts = BUILDS, .doc = "Stages to run again." },
	{ "additional_contexts", KIND_PAIRS, LIST | MAP, .merge = MERGE_SEQUENCE,
	  .unique = UNIQUE_NAME, .brief = SHORT_PAIRS, .flags = ATTR_EMPTY_NULL,
	  .item = &attr_item_str, .members = &contexts_set, .acts = BUILDS,
	  .doc = "Further contexts by name: directory, URL, docker-image://, service:NAME." },
	{ "pull", KIND_BOOL, BOOL | STR, .acts = BUILDS, .dflt = "false",
	  .doc = "Look for newer base images." },
	{ "extra_hosts", KIND_HOSTS, LIST | MAP, .merge = MERGE_EXTRA_HOSTS, .item = &attr_item_str,
	  .members = &attr_set_hosts, .flags = ATTR_SET, .acts = BUILDS,
	  .doc = "Lines of /etc/hosts for RUN." },
	{ "isolation", KIND_STR, STR, .acts = VALIDATED, .doc = "Only meant for Windows." },
	{ "network", KIND_STR, STR, .acts = BUILDS, .dflt = "default",
	  .doc = "Network of RUN: none, host, default." },
	{ "target", KIND_STR, STR, .acts = BUILDS, .dflt = "the last stage", .doc = "Stage to build." },
	{ "secrets", KIND_LIST, LIST, .item = &secret_item, .acts = BUILDS,
	  .doc = "Files for RUN --mount=type=secret." },
	{ "shm_size", KIND_BYTES, INT | STR, .acts = BUILDS, .dflt = "64m",
	  .doc = "Size of /dev/shm for RUN." },
	{ "tags", KIND_LIST, LIST, .unique = UNIQUE_NAME, .item = &attr_item_str, .acts = BUILDS,
	  .doc = "Further names of the image." },
	{ "ulimits", KIND_NAMES, MAP, .members = &attr_set_ulimits, .acts = BUILDS,
	  .doc = "Resource limits for RUN." },
	{ "platforms", KIND_LIST, LIST, .item = &attr_item_str,
	  .acts = BUILDS, .doc = "Platforms to build for; must contain the service's." },
	{ "privileged", KIND_BOOL, BOOL | STR, .acts = BUILDS, .dflt = "false",
	  .doc = "RUN with all capabilities." },
};
const struct attr_set attr_set_build = { ATTR_SET_OF("services.*.build", build_rows), .injects = true };

static const char *const action_words[] = { "rebuild",	    "sync",	 "restart",
					    "sync+restart", "sync+exec", NULL };

static const struct attr watch_rows[] = {
	{ "path", KIND_STR, STR, .flags = ATTR_REQUIRED, .path = PATH_WATCH, .acts = ACTS,
	  .doc = "File or directory watched." },
	{ "action", KIND_STR, STR, .flags = ATTR_REQUIRED, .words = action_words, .acts = ACTS,
	  .doc = "What a change causes." },
	{ "target", KIND_STR, STR, .acts = ACTS,
	  .doc = "Path in the container; needed unless the action is rebuild or restart." },
	{ "exec", KIND_OBJECT, MAP, .flags = ATTR_VALUE, .members = &attr_set_hook, .acts = ACTS,
	  .doc = "Command run after sync+exec." },
	{ "include", KIND_LIST, STR | LIST, .flags = ATTR_SET, .brief = SHORT_LIST,
	  .item = &attr_item_str, .acts = ACTS, .doc = "Patterns of files that count." },
	{ "ignore", KIND_LIST, STR | LIST, .flags = ATTR_SET, .brief = SHORT_LIST,
	  .item = &attr_item_str, .acts = ACTS, .doc = "Patterns of files that do not count." },
	{ "initial_sync", KIND_BOOL, BOOL, .acts = ACTS, .dflt = "false",
	  .doc = "Copy everything when watching begins." },
};
static const struct attr_set watch_set = { ATTR_SET_OF("services.*.develop.watch[]", watch_rows) };
static const struct attr watch_item = { NULL, KIND_OBJECT, MAP, .members = &watch_set };

static const struct attr develop_rows[] = {
	{ "watch", KIND_LIST, LIST, .item = &watch_item, .acts = ACTS,
	  .doc = "What `watch` reacts to." },
};
const struct attr_set attr_set_develop = { ATTR_SET_OF("services.*.develop", develop_rows) };
