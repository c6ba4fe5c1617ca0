#include "runtime/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "base/num.h"
#include "base/path.h"
#include "base/strv.h"
#include "runtime/cgroup_backend.h"
#include "runtime/runtime.h"

#define CGROUP_ROOT "/sys/fs/cgroup"
#define MOUNT_TABLE "/proc/self/mountinfo"
enum { MOUNT_TABLE_MAX = 16 << 20 };

static const struct cgroup_backend *backend_of(const struct cgroup_tree *t)
{
	return t->version == 2 ? &cgroup_v2_backend : &cgroup_v1_backend;
}

bool cgroup_tree_has(const struct cgroup_tree *t, const char *controller)
{
	struct str rest = str_of(t->controllers);

	while (rest.n)
		if (str_eq(str_cut(&rest, ','), controller))
			return true;
	return false;
}

const struct cgroup_tree *cgroup_tree_of(const struct cgroup *c, const char *controller)
{
	for (size_t i = 0; i < c->n; i++)
		if (cgroup_tree_has(&c->v[i], controller))
			return &c->v[i];
	return NULL;
}

void cgroup_free(struct cgroup *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].controllers);
		free(c->v[i].handed);
		free(c->v[i].mount);
		free(c->v[i].path);
	}
	free(c->relative);
	free(c);
}

static struct cgroup_tree *tree_add(struct cgroup *c, int version, const char *mount)
{
	struct cgroup_tree *t;

	if (c->n == CGROUP_MAX_TREES)
		return NULL;
	t = &c->v[c->n++];
	*t = (struct cgroup_tree){ .version = version, .mount = xstrdup(mount) };
	return t;
}

/* The controllers of a v2 tree, as a comma list. */
static char *v2_controllers(const char *mount)
{
	char *text = cgroup_get(mount, "cgroup.controllers");

	for (char *p = text; p && *p; p++)
		if (*p == ' ')
			*p = ',';
	return text ? text : xstrdup("");
}

/* Of the super options of a v1 mount, those that name controllers. */
static char *v1_controllers(struct str options)
{
	static const char *const flags[] = { "rw", "ro", "xattr", "noprefix", "clone_children",
					     "favordynmods" };
	AUTO(strv) struct strv keep = STRV_INIT;

	while (options.n) {
		struct str one = str_cut(&options, ',');
		bool is_flag = one.n > 13 && !memcmp(one.p, "release_agent", 13);

		for (size_t i = 0; i < ARRAY_LEN(flags); i++)
			is_flag |= str_eq(one, flags[i]);
		if (!is_flag)
			strv_take(&keep, str_dup(one));
	}
	return strv_join(&keep, ",");
}

/* One line of mountinfo: fields, " - ", type, source, super options. */
static void add_mountinfo_line(struct cgroup *c, struct str line)
{
	AUTO(mem) char *text = str_dup(line);
	char *dash = strstr(text, " - cgroup");
	struct str fields = line, tail;
	AUTO(mem) char *mount = NULL;
	struct cgroup_tree *t;
	bool v2;

	if (!dash)
		return;
	v2 = dash[9] == '2';
	for (int i = 0; i < 4; i++)
		(void)str_cut(&fields, ' ');
	mount = str_dup(str_cut(&fields, ' '));
	/* A tree mounted twice counts once, where it was mounted first. */
	tail = str_of(dash + 3);
	(void)str_cut(&tail, ' ');
	(void)str_cut(&tail, ' ');
	if (v2) {
		for (size_t i = 0; i < c->n; i++)
			if (c->v[i].version == 2)
				return;
		t = tree_add(c, 2, mount);
		if (t)
			t->controllers = v2_controllers(mount);
		return;
	}
	t = tree_add(c, 1, mount);
	if (!t)
		return;
	t->controllers = v1_controllers(tail);
	for (size_t i = 0; i + 1 < c->n; i++) {
		if (c->v[i].version == 1 && streq(c->v[i].controllers, t->controllers)) {
			free(t->controllers);
			free(t->mount);
			c->n--;
			return;
		}
	}
}

