#include "runtime/cgroup_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"

static bool lists(const char *words, struct str wanted)
{
	struct str rest = str_of(words);

	while (rest.n) {
		struct str one = str_cut(&rest, ' ');

		if (one.n == wanted.n && !memcmp(one.p, wanted.p, wanted.n))
			return true;
	}
	return false;
}

/* Of the controllers the container gets, those that a file of a directory does not list: "+a +b". */
static char *missing_in(const struct cgroup_tree *t, const char *dir, const char *file)
{
	AUTO(mem) char *have = cgroup_get(dir, file);
	AUTO(buf) struct buf out = BUF_INIT;
	struct str rest = str_of(t->handed);

	while (rest.n) {
		struct str one = str_cut(&rest, ',');

		if (!lists(have, one))
			buf_addf(&out, "%s+%.*s", out.n ? " " : "", (int)one.n, one.p);
	}
	return buf_take(&out);
}

/* One the kernel refuses (a realtime process in the way of cpu, say) is missed only when a limit needs
 * it, and then by name. */
static void hand_down(const struct cgroup_tree *t, const char *dir)
{
	AUTO(mem) char *all = missing_in(t, dir, "cgroup.subtree_control");
	struct str rest = str_of(all);

	if (!rest.n || cgroup_put(dir, "cgroup.subtree_control", all, NULL) == 0)
		return;
	while (rest.n) {
		AUTO(mem) char *one = str_dup(str_cut(&rest, ' '));

		(void)cgroup_put(dir, "cgroup.subtree_control", one, NULL);
	}
}

/* Calls each for the directories from the mount point down to the one above the container's. */
static int each_above(const struct cgroup_tree *t,
		      int (*each)(const struct cgroup_tree *t, const char *dir))
{
	AUTO(mem) char *walk = xstrdup(t->path);
	int r = 0;

	for (char *p = walk + strlen(t->mount); r == 0 && *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		r = each(t, walk);
		*p = '/';
	}
	return r;
}

