#include "base/test.h"

#include "compose/load/command.h"

/* Words between "|", or the error. */
static void check(const char *text, const char *want)
{
	AUTO(strv) struct strv words = STRV_INIT;
	AUTO(err) struct err *e = NULL;
	AUTO(mem) char *joined = NULL;

	if (command_split(text, &words, &e) < 0) {
		assert_string_equal(err_text(e), want);
		return;
	}
	joined = strv_join(&words, "|");
	assert_string_equal(joined, want);
}

static void parts_at_blanks(void **state)
{
	(void)state;
	check("a b\tc\nd", "a|b|c|d");
	check("  a  ", "a");
	check("", "");
}

static void quotes_group_and_join(void **state)
{
	(void)state;
	check("sh -c \"a b\"", "sh|-c|a b");
	check("a\"b c\"d", "ab cd");
	check("'a \\ b'", "a \\ b");
	check("\"it's\"", "it's");
	check("a '' b", "a||b");
}

static void backslashes_take_the_next_character(void **state)
{
	(void)state;
	check("a\\ b", "a b");
	check("\\t\\n", "\t\n");
	check("\"\\\"\"", "\"");
	check("\\'", "'");
}

static void unquoted_operators_end_the_command(void **state)
{
	(void)state;
	check("a | b", "a");
	check("a; b", "a");
	check("a && b", "a");
	check("a 2> b", "a");
	check("a2 > b", "a2");
	check("a '|' b", "a|||b");
}

static void substitutions_stay_as_they_are(void **state)
{
	(void)state;
	check("echo $(date +%s) x", "echo|$(date +%s)|x");
	check("echo `id -u` x", "echo|`id -u`|x");
}

static void refuses_what_cannot_be_parted(void **state)
{
	(void)state;
	check("a 'b", "invalid command line string");
	check("a \"b", "invalid command line string");
	check("a (b)", "invalid command line string");
	check("a \\", "invalid command line string");
	check("$(a", "invalid command line string");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_at_blanks),
		cmocka_unit_test(quotes_group_and_join),
		cmocka_unit_test(backslashes_take_the_next_character),
		cmocka_unit_test(unquoted_operators_end_the_command),
		cmocka_unit_test(substitutions_stay_as_they_are),
		cmocka_unit_test(refuses_what_cannot_be_parted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
