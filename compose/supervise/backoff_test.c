#include "base/test.h"

#include <errno.h>
#include <string.h>

#include "compose/supervise/backoff.h"

static struct policy policy(const char *text)
{
	struct policy p = { 0 };

	assert_int_equal(policy_parse(text, &p, NULL), 0);
	return p;
}

static void reads_and_prints_every_policy(void **state)
{
	static const char *const texts[] = { "no", "always", "unless-stopped", "on-failure",
					     "on-failure:3" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct policy p = policy(texts[i]);
		AUTO(mem) char *back = policy_format(&p);

		assert_string_equal(back, texts[i]);
	}
}

static void refuses_what_is_no_policy(void **state)
{
	static const char *const texts[] = { "", "maybe", "always:3", "on-failure:x",
					     "on-failure:-1" };
	struct policy p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(policy_parse(texts[i], &p, NULL), -EINVAL);
}

static void delays_double_to_a_minute(void **state)
{
	struct policy p = policy("always");
	struct ended end = { 0 };
	int64_t expected = BACKOFF_FIRST_NS;

	(void)state;
	for (int i = 0; i < 15; i++) {
		int64_t delay;

		assert_true(policy_again(&p, &end, &delay));
		assert_int_equal(delay, expected);
		end.last_delay_ns = delay;
		expected = expected * 2 > BACKOFF_LIMIT_NS ? BACKOFF_LIMIT_NS : expected * 2;
	}
}

static void ten_seconds_of_running_reset_the_delay(void **state)
{
	struct policy p = policy("always");
	struct ended end = { .last_delay_ns = 12800000000LL, .ran_ns = BACKOFF_WINDOW_NS };
	int64_t delay;

	(void)state;
	assert_true(policy_again(&p, &end, &delay));
	assert_int_equal(delay, BACKOFF_FIRST_NS);
	end.ran_ns--;
	assert_true(policy_again(&p, &end, &delay));
	assert_int_equal(delay, 25600000000LL);
}

static void on_failure_counts_and_ignores_success(void **state)
{
	struct policy p = policy("on-failure:2");
	struct ended end = { .code = 1, .restarts = 1 };
	int64_t delay;

	(void)state;
	assert_true(policy_again(&p, &end, &delay));
	end.restarts = 2;
	assert_false(policy_again(&p, &end, &delay));
	end = (struct ended){ .code = 0 };
	assert_false(policy_again(&p, &end, &delay));
}

static void a_manual_stop_defeats_every_policy(void **state)
{
	struct ended end = { .code = 137, .by_user = true };
	struct policy p = policy("always");
	int64_t delay;

	(void)state;
	assert_false(policy_again(&p, &end, &delay));
}

static void deploy_names_the_policy_when_restart_does_not(void **state)
{
	static const char text[] = "{\"deploy\":{\"restart_policy\":{\"condition\":\"on-failure\","
				   "\"delay\":\"5s\",\"max_attempts\":3,\"window\":\"2m0s\"}}}";
	AUTO(json) struct json *service = NULL;
	struct policy p;

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), &service, NULL), 0);
	assert_int_equal(policy_of_service(service, &p, NULL), 0);
	assert_int_equal(p.kind, RESTART_ON_FAILURE);
	assert_int_equal(p.max, 3);
	assert_int_equal(p.delay_ns, 5000000000LL);
	assert_int_equal(p.window_ns, 120000000000LL);
}

static void unless_stopped_remembers_across_a_boot(void **state)
{
	struct policy always = policy("always"), unless = policy("unless-stopped"),
		      no = policy("no");

	(void)state;
	assert_true(policy_at_boot(&unless, true, false));
	assert_false(policy_at_boot(&unless, false, true));
	assert_true(policy_at_boot(&always, false, true));
	assert_false(policy_at_boot(&no, true, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_prints_every_policy),
		cmocka_unit_test(refuses_what_is_no_policy),
		cmocka_unit_test(delays_double_to_a_minute),
		cmocka_unit_test(ten_seconds_of_running_reset_the_delay),
		cmocka_unit_test(on_failure_counts_and_ignores_success),
		cmocka_unit_test(a_manual_stop_defeats_every_policy),
		cmocka_unit_test(deploy_names_the_policy_when_restart_does_not),
		cmocka_unit_test(unless_stopped_remembers_across_a_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
