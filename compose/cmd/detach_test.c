#include "base/test.h"

#include "compose/cmd/detach.h"

static void the_sequence_is_found_across_reads(void **state)
{
	struct detach d;
	AUTO(buf) struct buf out = BUF_INIT;

	(void)state;
	assert_int_equal(detach_parse(NULL, &d, NULL), 0);
	assert_false(detach_feed(&d, "ab\x10", 3, &out));
	assert_string_equal(buf_str(&out), "ab");
	assert_true(detach_feed(&d, "\x11", 1, &out));
}

static void a_false_start_goes_on_to_the_program(void **state)
{
	struct detach d;
	AUTO(buf) struct buf out = BUF_INIT;

	(void)state;
	assert_int_equal(detach_parse("ctrl-p,ctrl-q", &d, NULL), 0);
	assert_false(detach_feed(&d, "\x10x\x10\x10", 4, &out));
	assert_string_equal(buf_str(&out), "\x10x\x10");
	assert_true(detach_feed(&d, "\x11", 1, &out));
}

static void letters_and_odd_controls_are_keys(void **state)
{
	struct detach d;

	(void)state;
	assert_int_equal(detach_parse("a,ctrl-[,ctrl-@", &d, NULL), 0);
	assert_int_equal(d.n, 3);
	assert_int_equal(d.keys[1], 0x1b);
	assert_int_equal(d.keys[2], 0);
}

static void nonsense_is_refused(void **state)
{
	struct detach d;

	(void)state;
	assert_true(detach_parse("ctrl-", &d, NULL) < 0);
	assert_true(detach_parse("ctrl-1", &d, NULL) < 0);
	assert_true(detach_parse("ab,c", &d, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sequence_is_found_across_reads),
		cmocka_unit_test(a_false_start_goes_on_to_the_program),
		cmocka_unit_test(letters_and_odd_controls_are_keys),
		cmocka_unit_test(nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
