#include "image/dockerfile.h"

#include "base/buf.h"
#include "base/test.h"

static struct dockerfile *parse(const char *text)
{
	AUTO(err) struct err *e = NULL;
	struct dockerfile *d = NULL;

	if (dockerfile_parse("Dockerfile", text, strlen(text), &d, &e) < 0)
		fail_msg("%s: %s", text, err_text(e));
	return d;
}

static void assert_refused(const char *text, const char *want, unsigned line)
{
	AUTO(err) struct err *e = NULL;
	AUTO(dockerfile) struct dockerfile *d = NULL;

	assert_true(dockerfile_parse("Dockerfile", text, strlen(text), &d, &e) < 0);
	assert_string_equal(err_text(e), want);
	if (line)
		assert_int_equal(err_pos(e)->line, line);
}

static void assert_args(const struct instr *i, const char *joined)
{
	AUTO(mem) char *got = strv_join(&i->args, "|");

	assert_string_equal(got, joined);
}

static void joins_continued_lines_and_drops_comments_between(void **state)
{
	AUTO(dockerfile)
	struct dockerfile *d = parse("FROM a\n  RUN x \\  \n  # note\n\n    y \\\\\nCMD z \\\n");

	(void)state;
	assert_int_equal(d->n, 3);
	assert_args(&d->v[1], "x     y \\\\");
	assert_int_equal(d->v[1].line, 2);
	assert_int_equal(d->v[1].end_line, 5);
	assert_string_equal(d->v[1].shown, "RUN x     y \\\\");
	assert_args(&d->v[2], "z");
	assert_int_equal(d->warnings.n, 1);
}

static void takes_json_and_shell_forms(void **state)
{
	AUTO(dockerfile)
	struct dockerfile *d = parse("from a\nCMD [\"a\", \"b c\"]\nRUN [ -f x ] && y\n"
				     "CMD []\nENTRYPOINT [ 'a' ]\nCOPY [\"a b\", \"c\"]\n"
				     "COPY \"a b\" c\n");

	(void)state;
	assert_true(d->v[1].is_json);
	assert_args(&d->v[1], "a|b c");
	assert_false(d->v[2].is_json);
	assert_args(&d->v[2], "[ -f x ] && y");
	assert_int_equal(d->v[3].args.n, 0);
	assert_false(d->v[4].is_json);
	assert_args(&d->v[5], "a b|c");
	assert_args(&d->v[6], "\"a|b\"|c");
}

static void takes_pairs_old_and_new(void **state)
{
	AUTO(dockerfile)
	struct dockerfile *d = parse("FROM a\nENV A=1 B=\"x y\" C=a\\ b\nENV K the rest\n"
				     "LABEL a.b=c\nARG X=1 Y\n");

	(void)state;
	assert_args(&d->v[1], "A|1|B|\"x y\"|C|a\\ b");
	assert_args(&d->v[2], "K|the rest");
	assert_args(&d->v[3], "a.b|c");
	assert_args(&d->v[4], "X=1|Y");
}

static void takes_flags_apart(void **state)
{
	AUTO(dockerfile)
	struct dockerfile *d =
		parse("FROM --platform=$X a AS b\nCOPY --from=b --link --chown=1:2 x y\n"
		      "RUN --mount=type=cache,target=/c --mount=type=tmpfs,target=/t -- --x\n"
		      "HEALTHCHECK --interval=5s --retries=3 CMD [\"t\"]\n");

	(void)state;
	assert_string_equal(instr_flag(&d->v[0], "platform"), "$X");
	assert_args(&d->v[0], "a|AS|b");
	assert_string_equal(instr_flag(&d->v[1], "from"), "b");
	assert_true(instr_flag_bool(&d->v[1], "link", false));
	assert_args(&d->v[1], "x|y");
	assert_int_equal(d->v[2].flags.n, 2);
	assert_args(&d->v[2], "--x");
	assert_args(&d->v[3], "CMD|t");
}

static void reads_here_documents_in_order(void **state)
{
	AUTO(dockerfile)
	struct dockerfile *d = parse("FROM a\nCOPY <<EOF <<-'RAW' /d/\n$A \\\n# "
				     "kept\nEOF\n\t\tx\n\tRAW\nRUN <<EOF\nset -e\nEOF\n");
	const struct instr *copy = &d->v[1];

	(void)state;
	assert_int_equal(copy->n_heredocs, 2);
	assert_string_equal(copy->heredocs[0].text, "$A \\\n# kept\n");
	assert_true(copy->heredocs[0].expand);
	assert_string_equal(copy->heredocs[1].name, "RAW");
	assert_string_equal(copy->heredocs[1].text, "x\n");
	assert_false(copy->heredocs[1].expand);
	assert_string_equal(d->v[2].heredocs[0].text, "set -e\n");
	assert_int_equal(d->v[2].end_line, 10);
}

