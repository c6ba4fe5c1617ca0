#include "compose/load/dotenv.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/test.h"

struct run {
	struct env *shell, *out;
	struct diags *d;
};

static int setup(void **state)
{
	struct run *r = xcalloc(1, sizeof(*r));

	r->shell = env_new();
	r->out = env_new();
	r->d = diags_new();
	env_set(r->shell, "HAVE", "h", NULL);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct run *r = *state;

	env_free(r->shell);
	env_free(r->out);
	diags_free(r->d);
	free(r);
	return 0;
}

static int parse(struct run *r, const char *text, bool raw)
{
	const struct dotenv e = {
		.file = ".env", .lookup = { r->shell }, .out = r->out, .d = r->d
	};

	return (raw ? dotenv_parse_raw : dotenv_parse)(&e, text, strlen(text));
}

static void defines(void **state, const char *text, const char *key, const char *want)
{
	struct run *r = *state;

	if (parse(r, text, false) < 0)
		fail_msg("refused: %s (%s)", text, r->d->v[0].message);
	if (!want)
		assert_null(env_get(r->out, key));
	else if (!env_get(r->out, key) || strcmp(env_get(r->out, key), want) != 0)
		fail_msg("%s: %s is \"%s\", want \"%s\"", text, key, env_get(r->out, key), want);
}

static void unquoted_values_are_trimmed_and_cut_at_comments(void **state)
{
	defines(state, "A=plain", "A", "plain");
	defines(state, "A =  x y  \r\n", "A", "x y");
	defines(state, "A: yaml", "A", "yaml");
	defines(state, "export A=1", "A", "1");
	defines(state, "A=a#b # c", "A", "a#b");
	defines(state, "A= # x", "A", "# x");
	defines(state, "A=a\\tb", "A", "a\\tb");
	defines(state, "A=it's", "A", "it's");
	defines(state, "A=", "A", "");
	defines(state, "\n  # c\n\n  A=1", "A", "1");
	defines(state,
		"\xef\xbb\xbf"
		"A=1",
		"A", "1");
	defines(state, "1A=x", "1A", "x");
	defines(state, "a.b-c[0]=x", "a.b-c[0]", "x");
	defines(state, "\xc3\xa4=x", "\xc3\xa4", "x");
	defines(state, "A=\xc2\xa0x\xc2\xa0", "A", "x");
}

static void quoted_values_keep_blanks_and_lines(void **state)
{
	defines(state, "A=\"two words\" # c", "A", "two words");
	defines(state, "A='it\\'s'", "A", "it's");
	defines(state, "A='$HAVE \\n'", "A", "$HAVE \\n");
	defines(state, "A=\"l1\nl2\"", "A", "l1\nl2");
	defines(state, "A='x\r\ny'", "A", "x\r\ny");
	defines(state, "A=\"x\\\"y\"", "A", "x\"y");
	defines(state, "A=\"1\" B=2", "B", "2");
	defines(state, "A=\"x\"HAVE\n", "HAVE", "h");
}

static void double_quotes_know_escapes(void **state)
{
	defines(state, "A=\"a\\tb\\n\"", "A", "a\tb\n");
	defines(state, "A=\"\\x41\\c\\u1\"", "A", "\\x41\\c\\u1");
	defines(state, "A=\"\\0123\"", "A", "S");
	defines(state, "A=\"\\07x\"", "A", "\ax");
	defines(state, "A=\"\\\\n\"", "A", "\\n");
	defines(state, "A=\"\\$HAVE $HAVE\"", "A", "$HAVE h");
}

static void values_are_expanded_from_shell_and_earlier_keys(void **state)
{
	defines(state, "A=1\nB=${A}2$HAVE\n", "B", "12h");
	defines(state, "HAVE=mine\nB=$HAVE\n", "B", "h");
	defines(state, "A=${NO:-d}", "A", "d");
}

