/* The rules of combining service and image; no root, no container. */
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "compose/supervise/spec.h"
#include "compose/supervise/spec_defaults.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct json *parse(const char *text)
{
	struct json *j = NULL;

	assert_int_equal(json_parse(text, strlen(text), &j, NULL), 0);
	return j;
}

static struct image *image_of(const char *run_config)
{
	struct image *image = xcalloc(1, sizeof(*image));
	AUTO(mem) char *text = xasprintf("{\"config\":%s}", run_config);

	image->config = parse(text);
	return image;
}

static void program_and_arguments_combine_as_in_docker(void **state)
{
	static const struct {
		const char *service, *args;
	} cases[] = {
		{ "{}", "echo EP c1 c2" },
		{ "{\"entrypoint\":[\"x\"],\"command\":null}", "x" },
		{ "{\"entrypoint\":null,\"command\":[\"z\"]}", "echo EP z" },
		{ "{\"entrypoint\":[]}", "c1 c2" },
		{ "{\"entrypoint\":[],\"command\":[\"z\"]}", "z" },
		{ "{\"entrypoint\":[\"x\"],\"command\":[]}", "x" },
		{ "{\"command\":[]}", "echo EP c1 c2" },
		{ "{\"entrypoint\":[\"x\"],\"command\":[\"y\"]}", "x y" },
	};
	AUTO(image) struct image *image =
		image_of("{\"Entrypoint\":[\"echo\",\"EP\"],\"Cmd\":[\"c1\",\"c2\"]}");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(json) struct json *service = parse(cases[i].service);
		AUTO(strv) struct strv args = STRV_INIT;
		AUTO(mem) char *joined = NULL;

		assert_int_equal(spec_args(service, image, &args, NULL), 0);
		joined = strv_join(&args, " ");
		assert_string_equal(joined, cases[i].args);
	}
}

static void nothing_to_run_is_an_error(void **state)
{
	AUTO(image) struct image *image = image_of("{}");
	AUTO(json) struct json *none = parse("{}");
	AUTO(json) struct json *blank = parse("{\"entrypoint\":[\"\"]}");
	AUTO(strv) struct strv args = STRV_INIT;
	AUTO(strv) struct strv more = STRV_INIT;
	AUTO(err) struct err *e = NULL;

	(void)state;
	assert_int_equal(spec_args(none, image, &args, &e), -EINVAL);
	assert_string_equal(err_text(e), "no command specified");
	assert_int_equal(spec_args(blank, image, &more, &e), -EINVAL);
}

static void environment_is_layered_and_null_removes(void **state)
{
	AUTO(image) struct image *image = image_of("{\"Env\":[\"A=1\",\"B=2\",\"PATH=/x\"]}");
	AUTO(json) struct json *service =
		parse("{\"tty\":true,\"environment\":{\"B\":\"3\",\"A\":null,\"C\":\"a=b\"}}");
	AUTO(strv) struct strv env = STRV_INIT;

	(void)state;
	spec_env(service, image, "host", &env);
	assert_string_equal(strv_env_get(&env, "PATH"), "/x");
	assert_string_equal(strv_env_get(&env, "B"), "3");
	assert_string_equal(strv_env_get(&env, "C"), "a=b");
	assert_string_equal(strv_env_get(&env, "HOSTNAME"), "host");
	assert_string_equal(strv_env_get(&env, "TERM"), "xterm");
	assert_null(strv_env_get(&env, "A"));
}

static void signals_have_many_names(void **state)
{
	const struct {
		const char *text;
		int number;
	} cases[] = {
		{ "SIGUSR1", SIGUSR1 }, { "usr1", SIGUSR1 }, { "15", SIGTERM }, { "RTMIN+3", SIGRTMIN + 3 },
		{ "SIGRTMAX-1", SIGRTMAX - 1 },
	};
	AUTO(json) struct json *bad = parse("{\"stop_signal\":\"SIGNOPE\"}");
	AUTO(image) struct image *image = image_of("{\"StopSignal\":\"SIGINT\"}");
	AUTO(json) struct json *none = parse("{}");
	int got;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(json) struct json *service = json_new_obj();

		json_set_str(service, "stop_signal", cases[i].text);
		assert_int_equal(spec_stop_signal(service, image, &got, NULL), 0);
		assert_int_equal(got, cases[i].number);
	}
	assert_int_equal(spec_stop_signal(none, image, &got, NULL), 0);
	assert_int_equal(got, SIGINT);
	assert_int_equal(spec_stop_signal(none, NULL, &got, NULL), 0);
	assert_int_equal(got, SIGTERM);
	assert_int_equal(spec_stop_signal(bad, image, &got, NULL), -EINVAL);
}

