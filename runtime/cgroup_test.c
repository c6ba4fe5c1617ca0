#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdio.h"
#include "runtime/cgroup_backend.h"

static void shares_follow_the_curve_of_other_runtimes(void **state)
{
	static const uint64_t rows[][2] = {
		{ 0, 0 },
		{ 2, 1 },
		{ 3, 2 },
		{ 100, 17 },
		{ 512, 59 },
		{ 1024, 100 },
		{ 2048, 174 },
		{ 10240, 639 },
		{ 100000, 4340 },
		{ 262144, 10000 },
		{ 300000, 10000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(cgroup_weight_of_shares(rows[i][0]), rows[i][1]);
}

static void weight_never_falls_when_shares_rise(void **state)
{
	uint64_t last = 0;

	(void)state;
	for (uint64_t s = 2; s <= 262144; s += 17) {
		uint64_t w = cgroup_weight_of_shares(s);

		assert_true(w >= last && w >= 1 && w <= 10000);
		last = w;
	}
}

static void list_survives_being_written_and_read(void **state)
{
	AUTO(cgroup) struct cgroup *c = NULL;
	AUTO(buf) struct buf b = BUF_INIT;
	static const char text[] = "1 cpu,cpuacct /sys/fs/cgroup/cpu/x\n2 - /sys/fs/cgroup/unified/x y\n";

	(void)state;
	assert_int_equal(cgroup_parse(text, &c, NULL), 0);
	assert_int_equal(c->n, 2);
	assert_string_equal(c->v[1].path, "/sys/fs/cgroup/unified/x y");
	assert_true(cgroup_tree_has(&c->v[0], "cpuacct"));
	assert_false(cgroup_tree_has(&c->v[0], "cpuset"));
	assert_false(cgroup_tree_has(&c->v[0], "acct"));
	cgroup_format(c, &b);
	assert_string_equal(buf_str(&b), text);
	assert_true(cgroup_parse("nonsense\n", &c, NULL) < 0);
}

static void path_outside_the_tree_is_refused(void **state)
{
	static const char *const bad[] = { "/../x", "/a/../../b", "..", "/", "//" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct cgroup *c = NULL;

		assert_int_equal(cgroup_plan(bad[i], "id", NULL, &c, NULL), -EINVAL);
	}
}

static void systemd_form_becomes_a_path(void **state)
{
	AUTO(cgroup) struct cgroup *c = NULL;

	(void)state;
	assert_int_equal(cgroup_plan("a-b.slice:pre:name", "id", NULL, &c, NULL), 0);
	assert_string_equal(c->relative, "/a.slice/a-b.slice/pre-name.scope");
}

static int rules_of(const char *text, struct device_rule **ret, size_t *ret_n)
{
	AUTO(json) struct json *j = NULL;

	assert_int_equal(json_parse(text, strlen(text), &j, NULL), 0);
	return device_rules_parse(j, ret, ret_n, NULL);
}

static void harmless_devices_follow_a_configured_list(void **state)
{
	AUTO(mem) struct device_rule *v = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(rules_of("[{\"allow\":false,\"access\":\"rwm\"}]", &v, &n), 0);
	assert_true(n > 10);
	assert_false(v[0].allow);
	assert_int_equal(v[0].type, 'a');
	for (size_t i = 0; i < n; i++)
		assert_false(v[i].major == 10 && v[i].minor == 200); /* tun is not harmless */
}

static void no_list_restricts_nothing(void **state)
{
	struct device_rule *v = NULL;
	size_t n = 1;

	(void)state;
	assert_int_equal(rules_of("[]", &v, &n), 0);
	assert_int_equal(n, 0);
	assert_null(v);
}

static void wrong_access_is_refused(void **state)
{
	struct device_rule *v = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(rules_of("[{\"allow\":true,\"access\":\"rx\"}]", &v, &n), -EINVAL);
	assert_int_equal(rules_of("[{\"allow\":true,\"type\":\"z\"}]", &v, &n), -EINVAL);
}

/* A cgroup2 tree for the test alone; the kernel shows the same hierarchy everywhere. */
static char *v2_root(void)
{
	static const char *const places[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (geteuid() == 0 && cgroup_has(places[i], "cgroup.controllers"))
			return xstrdup(places[i]);
	return NULL;
}

static int open_status(const char *dir, const char *device)
{
	int status = -1, p[2];
	pid_t pid;

	assert_int_equal(pipe(p), 0);
	pid = fork();
	if (pid == 0) {
		char go;

		/* Which devices may be opened is asked of the opener's own group. */
		if (read(p[0], &go, 1) != 1)
			_exit(250);
		_exit(open(device, O_RDONLY) >= 0 ? 0 : errno);
	}
	assert_int_equal(cgroup_putf(dir, "cgroup.procs", NULL, "%d", (int)pid), 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(p[0]);
	close(p[1]);
	return WEXITSTATUS(status);
}

static void device_filter_refuses_what_is_not_listed(void **state)
{
	AUTO(mem) char *root = v2_root();
	AUTO(mem) char *dir = NULL;
	AUTO(mem) struct device_rule *v = NULL;
	AUTO(err) struct err *e = NULL;
	size_t n = 0;
	int r;

	(void)state;
	if (!root)
		skip();
	dir = xasprintf("%s/compose-test-%d", root, (int)getpid());
	assert_int_equal(mkdir(dir, 0755), 0);
	assert_int_equal(rules_of("[{\"allow\":false,\"access\":\"rwm\"},"
				  "{\"allow\":false,\"type\":\"c\",\"major\":1,\"minor\":9}]",
				  &v, &n),
			 0);
	/* The common rules come last and win; drop the one for /dev/zero to see it refused. */
	for (size_t i = 0; i < n; i++)
		if (v[i].major == 1 && v[i].minor == 5)
			v[i].allow = false;
	r = device_filter_attach(dir, v, n, &e);
	if (r == -EPERM || r == -EINVAL) {
		(void)rmdir(dir);
		skip();
	}
	assert_int_equal(r, 0);
	assert_int_equal(open_status(dir, "/dev/null"), 0);
	assert_int_equal(open_status(dir, "/dev/zero"), EPERM);
	assert_int_equal(open_status(dir, "/dev/kmsg"), EPERM);
	/* A second one replaces it. */
	free(TAKE_PTR(v));
	assert_int_equal(rules_of("[{\"allow\":true,\"access\":\"rwm\"}]", &v, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(device_filter_attach(dir, v, n, &e), 0);
	assert_int_equal(open_status(dir, "/dev/zero"), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void v2_group_freezes_and_thaws(void **state)
{
	AUTO(mem) char *root = v2_root();
	AUTO(mem) char *dir = NULL;
	struct cgroup_tree t = { .version = 2, .controllers = (char *)"", .mount = root };

	(void)state;
	if (!root)
		skip();
	dir = xasprintf("%s/compose-test-f%d", root, (int)getpid());
	t.path = dir;
	assert_int_equal(cgroup_v2_backend.make(&t, NULL), 0);
	assert_int_equal(cgroup_v2_backend.make(&t, NULL), -EEXIST);
	assert_int_equal(cgroup_v2_backend.freeze(&t, true, NULL), 0);
	assert_true(cgroup_v2_backend.is_frozen(&t));
	assert_int_equal(cgroup_v2_backend.freeze(&t, false, NULL), 0);
	assert_false(cgroup_v2_backend.is_frozen(&t));
	assert_int_equal(rmdir(dir), 0);
}

/* The version 2 writers against a plain directory: what they write is read back. */
static void v2_limits_go_to_the_right_files(void **state)
{
	static const struct {
		const char *resources, *file, *value;
	} rows[] = {
		{ "{\"memory\":{\"limit\":104857600}}", "memory.max", "104857600" },
		{ "{\"memory\":{\"limit\":100,\"swap\":300}}", "memory.swap.max", "200" },
		{ "{\"memory\":{\"limit\":100,\"swap\":100}}", "memory.swap.max", "0" },
		{ "{\"memory\":{\"limit\":-1}}", "memory.max", "max" },
		{ "{\"memory\":{\"limit\":100,\"swap\":-1}}", "memory.swap.max", "max" },
		{ "{\"memory\":{\"reservation\":77}}", "memory.low", "77" },
		{ "{\"cpu\":{\"quota\":50000}}", "cpu.max", "50000 100000" },
		{ "{\"cpu\":{\"quota\":50000,\"period\":20000}}", "cpu.max", "50000 20000" },
		{ "{\"cpu\":{\"quota\":-1}}", "cpu.max", "max" },
		{ "{\"cpu\":{\"shares\":1024}}", "cpu.weight", "100" },
		{ "{\"cpu\":{\"cpus\":\"0-1\"}}", "cpuset.cpus", "0-1" },
		{ "{\"pids\":{\"limit\":100}}", "pids.max", "100" },
		{ "{\"pids\":{\"limit\":-1}}", "pids.max", "max" },
		{ "{\"blockIO\":{\"weight\":1000}}", "io.weight", "default 10000" },
		{ "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1000}]}}",
		  "io.max", "8:0 rbps=1000" },
		{ "{\"unified\":{\"memory.high\":\"5\"}}", "memory.high", "5" },
	};
	char dir[] = "/tmp/cgroup-test-XXXXXX";
	struct cgroup_tree t = { .version = 2,
				 .controllers = (char *)"memory,cpu,cpuset,io,pids",
				 .mount = (char *)"/nowhere",
				 .path = dir };

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(json) struct json *j = NULL;
		AUTO(mem) char *got = NULL;
		static const char *const files[] = { "memory.max", "memory.swap.max", "memory.low",
						     "memory.high", "cpu.max", "cpu.weight",
						     "cpuset.cpus", "pids.max", "io.weight", "io.max" };

		for (size_t f = 0; f < ARRAY_LEN(files); f++) {
			AUTO(mem) char *p = xasprintf("%s/%s", dir, files[f]);

			assert_int_equal(file_write(AT_FDCWD, p, "", 0, 0600, false, NULL), 0);
		}
		assert_int_equal(json_parse(rows[i].resources, strlen(rows[i].resources), &j, NULL), 0);
		assert_int_equal(cgroup_v2_backend.limit(&t, j, NULL), 0);
		got = cgroup_get(dir, rows[i].file);
		assert_string_equal(got, rows[i].value);
	}
	assert_int_equal(tree_remove(AT_FDCWD, dir, NULL), 0);
}

static void unified_keys_stay_in_the_directory(void **state)
{
	static const char *const bad[] = { "{\"unified\":{\"../x\":\"1\"}}",
					   "{\"unified\":{\"a/b\":\"1\"}}",
					   "{\"unified\":{\"x\":1}}" };
	struct cgroup_tree t = { .version = 2,
				 .controllers = (char *)"",
				 .mount = (char *)"/nowhere",
				 .path = (char *)"/nowhere/x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(json) struct json *j = NULL;

		assert_int_equal(json_parse(bad[i], strlen(bad[i]), &j, NULL), 0);
		assert_int_equal(cgroup_v2_backend.limit(&t, j, NULL), -EINVAL);
	}
}

static size_t trees_planned(void)
{
	AUTO(cgroup) struct cgroup *c = NULL;

	return cgroup_plan(NULL, "x", NULL, &c, NULL) < 0 ? 0 : c->n;
}

/* In a mount namespace of its own, which nobody else changes. */
static int remember_and_forget(void)
{
	AUTO(cgroup) struct cgroup *c = NULL;
	size_t n = trees_planned();

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    cgroup_plan(NULL, "x", NULL, &c, NULL) < 0)
		return 1;
	cgroup_remember_mounts();
	if (umount2(c->v[c->n - 1].mount, MNT_DETACH) < 0)
		return 2;
	if (trees_planned() != n) /* what was remembered */
		return 3;
	cgroup_remember_mounts();
	return trees_planned() == n - 1 ? 0 : 4;
}

static void mounts_are_read_again_when_they_changed(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0 || trees_planned() < 2)
		skip();
	pid = fork();
	if (pid == 0)
		_exit(remember_and_forget());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* The child goes into the cgroup by itself; the forks of nobody else wait for it. */
static void a_process_enters_by_itself(void **state)
{
	AUTO(cgroup) struct cgroup *c = NULL;
	AUTO(cgroup_entry) struct cgroup_entry x = CGROUP_ENTRY_INIT;
	AUTO(mem) pid_t *pids = NULL;
	size_t n = 0;
	int hold[2], status;
	char word = 0;
	pid_t pid;

	(void)state;
	if (geteuid() != 0 || cgroup_plan("/compose-entry-test", "x", NULL, &c, NULL) < 0 ||
	    cgroup_make(c, NULL) < 0)
		skip();
	assert_int_equal(cgroup_entry_open(c, NULL, &x, NULL), 0);
	assert_int_equal(pipe(hold), 0);
	pid = fork();
	if (pid == 0) {
		bool in = cgroup_entry_go(&x, NULL) == 0;

		_exit(write(hold[1], "x", 1) == 1 && in && pause() ? 0 : 1);
	}
	assert_int_equal(read(hold[0], &word, 1), 1);
	for (size_t i = 0; i < c->n; i++) {
		AUTO(mem)
		char *first = c->v[i].wanted && c->v[i].version == 1
				      ? cgroup_get(c->v[i].path, "cgroup.procs")
				      : NULL;

		if (first)
			assert_int_equal(strtol(first, NULL, 10), pid);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	cgroup_entry_done(&x);
	assert_int_equal(cgroup_pids(c, &pids, &n, NULL), 0);
	assert_int_equal(n, 0);
	assert_int_equal(cgroup_remove(c, NULL), 0);
	close(hold[0]);
	close(hold[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_follow_the_curve_of_other_runtimes),
		cmocka_unit_test(weight_never_falls_when_shares_rise),
		cmocka_unit_test(list_survives_being_written_and_read),
		cmocka_unit_test(path_outside_the_tree_is_refused),
		cmocka_unit_test(systemd_form_becomes_a_path),
		cmocka_unit_test(harmless_devices_follow_a_configured_list),
		cmocka_unit_test(no_list_restricts_nothing),
		cmocka_unit_test(wrong_access_is_refused),
		cmocka_unit_test(device_filter_refuses_what_is_not_listed),
		cmocka_unit_test(v2_group_freezes_and_thaws),
		cmocka_unit_test(v2_limits_go_to_the_right_files),
		cmocka_unit_test(unified_keys_stay_in_the_directory),
		cmocka_unit_test(mounts_are_read_again_when_they_changed),
		cmocka_unit_test(a_process_enters_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
