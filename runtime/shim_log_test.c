#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "runtime/shim_log.h"
#include "runtime/shim_text.h"

#define WHEN 1767323045123456789 /* 2026-01-02T03:04:05.123456789Z */

static char dir[] = "/tmp/shim-log-test-XXXXXX";
static char path[64];
static struct shim_line line;

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/json.log", dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return tree_remove(AT_FDCWD, dir, NULL);
}

static int fresh(void **state)
{
	(void)state;
	line.n = 0;
	return tree_remove(AT_FDCWD, path, NULL);
}

static char *content(const char *name)
{
	struct buf b = BUF_INIT;

	assert_int_equal(file_read(AT_FDCWD, name, 1 << 24, &b, NULL), 0);
	return buf_take(&b);
}

static void add(struct shim_log *l, const char *text)
{
	shim_log_add(l, &line, "stdout", text, strlen(text), WHEN);
}

static void writes_docker_records(void **state)
{
	struct shim_log l;
	AUTO(mem) char *got = NULL;

	(void)state;
	assert_int_equal(shim_log_open(&l, path, 0, 1), 0);
	add(&l, "a \"b\" \\ <c>&\td\r\n");
	shim_log_close(&l);
	got = content(path);
	assert_string_equal(got, "{\"log\":\"a \\\"b\\\" \\\\ \\u003cc\\u003e\\u0026\\u0009d\\r\\n\","
				 "\"stream\":\"stdout\",\"time\":\"2026-01-02T03:04:05.123456789Z\"}\n");
}

static void puts_a_line_together_from_pieces(void **state)
{
	struct shim_log l;
	AUTO(mem) char *got = NULL;

	(void)state;
	assert_int_equal(shim_log_open(&l, path, 0, 1), 0);
	add(&l, "caf\xc3");
	add(&l, "\xa9 au");
	add(&l, " lait\nnext");
	shim_log_end(&l, &line, "stdout", WHEN);
	shim_log_close(&l);
	got = content(path);
	assert_non_null(strstr(got, "{\"log\":\"caf\xc3\xa9 au lait\\n\""));
	assert_non_null(strstr(got, "{\"log\":\"next\",\"stream\""));
}

static void invalid_text_becomes_replacement_characters(void **state)
{
	struct shim_log l;
	AUTO(mem) char *got = NULL;

	(void)state;
	assert_int_equal(shim_log_open(&l, path, 0, 1), 0);
	add(&l, "\xff\xc0\xaf\xed\xa0\x80|\xe2\x80\xa8\xf0\x9f\x98\x80\n");
	shim_log_close(&l);
	got = content(path);
	assert_non_null(strstr(got, "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd|\\u2028\xf0\x9f\x98\x80\\n\""));
}

static void long_line_is_cut_at_16_kib(void **state)
{
	struct shim_log l;
	AUTO(mem) char *got = NULL;
	AUTO(mem) char *text = xmalloc(40001);
	size_t records = 0;

	(void)state;
	memset(text, 'x', 40000);
	text[40000] = '\0';
	assert_int_equal(shim_log_open(&l, path, 0, 1), 0);
	add(&l, text);
	add(&l, "\n");
	shim_log_close(&l);
	got = content(path);
	for (const char *p = got; (p = strchr(p, '\n')) != NULL; p++)
		records++;
	assert_int_equal(records, 3);
	assert_non_null(strstr(got, "x\\n\""));
}

static void no_file_grows_past_its_limit_and_nothing_is_lost(void **state)
{
	struct shim_log l;
	int next = 0;

	(void)state;
	assert_int_equal(shim_log_open(&l, path, 2000, 50), 0);
	for (int i = 0; i < 500; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "line %d\n", i);
		add(&l, text);
	}
	shim_log_close(&l);
	for (int f = 49; f >= 0; f--) {
		AUTO(mem) char *name = f ? xasprintf("%s.%d", path, f) : xstrdup(path);
		AUTO(mem) char *got = NULL;

		if (access(name, F_OK) < 0)
			continue;
		got = content(name);
		assert_true(strlen(got) <= 2000);
		for (const char *p = got; (p = strstr(p, "line ")) != NULL; p++)
			assert_int_equal(strtol(p + 5, NULL, 10), next++);
		(void)unlink(name);
	}
	assert_int_equal(next, 500);
}

static void one_file_starts_over(void **state)
{
	struct shim_log l;
	AUTO(mem) char *got = NULL;
	AUTO(mem) char *rotated = xasprintf("%s.1", path);

	(void)state;
	assert_int_equal(shim_log_open(&l, path, 300, 1), 0);
	for (int i = 0; i < 20; i++)
		add(&l, i == 19 ? "last\n" : "some line\n");
	shim_log_close(&l);
	got = content(path);
	assert_true(strlen(got) <= 300);
	assert_non_null(strstr(got, "last"));
	assert_int_equal(access(rotated, F_OK), -1);
}

static void appends_to_what_is_there(void **state)
{
	struct shim_log l;
	AUTO(mem) char *got = NULL;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(shim_log_open(&l, path, 0, 1), 0);
		add(&l, i ? "two\n" : "one\n");
		shim_log_close(&l);
	}
	got = content(path);
	assert_true(strstr(got, "one") < strstr(got, "two"));
}

/* /dev/full says ENOSPC to every write. */
static void failing_disk_loses_records_and_goes_on(void **state)
{
	struct shim_log l = { .dir = -1, .name = "full", .max_files = 1 };

	(void)state;
	l.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(l.fd >= 0);
	add(&l, "a\nb\nc\n");
	assert_int_equal(l.dropped, 3);
	assert_int_equal(l.size, 0);
	add(&l, "d\n");
	assert_int_equal(l.dropped, 4);
	shim_log_close(&l);
}

static void times_are_printed_as_go_prints_them(void **state)
{
	static const int64_t rows[] = { 0, 1, 1000000000, WHEN, 951782400000000000, 4102444799990000000,
					1709164800100000000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(mem) char *want = time_format_rfc3339(rows[i], /* fixed= */ false);
		char got[40];
		struct text t = TEXT_OF(got);

		text_time(&t, rows[i]);
		assert_string_equal(got, want);
	}
}

static void numbers_are_whole_strings(void **state)
{
	int64_t n = 7;

	(void)state;
	assert_int_equal(text_parse("0", 10, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(text_parse("10", 10, &n), 0);
	assert_int_equal(text_parse("11", 10, &n), -EINVAL);
	assert_int_equal(text_parse("", 10, &n), -EINVAL);
	assert_int_equal(text_parse("-1", 10, &n), -EINVAL);
	assert_int_equal(text_parse("1x", 10, &n), -EINVAL);
	assert_int_equal(text_parse("9223372036854775808", INT64_MAX, &n), -EINVAL);
	assert_int_equal(n, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(writes_docker_records, fresh),
		cmocka_unit_test_setup(puts_a_line_together_from_pieces, fresh),
		cmocka_unit_test_setup(invalid_text_becomes_replacement_characters, fresh),
		cmocka_unit_test_setup(long_line_is_cut_at_16_kib, fresh),
		cmocka_unit_test_setup(no_file_grows_past_its_limit_and_nothing_is_lost, fresh),
		cmocka_unit_test_setup(one_file_starts_over, fresh),
		cmocka_unit_test_setup(appends_to_what_is_there, fresh),
		cmocka_unit_test_setup(failing_disk_loses_records_and_goes_on, fresh),
		cmocka_unit_test(times_are_printed_as_go_prints_them),
		cmocka_unit_test(numbers_are_whole_strings),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