static bool is_unified(void)
{
	struct statfs fs;

	return statfs(CGROUP_ROOT, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

static struct buf remembered = BUF_INIT;

/* proc(5): a change of the mount table is an exceptional condition of the open file. */
void cgroup_remember_mounts(void)
{
	static int fd = -1;
	struct pollfd p = { .fd = fd, .events = POLLPRI };

	if (fd >= 0 && poll(&p, 1, 0) == 0)
		return;
	remembered.n = 0;
	if (is_unified())
		return;
	if (fd < 0)
		fd = open(MOUNT_TABLE, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && lseek(fd, 0, SEEK_SET) == 0 &&
	    fd_read_all(fd, MOUNT_TABLE_MAX, &remembered) < 0)
		remembered.n = 0;
}

static int find_trees(struct cgroup *c, struct err **e)
{
	AUTO(buf) struct buf b = BUF_INIT;
	struct str rest;
	int r = 0;

	if (is_unified()) {
		tree_add(c, 2, CGROUP_ROOT)->controllers = v2_controllers(CGROUP_ROOT);
		return 0;
	}
	if (!remembered.n)
		r = file_read(AT_FDCWD, MOUNT_TABLE, MOUNT_TABLE_MAX, &b, e);
	if (r < 0)
		return err_wrap(e, "find the cgroup trees");
	rest = str_of(buf_str(remembered.n ? &remembered : &b));
	while (rest.n)
		add_mountinfo_line(c, str_cut(&rest, '\n'));
	return 0;
}

/* "slice:prefix:name" of systemd becomes the path systemd would have used. */
static char *path_of_systemd(const char *text)
{
	AUTO(strv) struct strv part = STRV_INIT;
	AUTO(buf) struct buf b = BUF_INIT;
	AUTO(mem) char *slice = NULL;
	size_t n;

	strv_split(&part, text, ':');
	if (part.n != 3)
		return NULL;
	slice = xstrdup(*part.v[0] ? part.v[0] : "system.slice");
	n = strlen(slice);
	/* a-b.slice lives in a.slice. */
	for (size_t i = 0; i < n; i++)
		if (slice[i] == '-' && ends_with(slice, ".slice"))
			buf_addf(&b, "/%.*s.slice", (int)i, slice);
	buf_addf(&b, "/%s/%s-%s.scope", slice, part.v[1], part.v[2]);
	return buf_take(&b);
}

static int relative_path(const char *cgroups_path, const char *id, char **ret, struct err **e)
{
	AUTO(mem) char *text = NULL;
	struct str rest;

	if (!cgroups_path || !*cgroups_path)
		text = xasprintf("/%s", id);
	else if (strchr(cgroups_path, ':') && !path_is_abs(cgroups_path))
		text = path_of_systemd(cgroups_path);
	if (!text)
		text = xasprintf("/%s", cgroups_path);
	rest = str_of(text);
	while (rest.n)
		if (str_eq(str_cut(&rest, '/'), ".."))
			return err_set(e, EINVAL, "linux.cgroupsPath \"%s\" contains \"..\"",
				       cgroups_path);
	*ret = path_clean(text);
	if (streq(*ret, "/")) {
		free(TAKE_PTR(*ret));
		return err_set(e, EINVAL, "linux.cgroupsPath \"%s\" is the root cgroup",
			       cgroups_path);
	}
	return 0;
}

/* A v1 tree costs a mkdir and an attach each; those nobody reads or limits are left alone. */
static bool v1_wanted(const struct cgroup_tree *t, const struct json *resources, bool has_v2)
{
	static const char *const always[] = { "memory", "cpu", "cpuacct", "pids", "blkio",
					      "devices" };

	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		if (cgroup_tree_has(t, always[i]))
			return true;
	if (cgroup_tree_has(t, "freezer"))
		return !has_v2;
	if (cgroup_tree_has(t, "cpuset"))
		return json_str(json_get(resources, "cpu"), "cpus", NULL) ||
		       json_str(json_get(resources, "cpu"), "mems", NULL);
	if (cgroup_tree_has(t, "hugetlb"))
		return json_len(json_get(resources, "hugepageLimits")) > 0;
	if (cgroup_tree_has(t, "net_cls") || cgroup_tree_has(t, "net_prio"))
		return json_len(json_get(resources, "network")) > 0;
	if (cgroup_tree_has(t, "rdma"))
		return json_len(json_get(resources, "rdma")) > 0;
	return false;
}

/* A controller costs memory and time in every directory it is handed to. */
static bool v2_wanted(const char *controller, const struct json *resources)
{
	static const char *const always[] = { "memory", "cpu", "cpuset", "io", "pids" };

	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		if (streq(controller, always[i]))
			return true;
	JSON_EACH(u, json_get(resources, "unified")) {
		size_t n = strlen(controller);

		if (!strncmp(json_key(u), controller, n) && json_key(u)[n] == '.')
			return true;
	}
	if (streq(controller, "hugetlb"))
		return json_len(json_get(resources, "hugepageLimits")) > 0;
	return streq(controller, "rdma") && json_len(json_get(resources, "rdma")) > 0;
}

static char *v2_handed(const struct cgroup_tree *t, const struct json *resources)
{
	AUTO(strv) struct strv keep = STRV_INIT;
	struct str rest = str_of(t->controllers);

	while (rest.n) {
		AUTO(mem) char *one = str_dup(str_cut(&rest, ','));

		if (v2_wanted(one, resources))
			strv_add(&keep, one);
	}
	return strv_join(&keep, ",");
}

int cgroup_plan(const char *cgroups_path, const char *id, const struct json *resources,
		struct cgroup **ret, struct err **e)
{
	AUTO(cgroup) struct cgroup *c = xcalloc(1, sizeof(*c));
	bool has_v2 = false;
	int r = relative_path(cgroups_path, id, &c->relative, e);

	if (r == 0)
		r = find_trees(c, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < c->n; i++)
		has_v2 |= c->v[i].version == 2;
	for (size_t i = 0; i < c->n; i++) {
		struct cgroup_tree *t = &c->v[i];

		t->path = xasprintf("%s%s", t->mount, c->relative);
		t->wanted = t->version == 2 || v1_wanted(t, resources, has_v2);
		if (t->version == 2)
			t->handed = v2_handed(t, resources);
	}
	*ret = TAKE_PTR(c);
	return 0;
}

static int check_empty(const struct cgroup_tree *t, struct err **e)
{
	AUTO(mem) char *first = cgroup_get(t->path, "cgroup.procs");

	if (first && *first)
		return err_set(e, EBUSY, "cgroup %s is not empty: process %s is in it", t->path,
			       first);
	if (backend_of(t)->is_frozen(t))
		return err_set(e, EBUSY, "cgroup %s is frozen", t->path);
	return 0;
}

/* Somebody else's last container may take the parent away between its mkdir and ours. */
static int make_tree(const struct cgroup_tree *t, struct err **e)
{
	struct err *last = NULL;
	int r = -ENOENT;

	for (int tries = 0; tries < 100 && r == -ENOENT; tries++) {
		err_free(TAKE_PTR(last));
		r = backend_of(t)->make(t, &last);
	}
	if (r < 0 && e)
		*e = last;
	else
		err_free(last);
	return r;
}

int cgroup_make(struct cgroup *c, struct err **e)
{
	for (size_t i = 0; i < c->n; i++) {
		struct cgroup_tree *t = &c->v[i];
		int r;

		if (!t->wanted)
			continue;
		r = make_tree(t, e);
		if (r == -EEXIST)
			r = check_empty(t, e);
		if (r < 0) {
			while (i-- > 0)
				if (c->v[i].wanted)
					(void)rmdir(c->v[i].path);
			return r;
		}
	}
	return 0;
}

int cgroup_limit(const struct cgroup *c, const struct json *resources, struct err **e)
{
	for (size_t i = 0; i < c->n; i++) {
		int r;

		if (!c->v[i].wanted)
			continue;
		r = backend_of(&c->v[i])->limit(&c->v[i], resources, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A sub-cgroup need not exist in every tree; where it does not, the container's own is right. */
static char *sub_cgroup(const char *path, const char *sub)
{
	char *dir = xasprintf("%s/%s", path, sub ? sub : "");

	if (sub && access(dir, F_OK) < 0) {
		free(dir);
		return xstrdup(path);
	}
	return dir;
}

int cgroup_entry_open(const struct cgroup *c, const char *sub, struct cgroup_entry *ret,
		      struct err **e)
{
	AUTO(cgroup_entry) struct cgroup_entry x = CGROUP_ENTRY_INIT;

	for (size_t i = 0; i < c->n; i++) {
		AUTO(mem) char *dir = NULL;
		AUTO(mem) char *tasks = NULL;
		int fd;

		if (!c->v[i].wanted)
			continue;
		dir = sub_cgroup(c->v[i].path, sub);
		if (c->v[i].version == 2) {
			x.v2 = fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		} else {
			tasks = xasprintf("%s/tasks", dir);
			fd = open(tasks, O_WRONLY | O_CLOEXEC);
			if (fd >= 0)
				x.tasks[x.n++] = fd;
		}
		if (fd < 0)
			return err_sys(e, errno, "open cgroup %s", dir);
	}
	*ret = x;
	x = (struct cgroup_entry)CGROUP_ENTRY_INIT;
	return 0;
}

int cgroup_entry_go(const struct cgroup_entry *x, struct err **e)
{
	for (size_t i = 0; i < x->n; i++)
		if (write(x->tasks[i], "0", 1) < 0)
			return err_sys(e, errno, "enter the container's cgroups");
	return 0;
}

void cgroup_entry_done(struct cgroup_entry *x)
{
	fd_close(&x->v2);
	while (x->n)
		close(x->tasks[--x->n]);
}

/* A cgroup empties asynchronously after its last process was reaped; the v2 tree tells when by
 * cgroup.events, v1 does not. Either way the retry backs off and ends. */
static int remove_one(const char *path)
{
	int64_t deadline = clock_mono_ns() + 5000000000;
	int wait_ms = 1;

	while (rmdir(path) < 0) {
		AUTO(strv) struct strv names = STRV_INIT;

		if (errno == ENOENT)
			return 0;
		if (errno != EBUSY || clock_mono_ns() > deadline)
			return -errno;
		if (dir_list(AT_FDCWD, path, &names, NULL) == 0) {
			for (size_t i = 0; i < names.n; i++) {
				AUTO(mem) char *sub = xasprintf("%s/%s", path, names.v[i]);
				struct stat st;

				if (lstat(sub, &st) == 0 && S_ISDIR(st.st_mode))
					(void)remove_one(sub);
			}
		}
		(void)poll(NULL, 0, wait_ms);
		wait_ms = wait_ms < 100 ? wait_ms * 2 : 100;
	}
	return 0;
}

static void remove_our_parent(const char *path)
{
	AUTO(mem) char *parent = path_dir(path);

	/* Busy or not empty: others live there. */
	if (streq(path_base(parent), RUNTIME_CGROUP_PARENT))
		(void)rmdir(parent);
}

int cgroup_remove(const struct cgroup *c, struct err **e)
{
	int result = 0;

	for (size_t i = 0; i < c->n; i++) {
		int r;

		if (!c->v[i].wanted)
			continue;
		r = remove_one(c->v[i].path);
		if (r < 0 && result == 0)
			result = err_sys(e, -r, "remove cgroup %s", c->v[i].path);
		remove_our_parent(c->v[i].path);
	}
	return result;
}

int cgroup_freeze(const struct cgroup *c, bool frozen, struct err **e)
{
	for (size_t i = 0; i < c->n; i++) {
		int r;

		if (!c->v[i].wanted)
			continue;
		r = backend_of(&c->v[i])->freeze(&c->v[i], frozen, e);
		if (r != -ENOSYS)
			return r;
	}
	return err_set(e, ENOTSUP, "no cgroup tree of this container can freeze");
}

bool cgroup_is_frozen(const struct cgroup *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].wanted && backend_of(&c->v[i])->is_frozen(&c->v[i]))
			return true;
	return false;
}

struct pids {
	pid_t *v;
	size_t n, cap;
};

static int collect(const char *dir, struct pids *out, struct err **e)
{
	AUTO(mem) char *file = xasprintf("%s/cgroup.procs", dir);
	AUTO(buf) struct buf b = BUF_INIT;
	AUTO(strv) struct strv names = STRV_INIT;
	struct str rest;
	int r = file_read(AT_FDCWD, file, 16 << 20, &b, e);

	if (r < 0)
		return r;
	rest = str_of(buf_str(&b));
	while (rest.n) {
		AUTO(mem) char *line = str_dup(str_cut(&rest, '\n'));
		int64_t pid;

		if (num_parse(line, 1, INT32_MAX, &pid) < 0)
			continue;
		ARRAY_RESERVE(out->v, out->n, out->cap);
		out->v[out->n++] = (pid_t)pid;
	}
	r = dir_list(AT_FDCWD, dir, &names, e);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		AUTO(mem) char *sub = xasprintf("%s/%s", dir, names.v[i]);
		struct stat st;

		if (lstat(sub, &st) == 0 && S_ISDIR(st.st_mode))
			r = collect(sub, out, e);
	}
	return r;
}

/* The tree whose membership decides who belongs to the container. */
static const struct cgroup_tree *tracking_tree(const struct cgroup *c)
{
	const struct cgroup_tree *best = NULL;

	for (size_t i = 0; i < c->n; i++) {
		const struct cgroup_tree *t = &c->v[i];

		if (!t->wanted)
			continue;
		if (t->version == 2)
			return t;
		if (!best || cgroup_tree_has(t, "devices"))
			best = t;
	}
	return best;
}

int cgroup_pids(const struct cgroup *c, pid_t **ret, size_t *ret_n, struct err **e)
{
	const struct cgroup_tree *t = tracking_tree(c);
	struct pids out = { 0 };
	int r = t ? collect(t->path, &out, e) : 0;

	if (r < 0) {
		free(out.v);
		return r;
	}
	*ret = out.v;
	*ret_n = out.n;
	return 0;
}

static int signal_each(const struct cgroup *c, int sig, size_t *ret_count, struct err **e)
{
	AUTO(mem) pid_t *pids = NULL;
	int r = cgroup_pids(c, &pids, ret_count, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < *ret_count; i++)
		if (kill(pids[i], sig) < 0 && errno != ESRCH)
			return err_sys(e, errno, "signal process %d", (int)pids[i]);
	return 0;
}

int cgroup_signal(const struct cgroup *c, int sig, struct err **e)
{
	const struct cgroup_tree *t = tracking_tree(c);
	size_t count = 0;
	int r;

	if (sig == SIGKILL && t && t->version == 2 && cgroup_has(t->path, "cgroup.kill"))
		return cgroup_put(t->path, "cgroup.kill", "1", e);
	/* Frozen while signalling, so that nobody forks away from under the list. */
	if (sig == SIGKILL)
		(void)cgroup_freeze(c, true, NULL);
	r = signal_each(c, sig, &count, e);
	if (sig == SIGKILL)
		(void)cgroup_freeze(c, false, NULL);
	return r;
}

void cgroup_format(const struct cgroup *c, struct buf *out)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].wanted)
			buf_addf(out, "%d %s %s\n", c->v[i].version,
				 *c->v[i].controllers ? c->v[i].controllers : "-", c->v[i].path);
}