static int make_above(const struct cgroup_tree *t, const char *dir)
{
	(void)t;
	return mkdir(dir, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int hand_above(const struct cgroup_tree *t, const char *dir)
{
	hand_down(t, dir);
	return 0;
}

/* Mostly everything above is there and handed down, by the container before this one. */
static int v2_make(const struct cgroup_tree *t, struct err **e)
{
	AUTO(mem) char *missing = NULL;
	int r = mkdir(t->path, 0755) < 0 ? -errno : 0;

	if (r == -ENOENT) {
		r = each_above(t, make_above);
		if (r == 0)
			r = mkdir(t->path, 0755) < 0 ? -errno : 0;
	}
	if (r < 0 && r != -EEXIST)
		return err_sys(e, -r, "create cgroup %s", t->path);
	missing = missing_in(t, t->path, "cgroup.controllers");
	if (missing && *missing)
		(void)each_above(t, hand_above);
	return r;
}

static bool is_set(const struct json *obj, const char *key)
{
	return json_is(json_get(obj, key), JSON_NUM);
}

static int put_or_max(const char *dir, const char *file, int64_t v, struct err **e)
{
	return v < 0 ? cgroup_put(dir, file, "max", e) :
		       cgroup_putf(dir, file, e, "%lld", (long long)v);
}

/* OCI counts swap as memory + swap, version 2 as swap alone. */
static int limit_swap(const char *dir, const struct json *m, struct err **e)
{
	int64_t limit = json_int(m, "limit", 0), sum = json_int(m, "swap", 0);

	if (limit == -1 && !is_set(m, "swap"))
		sum = -1;
	if (sum == 0)
		return 0;
	if (!cgroup_has(dir, "memory.swap.max"))
		return 0; /* no swap accounting in this kernel */
	if (sum > 0 && limit <= 0)
		return err_set(e, EINVAL, "a memory+swap limit needs a memory limit");
	if (sum > 0 && sum < limit)
		return err_set(e, EINVAL, "the memory+swap limit is below the memory limit");
	return put_or_max(dir, "memory.swap.max", sum < 0 ? -1 : sum - limit, e);
}

static int limit_memory(const struct cgroup_tree *t, const struct json *res, struct err **e)
{
	const struct json *m = json_get(res, "memory");
	int64_t limit = json_int(m, "limit", 0);
	int r;

	if (!json_is(m, JSON_OBJ))
		return 0;
	if (json_bool(m, "checkBeforeUpdate", false) && limit > 0 &&
	    cgroup_get_u64(t->path, "memory.current") > (uint64_t)limit)
		return err_set(e, EBUSY, "memory usage is above the new limit");
	r = limit_swap(t->path, m, e);
	if (r == 0 && limit)
		r = put_or_max(t->path, "memory.max", limit, e);
	if (r == 0 && json_int(m, "reservation", 0))
		r = put_or_max(t->path, "memory.low", json_int(m, "reservation", 0), e);
	return r;
}

static int limit_cpu(const struct cgroup_tree *t, const struct json *res, struct err **e)
{
	const struct json *c = json_get(res, "cpu");
	int64_t quota = json_int(c, "quota", 0), period = json_int(c, "period", 0);
	uint64_t weight = cgroup_weight_of_shares((uint64_t)json_int(c, "shares", 0));
	int r = 0;

	if (weight)
		r = cgroup_putf(t->path, "cpu.weight", e, "%llu", (unsigned long long)weight);
	if (r == 0 && (quota || period)) {
		if (quota > 0)
			r = cgroup_putf(t->path, "cpu.max", e, "%lld %lld", (long long)quota,
					(long long)(period ? period : 100000));
		else if (period)
			r = cgroup_putf(t->path, "cpu.max", e, "max %lld", (long long)period);
		else
			r = cgroup_put(t->path, "cpu.max", "max", e);
	}
	if (r == 0 && is_set(c, "burst"))
		r = cgroup_putf(t->path, "cpu.max.burst", e, "%lld",
				(long long)json_int(c, "burst", 0));
	if (r == 0 && is_set(c, "idle"))
		r = cgroup_putf(t->path, "cpu.idle", e, "%lld", (long long)json_int(c, "idle", 0));
	return r;
}

static int limit_pids(const struct cgroup_tree *t, const struct json *res, struct err **e)
{
	const struct json *p = json_get(res, "pids");

	return is_set(p, "limit") ? put_or_max(t->path, "pids.max", json_int(p, "limit", 0), e) : 0;
}

static int io_weight(const char *dir, const struct json *b, struct err **e)
{
	int64_t w = json_int(b, "weight", 0);
	bool bfq;
	int r = 0;

	if (!w && !json_len(json_get(b, "weightDevice")))
		return 0;
	bfq = cgroup_has(dir, "io.bfq.weight");
	if (!bfq && !cgroup_has(dir, "io.weight"))
		return 0; /* no proportional scheduler: a weight means nothing */
	if (w && bfq)
		r = cgroup_putf(dir, "io.bfq.weight", e, "%lld", (long long)w);
	else if (w)
		r = cgroup_putf(dir, "io.weight", e, "default %lld",
				(long long)(1 + (w - 10) * 9999 / 990));
	JSON_EACH(d, json_get(b, "weightDevice")) {
		int64_t dw = json_int(d, "weight", 0);

		if (r < 0)
			break;
		r = cgroup_putf(dir, bfq ? "io.bfq.weight" : "io.weight", e, "%lld:%lld %lld",
				(long long)json_int(d, "major", 0),
				(long long)json_int(d, "minor", 0),
				(long long)(bfq ? dw : 1 + (dw - 10) * 9999 / 990));
	}
	return r;
}

static int limit_io(const struct cgroup_tree *t, const struct json *res, struct err **e)
{
	static const struct {
		const char *member, *key;
	} rows[] = {
		{ "throttleReadBpsDevice", "rbps" },
		{ "throttleWriteBpsDevice", "wbps" },
		{ "throttleReadIOPSDevice", "riops" },
		{ "throttleWriteIOPSDevice", "wiops" },
	};
	const struct json *b = json_get(res, "blockIO");
	int r;

	if (!json_is(b, JSON_OBJ))
		return 0;
	r = io_weight(t->path, b, e);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		JSON_EACH(d, json_get(b, rows[i].member)) {
			if (r < 0)
				return r;
			r = cgroup_putf(t->path, "io.max", e, "%lld:%lld %s=%lld",
					(long long)json_int(d, "major", 0),
					(long long)json_int(d, "minor", 0), rows[i].key,
					(long long)json_int(d, "rate", 0));
		}
	}
	return r;
}

static int limit_hugetlb(const struct cgroup_tree *t, const struct json *res, struct err **e)
{
	JSON_EACH(h, json_get(res, "hugepageLimits")) {
		AUTO(mem) char *file = xasprintf("hugetlb.%s.max", json_str(h, "pageSize", ""));
		int r;

		if (strchr(file, '/'))
			return err_set(e, EINVAL, "hugepageLimits: bad page size");
		r = cgroup_putf(t->path, file, e, "%lld", (long long)json_int(h, "limit", 0));
		if (r < 0)
			return r;
	}
	return 0;
}

static const struct {
	const char *controller;
	int (*limit)(const struct cgroup_tree *t, const struct json *res, struct err **e);
} limits[] = {
	{ "memory", limit_memory },    { "cpu", limit_cpu }, { "cpuset", cgroup_limit_cpuset },
	{ "pids", limit_pids },        { "io", limit_io },   { "hugetlb", limit_hugetlb },
	{ "rdma", cgroup_limit_rdma },
};

/* File to value, as given; only the name is checked. */
static int limit_unified(const struct cgroup_tree *t, const struct json *res, struct err **e)
{
	JSON_EACH(u, json_get(res, "unified")) {
		int r;

		if (strchr(json_key(u), '/') || strstr(json_key(u), ".."))
			return err_set(e, EINVAL, "linux.resources.unified: bad key \"%s\"",
				       json_key(u));
		if (!json_text(u))
			return err_set(e, EINVAL, "linux.resources.unified: \"%s\" is not a string",
				       json_key(u));
		r = cgroup_put(t->path, json_key(u), json_text(u), e);
		if (r < 0)
			return err_wrap(e, "linux.resources.unified");
	}
	return 0;
}

/* On a hybrid machine the devices controller is version 1 and this tree must not filter as well. */
static bool filters_devices(const struct cgroup_tree *t)
{
	return cgroup_tree_has(t, "memory") || cgroup_tree_has(t, "pids") ||
	       streq(t->mount, "/sys/fs/cgroup");
}

static int v2_limit(const struct cgroup_tree *t, const struct json *resources, struct err **e)
{
	AUTO(mem) struct device_rule *rules = NULL;
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(limits); i++)
		if (cgroup_tree_has(t, limits[i].controller))
			r = limits[i].limit(t, resources, e);
	if (r == 0 && json_get(resources, "devices") && filters_devices(t)) {
		r = device_rules_parse(json_get(resources, "devices"), &rules, &n, e);
		if (r == 0 && n)
			r = device_filter_attach(t->path, rules, n, e);
	}
	return r == 0 ? limit_unified(t, resources, e) : r;
}