static void health_gaps_are_filled_from_the_image(void **state)
{
	AUTO(image) struct image *image = image_of(
		"{\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"ok\"],\"Interval\":7000000000,\"Retries\":9},"
		"\"Shell\":[\"/bin/bash\",\"-ec\"]}");
	AUTO(json) struct json *service = parse("{\"healthcheck\":{\"timeout\":\"1m30s\"}}");
	AUTO(json) struct json *off = parse("{\"healthcheck\":{\"disable\":true}}");
	AUTO(json) struct json *none = parse("{\"healthcheck\":{\"test\":[\"NONE\"]}}");
	struct spec_health h;

	(void)state;
	assert_int_equal(spec_health(service, image, &h, NULL), 0);
	assert_int_equal(h.argv.n, 3);
	assert_string_equal(h.argv.v[1], "-ec");
	assert_true(h.interval_ns == 7000000000);
	assert_true(h.timeout_ns == 90000000000);
	assert_true(h.start_interval_ns == 5000000000);
	assert_int_equal(h.retries, 9);
	spec_health_done(&h);
	assert_int_equal(spec_health(off, image, &h, NULL), 0);
	assert_int_equal(h.argv.n, 0);
	spec_health_done(&h);
	assert_int_equal(spec_health(none, image, &h, NULL), 0);
	assert_int_equal(h.argv.n, 0);
	spec_health_done(&h);
}

static const char *name_at(const struct json *mounts, const char *destination, const char *key)
{
	JSON_EACH(m, mounts)
		if (streq(json_str(m, "destination", ""), destination))
			return json_str(m, key, NULL);
	return NULL;
}

static void mounts_are_ordered_named_and_inherited(void **state)
{
	AUTO(json) struct json *project = parse("{\"volumes\":{\"data\":{\"name\":\"p_data\"}}}");
	AUTO(json) struct json *service = parse(
		"{\"volumes\":[{\"type\":\"volume\",\"source\":\"data\",\"target\":\"/a/b/\"},"
		"{\"type\":\"bind\",\"source\":\"/src\",\"target\":\"/a\",\"read_only\":true,\"bind\":{}},"
		"{\"type\":\"volume\",\"target\":\"/anon\"}],\"tmpfs\":[\"/t:size=1m,exec\"]}");
	AUTO(image) struct image *image = image_of("{\"Volumes\":{\"/a\":{},\"/img\":{}}}");
	AUTO(json) struct json *first = NULL;
	AUTO(json) struct json *second = NULL;

	(void)state;
	assert_int_equal(spec_mounts("/r", project, service, image, NULL, NULL, &first, NULL), 0);
	assert_int_equal(json_len(first), 5);
	assert_string_equal(json_str(json_at(first, 0), "destination", ""), "/a");
	assert_string_equal(json_str(json_at(first, 4), "destination", ""), "/a/b");
	assert_string_equal(name_at(first, "/a/b", "name"), "p_data");
	assert_string_equal(name_at(first, "/a/b", "source"), "/r/volumes/p_data/_data");
	assert_string_equal(name_at(first, "/a", "type"), "bind");
	assert_int_equal(strlen(name_at(first, "/anon", "name")), 64);
	assert_int_equal(spec_mounts("/r", project, service, image, first, NULL, &second, NULL), 0);
	assert_string_equal(name_at(first, "/anon", "name"), name_at(second, "/anon", "name"));
	assert_string_equal(name_at(first, "/img", "name"), name_at(second, "/img", "name"));
}

static void two_mounts_at_one_place_are_refused(void **state)
{
	AUTO(json) struct json *service =
		parse("{\"volumes\":[{\"type\":\"volume\",\"target\":\"/x\"},"
		      "{\"type\":\"tmpfs\",\"target\":\"/x/.\"}]}");
	AUTO(json) struct json *root = parse("{\"volumes\":[{\"type\":\"tmpfs\",\"target\":\"/\"}]}");
	struct json *mounts = NULL;
	AUTO(err) struct err *e = NULL;

	(void)state;
	assert_int_equal(spec_mounts("/r", NULL, service, NULL, NULL, NULL, &mounts, &e), -EINVAL);
	assert_string_equal(err_text(e), "Duplicate mount point: /x");
	assert_int_equal(spec_mounts("/r", NULL, root, NULL, NULL, NULL, &mounts, &e), -EINVAL);
}

