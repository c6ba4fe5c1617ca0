#include "image/expand.h"

#include "base/buf.h"
#include "base/test.h"

static struct strv env;

static int setup(void **state)
{
	(void)state;
	strv_add(&env, "A=hello");
	strv_add(&env, "E=");
	strv_add(&env, "L=x y  z");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	strv_done(&env);
	return 0;
}

static void expands_as_the_reference_says(void **state)
{
	static const struct {
		const char *word, *want;
	} rows[] = {
		{ "$A", "hello" },
		{ "\\$A", "$A" },
		{ "'$A'", "$A" },
		{ "\"x $A\"", "x hello" },
		{ "$A_B", "" },
		{ "${A}_B", "hello_B" },
		{ "$", "$" },
		{ "a$", "a$" },
		{ "${U:-d}", "d" },
		{ "${E:-d}", "d" },
		{ "${E-d}", "" },
		{ "${A:+y}", "y" },
		{ "${E:+y}", "" },
		{ "${E+y}", "y" },
		{ "${A#h*l}", "lo" },
		{ "${A##h*l}", "o" },
		{ "${A%l*}", "hel" },
		{ "${A%%l*}", "he" },
		{ "${A/l/L}", "heLlo" },
		{ "${A//l/L}", "heLLo" },
		{ "${U:-${A}}", "hello" },
		{ "\"a\\\"b\"", "a\"b" },
		{ "\"a\\nb\"", "a\\nb" },
		{ "a\\ b", "a b" },
		{ "${A:?m}", "hello" },
		{ "$1x", "x" },
		{ "\"q $A\"", "q hello" },
		{ "a'b'c", "abc" },
		{ "${U:-'x y'}", "x y" },
		{ "${A%o}!", "hell!" },
	};
	struct expand x = { .escape = '\\', .env = &env };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(err) struct err *e = NULL;
		AUTO(mem) char *got = NULL;

		if (expand_word(&x, rows[i].word, &got, &e) < 0)
			fail_msg("%s: %s", rows[i].word, err_text(e));
		if (!streq(got, rows[i].want))
			fail_msg("%s gave \"%s\", not \"%s\"", rows[i].word, got, rows[i].want);
	}
}

static void refuses_bad_substitutions(void **state)
{
	static const struct {
		const char *word, *reason;
	} rows[] = {
		{ "${U:?m}", "U: m" },
		{ "${U?}", "U: is not allowed to be unset" },
		{ "${E:?}", "E: is not allowed to be empty" },
		{ "${}", "bad substitution" },
		{ "${:x}", "bad substitution" },
		{ "${{A}", "bad substitution" },
		{ "${A", "syntax error: missing '}'" },
		{ "${A:-x", "syntax error: missing '}'" },
		{ "${A^}", "unsupported modifier (^) in substitution" },
		{ "${A:=x}", "unsupported modifier (:=) in substitution" },
		{ "'abc", "unexpected end of statement while looking for matching single-quote" },
		{ "\"abc", "unexpected end of statement while looking for matching double-quote" },
	};
	struct expand x = { .escape = '\\', .env = &env };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(err) struct err *e = NULL;
		AUTO(mem) char *got = NULL, *want = NULL;

		assert_true(expand_word(&x, rows[i].word, &got, &e) < 0);
		want = xasprintf("failed to process \"%s\": %s", rows[i].word, rows[i].reason);
		assert_string_equal(err_text(e), want);
	}
}

static void cuts_unquoted_values_into_words(void **state)
{
	struct expand x = { .escape = '\\', .env = &env };
	AUTO(strv) struct strv got = STRV_INIT;
	AUTO(mem) char *joined = NULL;

	(void)state;
	assert_int_equal(expand_words(&x, "1$L \"$L\" '' $E", &got, NULL), 0);
	joined = strv_join(&got, "|");
	assert_string_equal(joined, "1x|y|z|x y  z|");
}

static void leaves_quotes_in_here_documents(void **state)
{
	struct expand x = { .escape = '\\', .env = &env };
	AUTO(mem) char *got = NULL;

	(void)state;
	assert_int_equal(expand_text(&x, "it's \"$A\" \\$A\n", &got, NULL), 0);
	assert_string_equal(got, "it's \"hello\" $A\n");
}

static void tells_which_names_were_missing(void **state)
{
	AUTO(strv) struct strv missing = STRV_INIT;
	struct expand x = { .escape = '\\', .env = &env, .missing = &missing };
	AUTO(mem) char *got = NULL;

	(void)state;
	assert_int_equal(expand_word(&x, "$A$NO$E", &got, NULL), 0);
	assert_int_equal(missing.n, 1);
	assert_string_equal(missing.v[0], "NO");
}

static void splits_outside_quotes_only(void **state)
{
	AUTO(strv) struct strv got = STRV_INIT;
	AUTO(mem) char *joined = NULL;

	(void)state;
	expand_split("a=\"b c\"  d='e f' g\\ h", '\\', &got);
	joined = strv_join(&got, "|");
	assert_string_equal(joined, "a=\"b c\"|d='e f'|g\\ h");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expands_as_the_reference_says),
		cmocka_unit_test(refuses_bad_substitutions),
		cmocka_unit_test(cuts_unquoted_values_into_words),
		cmocka_unit_test(leaves_quotes_in_here_documents),
		cmocka_unit_test(tells_which_names_were_missing),
		cmocka_unit_test(splits_outside_quotes_only),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
