#include "base/test.h"

#include <string.h>

#include "base/mem.h"
#include "compose/supervise/health.h"

#define MS 1000000LL
#define S  1000000000LL

static const struct health_times times = {
	.interval_ns = 30 * S,
	.timeout_ns = 30 * S,
	.start_interval_ns = 5 * S,
	.retries = 3,
};

/* A regular probe at `at` that took no time. */
static bool probe(struct health *h, const struct health_times *t, int64_t at, int code)
{
	struct health_result r = { .code = code, .output = xstrdup("x") };

	return health_add(h, t, at, at, &r);
}

static void the_first_success_is_healthy(void **state)
{
	struct health h = { 0 };

	(void)state;
	health_start(&h, &times, 0);
	assert_int_equal(h.status, HEALTH_STARTING);
	assert_true(probe(&h, &times, 30 * S, 0));
	assert_int_equal(h.status, HEALTH_HEALTHY);
	health_done(&h);
}

static void retries_in_a_row_are_unhealthy(void **state)
{
	struct health h = { 0 };

	(void)state;
	health_start(&h, &times, 0);
	assert_false(probe(&h, &times, 30 * S, 1));
	assert_false(probe(&h, &times, 60 * S, 1));
	assert_true(probe(&h, &times, 90 * S, 1));
	assert_int_equal(h.status, HEALTH_UNHEALTHY);
	assert_true(probe(&h, &times, 120 * S, 0));
	assert_int_equal(h.streak, 0);
	health_done(&h);
}

static void failures_in_the_start_period_do_not_count(void **state)
{
	struct health_times t = times;
	struct health h = { 0 };

	(void)state;
	t.start_period_ns = 60 * S;
	health_start(&h, &t, 0);
	assert_int_equal(health_delay(&h, 0, false), 5 * S);
	for (int64_t at = 5 * S; at < 60 * S; at += 5 * S)
		(void)probe(&h, &t, at, 1);
	assert_int_equal(h.streak, 0);
	assert_int_equal(h.status, HEALTH_STARTING);
	(void)probe(&h, &t, 60 * S, 1);
	assert_int_equal(h.streak, 1);
	health_done(&h);
}

static void somebody_waiting_brings_early_probes(void **state)
{
	struct health h = { 0 };

	(void)state;
	health_start(&h, &times, 0);
	assert_int_equal(health_delay(&h, 0, true), 100 * MS);
	assert_int_equal(health_delay(&h, 0, false), 30 * S);
	(void)probe(&h, &times, 100 * MS, 1);
	assert_int_equal(health_delay(&h, 100 * MS, true), 200 * MS);
	(void)probe(&h, &times, 300 * MS, 1);
	assert_int_equal(health_delay(&h, 300 * MS, true), 400 * MS);
	health_done(&h);
}

static void early_failures_leave_the_verdict_where_it_was(void **state)
{
	struct health_times t = times;
	struct health h = { 0 };
	int64_t now = 0, unhealthy_at = 0;

	(void)state;
	t.interval_ns = 2 * S;
	health_start(&h, &t, 0);
	while (!unhealthy_at) {
		now += health_delay(&h, now, true);
		if (probe(&h, &t, now, 1))
			unhealthy_at = now;
	}
	assert_int_equal(unhealthy_at, 6 * S); /* three regular ones, as without the early ones */
	health_done(&h);
}

static void an_early_success_counts(void **state)
{
	struct health h = { 0 };

	(void)state;
	health_start(&h, &times, 0);
	assert_true(probe(&h, &times, 100 * MS, 0));
	assert_int_equal(h.status, HEALTH_HEALTHY);
	assert_int_equal(health_delay(&h, 100 * MS, true), 30 * S);
	health_done(&h);
}

static void the_log_keeps_the_last_five(void **state)
{
	struct health h = { 0 };
	AUTO(json) struct json *j = NULL;

	(void)state;
	health_start(&h, &times, 0);
	for (int i = 0; i < 8; i++) {
		struct health_result r = { .code = i, .output = xstrdup("out") };

		(void)health_add(&h, &times, (30 + i) * S, (30 + i) * S, &r);
	}
	j = health_json(&h);
	assert_int_equal(json_len(json_get(j, "log")), 5);
	assert_int_equal(json_int(json_at(json_get(j, "log"), 0), "exit_code", -1), 3);
	health_done(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_success_is_healthy),
		cmocka_unit_test(retries_in_a_row_are_unhealthy),
		cmocka_unit_test(failures_in_the_start_period_do_not_count),
		cmocka_unit_test(somebody_waiting_brings_early_probes),
		cmocka_unit_test(early_failures_leave_the_verdict_where_it_was),
		cmocka_unit_test(an_early_success_counts),
		cmocka_unit_test(the_log_keeps_the_last_five),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
