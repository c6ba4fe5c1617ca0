#include "runtime/cgroup_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/path.h"
#include "base/strv.h"

/* cpuset refuses processes while either file is empty, in the directory itself and above. */
static int fill_cpuset(const char *dir, struct err **e)
{
	static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };
	AUTO(mem) char *parent = path_dir(dir);

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO(mem) char *own = cgroup_get(dir, files[i]);
		AUTO(mem) char *above = NULL;
		int r;

		if (!own || *own)
			continue;
		above = cgroup_get(parent, files[i]);
		r = cgroup_put(dir, files[i], above ? above : "0", e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int make_directory(const struct cgroup_tree *t, const char *dir, struct err **e)
{
	int r = 0;

	if (mkdir(dir, 0755) < 0)
		r = -errno;
	if (r < 0 && r != -EEXIST)
		return err_sys(e, -r, "create cgroup %s", dir);
	if (cgroup_tree_has(t, "cpuset")) {
		int f = fill_cpuset(dir, e);

		if (f < 0)
			return f;
	}
	return r;
}

static int v1_make(const struct cgroup_tree *t, struct err **e)
{
	AUTO(mem) char *walk = NULL;

	/* Mostly what is above is there, made for the container before this one. */
	if (!cgroup_tree_has(t, "cpuset")) {
		if (mkdir(t->path, 0755) == 0)
			return 0;
		if (errno != ENOENT)
			return errno == EEXIST ? -EEXIST
					       : err_sys(e, errno, "create cgroup %s", t->path);
	}
	walk = xstrdup(t->path);
	for (char *p = walk + strlen(t->mount) + 1; *p; p++) {
		int r;

		if (*p != '/')
			continue;
		*p = '\0';
		r = make_directory(t, walk, e);
		if (r < 0 && r != -EEXIST)
			return r;
		*p = '/';
	}
	return make_directory(t, walk, e);
}

static bool is_set(const struct json *obj, const char *key)
{
	return json_is(json_get(obj, key), JSON_NUM);
}

static int put_int(const char *dir, const char *file, const struct json *obj, const char *key,
		   struct err **e)
{
	if (!is_set(obj, key))
		return 0;
	return cgroup_putf(dir, file, e, "%lld", (long long)json_int(obj, key, 0));
}

/* The kernel wants limit <= memory+swap at every moment: raising starts with the sum, lowering
 * with the limit. */
static int memory_and_swap(const char *dir, const struct json *m, struct err **e)
{
	static const char *const limit_file = "memory.limit_in_bytes";
	static const char *const sum_file = "memory.memsw.limit_in_bytes";
	bool has_limit = is_set(m, "limit"), has_sum = is_set(m, "swap");
	int64_t limit = json_int(m, "limit", 0), sum = json_int(m, "swap", 0);
	bool sum_first;
	int r = 0;

	if (has_limit && limit == -1 && !has_sum && cgroup_has(dir, sum_file)) {
		has_sum = true;
		sum = -1;
	}
	if (has_sum && sum == 0)
		has_sum = false;
	if (has_limit && limit == 0)
		has_limit = false;
	if (has_sum && !cgroup_has(dir, sum_file))
		has_sum = false; /* no swap accounting in this kernel */
	sum_first = has_sum && (sum == -1 || (uint64_t)sum > cgroup_get_u64(dir, sum_file));
	if (has_sum && sum_first)
		r = cgroup_putf(dir, sum_file, e, "%lld", (long long)sum);
	if (r == 0 && has_limit)
		r = cgroup_putf(dir, limit_file, e, "%lld", (long long)limit);
	if (r == 0 && has_sum && !sum_first)
		r = cgroup_putf(dir, sum_file, e, "%lld", (long long)sum);
	return r;
}

static int limit_memory(const struct cgroup_tree *t, const struct json *res, struct err **e)
{
	const struct json *m = json_get(res, "memory");
	uint64_t usage;
	int r;

	if (!json_is(m, JSON_OBJ))
		return 0;
	usage = cgroup_get_u64(t->path, "memory.usage_in_bytes");
	if (json_bool(m, "checkBeforeUpdate", false) && json_int(m, "limit", -1) > 0 &&
	    usage > (uint64_t)json_int(m, "limit", -1))
		return err_set(e, EBUSY, "memory usage %llu is above the new limit",
			       (unsigned long long)usage);
	r = memory_and_swap(t->path, m, e);
	if (r == 0 && json_int(m, "reservation", 0))
		r = put_int(t->path, "memory.soft_limit_in_bytes", m, "reservation", e);
	if (r == 0 && json_int(m, "kernelTCP", 0))
		r = put_int(t->path, "memory.kmem.tcp.limit_in_bytes", m, "kernelTCP", e);
	if (r == 0 && json_int(m, "swappiness", -1) >= 0)
		r = put_int(t->path, "memory.swappiness", m, "swappiness", e);
	if (r == 0 && json_bool(m, "disableOOMKiller", false))
		r = cgroup_put(t->path, "memory.oom_control", "1", e);
	return r;
}

static int limit_cpu(const struct cgroup_tree *t, const struct json *res, struct err **e)
{
	const struct json *c = json_get(res, "cpu");
	bool retry_period = false;
	int r = 0;

	if (json_int(c, "shares", 0))
		r = put_int(t->path, "cpu.shares", c, "shares", e);
	if (r == 0 && json_int(c, "period", 0)) {
		struct err *first = NULL;

		r = put_int(t->path, "cpu.cfs_period_us", c, "period", &first);
		/* The old quota over the new period may exceed the parent's: then the quota goes first. */
		retry_period = r == -EINVAL && is_set(c, "quota");
		if (r < 0 && !retry_period) {
			if (e)
				*e = first;
			else
				err_free(first);
			return r;
		}
		err_free(first);
		r = 0;
	}
	if (r == 0 && json_int(c, "quota", 0))
		r = put_int(t->path, "cpu.cfs_quota_us", c, "quota", e);
	if (r == 0 && retry_period)
		r = put_int(t->path, "cpu.cfs_period_us", c, "period", e);
	if (r == 0 && is_set(c, "burst"))
		r = put_int(t->path, "cpu.cfs_burst_us", c, "burst", e);
	if (r == 0 && json_int(c, "realtimePeriod", 0))
		r = put_int(t->path, "cpu.rt_period_us", c, "realtimePeriod", e);
	if (r == 0 && json_int(c, "realtimeRuntime", 0))
		r = put_int(t->path, "cpu.rt_runtime_us", c, "realtimeRuntime", e);
	if (r == 0 && is_set(c, "idle"))
		r = put_int(t->path, "cpu.idle", c, "idle", e);
	return r;
}

static int limit_pids(const struct cgroup_tree *t, const struct json *res, struct err **e)
{
	const struct json *p = json_get(res, "pids");
	int64_t limit = json_int(p, "limit", 0);

	if (!is_set(p, "limit"))
		return 0;
	return limit < 0 ? cgroup_put(t->path, "pids.max", "max", e) :
			   cgroup_putf(t->path, "pids.max", e, "%lld", (long long)limit);
}

static int throttle(const char *dir, const char *file, const struct json *list, const char *key,
		    struct err **e)
{
	JSON_EACH(d, list) {
		int r = cgroup_putf(dir, file, e, "%lld:%lld %lld",
				    (long long)json_int(d, "major", 0),
				    (long long)json_int(d, "minor", 0),
				    (long long)json_int(d, key, 0));

		if (r < 0)
			return r;
	}
	return 0;
}

/* Without a proportional scheduler the kernel has neither file: the weight then means nothing. */
static int limit_weight(const char *dir, const struct json *b, struct err **e)
{
	AUTO(mem) char *device = NULL;
	const char *file;
	int r = 0;

	if (!json_int(b, "weight", 0) && !json_len(json_get(b, "weightDevice")))
		return 0;
	file = cgroup_has(dir, "blkio.weight") ? "blkio.weight" : "blkio.bfq.weight";
	if (!cgroup_has(dir, file))
		return 0;
	if (json_int(b, "weight", 0))
		r = put_int(dir, file, b, "weight", e);
	device = xasprintf("%s_device", file);
	return r < 0 ? r : throttle(dir, device, json_get(b, "weightDevice"), "weight", e);
}

static int limit_blkio(const struct cgroup_tree *t, const struct json *res, struct err **e)
{
	static const struct {
		const char *member, *file;
	} rows[] = {
		{ "throttleReadBpsDevice", "blkio.throttle.read_bps_device" },
		{ "throttleWriteBpsDevice", "blkio.throttle.write_bps_device" },
		{ "throttleReadIOPSDevice", "blkio.throttle.read_iops_device" },
		{ "throttleWriteIOPSDevice", "blkio.throttle.write_iops_device" },
	};
	const struct json *b = json_get(res, "blockIO");
	int r;

	if (!json_is(b, JSON_OBJ))
		return 0;
	r = limit_weight(t->path, b, e);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(rows); i++)
		r = throttle(t->path, rows[i].file, json_get(b, rows[i].member), "rate", e);
	return r;
}