static bool has(const struct json *list, const char *text)
{
	JSON_EACH(v, list)
		if (streq(json_text(v), text))
			return true;
	return false;
}

static void capabilities_follow_docker(void **state)
{
	AUTO(strv) struct strv add = STRV_INIT;
	AUTO(strv) struct strv all = STRV_INIT;
	AUTO(strv) struct strv bad = STRV_INIT;
	AUTO(json) struct json *sets = NULL;
	AUTO(json) struct json *only = NULL;
	struct json *none = NULL;
	AUTO(err) struct err *e = NULL;

	(void)state;
	strv_add(&add, "net_admin");
	strv_add(&all, "ALL");
	strv_add(&bad, "CAP_NOPE");
	assert_int_equal(spec_capabilities(&add, NULL, false, &sets, NULL), 0);
	assert_int_equal(json_len(json_get(sets, "bounding")), 15);
	assert_true(has(json_get(sets, "effective"), "CAP_NET_ADMIN"));
	assert_int_equal(json_len(json_get(sets, "inheritable")), 0);
	assert_int_equal(spec_capabilities(&add, &all, false, &only, NULL), 0);
	assert_int_equal(json_len(json_get(only, "permitted")), 1);
	assert_int_equal(spec_capabilities(&bad, NULL, false, &none, &e), -EINVAL);
	assert_non_null(strstr(err_text(e), "CAP_NOPE"));
}

static int build(const char *text, struct json **ret, struct err **e)
{
	AUTO(json) struct json *service = parse(text);
	AUTO(image) struct image *image = image_of("{\"Cmd\":[\"sh\"],\"User\":\"app\",\"WorkingDir\":\"/w\"}");
	AUTO(json) struct json *mounts = json_new_arr();
	struct spec_input in = {
		.service = service,
		.image = image,
		.id = ID,
		.bundle = "/b",
		.run_dir = "/run/x",
		.mounts = mounts,
		.has_netns = !streq(json_str(service, "network_mode", ""), "host"),
	};

	strv_add(&image->layers, "/l/base");
	strv_add(&image->layers, "/l/top");
	return spec_build(&in, ret, e);
}

static void a_plain_service_gets_the_default_confinement(void **state)
{
	AUTO(json) struct json *c = NULL;
	const struct json *linux_obj;

	(void)state;
	assert_int_equal(build("{}", &c, NULL), 0);
	linux_obj = json_get(c, "linux");
	assert_string_equal(json_str(c, "hostname", ""), "0123456789ab");
	assert_string_equal(json_str(json_get(c, "process"), "cwd", ""), "/w");
	assert_string_equal(json_text(json_path(c, "process", "user", "username", NULL)), "app");
	assert_string_equal(json_str(json_get(c, "annotations"), "compose.seccomp", ""), "default");
	assert_string_equal(json_str(json_get(c, "annotations"), "compose.overlay", ""),
			    "{\"lower\":[\"/l/top\",\"/l/base\"],\"upper\":\"/b/upper\",\"work\":\"/b/work\"}");
	assert_true(has(json_get(linux_obj, "maskedPaths"), "/proc/kcore"));
	assert_int_equal(json_len(json_get(linux_obj, "namespaces")), 6);
	assert_string_equal(json_str(linux_obj, "cgroupsPath", ""), "/compose/" ID);
	assert_false(json_bool(json_at(json_path(linux_obj, "resources", "devices", NULL), 0), "allow",
			       true));
}

static void privileged_lifts_all_of_it(void **state)
{
	AUTO(json) struct json *c = NULL;

	(void)state;
	assert_int_equal(build("{\"privileged\":true,\"network_mode\":\"host\",\"pid\":\"host\"}", &c, NULL), 0);
	assert_null(json_path(c, "linux", "maskedPaths", NULL));
	assert_null(json_path(c, "annotations", "compose.seccomp", NULL));
	assert_int_equal(json_len(json_path(c, "linux", "namespaces", NULL)), 4);
	assert_int_equal(json_len(json_path(c, "process", "capabilities", "bounding", NULL)), 41);
}

