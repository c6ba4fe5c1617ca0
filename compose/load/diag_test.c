#include "compose/load/diag.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "compose/load/suggest.h"

static void formatted(struct diags *d, const char *want)
{
	AUTO(mem) char *got = diags_format(d, DIAG_ERROR, false);

	assert_string_equal(got, want);
}

static void shows_line_caret_expectation_and_hint(void **state)
{
	(void)state;
	AUTO(diags) struct diags *d = diags_new();
	struct diag *g;

	diags_source(d, "c.yaml", "services:\n  web:\n    ports: [\"80a\"]\n");
	g = diag_add(d, DIAG_ERROR, &(struct srcpos){ "c.yaml", 3, 13 }, "invalid port \"%s\"",
		     "80a");
	diag_expect(g, "a number");
	diag_suggest(g, "prots", (const char *const[]){ "image", "ports" }, 2);
	formatted(d, "c.yaml:3:13: invalid port \"80a\"\n"
		     "     3 |     ports: [\"80a\"]\n"
		     "       |             ^\n"
		     "  expected: a number\n"
		     "  hint: did you mean \"ports\"?\n");
}

static void caret_stands_below_wide_and_tabbed_text(void **state)
{
	(void)state;
	AUTO(diags) struct diags *d = diags_new();

	diags_source(d, "c.yaml", "\t漢a: x\n");
	diag_add(d, DIAG_ERROR, &(struct srcpos){ "c.yaml", 1, 3 }, "m");
	formatted(d, "c.yaml:1:3: m\n     1 | \t漢a: x\n       | \t  ^\n");
}

static void long_lines_are_cut_around_the_caret(void **state)
{
	(void)state;
	AUTO(diags) struct diags *d = diags_new();
	char line[2001];
	AUTO(mem) char *got = NULL;

	memset(line, 'a', 2000);
	line[999] = 'X';
	line[2000] = 0;
	diags_source(d, "c.yaml", line);
	diag_add(d, DIAG_ERROR, &(struct srcpos){ "c.yaml", 1, 1000 }, "m");
	got = diags_format(d, DIAG_ERROR, false);
	assert_true(strlen(got) < 400);
	assert_non_null(strstr(got, "aX"));
	/* the caret is in the column of the X */
	const char *l1 = strchr(got, '\n') + 1, *l2 = strchr(l1, '\n') + 1;
	assert_int_equal(strchr(l1, 'X') - l1, strchr(l2, '^') - l2);
}

static void sorted_by_place_without_duplicates(void **state)
{
	(void)state;
	AUTO(diags) struct diags *d = diags_new();

	diags_source(d, "a", "");
	diags_source(d, "b", "");
	diag_add(d, DIAG_ERROR, &(struct srcpos){ "b", 1, 1 }, "three");
	diag_add(d, DIAG_ERROR, &(struct srcpos){ "a", 9, 1 }, "two");
	diag_add(d, DIAG_ERROR, &(struct srcpos){ "a", 9, 1 }, "two");
	diag_add(d, DIAG_WARNING, &(struct srcpos){ "a", 1, 1 }, "warn");
	diag_add(d, DIAG_ERROR, NULL, "one");
	formatted(d, "error: one\na:9:1: two\nb:1:1: three\n");
	assert_int_equal(d->n_errors, 3);
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
	(void)state;
	AUTO(diags) struct diags *d = diags_new();

	diags_source(d, "c", "x\033[31m\n");
	diag_add(d, DIAG_ERROR, &(struct srcpos){ "c", 1, 1 }, "bad \033[2J");
	formatted(d, "c:1:1: bad \\x1b[2J\n     1 | x?[31m\n       | ^\n");
}

static void more_than_the_limit_are_counted(void **state)
{
	(void)state;
	AUTO(diags) struct diags *d = diags_new();

	for (int i = 0; i < DIAG_MAX + 7; i++)
		diag_expect(diag_add(d, DIAG_ERROR, NULL, "m%d", i), "e");
	assert_int_equal(d->n_errors, DIAG_MAX + 7);
	assert_int_equal(d->n_dropped, 7);
}

static void json_names_every_field(void **state)
{
	(void)state;
	AUTO(diags) struct diags *d = diags_new();
	AUTO(mem) char *got = NULL;

	diag_add(d, DIAG_WARNING, &(struct srcpos){ "c.yaml", 3, 4 }, "hm");
	got = diags_format_json(d);
	assert_non_null(strstr(got, "\"c.yaml\""));
	assert_non_null(strstr(got, "\"warning\""));
	assert_non_null(strstr(got, "\"column\""));
}

static void names_only_near_words(void **state)
{
	(void)state;
	static const char *const words[] = { "image", "ports", "environment", "volumes", "build" };

	assert_string_equal(suggest("prots", words, 5), "ports");
	assert_string_equal(suggest("port", words, 5), "ports");
	assert_string_equal(suggest("Image", words, 5), "image");
	assert_string_equal(suggest("enviroment", words, 5), "environment");
	assert_null(suggest("healthcheck", words, 5));
	assert_null(suggest("x", words, 5));
	assert_null(suggest("", words, 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_line_caret_expectation_and_hint),
		cmocka_unit_test(caret_stands_below_wide_and_tabbed_text),
		cmocka_unit_test(long_lines_are_cut_around_the_caret),
		cmocka_unit_test(sorted_by_place_without_duplicates),
		cmocka_unit_test(control_characters_do_not_reach_the_terminal),
		cmocka_unit_test(more_than_the_limit_are_counted),
		cmocka_unit_test(json_names_every_field),
		cmocka_unit_test(names_only_near_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