int cgroup_parse(const char *text, struct cgroup **ret, struct err **e)
{
	AUTO(cgroup) struct cgroup *c = xcalloc(1, sizeof(*c));
	struct str rest = str_of(text);

	c->relative = xstrdup("");
	while (rest.n) {
		struct str line = str_cut(&rest, '\n');
		struct str version = str_cut(&line, ' ');
		struct str controllers = str_cut(&line, ' ');
		struct cgroup_tree *t;

		if (!line.n)
			return err_set(e, EINVAL, "the cgroup list is damaged");
		t = tree_add(c, str_eq(version, "2") ? 2 : 1, "");
		if (!t)
			return err_set(e, EINVAL, "the cgroup list is too long");
		t->controllers = str_eq(controllers, "-") ? xstrdup("") : str_dup(controllers);
		t->path = str_dup(line);
		t->wanted = true;
	}
	*ret = TAKE_PTR(c);
	return 0;
}

int cgroup_put(const char *dir, const char *file, const char *value, struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s/%s", dir, file);

	return file_put(AT_FDCWD, path, value, e);
}

int cgroup_putf(const char *dir, const char *file, struct err **e, const char *fmt, ...)
{
	AUTO(mem) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	return cgroup_put(dir, file, text, e);
}

bool cgroup_has(const char *dir, const char *file)
{
	AUTO(mem) char *path = xasprintf("%s/%s", dir, file);

	return access(path, F_OK) == 0;
}