static void limits_are_converted_and_checked(void **state)
{
	static const struct {
		const char *service, *text;
	} bad[] = {
		{ "{\"mem_limit\":\"1000\"}", "Minimum memory limit allowed is 6MB" },
		{ "{\"memswap_limit\":\"1000000000\"}", "You should always set the Memory limit" },
		{ "{\"cpus\":1,\"cpu_quota\":\"5000\"}", "conflicting options: cpus and cpu_quota" },
		{ "{\"device_cgroup_rules\":[\"x 1:2 r\"]}", "invalid device cgroup rule format" },
		{ "{\"working_dir\":\"rel\"}", "needs to be an absolute path" },
		{ "{\"devices\":[{\"source\":\"/nonexistent\"}]}", "custom device \"/nonexistent\"" },
	};
	AUTO(json) struct json *c = NULL;
	const struct json *r;

	(void)state;
	assert_int_equal(build("{\"mem_limit\":\"67108864\",\"deploy\":{\"resources\":{\"limits\":{\"cpus\":0.5,"
			       "\"pids\":10}}},\"ulimits\":{\"nofile\":{\"soft\":1,\"hard\":-1}},"
			       "\"devices\":[{\"source\":\"/dev/null\",\"target\":\"/dev/nil\",\"permissions\":\"r\"}]}",
			       &c, NULL),
			 0);
	r = json_path(c, "linux", "resources", NULL);
	assert_int_equal(json_int(json_get(r, "memory"), "limit", 0), 64 << 20);
	assert_int_equal(json_int(json_get(r, "memory"), "swap", 0), 128 << 20);
	assert_int_equal(json_int(json_get(r, "cpu"), "quota", 0), 50000);
	assert_int_equal(json_int(json_get(r, "pids"), "limit", 0), 10);
	assert_string_equal(json_str(json_at(json_path(c, "process", "rlimits", NULL), 0), "type", ""),
			    "RLIMIT_NOFILE");
	assert_string_equal(json_str(json_at(json_path(c, "linux", "devices", NULL), 0), "path", ""),
			    "/dev/nil");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(err) struct err *e = NULL;
		struct json *none = NULL;

		assert_true(build(bad[i].service, &none, &e) < 0);
		assert_non_null(strstr(err_text(e), bad[i].text));
	}
}

static void stubs_lie_above_a_plain_etc_only(void **state)
{
	char dir[] = "/tmp/spec-test-XXXXXX";
	static const char *const names[] = { "hosts", "hostname", "resolv.conf" };
	AUTO(strv) struct strv layers = STRV_INIT;
	AUTO(mem) char *below = NULL;
	AUTO(mem) char *above = NULL;
	AUTO(mem) char *etc = NULL;
	AUTO(mem) char *link = NULL;
	AUTO(mem) char *stubs = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	below = xasprintf("%s/1", dir);
	above = xasprintf("%s/2", dir);
	etc = xasprintf("%s/etc", below);
	link = xasprintf("%s/etc", above);
	assert_int_equal(dir_make(AT_FDCWD, etc, 0755, NULL), 0);
	assert_int_equal(chmod(etc, 0755), 0);
	strv_add(&layers, below);
	if (geteuid() == 0) {
		stubs = spec_stubs(dir, &layers);
		assert_non_null(stubs);
		for (size_t i = 0; i < ARRAY_LEN(names); i++) {
			AUTO(mem) char *path = xasprintf("%s/etc/%s", stubs, names[i]);
			struct stat st;

			assert_int_equal(stat(path, &st), 0);
			assert_int_equal(st.st_mode & 07777, 0644);
			assert_int_equal(st.st_size, 0);
		}
	}
	/* A directory above would hide what this layer means. */
	assert_int_equal(dir_make(AT_FDCWD, above, 0755, NULL), 0);
	assert_int_equal(symlink("/usr/etc", link), 0);
	strv_add(&layers, above);
	assert_null(spec_stubs(dir, &layers));
	/* Nor is its mode changed behind the image's back. */
	assert_int_equal(unlink(link), 0);
	assert_int_equal(chmod(etc, 0700), 0);
	assert_null(spec_stubs(dir, &layers));
	assert_int_equal(tree_remove(AT_FDCWD, dir, NULL), 0);
}

