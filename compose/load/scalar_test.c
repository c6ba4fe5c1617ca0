#include "compose/load/scalar.h"

#include <math.h>

#include "base/mem.h"
#include "base/test.h"

static void kind_is(enum node_kind kind, const char *text)
{
	if (scalar_resolve(text).kind != kind)
		fail_msg("\"%s\" is %d, want %d", text, scalar_resolve(text).kind, kind);
}

static void words_of_yaml_11_are_strings(void **state)
{
	(void)state;
	static const char *const words[] = { "yes",  "no",   "on", "off",   "y",          "n",
					     "nULL", "tRUE", "<<", "22:22", "1.2.3",      "0x",
					     "0xg",  "-",    "+",  ".",     "..",         "-.",
					     "1e",   "1e+",  "e1", "_1",    "2024-01-31", "1a",
					     "0b2",  "--1" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		kind_is(NODE_STR, words[i]);
}

static void core_words_have_their_type(void **state)
{
	(void)state;

	kind_is(NODE_NULL, "");
	kind_is(NODE_NULL, "~");
	kind_is(NODE_NULL, "NULL");
	kind_is(NODE_BOOL, "True");
	assert_true(scalar_resolve("TRUE").b);
	assert_false(scalar_resolve("false").b);
	assert_true(isinf(scalar_resolve("-.inf").f));
	assert_true(isnan(scalar_resolve(".NaN").f));
}

static void integers_come_in_four_bases(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t v;
	} ints[] = { { "0", 0 },
		     { "-0", 0 },
		     { "+12", 12 },
		     { "0755", 493 },
		     { "0o755", 493 },
		     { "0x1F", 31 },
		     { "0b101", 5 },
		     { "1_000", 1000 },
		     { "-0x10", -16 },
		     { "00", 0 },
		     { "9223372036854775807", INT64_MAX },
		     { "-9223372036854775808", INT64_MIN } };

	for (size_t i = 0; i < ARRAY_LEN(ints); i++) {
		kind_is(NODE_INT, ints[i].text);
		assert_int_equal(scalar_resolve(ints[i].text).i, ints[i].v);
	}
}

static void floats_include_bad_octals_and_huge_integers(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double v;
	} floats[] = { { "1.5", 1.5 },
		       { ".5", .5 },
		       { "5.", 5 },
		       { "1e3", 1000 },
		       { "08", 8 },
		       { "-1.", -1 },
		       { "1_0.5", 10.5 },
		       { "18446744073709551615", 18446744073709551615.0 },
		       { "99999999999999999999999", 99999999999999999999999.0 } };

	for (size_t i = 0; i < ARRAY_LEN(floats); i++) {
		kind_is(NODE_FLOAT, floats[i].text);
		assert_true(scalar_resolve(floats[i].text).f == floats[i].v);
	}
}

static void dates_are_recognised(void **state)
{
	(void)state;
	assert_true(scalar_is_date("2024-01-31"));
	assert_true(scalar_is_date("2024-1-3T10:00:00Z"));
	assert_true(scalar_is_date("2024-01-31 10:00:00"));
	assert_false(scalar_is_date("2024-01"));
	assert_false(scalar_is_date("2024-01-31x"));
	assert_false(scalar_is_date("24-01-31"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_yaml_11_are_strings),
		cmocka_unit_test(core_words_have_their_type),
		cmocka_unit_test(integers_come_in_four_bases),
		cmocka_unit_test(floats_include_bad_octals_and_huge_integers),
		cmocka_unit_test(dates_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