char *cgroup_get(const char *dir, const char *file)
{
	AUTO(mem) char *path = xasprintf("%s/%s", dir, file);
	AUTO(buf) struct buf b = BUF_INIT;
	struct str rest;

	if (file_read(AT_FDCWD, path, 1 << 20, &b, NULL) < 0)
		return NULL;
	rest = str_of(buf_str(&b));
	return str_dup(str_cut(&rest, '\n'));
}

uint64_t cgroup_get_u64(const char *dir, const char *file)
{
	AUTO(mem) char *text = cgroup_get(dir, file);
	uint64_t v = 0;

	if (text)
		(void)num_parse_u64(text, UINT64_MAX, &v);
	return v;
}

uint64_t cgroup_get_key(const char *dir, const char *file, const char *key)
{
	AUTO(mem) char *path = xasprintf("%s/%s", dir, file);
	AUTO(buf) struct buf b = BUF_INIT;
	struct str rest;
	uint64_t v = 0;

	if (file_read(AT_FDCWD, path, 1 << 20, &b, NULL) < 0)
		return 0;
	rest = str_of(buf_str(&b));
	while (rest.n) {
		struct str line = str_cut(&rest, '\n');

		if (str_eq(str_cut(&line, ' '), key)) {
			AUTO(mem) char *number = str_dup(line);

			(void)num_parse_u64(number, UINT64_MAX, &v);
			break;
		}
	}
	return v;
}

