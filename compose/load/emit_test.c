#include "base/test.h"

#include "base/buf.h"
#include "compose/load/emit.h"
#include "compose/load/floats.h"
#include "compose/load/yaml_style.h"

static void check_style(const char *text, enum yaml_style want)
{
	if (yaml_style_of(text, false) != want)
		fail_msg("\"%s\" has style %d", text, yaml_style_of(text, false));
}

static void quotes_only_what_needs_it(void **state)
{
	(void)state;
	check_style("plain text", YAML_PLAIN);
	check_style("a:b", YAML_PLAIN);
	check_style("it's", YAML_PLAIN);
	check_style("1.2.3", YAML_PLAIN);
	check_style("1", YAML_DOUBLE);
	check_style("", YAML_DOUBLE);
	check_style("null", YAML_DOUBLE);
	check_style("yes", YAML_SINGLE);
	check_style("22:22", YAML_SINGLE);
	check_style("<<", YAML_SINGLE);
	check_style("a: b", YAML_SINGLE);
	check_style("# a", YAML_SINGLE);
	check_style("a\tb", YAML_DOUBLE);
	check_style("a\nb", YAML_LITERAL);
	check_style("\n", YAML_DOUBLE);
	check_style("a \nb", YAML_DOUBLE);
	assert_int_equal(yaml_style_of("a\nb", /* is_key= */ true), YAML_DOUBLE);
}

static void check_order(const char *smaller, const char *greater)
{
	if (natural_compare(smaller, greater) >= 0 || natural_compare(greater, smaller) <= 0)
		fail_msg("%s is not before %s", smaller, greater);
}

static void names_sort_by_the_numbers_in_them(void **state)
{
	(void)state;
	check_order("a2", "a10");
	check_order("2x", "10x");
	check_order("a", "a1");
	check_order("B", "a");
	check_order("a-1", "a_1");
	check_order("a_b", "a2");
	check_order("a2", "aB");
	check_order("1a", "1.");
	check_order("a1", "a01");
	assert_int_equal(natural_compare("same", "same"), 0);
}

static void check_float(double v, const char *yaml, const char *json)
{
	char text[FLOAT_TEXT_MAX];

	float_format_yaml(v, text);
	assert_string_equal(text, yaml);
	float_format_json(v, text);
	assert_string_equal(text, json);
}

static void numbers_have_their_shortest_form(void **state)
{
	(void)state;
	check_float(0, "0", "0");
	check_float(0.5, "0.5", "0.5");
	check_float(-1.25, "-1.25", "-1.25");
	check_float(100000, "100000", "100000");
	check_float(1e6, "1e+06", "1000000");
	check_float(1234567.5, "1.2345675e+06", "1234567.5");
	check_float(0.0001, "0.0001", "0.0001");
	check_float(0.00001, "1e-05", "0.00001");
	check_float(1e-7, "1e-07", "1e-7");
	check_float(1e21, "1e+21", "1e+21");
	check_float(float32_shortest(0.1f), "0.1", "0.1");
	check_float(float32_shortest(0.333333333), "0.33333334", "0.33333334");
}

static void json_escapes_what_html_would_read(void **state)
{
	AUTO(buf) struct buf b = BUF_INIT;

	(void)state;
	emit_json_string(&b, "a\"\\<>&\n\x01\x7f\xe2\x80\xa8\xc2\x85");
	assert_string_equal(buf_str(&b), "\"a\\\"\\\\\\u003c\\u003e\\u0026\\n\\u0001\\u007f\\u2028\\u0085\"");
}

static void blocks_say_how_they_end(void **state)
{
	static const struct {
		const char *text, *block;
	} samples[] = {
		{ "a\nb", "|-\n  a\n  b\n" }, { "a\nb\n", "|\n  a\n  b\n" },
		{ "a\n\n", "|+\n  a\n\n" },   { " a\nb\n", "|2\n   a\n  b\n" },
		{ "a\n\nb", "|-\n  a\n\n  b\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		AUTO(buf) struct buf b = BUF_INIT;

		yaml_add_literal(&b, samples[i].text, 2);
		assert_string_equal(buf_str(&b), samples[i].block);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_only_what_needs_it),
		cmocka_unit_test(names_sort_by_the_numbers_in_them),
		cmocka_unit_test(numbers_have_their_shortest_form),
		cmocka_unit_test(json_escapes_what_html_would_read),
		cmocka_unit_test(blocks_say_how_they_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