static void etc_files_name_the_host_and_keep_their_inode(void **state)
{
	char dir[] = "/tmp/spec-test-XXXXXX";
	AUTO(json) struct json *service =
		parse("{\"extra_hosts\":[\"gw=host-gateway\",\"v6=::1\"],\"domainname\":\"d.lan\",\"dns_search\":[\".\"]}");
	AUTO(json) struct json *endpoints =
		parse("[{\"network\":\"n\",\"ipv4\":\"10.1.2.3\",\"gateway\":\"10.1.2.1\",\"prefix\":24}]");
	struct spec_etc in = { service, dir, "web", endpoints, true };
	AUTO(buf) struct buf hosts = BUF_INIT;
	AUTO(buf) struct buf resolv = BUF_INIT;
	AUTO(mem) char *path = NULL;
	struct stat before, after;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/hosts", dir);
	assert_int_equal(spec_etc_write(&in, NULL), 0);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(spec_etc_write(&in, NULL), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(file_read(AT_FDCWD, path, 4096, &hosts, NULL), 0);
	assert_non_null(strstr(buf_str(&hosts), "10.1.2.1\tgw\n::1\tv6\n10.1.2.3\tweb.d.lan web\n"));
	free(TAKE_PTR(path));
	path = xasprintf("%s/resolv.conf", dir);
	assert_int_equal(file_read(AT_FDCWD, path, 4096, &resolv, NULL), 0);
	assert_non_null(strstr(buf_str(&resolv), "nameserver 127.0.0.11\n"));
	assert_null(strstr(buf_str(&resolv), "search"));
	assert_int_equal(tree_remove(AT_FDCWD, dir, NULL), 0);
}

static void secrets_become_files_and_mounts(void **state)
{
	AUTO(json) struct json *project = parse(
		"{\"secrets\":{\"a\":{\"file\":\"/f\"},\"b\":{\"environment\":\"T\"}},\"configs\":{\"c\":{\"content\":\"x\"}}}");
	AUTO(json) struct json *service = parse(
		"{\"secrets\":[{\"source\":\"a\",\"target\":\"/run/secrets/a\"},{\"source\":\"b\",\"target\":\"bb\",\"uid\":\"5\",\"mode\":\"0440\"}],"
		"\"configs\":[{\"source\":\"c\"}]}");
	AUTO(json) struct json *values = parse("{\"secrets/b\":\"token\"}");
	AUTO(json) struct json *mounts = json_new_arr();
	AUTO(json) struct json *more = json_new_arr();
	struct secret_file *files = NULL;
	AUTO(err) struct err *e = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(spec_secret_files(project, service, NULL, values, "/s", mounts, &files, &n, NULL), 0);
	assert_int_equal(n, 3);
	assert_string_equal(files[1].content, "token");
	assert_int_equal(files[1].uid, 5);
	assert_int_equal(files[1].mode, 0440);
	assert_string_equal(json_str(json_at(mounts, 1), "destination", ""), "/run/secrets/bb");
	assert_string_equal(json_str(json_at(mounts, 2), "destination", ""), "/c");
	spec_secret_files_free(files, n);
	assert_int_equal(spec_secret_files(project, service, NULL, NULL, "/s", more, &files, &n, &e), -EINVAL);
	assert_string_equal(err_text(e), "environment variable \"T\" required by secret \"b\" is not set");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(program_and_arguments_combine_as_in_docker),
		cmocka_unit_test(nothing_to_run_is_an_error),
		cmocka_unit_test(environment_is_layered_and_null_removes),
		cmocka_unit_test(signals_have_many_names),
		cmocka_unit_test(health_gaps_are_filled_from_the_image),
		cmocka_unit_test(mounts_are_ordered_named_and_inherited),
		cmocka_unit_test(two_mounts_at_one_place_are_refused),
		cmocka_unit_test(capabilities_follow_docker),
		cmocka_unit_test(a_plain_service_gets_the_default_confinement),
		cmocka_unit_test(privileged_lifts_all_of_it),
		cmocka_unit_test(limits_are_converted_and_checked),
		cmocka_unit_test(stubs_lie_above_a_plain_etc_only),
		cmocka_unit_test(etc_files_name_the_host_and_keep_their_inode),
		cmocka_unit_test(secrets_become_files_and_mounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
