#include "image/ignore.h"

#include "base/buf.h"
#include "base/test.h"

static void expect(const char *patterns, const char *path, bool ignored)
{
	AUTO(ignore) struct ignore *i = NULL;
	AUTO(err) struct err *e = NULL;

	if (ignore_parse(patterns, &i, &e) < 0)
		fail_msg("%s: %s", patterns, err_text(e));
	if (ignore_has(i, path, NULL) != ignored)
		fail_msg("\"%s\" %s \"%s\"", patterns, ignored ? "lets in" : "ignores", path);
}

static void anchors_patterns_at_the_root(void **state)
{
	(void)state;
	expect("*.md", "a.md", true);
	expect("*.md", "d/a.md", false);
	expect("**/*.md", "a.md", true);
	expect("**/*.md", "d/e/a.md", true);
	expect("**/d", "e/d/x", true);
	expect("d/**", "d/x", true);
	expect("d/**", "d/e/x", true);
	expect("d/**", "d", false);
	expect("**", "any/thing", true);
	expect("a/**/b", "a/b", true);
	expect("a/**/b", "a/x/y/b", true);
}

static void cleans_patterns_before_use(void **state)
{
	static const char *const forms[] = { "d", "/d", "d/", "./d", "x/../d", "  d  ", "d\r" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		expect(forms[i], "d", true);
		expect(forms[i], "d/x", true);
		expect(forms[i], "e/d", false);
	}
}

static void the_last_matching_pattern_decides(void **state)
{
	(void)state;
	expect("*\n!k", "k", false);
	expect("*\n!k", "k/x", false);
	expect("*\n!k", "z", true);
	expect("*\n!d/k", "d/k", false);
	expect("*\n!d/k", "d", true);
	expect("!k\n*", "k", true);
	expect("d/*\n!d/*.c\nd/x.c", "d/y.c", false);
	expect("d/*\n!d/*.c\nd/x.c", "d/x.c", true);
}

static void knows_wildcards_classes_and_escapes(void **state)
{
	(void)state;
	expect("a?c", "abc", true);
	expect("a?c", "a/c", false);
	expect("[a-c].t", "b.t", true);
	expect("[^a-c].t", "b.t", false);
	expect("\\*x", "*x", true);
	expect("\\*x", "ax", false);
	expect("a.b", "aXb", false);
	expect("a+(b)|{c}$", "a+(b)|{c}$", true);
}

static void hash_in_column_0_is_a_comment(void **state)
{
	(void)state;
	expect("#c", "#c", false);
	expect(" #c", "#c", true);
	expect("\xef\xbb\xbf"
	       "x",
	       "x", true);
}

static void paths_outside_match_nothing(void **state)
{
	(void)state;
	expect("..\n../x\n/\n.", "x", false);
	expect("..\n../x\n/\n.", "a/b", false);
}

static void the_sample_of_the_reference_holds(void **state)
{
	static const char patterns[] = "**/*.md\n!docs/keep.md\nnode_modules\n/.env\n";

	(void)state;
	expect(patterns, "README.md", true);
	expect(patterns, "a/2.md", true);
	expect(patterns, "docs/k.md", true);
	expect(patterns, "docs/keep.md", false);
	expect(patterns, "node_modules/x/f", true);
	expect(patterns, ".env", true);
	expect(patterns, "[x].txt", false);
	expect(patterns, "link", false);
	expect(patterns, ".dockerignore", false);
}

static void refuses_bad_patterns(void **state)
{
	AUTO(ignore) struct ignore *i = NULL;
	AUTO(err) struct err *e = NULL;

	(void)state;
	assert_true(ignore_parse("a\n!\n", &i, &e) < 0);
	assert_string_equal(err_text(e), "line 2: illegal exclusion pattern: \"!\"");
	assert_true(ignore_parse("[a\n", &i, &e) < 0);
	assert_string_equal(err_text(e), "line 1: syntax error in pattern \"[a\"");
}

static void descends_only_where_something_may_come_back(void **state)
{
	AUTO(ignore) struct ignore *i = NULL;

	(void)state;
	assert_int_equal(ignore_parse("*\n!src/app\n!docs/**/x", &i, NULL), 0);
	assert_true(ignore_may_hold(i, "src"));
	assert_true(ignore_may_hold(i, "docs/deep/er"));
	assert_false(ignore_may_hold(i, "node_modules"));
	assert_false(ignore_may_hold(i, "src/other"));
}

static void stars_do_not_multiply(void **state)
{
	(void)state;
	expect("*a*a*a*a*a*a*a*a*a*a*b",
	       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anchors_patterns_at_the_root),
		cmocka_unit_test(cleans_patterns_before_use),
		cmocka_unit_test(the_last_matching_pattern_decides),
		cmocka_unit_test(knows_wildcards_classes_and_escapes),
		cmocka_unit_test(hash_in_column_0_is_a_comment),
		cmocka_unit_test(paths_outside_match_nothing),
		cmocka_unit_test(the_sample_of_the_reference_holds),
		cmocka_unit_test(refuses_bad_patterns),
		cmocka_unit_test(descends_only_where_something_may_come_back),
		cmocka_unit_test(stars_do_not_multiply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
