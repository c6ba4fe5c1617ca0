#include "base/test.h"

#include "base/mem.h"
#include "base/num.h"
#include "compose/load/duration.h"

static void check(const char *text, const char *want)
{
	AUTO(err) struct err *e = NULL;
	AUTO(mem) char *printed = NULL;
	int64_t ns;

	if (compose_duration_parse(text, &ns, &e) < 0) {
		assert_string_equal(err_text(e), want);
		return;
	}
	printed = duration_format(ns);
	assert_string_equal(printed, want);
}

static void reads_every_unit(void **state)
{
	(void)state;
	check("0", "0s");
	check("7ns", "7ns");
	check("15us", "15\xc2\xb5s");
	check("15\xc2\xb5s", "15\xc2\xb5s");
	check("250ms", "250ms");
	check("90s", "1m30s");
	check("1h", "1h0m0s");
	check("1d", "24h0m0s");
	check("2w", "336h0m0s");
}

static void adds_terms_and_fractions(void **state)
{
	(void)state;
	check("1h2m3s", "1h2m3s");
	check("1m1m", "2m0s");
	check("1.5s", "1.5s");
	check(".5s", "500ms");
	check("1.h", "1h0m0s");
	check("-1m", "-1m0s");
	check("+1m", "1m0s");
}

static void says_what_is_wrong(void **state)
{
	(void)state;
	check("", "time: invalid duration \"\"");
	check("-", "time: invalid duration \"-\"");
	check("soon", "time: invalid duration \"soon\"");
	check(".s", "time: invalid duration \".s\"");
	check("10", "time: missing unit in duration \"10\"");
	check("10y", "time: unknown unit \"y\" in duration \"10y\"");
	check("99999999999999999999s", "time: invalid duration \"99999999999999999999s\"");
	check("9999999w", "time: invalid duration \"9999999w\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_unit),
		cmocka_unit_test(adds_terms_and_fractions),
		cmocka_unit_test(says_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