static void bare_keys_are_inherited(void **state)
{
	defines(state, "HAVE\nHAVENOT\nZ=1", "HAVE", "h");
	defines(state, "HAVENOT", "HAVENOT", NULL);
}

static void export_of_nothing_defines_nothing(void **state)
{
	struct run *r = *state;
	/* Not terminated: nothing behind the end may be looked at. */
	char *text = xmemdup("export ", 7);
	const struct dotenv e = {
		.file = ".env", .lookup = { r->shell }, .out = r->out, .d = r->d
	};

	assert_int_equal(dotenv_parse(&e, text, 7), 0);
	free(text);
	defines(state, "export \nA=1", "A", "1");
}

static void every_variable_knows_its_line(void **state)
{
	struct run *r = *state;

	defines(state, "A=\"x\ny\"\n  B=1\n", "B", "1");
	assert_int_equal(env_pos(r->out, "B")->line, 3);
	assert_int_equal(env_pos(r->out, "B")->col, 3);
	assert_null(env_pos(r->shell, "HAVE"));
}

static void refuses(void **state, const char *text, bool raw, const char *message, unsigned line,
		    unsigned col)
{
	struct run *r = *state;

	diags_free(r->d);
	r->d = diags_new();
	assert_true(parse(r, text, raw) < 0);
	if (!strstr(r->d->v[0].message, message))
		fail_msg("got \"%s\", want \"%s\"", r->d->v[0].message, message);
	assert_int_equal(r->d->v[0].pos.line, line);
	assert_int_equal(r->d->v[0].pos.col, col);
}

static void mistakes_have_a_place(void **state)
{
	struct run *r = *state;

	refuses(state, "A=1\nB=\"open\nC=2\n", false, "unterminated quoted value \"open", 2, 3);
	refuses(state, "A B=1", false, "key cannot contain a space", 1, 1);
	refuses(state, "X=1\n %x=1", false, "unexpected character \"%\" in variable name \"%x=1\"",
		2, 2);
	refuses(state, "=1", false, "no variable name", 1, 1);
	refuses(state, "A=${", false, "invalid interpolation format for A", 1, 1);
	refuses(state, "A=${B?no}", false, "required variable B is missing a value: no", 1, 1);
	refuses(state, "A=\"\\0\"", false, "NUL", 1, 1);
	refuses(state, "%=1\nA=1\n%=2\n", false, "unexpected", 1, 1);
	assert_int_equal(r->d->n_errors, 2);
}

static void raw_lines_are_taken_verbatim(void **state)
{
	struct run *r = *state;

	assert_int_equal(parse(r, "  A=\"q\" # $x \n#c\n\nHAVE\nNOT\nB=1\r\n", true), 0);
	assert_string_equal(env_get(r->out, "A"), "\"q\" # $x ");
	assert_string_equal(env_get(r->out, "B"), "1");
	assert_string_equal(env_get(r->out, "HAVE"), "h");
	assert_null(env_get(r->out, "NOT"));
	refuses(state, "A B=1", true, "variable 'A B' contains whitespaces", 1, 1);
	refuses(state, "A=1\n=x", true, "no variable name on line '=x'", 2, 1);
}

static void endless_lines_take_linear_time(void **state)
{
	AUTO(buf) struct buf b = BUF_INIT;
	struct run *r = *state;

	while (b.n < 1000000)
		buf_addstr(&b, "A=\"1\" ");
	assert_int_equal(parse(r, buf_str(&b), false), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(unquoted_values_are_trimmed_and_cut_at_comments),
		T(quoted_values_keep_blanks_and_lines),
		T(double_quotes_know_escapes),
		T(values_are_expanded_from_shell_and_earlier_keys),
		T(bare_keys_are_inherited),
		T(export_of_nothing_defines_nothing),
		T(every_variable_knows_its_line),
		T(mistakes_have_a_place),
		T(raw_lines_are_taken_verbatim),
		T(endless_lines_take_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
