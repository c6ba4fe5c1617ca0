#include "runtime/cgroup.h"

#include "runtime/cgroup_backend.h"

static void v1_stats(const struct cgroup_tree *t, struct json *out)
{
	if (cgroup_tree_has(t, "cpuacct"))
		json_set_int(out, "cpu_ns", (int64_t)cgroup_get_u64(t->path, "cpuacct.usage"));
	if (cgroup_tree_has(t, "memory")) {
		uint64_t usage = cgroup_get_u64(t->path, "memory.usage_in_bytes");
		uint64_t cache = cgroup_get_key(t->path, "memory.stat", "total_inactive_file");

		json_set_int(out, "memory_bytes", (int64_t)(usage > cache ? usage - cache : usage));
		json_set_int(out, "memory_limit_bytes",
			     (int64_t)cgroup_get_u64(t->path, "memory.limit_in_bytes"));
		json_set_int(out, "oom_kills",
			     (int64_t)cgroup_get_key(t->path, "memory.oom_control", "oom_kill"));
	}
	if (cgroup_tree_has(t, "pids"))
		json_set_int(out, "pids", (int64_t)cgroup_get_u64(t->path, "pids.current"));
}

static void v2_stats(const struct cgroup_tree *t, struct json *out)
{
	if (!cgroup_tree_has(t, "memory"))
		return;
	json_set_int(out, "cpu_ns",
		     (int64_t)cgroup_get_key(t->path, "cpu.stat", "usage_usec") * 1000);
	json_set_int(out, "memory_bytes",
		     (int64_t)(cgroup_get_u64(t->path, "memory.current") -
			       cgroup_get_key(t->path, "memory.stat", "inactive_file")));
	json_set_int(out, "memory_limit_bytes", (int64_t)cgroup_get_u64(t->path, "memory.max"));
	json_set_int(out, "oom_kills",
		     (int64_t)cgroup_get_key(t->path, "memory.events", "oom_kill"));
	json_set_int(out, "pids", (int64_t)cgroup_get_u64(t->path, "pids.current"));
}

struct json *cgroup_stats(const struct cgroup *c)
{
	struct json *out = json_new_obj();

	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].wanted)
			(c->v[i].version == 2 ? v2_stats : v1_stats)(&c->v[i], out);
	return out;
}