static int put_device_rule(int fd, const struct device_rule *rule, struct err **e)
{
	char text[80], major[24] = "*", minor[24] = "*", access[4] = "";
	size_t n = 0;

	if (rule->major >= 0)
		(void)snprintf(major, sizeof(major), "%lld", (long long)rule->major);
	if (rule->minor >= 0)
		(void)snprintf(minor, sizeof(minor), "%lld", (long long)rule->minor);
	if (rule->access & DEVICE_READ)
		access[n++] = 'r';
	if (rule->access & DEVICE_WRITE)
		access[n++] = 'w';
	if (rule->access & DEVICE_MKNOD)
		access[n++] = 'm';
	(void)snprintf(text, sizeof(text), "%c %s:%s %s", rule->type, major, minor, access);
	if (write(fd, text, strlen(text)) < 0)
		return err_sys(e, errno, "write \"%s\" to devices.%s", text,
			       rule->allow ? "allow" : "deny");
	return 0;
}

static int open_device_file(const char *dir, const char *name, struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? err_sys(e, errno, "open %s", path) : fd;
}

static int limit_devices(const struct cgroup_tree *t, const struct json *res, struct err **e)
{
	AUTO(mem) struct device_rule *rules = NULL;
	AUTO(fd) int allow = -1;
	AUTO(fd) int deny = -1;
	size_t n = 0;
	int r = device_rules_parse(json_get(res, "devices"), &rules, &n, e);

	if (r < 0 || !n)
		return r;
	allow = open_device_file(t->path, "devices.allow", e);
	if (allow < 0)
		return allow;
	deny = open_device_file(t->path, "devices.deny", e);
	if (deny < 0)
		return deny;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = put_device_rule(rules[i].allow ? allow : deny, &rules[i], e);
	return r;
}