int cgroup_limit_cpuset(const struct cgroup_tree *t, const struct json *res, struct err **e)
{
	const struct json *c = json_get(res, "cpu");
	const char *cpus = json_str(c, "cpus", NULL), *mems = json_str(c, "mems", NULL);
	int r = 0;

	if (cpus && *cpus)
		r = cgroup_put(t->path, "cpuset.cpus", cpus, e);
	if (r == 0 && mems && *mems)
		r = cgroup_put(t->path, "cpuset.mems", mems, e);
	return r;
}

int cgroup_limit_rdma(const struct cgroup_tree *t, const struct json *res, struct err **e)
{
	JSON_EACH(d, json_get(res, "rdma")) {
		int r = cgroup_putf(t->path, "rdma.max", e, "%s hca_handle=%lld hca_object=%lld",
				    json_key(d), (long long)json_int(d, "hcaHandles", 0),
				    (long long)json_int(d, "hcaObjects", 0));

		if (r < 0)
			return r;
	}
	return 0;
}

/* log2 and 2^x to some 1e-12, so that libm need not be mapped for one number. */
static double binary_log(double x)
{
	double whole = 0, part = 0, bit = 0.5;

	for (; x >= 2; x /= 2)
		whole++;
	for (int i = 0; i < 44; i++, bit /= 2) {
		x *= x;
		if (x >= 2) {
			x /= 2;
			part += bit;
		}
	}
	return whole + part;
}

static double binary_power(double y)
{
	const double ln2 = 0.69314718055994530942;
	double sum = 1, term = 1, scale = 1;

	for (; y >= 1; y--)
		scale *= 2;
	for (int i = 1; i < 24; i++) {
		term *= y * ln2 / i;
		sum += term;
	}
	return scale * sum;
}

/* The curve of the other runtimes: 1024 shares, the default, become weight 100, the default. */
uint64_t cgroup_weight_of_shares(uint64_t shares)
{
	const double log2_of_10 = 3.32192809488736234787;
	double l, weight;

	if (shares == 0)
		return 0;
	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = binary_log((double)shares);
	weight = binary_power(((l * l + 125 * l) / 612.0 - 7.0 / 34.0) * log2_of_10);
	/* Rounded up, but not by the last digits of the series above. */
	return (uint64_t)(weight + 1 - 1e-7);
}
