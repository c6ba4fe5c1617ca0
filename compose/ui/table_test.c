#include "base/test.h"

#include "compose/ui/table.h"

static char *format(struct table *t)
{
	struct buf out = BUF_INIT;

	table_format(t, &out);
	table_done(t);
	return buf_take(&out);
}

static void pads_all_cells_but_the_last(void **state)
{
	struct table t;
	AUTO(mem) char *text = NULL;

	(void)state;
	table_init(&t, 10, 3);
	table_row(&t, "NAME", "PORTS", NULL);
	table_row(&t, "a-longer-name", "", NULL);
	text = format(&t);
	assert_string_equal(text, "NAME            PORTS\n"
				  "a-longer-name   \n");
}

static void keeps_the_minimum_width(void **state)
{
	struct table t;
	AUTO(mem) char *text = NULL;

	(void)state;
	table_init(&t, 10, 3);
	table_row(&t, "DRIVER", "VOLUME NAME", NULL);
	table_row(&t, "local", "ls_vol", NULL);
	text = format(&t);
	assert_string_equal(text, "DRIVER    VOLUME NAME\nlocal     ls_vol\n");
}

static void counts_columns_not_bytes(void **state)
{
	struct table t;
	AUTO(mem) char *text = NULL;

	(void)state;
	table_init(&t, 0, 1);
	table_row(&t, "ab…", "x", NULL);
	table_row(&t, "日本", "y", NULL);
	text = format(&t);
	assert_string_equal(text, "ab…  x\n日本 y\n");
}

static void splits_a_line_at_tabs(void **state)
{
	struct table t;
	AUTO(mem) char *text = NULL;

	(void)state;
	table_init(&t, 0, 2);
	table_tabbed(&t, "a\tb");
	table_tabbed(&t, "ccc\td");
	text = format(&t);
	assert_string_equal(text, "a    b\nccc  d\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pads_all_cells_but_the_last),
		cmocka_unit_test(keeps_the_minimum_width),
		cmocka_unit_test(counts_columns_not_bytes),
		cmocka_unit_test(splits_a_line_at_tabs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
