#include "compose/load/subst.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"

static char warned[64];

static const char *get(void *ctx, const char *name)
{
	(void)ctx;
	if (strcmp(name, "SET") == 0)
		return "v";
	if (strcmp(name, "B") == 0)
		return "bee";
	return strcmp(name, "EMPTY") == 0 ? "" : NULL;
}

static void unset(void *ctx, const char *name, size_t offset)
{
	(void)ctx;
	(void)snprintf(warned, sizeof(warned), "%s@%zu", name, offset);
}

static const struct subst_lookup lookup = { get, unset, NULL };

static void gives(const char *text, const char *want)
{
	AUTO(buf) struct buf out = BUF_INIT;
	struct subst_failure f;
	int r = subst_eval(&lookup, str_of(text), &out, &f);

	if (r < 0)
		fail_msg("\"%s\" failed at %zu: %s", text, f.offset,
			 f.why ? f.why : buf_str(&f.message));
	if (strcmp(buf_str(&out), want) != 0)
		fail_msg("\"%s\" gives \"%s\", want \"%s\"", text, buf_str(&out), want);
	subst_failure_done(&f);
}

static void every_form_has_its_value(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{ "$SET", "v" },
		{ "${SET}", "v" },
		{ "${EMPTY}", "" },
		{ "${EMPTY:-d}", "d" },
		{ "${SET:-d}", "v" },
		{ "${UNSET-d}", "d" },
		{ "${EMPTY-d}", "" },
		{ "${SET-d}", "v" },
		{ "${SET:+alt}", "alt" },
		{ "${EMPTY:+alt}", "" },
		{ "${SET+alt}", "alt" },
		{ "${EMPTY+alt}", "alt" },
		{ "${UNSET+alt}", "" },
		{ "${SET:?must}", "v" },
		{ "${EMPTY?must}", "" },
		{ "$SET-x", "v-x" },
		{ "$SETx", "" },
		{ "$$SET", "$SET" },
		{ "$$$SET", "$v" },
		{ "a $ b", "a $ b" },
		{ "$", "$" },
		{ "$}", "$}" },
		{ "$1", "$1" },
		{ "^re$", "^re$" },
		{ "${A:-$$x}", "$x" },
		{ "${A:-${SET}}", "v" },
		{ "${A:-${B:-${SET}}}", "bee" },
		{ "${A:-{\"k\":1}}", "{\"k\":1}" },
		{ "${A:-{}} ${B}", "{} bee" },
		{ "${A-b:-c}", "b:-c" },
		{ "${A:-}", "" },
		{ "${A:-a}b}", "ab}" },
		{ "x${SET}y$SET", "xvyv" },
		{ "", "" },
		{ "${SET:+${B}}", "bee" },
		{ "${A:-x:y?z}", "x:y?z" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		gives(cases[i][0], cases[i][1]);
}

static void bad_braces_are_refused_at_their_place(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t offset;
	} cases[] = {
		{ "${", 0 },        { "x${}", 1 },  { "${ a}", 0 },   { "${a }", 0 },
		{ "${a!}", 0 },     { "${1}", 0 },  { "ab${SET", 2 }, { "${A:-\n}", 0 },
		{ "${A:-${}}", 5 }, { "${A:}", 0 }, { "${-x}", 0 },   { "${A:=x}", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) struct buf out = BUF_INIT;
		struct subst_failure f;

		assert_int_equal(subst_eval(&lookup, str_of(cases[i].text), &out, &f), -EINVAL);
		assert_non_null(f.why);
		assert_int_equal(f.offset, cases[i].offset);
		subst_failure_done(&f);
	}
}

static void words_that_are_not_used_are_not_evaluated(void **state)
{
	(void)state;
	gives("${SET:-${}}", "v");
	gives("${SET:?${}}", "v");
}

static void required_variables_carry_their_message(void **state)
{
	(void)state;
	AUTO(buf) struct buf out = BUF_INIT;
	struct subst_failure f;

	assert_int_equal(subst_eval(&lookup, str_of("x${EMPTY:?need $SET}"), &out, &f), -EINVAL);
	assert_null(f.why);
	assert_string_equal(buf_str(&f.name), "EMPTY");
	assert_string_equal(buf_str(&f.message), "need v");
	assert_int_equal(f.offset, 1);
	subst_failure_done(&f);
}

static void only_bare_unset_variables_warn(void **state)
{
	(void)state;
	warned[0] = 0;
	gives("${A:-x}${A-x}${A+x}${SET}", "xxv");
	assert_string_equal(warned, "");
	gives("ab ${A:-$NOPE}", "ab ");
	assert_string_equal(warned, "NOPE@8");
}

static void deep_nesting_and_long_results_are_refused(void **state)
{
	(void)state;
	AUTO(buf) struct buf deep = BUF_INIT;
	AUTO(buf) struct buf out = BUF_INIT;
	struct subst_failure f;

	for (int i = 0; i < 2000; i++)
		buf_addstr(&deep, "${A:-");
	for (int i = 0; i < 2000; i++)
		buf_addstr(&deep, "}");
	assert_int_equal(subst_eval(&lookup, str_of(deep.p), &out, &f), -EINVAL);
	subst_failure_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_has_its_value),
		cmocka_unit_test(bad_braces_are_refused_at_their_place),
		cmocka_unit_test(words_that_are_not_used_are_not_evaluated),
		cmocka_unit_test(required_variables_carry_their_message),
		cmocka_unit_test(only_bare_unset_variables_warn),
		cmocka_unit_test(deep_nesting_and_long_results_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
