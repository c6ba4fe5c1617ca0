/* The small modules that hold everything else up. */
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fdio.h"
#include "base/json.h"
#include "base/json_image.h"
#include "base/map.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/strv.h"

static void errors_read_from_the_outside_in(void **state)
{
	AUTO(err) struct err *e = NULL;

	(void)state;
	assert_int_equal(err_sys(&e, ENODEV, "mount overlay on %s", "/x"), -ENODEV);
	assert_int_equal(err_wrap(&e, "start container \"%s\"", "a"), -ENODEV);
	err_hint(&e, "try %s", "this");
	assert_string_equal(err_text(e), "start container \"a\": mount overlay on /x: No such device");
	assert_string_equal(err_hint_text(e), "try this");
	assert_int_equal(err_code(e), ENODEV);
	assert_int_equal(err_set(NULL, EIO, "nobody listens"), -EIO);
}

static void a_full_buffer_drops_and_says_so(void **state)
{
	AUTO(buf) struct buf b = BUF_INIT;

	(void)state;
	buf_limit(&b, 5);
	buf_addstr(&b, "abc");
	buf_addstr(&b, "def");
	assert_true(b.overflow);
	assert_string_equal(buf_str(&b), "abc");
	buf_consume(&b, 2);
	assert_string_equal(buf_str(&b), "c");
}

static void a_map_keeps_order_through_deletion_and_growth(void **state)
{
	struct map m = MAP_INIT;
	struct map_entry *entry;
	intptr_t expect = 0;
	char key[16];

	(void)state;
	for (intptr_t i = 0; i < 2000; i++) {
		snprintf(key, sizeof(key), "k%ld", (long)i);
		assert_null(map_set(&m, key, (void *)(i + 1)));
	}
	for (intptr_t i = 0; i < 2000; i += 2) {
		snprintf(key, sizeof(key), "k%ld", (long)i);
		assert_int_equal((intptr_t)map_del(&m, key), i + 1);
	}
	assert_int_equal(m.n, 1000);
	MAP_EACH(entry, &m) {
		expect += 2;
		assert_int_equal((intptr_t)entry->value, expect);
	}
	assert_null(map_get(&m, "k0"));
	assert_int_equal((intptr_t)map_get(&m, "k1999"), 2000);
	map_done(&m);
}

static void a_map_survives_endless_replacement_of_keys(void **state)
{
	struct map m = MAP_INIT;
	char key[16];

	(void)state;
	for (long i = 0; i < 10000; i++) {
		snprintf(key, sizeof(key), "k%ld", i);
		map_set(&m, key, &m);
		assert_ptr_equal(map_del(&m, key), &m);
	}
	assert_int_equal(m.n, 0);
	assert_true(m.n_slots <= 64);
	map_done(&m);
}

static void paths_are_cleaned_lexically(void **state)
{
	static const char *const cases[][2] = {
		{ "", "." },	     { "/", "/" },	  { "a//b/./c", "a/b/c" }, { "a/../b", "b" },
		{ "../../x", "../../x" }, { "/../x", "/x" }, { "a/b/../../..", ".." }, { "/a/b/..", "/a" },
		{ "a/..", "." },     { "./", "." },	  { "../a/..", ".." },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(mem) char *got = path_clean(cases[i][0]);

		assert_string_equal(got, cases[i][1]);
	}
}

