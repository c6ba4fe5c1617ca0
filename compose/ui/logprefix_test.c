#include "base/test.h"

#include "compose/ui/logprefix.h"

static void pads_to_the_longest_name_plus_one(void **state)
{
	struct logprefix p = { 0 };
	struct logname *ping = logprefix_name(&p, "ping-1"), *hello = logprefix_name(&p, "hello-1");
	AUTO(buf) struct buf out = BUF_INIT;

	(void)state;
	logprefix_add(&p, ping, &out);
	buf_addstr(&out, "x\n");
	logprefix_add(&p, hello, &out);
	assert_string_equal(out.p, "ping-1   | x\nhello-1  | ");
	logprefix_done(&p);
}

static void colours_follow_the_order_of_names(void **state)
{
	struct logprefix p = { .color = true };
	struct logname *a = logprefix_name(&p, "a"), *b = logprefix_name(&p, "b");
	AUTO(buf) struct buf out = BUF_INIT;

	(void)state;
	logprefix_add(&p, b, &out);
	logprefix_add(&p, a, &out);
	logprefix_add(&p, b, &out);
	assert_string_equal(out.p, "\033[33mb  | \033[0m\033[36ma  | \033[0m\033[33mb  | \033[0m");
	logprefix_done(&p);
}

static void eleven_names_use_the_bold_set_and_begin_again(void **state)
{
	struct logprefix p = { .color = true };
	AUTO(buf) struct buf out = BUF_INIT;

	(void)state;
	for (int i = 0; i < 11; i++) {
		AUTO(mem) char *name = xasprintf("n%d", i);

		buf_reset(&out);
		logprefix_add(&p, logprefix_name(&p, name), &out);
		if (i == 5)
			assert_memory_equal(out.p, "\033[36;1m", 7);
	}
	assert_memory_equal(out.p, "\033[36m", 5);
	logprefix_done(&p);
}

static void status_lines_have_no_padding(void **state)
{
	struct logprefix p = { .hidden = true };
	struct logname *web = logprefix_name(&p, "web-1");
	AUTO(buf) struct buf out = BUF_INIT;

	(void)state;
	(void)logprefix_name(&p, "a-longer-name-1");
	logprefix_add(&p, web, &out);
	logprefix_status(&p, web, "exited with code 0", &out);
	assert_string_equal(out.p, "web-1 exited with code 0\n");
	p.color = true;
	buf_reset(&out);
	logprefix_status(&p, web, "exited with code 3", &out);
	assert_string_equal(out.p, "\033[36m\r\033[Kweb-1 exited with code 3\n\033[0m");
	logprefix_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pads_to_the_longest_name_plus_one),
		cmocka_unit_test(colours_follow_the_order_of_names),
		cmocka_unit_test(eleven_names_use_the_bold_set_and_begin_again),
		cmocka_unit_test(status_lines_have_no_padding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