static bool v2_is_frozen(const struct cgroup_tree *t)
{
	return cgroup_get_key(t->path, "cgroup.events", "frozen") == 1;
}

/* cgroup.events tells by POLLPRI when "frozen" has changed. */
static int v2_freeze(const struct cgroup_tree *t, bool frozen, struct err **e)
{
	AUTO(mem) char *events = xasprintf("%s/cgroup.events", t->path);
	AUTO(fd) int fd = open(events, O_RDONLY | O_CLOEXEC);
	int64_t deadline = clock_mono_ns() + 10000000000;
	int r;

	if (fd < 0)
		return errno == ENOENT ? -ENOSYS : err_sys(e, errno, "open %s", events);
	r = cgroup_put(t->path, "cgroup.freeze", frozen ? "1" : "0", e);
	if (r < 0)
		return r;
	while (v2_is_frozen(t) != frozen) {
		struct pollfd p = { .fd = fd, .events = POLLPRI };
		char drop[256];
		int64_t left_ms = (deadline - clock_mono_ns()) / 1000000;

		if (left_ms <= 0) {
			(void)cgroup_put(t->path, "cgroup.freeze", "0", NULL);
			return err_set(e, ETIMEDOUT, "cgroup %s does not become %s", t->path,
				       frozen ? "frozen" : "thawed");
		}
		/* Reading re-arms the notification before the state is looked at again. */
		if (poll(&p, 1, (int)left_ms) < 0 && errno != EINTR)
			return err_sys(e, errno, "wait for %s", events);
		if (pread(fd, drop, sizeof(drop), 0) < 0)
			return err_sys(e, errno, "read %s", events);
	}
	return 0;
}

const struct cgroup_backend cgroup_v2_backend = {
	.make = v2_make,
	.limit = v2_limit,
	.freeze = v2_freeze,
	.is_frozen = v2_is_frozen,
};