static void honours_the_escape_directive(void **state)
{
	AUTO(dockerfile)
	struct dockerfile *d =
		parse("# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nRUN x `\n y\\\n");

	(void)state;
	assert_int_equal(d->n, 2);
	assert_args(&d->v[1], "x  y\\");
}

static void an_unknown_directive_is_a_comment_and_ends_directives(void **state)
{
	AUTO(dockerfile) struct dockerfile *d = parse("# foo=1\n# escape=`\nFROM a\n");

	(void)state;
	assert_int_equal(d->escape, '\\');
}

static void takes_windows_line_ends_and_a_mark(void **state)
{
	AUTO(dockerfile)
	struct dockerfile *d = parse("\xef\xbb\xbf"
				     "FROM a\r\nRUN x \\\r\n y\r\n");

	(void)state;
	assert_args(&d->v[1], "x  y");
}

static void refuses_with_the_known_words(void **state)
{
	(void)state;
	assert_refused("", "the Dockerfile cannot be empty", 0);
	assert_refused("# x\n", "file with no instructions", 0);
	assert_refused(
		"FROM a\nRUNN x\n",
		"dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)",
		2);
	assert_refused(
		"FROM a\nCOPY x\n",
		"dockerfile parse error on line 2: COPY requires at least two arguments, but only "
		"one was provided. Destination could not be determined",
		2);
	assert_refused(
		"FROM a b\n",
		"dockerfile parse error on line 1: FROM requires either one or three arguments", 1);
	assert_refused(
		"FROM a\nCMD [\"a\", 1]\n",
		"dockerfile parse error on line 2: when using JSON array syntax, arrays must be "
		"comprised of strings only",
		2);
	assert_refused("FROM a\nENV A=1 b\n",
		       "dockerfile parse error on line 2: Syntax error - can't find = in \"b\". "
		       "Must be of "
		       "the form: name=value",
		       2);
	assert_refused("FROM a\nENV A\n",
		       "dockerfile parse error on line 2: ENV must have two arguments", 2);
	assert_refused("FROM a\nCOPY --form=b x y\n",
		       "dockerfile parse error on line 2: unknown flag: --form", 2);
	assert_refused("FROM a\nCOPY --from x y\n",
		       "dockerfile parse error on line 2: missing a value on flag: --from", 2);
	assert_refused("FROM a\nRUN <<EOF\nx\n",
		       "dockerfile parse error on line 2: unterminated heredoc", 2);
	assert_refused("RUN x\n",
		       "dockerfile parse error on line 1: no build stage in current context", 1);
	assert_refused("FROM a\nONBUILD FROM b\n",
		       "dockerfile parse error on line 2: FROM isn't allowed as an ONBUILD trigger",
		       2);
	assert_refused(
		"# escape=x\nFROM a\n",
		"dockerfile parse error on line 1: invalid escape token 'x' does not match ` or \\",
		1);
	assert_refused(
		"FROM a\nSHELL sh\n",
		"dockerfile parse error on line 2: SHELL requires the arguments to be in JSON form",
		2);
}

static void shows_an_excerpt_around_the_line(void **state)
{
	AUTO(dockerfile) struct dockerfile *d = parse("FROM a\nRUN false\n");
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	dockerfile_excerpt(f, "Dockerfile", &d->lines, 2, 2);
	fclose(f);
	assert_string_equal(text, "Dockerfile:2\n--------------------\n   1 |     FROM a\n"
				  "   2 | >>> RUN false\n   3 |     \n--------------------\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins_continued_lines_and_drops_comments_between),
		cmocka_unit_test(takes_json_and_shell_forms),
		cmocka_unit_test(takes_pairs_old_and_new),
		cmocka_unit_test(takes_flags_apart),
		cmocka_unit_test(reads_here_documents_in_order),
		cmocka_unit_test(honours_the_escape_directive),
		cmocka_unit_test(an_unknown_directive_is_a_comment_and_ends_directives),
		cmocka_unit_test(takes_windows_line_ends_and_a_mark),
		cmocka_unit_test(refuses_with_the_known_words),
		cmocka_unit_test(shows_an_excerpt_around_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