static void sha256_agrees_with_the_standard(void **state)
{
	char hex[65];
	AUTO(mem) char *many = xmalloc(1000000);

	(void)state;
	sha256_hex("abc", 3, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_hex("", 0, hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	memset(many, 'a', 1000000);
	sha256_hex(many, 1000000, hex);
	assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* A copy at an address of its own, as a mapping would be. */
static int thaw(const struct buf *image, size_t n, void **ret_copy, const struct json **ret)
{
	*ret_copy = xmemdup(image->p, n);
	return json_thaw(*ret_copy, n, ret, NULL);
}

static void json_image_reads_like_the_tree(void **state)
{
	static const char text[] = "{\"a\":[1,-2.5,\"x\",null,true,{}],\"\":\"\",\"b\":{\"c\":[[],false]}}";
	AUTO(json) struct json *j = NULL;
	AUTO(buf) struct buf image = BUF_INIT;
	AUTO(buf) struct buf flat = BUF_INIT;
	AUTO(buf) struct buf flat_again = BUF_INIT;
	AUTO(mem) char *printed = NULL;
	const struct json *again = NULL;
	void *copy = NULL;

	(void)state;
	assert_int_equal(json_parse(text, sizeof(text) - 1, &j, NULL), 0);
	json_freeze(j, &image);
	assert_int_equal(thaw(&image, image.n, &copy, &again), 0);
	printed = json_print(again, false);
	assert_string_equal(printed, text);
	json_flatten(j, &flat);
	json_flatten(again, &flat_again);
	assert_string_equal(buf_str(&flat), buf_str(&flat_again));
	free(copy);
}

static void flat_text_tells_trees_apart(void **state)
{
	static const char *const texts[] = { "[]",	 "{}",		"[[]]",		"[\"a\",\"b\"]",
					     "[\"ab\"]", "[\"a\",[\"b\"]]", "{\"a\":\"b\"}", "[1]",
					     "[1.0000001]", "[\"1\"]",	"[true]",	"[null]" };
	AUTO(strv) struct strv seen = STRV_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(json) struct json *j = NULL;
		AUTO(buf) struct buf flat = BUF_INIT;

		assert_int_equal(json_parse(texts[i], strlen(texts[i]), &j, NULL), 0);
		json_flatten(j, &flat);
		for (size_t k = 0; k < seen.n; k++)
			assert_string_not_equal(seen.v[k], buf_str(&flat));
		strv_add(&seen, buf_str(&flat));
	}
}

/* Whatever byte is changed or cut off: refused, or a tree inside the block. */
static void damaged_json_image_stays_inside(void **state)
{
	static const char text[] = "{\"a\":[1,{\"b\":\"text\"}],\"c\":null}";
	AUTO(json) struct json *j = NULL;
	AUTO(buf) struct buf image = BUF_INIT;
	const struct json *again = NULL;
	void *copy = NULL;

	(void)state;
	assert_int_equal(json_parse(text, sizeof(text) - 1, &j, NULL), 0);
	json_freeze(j, &image);
	for (size_t n = 0; n < image.n; n++) {
		assert_int_equal(thaw(&image, n, &copy, &again), -EINVAL);
		free(copy);
	}
	for (size_t at = 0; at < image.n; at++) {
		image.p[at] ^= (char)0x80;
		(void)thaw(&image, image.n, &copy, &again);
		free(copy);
		image.p[at] ^= (char)0x80;
	}
}

static void json_refuses_depth_and_rubbish(void **state)
{
	char deep[201];
	struct json *j = NULL;
	AUTO(err) struct err *e = NULL;

	(void)state;
	memset(deep, '[', 100);
	memset(deep + 100, ']', 100);
	assert_int_equal(json_parse(deep, 200, &j, &e), -EINVAL);
	assert_non_null(strstr(err_text(e), "deeper than 64"));
	assert_int_equal(json_parse("{\"a\":1} x", 9, &j, &e), -EINVAL);
	assert_int_equal(json_parse("{\"a\":", 5, &j, &e), -EINVAL);
	assert_int_equal(json_parse("{\"a\":[1,\"x\"]} \n", 16, &j, &e), 0);
	assert_int_equal(json_int(j, "a", 7), 7);
	assert_string_equal(json_text(json_at(json_get(j, "a"), 1)), "x");
	json_free(j);
}

static void times_round_trip(void **state)
{
	int64_t ns = 0;

	(void)state;
	AUTO(mem) char *fixed = time_format_rfc3339(1767323045000000000, true);
	AUTO(mem) char *cut = time_format_rfc3339(1767323045120000000, false);

	assert_string_equal(fixed, "2026-01-02T03:04:05.000000000Z");
	assert_string_equal(cut, "2026-01-02T03:04:05.12Z");
	assert_int_equal(time_parse_rfc3339(cut, &ns), 0);
	assert_true(ns == 1767323045120000000);
	for (int64_t day = -40000; day < 60000; day += 17) {
		time_t t = day * 86400 + 86399;
		AUTO(mem) char *text = time_format_rfc3339((int64_t)t * 1000000000, false);
		char expected[32];
		struct tm tm;

		gmtime_r(&t, &tm);
		(void)strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%SZ", &tm);
		assert_string_equal(text, expected);
	}
	assert_int_equal(time_parse_rfc3339("2026-01-02T04:04:05+01:00", &ns), 0);
	assert_true(ns == 1767323045000000000);
	assert_int_equal(time_parse_rfc3339("yesterday", &ns), -EINVAL);
}

static void environment_entries_are_replaced_by_key(void **state)
{
	AUTO(strv) struct strv env = STRV_INIT;

	(void)state;
	strv_add(&env, "PATHX=1");
	strv_env_set(&env, "PATH", "/bin");
	strv_env_set(&env, "PATH", "/sbin");
	assert_int_equal(env.n, 2);
	assert_string_equal(strv_env_get(&env, "PATH"), "/sbin");
	assert_null(strv_env_get(&env, "PAT"));
}

static void trees_are_made_inside_a_root_and_links_stay_inside(void **state)
{
	char dir[] = "/tmp/base-test-XXXXXX";
	AUTO(fd) int root = -1, made = -1;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	root = dir_open(AT_FDCWD, dir, NULL);
	assert_int_equal(mkdirat(root, "real", 0755), 0);
	assert_int_equal(symlinkat("/real", root, "link"), 0);
	made = dir_make_in_root(root, "/link/a/b", 0755);
	assert_true(made >= 0);
	assert_int_equal(fstatat(root, "real/a/b", &st, 0), 0);
	close(made);
	made = dir_make_in_root(root, "//c//d///e/", 0755);
	assert_true(made >= 0);
	assert_int_equal(fstatat(root, "c/d/e", &st, 0), 0);
	assert_int_equal(mknodat(root, "c/file", S_IFREG | 0644, 0), 0);
	assert_int_equal(dir_make_in_root(root, "c/file/x", 0755), -ENOTDIR);
	assert_int_equal(symlinkat("nowhere", root, "dangling"), 0);
	assert_int_equal(dir_make_in_root(root, "dangling/x", 0755), -ENOENT);
	assert_int_equal(symlinkat("/etc", root, "out"), 0);
	assert_int_equal(open_in_root(root, "/out/passwd", O_RDONLY, 0), -ENOENT);
	assert_int_equal(open_in_root(root, "../../../../etc/passwd", O_RDONLY, 0), -ENOENT);
	assert_int_equal(tree_remove(AT_FDCWD, dir, NULL), 0);
	assert_int_equal(access(dir, F_OK), -1);
	assert_int_equal(tree_remove(AT_FDCWD, dir, NULL), 0);
}

static void descriptors_travel_over_sockets_of_any_path_length(void **state)
{
	char dir[] = "/tmp/base-test-XXXXXX";
	AUTO(fd) int listener = -1, client = -1, server = -1, got = -1;
	AUTO(mem) char *deep = NULL;
	AUTO(mem) char *name = NULL;
	char text[16];
	size_t n_fds = 0;

	(void)state;
	assert_non_null(mkdtemp(dir));
	deep = xasprintf("%s/%0120d", dir, 1);
	name = xasprintf("%s/s.sock", deep);
	assert_int_equal(dir_make(AT_FDCWD, deep, 0700, NULL), 0);
	listener = sock_listen(AT_FDCWD, name, SOCK_SEQPACKET, NULL);
	assert_true(listener >= 0);
	client = sock_connect(AT_FDCWD, name, SOCK_SEQPACKET, NULL);
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_int_equal(sock_send(client, "hi", 2, &listener, 1), 0);
	assert_int_equal(sock_recv(server, text, sizeof(text), &got, 1, &n_fds), 2);
	assert_int_equal(n_fds, 1);
	assert_int_equal(fcntl(got, F_GETFD), FD_CLOEXEC);
	assert_int_equal(tree_remove(AT_FDCWD, dir, NULL), 0);
}

static void an_arena_aligns_and_zeroes(void **state)
{
	AUTO(arena) struct arena *a = arena_new();

	(void)state;
	for (size_t n = 1; n < 100000; n = n * 3 + 1) {
		char *p = arena_alloc(a, n);

		assert_int_equal((uintptr_t)p % 16, 0);
		assert_int_equal(p[0] | p[n - 1], 0);
		memset(p, 0xff, n);
	}
	assert_string_equal(arena_printf(a, "%s-%d", "x", 3), "x-3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_read_from_the_outside_in),
		cmocka_unit_test(a_full_buffer_drops_and_says_so),
		cmocka_unit_test(a_map_keeps_order_through_deletion_and_growth),
		cmocka_unit_test(a_map_survives_endless_replacement_of_keys),
		cmocka_unit_test(paths_are_cleaned_lexically),
		cmocka_unit_test(sha256_agrees_with_the_standard),
		cmocka_unit_test(json_image_reads_like_the_tree),
		cmocka_unit_test(flat_text_tells_trees_apart),
		cmocka_unit_test(damaged_json_image_stays_inside),
		cmocka_unit_test(json_refuses_depth_and_rubbish),
		cmocka_unit_test(times_round_trip),
		cmocka_unit_test(environment_entries_are_replaced_by_key),
		cmocka_unit_test(trees_are_made_inside_a_root_and_links_stay_inside),
		cmocka_unit_test(descriptors_travel_over_sockets_of_any_path_length),
		cmocka_unit_test(an_arena_aligns_and_zeroes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
