#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "runtime/cli.h"
#include "runtime/lookup.h"
#include "runtime/state.h"

static void ids_that_could_be_paths_are_refused(void **state)
{
	static const char *const bad[] = { "", ".", "..", ".x", "a/b", "../a", "a b", "a\n", "\xc3\xa9" };
	static const char *const good[] = { "a", "A-1_2+.x", "0123456789abcdef" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(state_check_id(bad[i], NULL), -EINVAL);
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_int_equal(state_check_id(good[i], NULL), 0);
}

static void name_can_be_reserved_once(void **state)
{
	char root[] = "/tmp/state-test-XXXXXX";
	AUTO(state) struct state a = STATE_INIT;
	AUTO(state) struct state b = STATE_INIT;
	AUTO(state) struct state c = STATE_INIT;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(state_reserve(root, "x", &a, NULL), 0);
	assert_int_equal(state_reserve(root, "x", &b, NULL), -EEXIST);
	/* Not finished: nobody sees it, but it can be cleared away. */
	assert_int_equal(state_load(root, "x", &b, NULL), -ENOENT);
	assert_int_equal(state_load_any(root, "x", &c, NULL), 0);
	assert_int_equal(state_status(&c), STATE_STOPPED);
	assert_int_equal(state_remove(&c, NULL), 0);
	assert_int_equal(rmdir(root), 0);
}

static void pid_of_another_process_is_not_the_container(void **state)
{
	char root[] = "/tmp/state-test-XXXXXX";
	AUTO(state) struct state a = STATE_INIT;
	AUTO(state) struct state b = STATE_INIT;
	AUTO(err) struct err *e = NULL;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(state_reserve(root, "x", &a, NULL), 0);
	a.pid = getpid();
	a.start_time = process_start_time(getpid());
	assert_true(a.start_time > 0);
	state_describe(&a, "/b", "/r", NULL);
	assert_int_equal(state_write(&a, NULL), 0);
	assert_int_equal(state_load(root, "x", &b, NULL), 0);
	assert_int_equal(state_status(&b), STATE_RUNNING);
	b.start_time++;
	assert_int_equal(state_status(&b), STATE_STOPPED);
	assert_int_equal(state_pidfd(&b, &e), -ESRCH);
	assert_int_equal(state_remove(&b, NULL), 0);
	assert_int_equal(rmdir(root), 0);
}

static void signals_have_names_and_numbers(void **state)
{
	(void)state;
	assert_int_equal(signal_number("9"), 9);
	assert_int_equal(signal_number("KILL"), SIGKILL);
	assert_int_equal(signal_number("SIGTERM"), SIGTERM);
	assert_int_equal(signal_number("sigusr1"), SIGUSR1);
	assert_int_equal(signal_number("SIGRTMIN"), SIGRTMIN);
	assert_int_equal(signal_number("RTMIN+3"), SIGRTMIN + 3);
	assert_int_equal(signal_number("SIGRTMAX-1"), SIGRTMAX - 1);
	assert_true(signal_number("0") < 0);
	assert_true(signal_number("65") < 0);
	assert_true(signal_number("KILLS") < 0);
	assert_true(signal_number("-9") < 0);
}

static void missing_and_forbidden_programs_have_their_texts(void **state)
{
	static const struct {
		const char *name;
		int code, exit_code;
		const char *text;
	} rows[] = {
		{ "no-such-program", ENOENT, 127,
		  "exec: \"no-such-program\": executable file not found in $PATH" },
		{ "/no/such", ENOENT, 127, "exec: \"/no/such\": stat /no/such: no such file or directory" },
		{ "/etc/passwd", EACCES, 126, "exec: \"/etc/passwd\": permission denied" },
		{ "/etc", EACCES, 126, "exec: \"/etc\": is a directory: permission denied" },
		{ "", ENOENT, 127, "exec: \"\": executable file not found in $PATH" },
	};
	AUTO(mem) char *found = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(err) struct err *e = NULL;
		char *path = NULL;

		assert_int_equal(lookup_program(rows[i].name, "/bin:/usr/bin", &path, &e),
				 -rows[i].code);
		assert_string_equal(err_text(e), rows[i].text);
		assert_int_equal(lookup_exit_code(err_code(e)), rows[i].exit_code);
	}
	assert_int_equal(lookup_program("sh", "/nowhere:/bin", &found, NULL), 0);
	assert_string_equal(found, "/bin/sh");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_that_could_be_paths_are_refused),
		cmocka_unit_test(name_can_be_reserved_once),
		cmocka_unit_test(pid_of_another_process_is_not_the_container),
		cmocka_unit_test(signals_have_names_and_numbers),
		cmocka_unit_test(missing_and_forbidden_programs_have_their_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
