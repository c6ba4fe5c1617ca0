/*
 * runtime/spec.h - config.json as checked structs.
 *
 * Owns:    struct spec owns an arena and, from spec_parse(), the JSON trees; every pointer inside
 *          lives as long as it.
 * Units:   as runtime-spec: bytes, microseconds for cpu periods; ids are host integers.
 * Errors:  -EINVAL with the path of the offending property ("linux.namespaces[2].type").
 * Thread:  any one thread at a time.
 * Source:  runtime-spec config.md, config-linux.md (1.1).
 */
#ifndef RUNTIME_SPEC_H
#define RUNTIME_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "runtime/caps.h"

enum ns_type { NS_USER, NS_MOUNT, NS_PID, NS_NET, NS_IPC, NS_UTS, NS_CGROUP, NS_TIME, NS_TYPES };

struct spec_ns {
	bool present;
	const char *path; /* NULL = a new one */
};

struct spec_idmap {
	uint32_t container, host, size;
};

struct spec_rlimit {
	int resource;
	uint64_t soft, hard;
};

/* One process: the container's own, or that of an exec. */
struct spec_process {
	const struct json *json;
	bool terminal;
	uint16_t rows, cols;
	char **args; /* NULL-terminated, at least one */
	char **env;  /* NULL-terminated */
	const char *cwd;
	uint32_t uid, gid;
	bool has_umask;
	mode_t umask;
	gid_t *gids;
	size_t n_gids;
	const char *username; /* NULL = uid and gid are final */
	bool has_caps;
	struct caps caps;
	bool no_new_privs;
	bool has_oom_score_adj;
	int oom_score_adj;
	struct spec_rlimit *rlimits;
	size_t n_rlimits;
	const char *apparmor, *selinux;
};

struct spec_mount {
	const char *destination, *type, *source;
	const struct json *options;
	const struct json *uid_mappings, *gid_mappings;
};

struct spec_device {
	char type; /* c, b, u or p */
	const char *path;
	int64_t major, minor;
	mode_t mode;
	uint32_t uid, gid;
};

struct spec_hook {
	const char *path;
	char **args, **env; /* NULL-terminated */
	int64_t timeout_s;  /* 0 = none */
};

enum hook_kind {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_KINDS
};

struct spec_hooks {
	struct spec_hook *v;
	size_t n;
};

struct spec {
	const struct json *json;    /* config.json */
	const struct json *overlay; /* the object of RUNTIME_ANNOTATION_OVERLAY, NULL without */
	void (*free_trees)(struct spec *s); /* when the two are its own */
	struct arena *arena;
	bool has_process;
	struct spec_process process;
	const char *root_path; /* as written; may be relative to the bundle */
	bool root_readonly;
	const char *hostname, *domainname;
	struct spec_mount *mounts;
	size_t n_mounts;
	struct spec_ns ns[NS_TYPES];
	struct spec_idmap *uid_maps, *gid_maps;
	size_t n_uid_maps, n_gid_maps;
	struct spec_device *devices;
	size_t n_devices;
	struct spec_hooks hooks[HOOK_KINDS];
	const char *cgroups_path;
	const struct json *resources;	 /* linux.resources or NULL */
	const struct json *seccomp;	 /* linux.seccomp or NULL */
	const struct json *sysctl;	 /* object or NULL */
	const struct json *time_offsets; /* object or NULL */
	const struct json *annotations;	 /* object or NULL */
	char **masked, **readonly;	 /* NULL-terminated */
	unsigned long propagation;	 /* MS_* flags, 0 = unset */
	const char *mount_label;
};

/* text is the content of config.json. */
int spec_parse(const char *text, size_t n, struct spec **ret, struct err **e);
/* The same of trees that outlive the result; overlay is the annotation's object or NULL. */
int spec_from_trees(const struct json *config, const struct json *overlay, struct spec **ret,
		    struct err **e);
void spec_free(struct spec *s);
static inline void spec_autop(struct spec **s)
{
	spec_free(*s);
}
/* A process object; strings live in the arena or in j. */
int spec_process_parse(struct arena *a, const struct json *j, struct spec_process *ret,
		       struct err **e);
/* NULL when absent. */
const char *spec_annotation(const struct spec *s, const char *key);
/* The value of a capability array as a mask; names the kernel does not know are left out. */
uint64_t spec_caps_mask(const struct json *names);
int spec_idmaps_parse(struct arena *a, const struct json *j, struct spec_idmap **ret, size_t *ret_n,
		      struct err **e);
/* "RLIMIT_NOFILE" ... */
const char *spec_rlimit_name(int resource);
/* "pid", "network" ... */
const char *ns_type_name(enum ns_type t);

#endif
