#include "base/test.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "compose/cmd/flags.h"

struct values {
	bool detach, quiet;
	int timeout;
	const char *format;
	struct strv files;
};

static const struct opt opts[] = {
	OPT(values, detach, .name = "detach", .brief = 'd', .help = "x"),
	OPT(values, files, .name = "file", .brief = 'f', .kind = OPT_ARRAY, .help = "x"),
	OPT(values, format, .name = "format", .kind = OPT_STR, .dflt = "table", .help = "x"),
	OPT(values, quiet, .name = "quiet", .brief = 'q', .dflt = "true", .alias = "silent", .help = "x"),
	OPT(values, timeout, .name = "timeout", .brief = 't', .kind = OPT_INT, .help = "x"),
	{ 0 },
};

struct outcome {
	struct values v;
	struct parsed p;
	struct err *e;
	int r;
};

static struct outcome parse(int stop, ...)
{
	struct outcome o = { 0 };
	const struct flagset set = { opts, &o.v };
	char *argv[16];
	size_t n = 0;
	va_list ap;

	va_start(ap, stop);
	while ((argv[n] = va_arg(ap, char *)))
		n++;
	va_end(ap);
	flagset_init(&set);
	o.r = flags_parse(&set, 1, argv, n, stop, &o.p, &o.e);
	return o;
}

static void done(struct outcome *o)
{
	strv_done(&o->v.files);
	parsed_done(&o->p);
	err_free(o->e);
}

static void takes_every_gnu_form(void **state)
{
	struct outcome o = parse(false, "-dt5", "--file=a", "-fb", "-f", "c", "--format", "json",
				 "--quiet=false", "web", "--timeout=-1", "db", NULL);

	(void)state;
	assert_int_equal(o.r, 0);
	assert_true(o.v.detach);
	assert_false(o.v.quiet);
	assert_int_equal(o.v.timeout, -1);
	assert_string_equal(o.v.format, "json");
	assert_int_equal(o.v.files.n, 3);
	assert_string_equal(o.v.files.v[2], "c");
	assert_int_equal(o.p.n_args, 2);
	assert_string_equal(o.p.args[1], "db");
	assert_null(o.p.args[2]);
	done(&o);
}

static void commas_are_not_split_and_equals_binds_to_a_short_flag(void **state)
{
	struct outcome o = parse(false, "-f=a,b", NULL);

	(void)state;
	assert_int_equal(o.v.files.n, 1);
	assert_string_equal(o.v.files.v[0], "a,b");
	done(&o);
}

static void starts_with_the_defaults_of_the_rows(void **state)
{
	struct outcome o = parse(false, NULL);

	(void)state;
	assert_true(o.v.quiet);
	assert_string_equal(o.v.format, "table");
	assert_int_equal(o.p.n_given, 0);
	done(&o);
}

static void stops_at_the_first_positional_when_told(void **state)
{
	struct outcome o = parse(true, "-d", "web", "ls", "-l", NULL);

	(void)state;
	assert_int_equal(o.p.n_args, 3);
	assert_string_equal(o.p.args[2], "-l");
	done(&o);
}

static void two_dashes_end_the_flags(void **state)
{
	struct outcome o = parse(false, "--", "-d", NULL);

	(void)state;
	assert_false(o.v.detach);
	assert_string_equal(o.p.args[0], "-d");
	done(&o);
}

static void a_lone_dash_is_positional(void **state)
{
	struct outcome o = parse(false, "-", NULL);

	(void)state;
	assert_int_equal(o.p.n_args, 1);
	done(&o);
}

static void mistakes_have_the_words_users_know(void **state)
{
	static const struct {
		const char *word, *text;
	} samples[] = {
		{ "--nosuch", "unknown flag: --nosuch" },
		{ "--nosuch=x", "unknown flag: --nosuch" },
		{ "-x", "unknown shorthand flag: 'x' in -x" },
		{ "-dx", "unknown shorthand flag: 'x' in -dx" },
		{ "--file", "flag needs an argument: --file" },
		{ "-f", "flag needs an argument: 'f' in -f" },
		{ "--=x", "bad flag syntax: --=x" },
		{ "---d", "bad flag syntax: ---d" },
		{ "-tx", "invalid argument \"x\" for \"-t, --timeout\" flag: strconv.ParseInt: parsing "
			 "\"x\": invalid syntax" },
		{ "--detach=maybe", "invalid argument \"maybe\" for \"-d, --detach\" flag: "
				    "strconv.ParseBool: parsing \"maybe\": invalid syntax" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		struct outcome o = parse(false, samples[i].word, NULL);

		assert_int_equal(o.r, -EINVAL);
		assert_string_equal(err_text(o.e), samples[i].text);
		done(&o);
	}
}

static void help_wins_over_what_follows(void **state)
{
	struct outcome o = parse(false, "-d", "--help", "--nosuch", NULL);

	(void)state;
	assert_int_equal(o.r, 0);
	assert_true(o.p.help);
	done(&o);
}

static void an_alias_reports_the_real_name(void **state)
{
	struct outcome o = parse(false, "--silent", "-d", "-d", "-d", "-d", "-d", "-d", "-d", "-d", NULL);

	(void)state;
	assert_int_equal(o.p.n_given, 9);
	assert_string_equal(o.p.given[0]->name, "quiet");
	assert_null(o.p.given[9]);
	done(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_every_gnu_form),
		cmocka_unit_test(commas_are_not_split_and_equals_binds_to_a_short_flag),
		cmocka_unit_test(starts_with_the_defaults_of_the_rows),
		cmocka_unit_test(stops_at_the_first_positional_when_told),
		cmocka_unit_test(two_dashes_end_the_flags),
		cmocka_unit_test(a_lone_dash_is_positional),
		cmocka_unit_test(mistakes_have_the_words_users_know),
		cmocka_unit_test(help_wins_over_what_follows),
		cmocka_unit_test(an_alias_reports_the_real_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
