/*
 * runtime/cgroup.h - the control group of one container, over every hierarchy the machine has.
 *
 * A machine has one version 2 tree, or one version 1 tree per controller, or both at once (hybrid:
 * some controllers here, some there). A container gets a directory of the same relative path in each
 * tree that matters to it; everything below treats them as one thing.
 *
 * Owns:    cgroup_free() releases memory only; cgroup_remove() removes the directories.
 * Units:   as runtime-spec "linux.resources".
 * Errors:  EEXIST-like states are texts with EINVAL; a limit the kernel has no file for is ENOENT.
 * Thread:  any one thread at a time.
 * Source:  kernel Documentation/admin-guide/cgroup-v1, cgroup-v2.rst; runtime-spec config-linux.md.
 */
#ifndef RUNTIME_CGROUP_H
#define RUNTIME_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

enum { CGROUP_MAX_TREES = 24 };

struct cgroup_tree {
	int version;	   /* 1 or 2 */
	char *controllers; /* "cpu,cpuacct"; of a v2 tree: those it has; "name=systemd" for named ones */
	char *handed;	   /* of those of a v2 tree, which the container gets; comma list, NULL = none */
	char *mount;	   /* where the tree is mounted on the host */
	char *path;	   /* the container's directory, absolute on the host */
	bool wanted;	   /* the container has a directory here */
};

struct cgroup {
	struct cgroup_tree v[CGROUP_MAX_TREES];
	size_t n;
	char *relative; /* "/compose/<id>" */
};

/* Finds the trees and decides the paths; touches nothing. cgroups_path as in linux.cgroupsPath or
 * NULL for "/ID". */
int cgroup_plan(const char *cgroups_path, const char *id, const struct json *resources,
		struct cgroup **ret, struct err **e);
/* For a process whose children plan: reads the mount table for all of them, again only when it has
 * changed. */
void cgroup_remember_mounts(void);
void cgroup_free(struct cgroup *c);
static inline void cgroup_autop(struct cgroup **c)
{
	cgroup_free(*c);
}

/* Makes the directories. Refuses one that holds processes. Undone on failure. */
int cgroup_make(struct cgroup *c, struct err **e);
/* Writes limits; members that are absent are not touched. */
int cgroup_limit(const struct cgroup *c, const struct json *resources, struct err **e);
/* The ways in, opened by the maker of a process. Into the v2 tree the process is born; into those
 * of version 1 it goes by itself: a single thread that moves itself is the one case in which the
 * kernel does not stop the forks and exits of the whole machine and wait for a grace period of RCU
 * (cgroup_procs_write_start(), since Linux 5.5). */
struct cgroup_entry {
	int v2; /* directory, for CLONE_INTO_CGROUP; -1 = none */
	int tasks[CGROUP_MAX_TREES];
	size_t n;
};
#define CGROUP_ENTRY_INIT                                                                          \
	{                                                                                          \
		.v2 = -1                                                                           \
	}

/* sub: path below the container's directories or NULL; a tree without it is entered at the
 * container's own directory. */
int cgroup_entry_open(const struct cgroup *c, const char *sub, struct cgroup_entry *ret,
		      struct err **e);
/* Moves the calling process, which must be single-threaded, into the version 1 trees. */
int cgroup_entry_go(const struct cgroup_entry *x, struct err **e);
void cgroup_entry_done(struct cgroup_entry *x);
static inline void cgroup_entry_autop(struct cgroup_entry *x)
{
	cgroup_entry_done(x);
}

/* All directories away; retries EBUSY for a while. Missing ones are fine. */
int cgroup_remove(const struct cgroup *c, struct err **e);

/* Waits until the state is reached. */
int cgroup_freeze(const struct cgroup *c, bool frozen, struct err **e);
bool cgroup_is_frozen(const struct cgroup *c);
/* Every process inside, descendants included. ret is for free(3). */
int cgroup_pids(const struct cgroup *c, pid_t **ret, size_t *ret_n, struct err **e);
/* Signals all of them; SIGKILL leaves none. */
int cgroup_signal(const struct cgroup *c, int sig, struct err **e);
/* Lines "VERSION CONTROLLERS PATH" for the state directory, and back. */
void cgroup_format(const struct cgroup *c, struct buf *out);
int cgroup_parse(const char *text, struct cgroup **ret, struct err **e);

/* For the back ends and the cgroup mount. */
const struct cgroup_tree *cgroup_tree_of(const struct cgroup *c, const char *controller);
bool cgroup_tree_has(const struct cgroup_tree *t, const char *controller);

/* Usage of one container as JSON, for `events --stats`. */
struct json *cgroup_stats(const struct cgroup *c);

#endif
