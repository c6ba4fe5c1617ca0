#include "base/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fdio.h"
#include "compose/cmd/follow.h"
#include "compose/cmd/logfile.h"

struct place {
	char dir[32];
};

static int set_up(void **state)
{
	struct place *p = xcalloc(1, sizeof(*p));

	snprintf(p->dir, sizeof(p->dir), "/tmp/logfile-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	assert_int_equal(tree_remove(AT_FDCWD, p->dir, NULL), 0);
	free(p);
	return 0;
}

static void add(const struct place *p, const char *text, const char *stream, int second)
{
	AUTO(mem) char *path = xasprintf("%s/json.log", p->dir);
	AUTO(fd) int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	int n = dprintf(fd, "{\"log\":\"%s\",\"stream\":\"%s\",\"time\":\"2026-01-02T03:04:%02dZ\"}\n", text,
			stream, second);

	assert_true(n > 0);
}

static void rotate(const struct place *p, unsigned keep)
{
	for (unsigned age = keep; age > 0; age--) {
		AUTO(mem) char *to = xasprintf("%s/json.log.%u", p->dir, age);
		AUTO(mem) char *from = age > 1 ? xasprintf("%s/json.log.%u", p->dir, age - 1)
					       : xasprintf("%s/json.log", p->dir);

		(void)rename(from, to);
	}
}

/* All lines that are there, joined. */
static char *rest(struct logfile *l)
{
	struct buf out = BUF_INIT;
	struct logline line;

	while (logfile_next(l, &line, NULL) == 1)
		buf_add(&out, line.text, line.n);
	return buf_take(&out);
}

static void reads_rotated_files_oldest_first(void **state)
{
	const struct place *p = *state;
	AUTO(logfile) struct logfile *l = logfile_open(p->dir);
	AUTO(mem) char *text = NULL;

	add(p, "1\\n", "stdout", 1);
	rotate(p, 2);
	add(p, "2\\n", "stdout", 2);
	rotate(p, 2);
	add(p, "3\\n", "stderr", 3);
	logfile_from_start(l);
	text = rest(l);
	assert_string_equal(text, "1\n2\n3\n");
}

static void the_tail_reaches_into_older_files(void **state)
{
	const struct place *p = *state;
	AUTO(logfile) struct logfile *l = logfile_open(p->dir);
	static const char *const want[] = { "", "4\n", "3\n4\n", "2\n3\n4\n", "1\n2\n3\n4\n", "1\n2\n3\n4\n" };

	add(p, "1\\n", "stdout", 1);
	add(p, "2\\n", "stdout", 2);
	rotate(p, 1);
	add(p, "3\\n", "stdout", 3);
	add(p, "4\\n", "stdout", 4);
	for (size_t n = 0; n < ARRAY_LEN(want); n++) {
		AUTO(mem) char *text = NULL;

		logfile_from_tail(l, n);
		text = rest(l);
		assert_string_equal(text, want[n]);
	}
}

static void goes_on_after_rotations_without_losing_a_line(void **state)
{
	const struct place *p = *state;
	AUTO(logfile) struct logfile *l = logfile_open(p->dir);
	AUTO(mem) char *before = NULL, *after = NULL;

	add(p, "old\\n", "stdout", 1);
	logfile_from_end(l);
	before = rest(l);
	assert_string_equal(before, "");
	add(p, "a\\n", "stdout", 2);
	rotate(p, 3);
	add(p, "b\\n", "stdout", 3);
	rotate(p, 3);
	add(p, "c\\n", "stdout", 4);
	after = rest(l);
	assert_string_equal(after, "a\nb\nc\n");
}

static void a_log_that_does_not_exist_yet_is_empty(void **state)
{
	const struct place *p = *state;
	AUTO(logfile) struct logfile *l = logfile_open(p->dir);
	AUTO(mem) char *before = NULL, *after = NULL;

	logfile_from_start(l);
	before = rest(l);
	assert_string_equal(before, "");
	add(p, "x\\n", "stdout", 1);
	after = rest(l);
	assert_string_equal(after, "x\n");
}

static void half_written_and_broken_records_wait_or_are_skipped(void **state)
{
	const struct place *p = *state;
	AUTO(logfile) struct logfile *l = logfile_open(p->dir);
	AUTO(mem) char *path = xasprintf("%s/json.log", p->dir), *first = NULL, *second = NULL;
	AUTO(fd) int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	assert_true(dprintf(fd, "garbage\n{\"log\":\"half") > 0);
	logfile_from_start(l);
	first = rest(l);
	assert_string_equal(first, "");
	assert_true(dprintf(fd, " done\\n\",\"stream\":\"stdout\"}\n") > 0);
	second = rest(l);
	assert_string_equal(second, "half done\n");
}

static void pieces_of_a_line_are_joined_and_logs_merged_by_time(void **state)
{
	const struct place *p = *state;
	AUTO(mem) char *other = xasprintf("%s/other", p->dir);
	struct place q = { { 0 } };
	AUTO(follow) struct follow f;
	struct source *a, *b;

	assert_int_equal(dir_make(AT_FDCWD, other, 0700, NULL), 0);
	snprintf(q.dir, sizeof(q.dir), "%s", other);
	add(p, "a1 ", "stdout", 1);
	add(p, "a2\\n", "stdout", 2);
	add(p, "a3", "stdout", 9);
	add(&q, "b1\\n", "stderr", 3);
	assert_int_equal(follow_init(&f, false, NULL), 0);
	a = follow_add(&f, "A", "a", "a-1", p->dir);
	b = follow_add(&f, "B", "b", "long-b-1", q.dir);
	logfile_from_start(a->file);
	logfile_from_start(b->file);
	assert_int_equal(follow_merge(&f, NULL), 0);
	follow_close_lines(&f, a);
	assert_string_equal(f.out.p, "a-1       | a1 a2\nlong-b-1  | b1\na-1       | a3\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_rotated_files_oldest_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_tail_reaches_into_older_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(goes_on_after_rotations_without_losing_a_line, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_log_that_does_not_exist_yet_is_empty, set_up, tear_down),
		cmocka_unit_test_setup_teardown(half_written_and_broken_records_wait_or_are_skipped, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(pieces_of_a_line_are_joined_and_logs_merged_by_time, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
