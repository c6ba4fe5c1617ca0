#include "base/test.h"

#include <errno.h>

#include "base/mem.h"
#include "base/num.h"

static void durations_are_read_as_go_reads_them(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {
		{ "0", 0 },
		{ "1s", 1000000000 },
		{ "1m30s", 90000000000 },
		{ "1.5h", 5400000000000 },
		{ "-2ms", -2000000 },
		{ "100us", 100000 },
		{ "100\xc2\xb5s", 100000 },
		{ ".5s", 500000000 },
		{ "1h2m3s4ms5us6ns", 3723004005006 },
	};
	static const char *const bad[] = { "", "5", "s", "1x", "1s ", " 1s", "--1s", "1.s2", "." };
	int64_t v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(duration_parse(good[i].text, &v), 0);
		assert_int_equal(v, good[i].ns);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(duration_parse(bad[i], &v), -EINVAL);
	assert_int_equal(duration_parse("9999999999h", &v), -ERANGE);
}

static void durations_are_printed_as_go_prints_them(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0s" },
		{ 1500000000, "1.5s" },
		{ 90000000000, "1m30s" },
		{ 3600000000000, "1h0m0s" },
		{ 500000, "500\xc2\xb5s" },
		{ 20000000, "20ms" },
		{ 7, "7ns" },
		{ -1000000000, "-1s" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(mem) char *s = duration_format(cases[i].ns);

		assert_string_equal(s, cases[i].text);
	}
}

static void sizes_take_binary_multiples(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} good[] = {
		{ "0", 0 },	      { "1024", 1024 },	      { "64m", 64 << 20 },
		{ "64MB", 64 << 20 }, { "64MiB", 64 << 20 },  { "1.5k", 1536 },
		{ "2 gb", 2LL << 30 }, { "10b", 10 },	      { "1T", 1LL << 40 },
	};
	static const char *const bad[] = { "", "m", "1x", "-1", "1 m b", "10bb", "1mm" };
	int64_t v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(bytes_parse(good[i].text, &v), 0);
		assert_int_equal(v, good[i].bytes);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(bytes_parse(bad[i], &v), -EINVAL);
	assert_int_equal(bytes_parse("99999999999p", &v), -ERANGE);
}

static void numbers_are_whole_and_in_range(void **state)
{
	int64_t v = 5;

	(void)state;
	assert_int_equal(num_parse("-17", -20, 20, &v), 0);
	assert_int_equal(v, -17);
	assert_int_equal(num_parse("21", -20, 20, &v), -ERANGE);
	assert_int_equal(num_parse("99999999999999999999", INT64_MIN, INT64_MAX, &v), -ERANGE);
	assert_int_equal(num_parse("1a", 0, 9, &v), -EINVAL);
	assert_int_equal(num_parse("", 0, 9, &v), -EINVAL);
	assert_int_equal(num_parse("-9223372036854775808", INT64_MIN, INT64_MAX, &v), 0);
	assert_true(v == INT64_MIN);
}

static void ages_are_said_as_people_say_them(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "Less than a second" }, { 1, "1 second" },	      { 59, "59 seconds" },
		{ 61, "About a minute" },    { 150, "2 minutes" },     { 3600, "About an hour" },
		{ 7200, "2 hours" },	     { 3 * 86400, "3 days" }, { 21 * 86400, "3 weeks" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(mem) char *s = duration_format_human(cases[i].seconds * 1000000000);

		assert_string_equal(s, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_read_as_go_reads_them),
		cmocka_unit_test(durations_are_printed_as_go_prints_them),
		cmocka_unit_test(sizes_take_binary_multiples),
		cmocka_unit_test(numbers_are_whole_and_in_range),
		cmocka_unit_test(ages_are_said_as_people_say_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
