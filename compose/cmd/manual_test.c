#include "base/test.h"

#include <string.h>

#include "compose/cmd/manual.h"

/* "no-deps" as troff writes it. */
static char *troff_name(const char *name)
{
	struct buf b = BUF_INIT;

	for (; *name; name++)
		buf_addstr(&b, *name == '-' ? "\\-" : (char[]){ *name, '\0' });
	return buf_take(&b);
}

static void every_command_has_a_page_with_every_flag(void **state)
{
	(void)state;
	for (size_t i = 0; cmd_table[i]; i++) {
		AUTO(buf) struct buf page = BUF_INIT;

		manual_command(&page, cmd_table[i]);
		assert_non_null(strstr(page.p, cmd_table[i]->summary[0] ? ".SH NAME" : "?"));
		for (const struct opt *o = cmd_table[i]->opts; o && o->name; o++) {
			AUTO(mem) char *name = troff_name(o->name);
			AUTO(mem) char *flag = xasprintf("\\-\\-%s\\fR", name);

			assert_true(o->hidden || strstr(page.p, flag));
		}
	}
}

static void the_first_page_lists_every_shown_command(void **state)
{
	AUTO(buf) struct buf page = BUF_INIT;

	(void)state;
	manual_root(&page);
	for (size_t i = 0; cmd_table[i]; i++) {
		AUTO(mem) char *entry = xasprintf("\\fB%s\\fR\n", cmd_table[i]->name);

		assert_true(cmd_table[i]->hidden || strstr(page.p, entry));
	}
}

static void differences_are_told(void **state)
{
	AUTO(buf) struct buf page = BUF_INIT;

	(void)state;
	for (size_t i = 0; cmd_table[i]; i++)
		manual_command(&page, cmd_table[i]);
	assert_non_null(strstr(page.p, "Unlike docker compose: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_has_a_page_with_every_flag),
		cmocka_unit_test(the_first_page_lists_every_shown_command),
		cmocka_unit_test(differences_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