static int limit_hugetlb(const struct cgroup_tree *t, const struct json *res, struct err **e)
{
	JSON_EACH(h, json_get(res, "hugepageLimits")) {
		AUTO(mem) char *file = xasprintf("hugetlb.%s.limit_in_bytes",
						 json_str(h, "pageSize", ""));
		int r;

		if (strchr(file, '/'))
			return err_set(e, EINVAL, "hugepageLimits: bad page size");
		r = put_int(t->path, file, h, "limit", e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int limit_network(const struct cgroup_tree *t, const struct json *res, struct err **e)
{
	const struct json *n = json_get(res, "network");
	int r = 0;

	if (cgroup_tree_has(t, "net_cls"))
		r = put_int(t->path, "net_cls.classid", n, "classID", e);
	if (r == 0 && cgroup_tree_has(t, "net_prio")) {
		JSON_EACH(p, json_get(n, "priorities")) {
			r = cgroup_putf(t->path, "net_prio.ifpriomap", e, "%s %lld",
					json_str(p, "name", ""),
					(long long)json_int(p, "priority", 0));
			if (r < 0)
				break;
		}
	}
	return r;
}

static const struct {
	const char *controller;
	int (*limit)(const struct cgroup_tree *t, const struct json *res, struct err **e);
} limits[] = {
	{ "memory", limit_memory },        { "cpu", limit_cpu },
	{ "cpuset", cgroup_limit_cpuset }, { "pids", limit_pids },
	{ "blkio", limit_blkio },          { "devices", limit_devices },
	{ "hugetlb", limit_hugetlb },      { "net_cls", limit_network },
	{ "net_prio", limit_network },     { "rdma", cgroup_limit_rdma },
};

static int v1_limit(const struct cgroup_tree *t, const struct json *resources, struct err **e)
{
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		int r;

		if (!cgroup_tree_has(t, limits[i].controller))
			continue;
		r = limits[i].limit(t, resources, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool v1_is_frozen(const struct cgroup_tree *t)
{
	AUTO(mem) char *state = NULL;

	if (!cgroup_tree_has(t, "freezer"))
		return false;
	state = cgroup_get(t->path, "freezer.state");
	return state && !streq(state, "THAWED");
}

/* A task in an uninterruptible moment keeps the group FREEZING: thaw and try again, with an end. */
static int v1_freeze(const struct cgroup_tree *t, bool frozen, struct err **e)
{
	const char *want = frozen ? "FROZEN" : "THAWED";

	if (!cgroup_tree_has(t, "freezer"))
		return -ENOSYS;
	for (int i = 0; i < 1000; i++) {
		AUTO(mem) char *state = NULL;
		int r;

		if (i % 50 == 49 && frozen)
			(void)cgroup_put(t->path, "freezer.state", "THAWED", NULL);
		r = cgroup_put(t->path, "freezer.state", want, e);
		if (r < 0)
			return r;
		state = cgroup_get(t->path, "freezer.state");
		if (state && streq(state, want))
			return 0;
		(void)poll(NULL, 0, 1);
	}
	if (frozen)
		(void)cgroup_put(t->path, "freezer.state", "THAWED", NULL);
	return err_set(e, ETIMEDOUT, "cgroup %s does not become %s", t->path, want);
}

const struct cgroup_backend cgroup_v1_backend = {
	.make = v1_make,
	.limit = v1_limit,
	.freeze = v1_freeze,
	.is_frozen = v1_is_frozen,
};
