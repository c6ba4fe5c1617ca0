/*
 * runtime/cgroup_backend.h - the seam between the two cgroup versions: one table of functions each.
 *
 * Owns:    nothing; paths are borrowed.
 * Units:   as cgroup.h.
 * Errors:  as cgroup.h.
 * Thread:  any one thread at a time.
 * Source:  cgroup.h.
 */
#ifndef RUNTIME_CGROUP_BACKEND_H
#define RUNTIME_CGROUP_BACKEND_H

#include "runtime/cgroup.h"

struct cgroup_backend {
	/* Prepares the directories above t->path (controllers enabled, cpuset filled) and makes it. */
	int (*make)(const struct cgroup_tree *t, struct err **e);
	/* Applies whatever of resources this tree's controllers govern. */
	int (*limit)(const struct cgroup_tree *t, const struct json *resources, struct err **e);
	/* -ENOSYS when this tree cannot freeze. */
	int (*freeze)(const struct cgroup_tree *t, bool frozen, struct err **e);
	bool (*is_frozen)(const struct cgroup_tree *t);
};

extern const struct cgroup_backend cgroup_v1_backend;
extern const struct cgroup_backend cgroup_v2_backend;

/* One value into one file of a cgroup directory; the text names file and value. */
int cgroup_put(const char *dir, const char *file, const char *value, struct err **e);
int cgroup_putf(const char *dir, const char *file, struct err **e, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
bool cgroup_has(const char *dir, const char *file);
/* The first line, for free(3); NULL when unreadable. */
char *cgroup_get(const char *dir, const char *file);
uint64_t cgroup_get_u64(const char *dir, const char *file);
/* The number behind "KEY " in a flat keyed file; 0 when absent. */
uint64_t cgroup_get_key(const char *dir, const char *file, const char *key);
/* cpu.shares 2..262144 to cpu.weight 1..10000. */
uint64_t cgroup_weight_of_shares(uint64_t shares);

/* Both versions have these files alike. */
int cgroup_limit_cpuset(const struct cgroup_tree *t, const struct json *res, struct err **e);
int cgroup_limit_rdma(const struct cgroup_tree *t, const struct json *res, struct err **e);

/* Device rules: the container's list with what every container may do behind it. */
struct device_rule {
	bool allow;
	char type;	      /* a, b, c */
	int64_t major, minor; /* -1 = any */
	unsigned access;      /* DEVICE_* */
};
enum { DEVICE_MKNOD = 1, DEVICE_READ = 2, DEVICE_WRITE = 4, DEVICE_ALL = 7 };
/* ret is for free(3). An empty configured list gives no rules: nothing is restricted. */
int device_rules_parse(const struct json *list, struct device_rule **ret, size_t *ret_n,
		       struct err **e);
/* Loads a device filter made from rules and attaches it in place of the previous one. */
int device_filter_attach(const char *dir, const struct device_rule *rules, size_t n, struct err **e);

#endif
