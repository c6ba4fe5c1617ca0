/* The table of states, alone and under thousands of random histories with a fake runtime and clock. */
#include "base/test.h"

#include <stdlib.h>

#include "base/num.h"
#include "compose/supervise/backoff.h"
#include "compose/supervise/ct.h"

/* ---- single cells ---- */

static void a_stop_during_backoff_ends_it(void **state)
{
	struct ct_step s = ct_next(CT_BACKOFF, EV_STOP);

	(void)state;
	assert_int_equal(s.next, CT_EXITED);
	assert_true(s.effects & DO_CANCEL_TIMER);
	assert_true(s.effects & DO_SETTLE);
}

static void a_stop_while_starting_is_not_lost(void **state)
{
	struct ct_step s = ct_next(CT_STARTING, EV_STOP);

	(void)state;
	assert_int_equal(s.next, CT_DOOMED);
	s = ct_next(s.next, EV_UP);
	assert_int_equal(s.next, CT_STOPPING);
	assert_true(s.effects & DO_SIGNAL);
}

static void a_failed_first_start_leaves_it_created(void **state)
{
	(void)state;
	assert_int_equal(ct_next(CT_STARTING, EV_FAIL).next, CT_CREATED);
}

static void a_failed_restart_asks_the_policy(void **state)
{
	(void)state;
	assert_true(ct_next(CT_RELAUNCHING, EV_FAIL).effects & DO_ASK_POLICY);
}

static void a_stopped_container_does_not_ask_the_policy(void **state)
{
	struct ct_step s = ct_next(CT_STOPPING, EV_EXIT);

	(void)state;
	assert_int_equal(s.next, CT_EXITED);
	assert_false(s.effects & DO_ASK_POLICY);
}

static void a_paused_container_is_thawed_to_die(void **state)
{
	(void)state;
	assert_true(ct_next(CT_PAUSED, EV_STOP).effects & DO_THAW);
	assert_true(ct_next(CT_PAUSED, EV_KILL).effects & DO_THAW);
}

static void what_runs_cannot_be_removed(void **state)
{
	(void)state;
	for (int s = 0; s < CT_STATES; s++)
		if (ct_next((enum ct_state)s, EV_REMOVE).next == CT_REMOVING && s != CT_REMOVING)
			assert_true(s == CT_CREATED || s == CT_EXITED);
}

/* ---- simulation ---- */

enum { HISTORIES = 5000, EVENTS = 60 };

struct sim {
	uint64_t seed;
	int64_t now;
	enum ct_state state;
	struct policy policy;
	/* The fake runtime: at most one program, at most one launch under way, one timer. */
	bool launching, alive, timer_set, watched;
	int64_t timer_at, up_at, delay, restarts;
	bool by_user, expects_delay;
	int64_t expected_delay;
};

static unsigned roll(struct sim *s, unsigned n)
{
	s->seed ^= s->seed << 13;
	s->seed ^= s->seed >> 7;
	s->seed ^= s->seed << 17;
	return (unsigned)(s->seed % n);
}

static void feed(struct sim *s, enum ct_event ev);

static void ask(struct sim *s)
{
	struct ended end = { .code = (int)roll(s, 2),
			     .ran_ns = s->now - s->up_at,
			     .restarts = s->restarts,
			     .last_delay_ns = s->delay,
			     .by_user = s->by_user };
	int64_t before = s->delay, delay = 0;
	bool again = policy_again(&s->policy, &end, &delay);

	if (again) {
		/* 100 ms doubling to a minute, from the start after ten seconds of running. */
		if (before == 0 || end.ran_ns >= BACKOFF_WINDOW_NS)
			assert_int_equal(delay, BACKOFF_FIRST_NS);
		else
			assert_int_equal(delay, before * 2 > BACKOFF_LIMIT_NS ? BACKOFF_LIMIT_NS
									      : before * 2);
		s->restarts++;
	}
	assert_true(!again || !s->by_user);
	assert_true(!again || s->policy.kind != RESTART_NO);
	s->delay = again ? delay : 0;
	feed(s, again ? EV_AGAIN : EV_REST);
}

static void carry_out(struct sim *s, unsigned effects)
{
	if (effects & DO_CANCEL_TIMER)
		s->timer_set = false;
	if (effects & DO_UNWATCH) {
		assert_true(s->watched);
		s->watched = false;
	}
	if (effects & (DO_SIGNAL | DO_KILL))
		assert_true(s->alive); /* never a signal to nobody */
	if (effects & (DO_ARM_GRACE | DO_ARM_BACKOFF)) {
		s->timer_set = true;
		s->timer_at = s->now + (effects & DO_ARM_GRACE ? 10000000000LL : s->delay);
	}
	if (effects & DO_WATCH) {
		assert_false(s->watched);
		s->watched = true;
		s->up_at = s->now;
	}
	if (effects & DO_SETTLE) {
		assert_false(s->alive || s->launching);
		s->delay = 0;
	}
	if (effects & DO_LAUNCH) {
		assert_false(s->alive || s->launching); /* never two of one container */
		s->launching = true;
		if (s->state == CT_STARTING) {
			s->by_user = false;
			s->restarts = s->delay = 0;
		}
	}
	if (effects & DO_ASK_POLICY)
		ask(s);
}

static void feed(struct sim *s, enum ct_event ev)
{
	struct ct_step step = ct_next(s->state, ev);

	s->state = step.next;
	carry_out(s, step.effects);
}

/* What the world may do next, by chance. */
static void random_event(struct sim *s)
{
	switch (roll(s, 9)) {
	case 0:
		feed(s, EV_START);
		break;
	case 1:
	case 2:
		if (s->state != CT_CREATED && s->state != CT_EXITED)
			s->by_user = true;
		feed(s, roll(s, 2) ? EV_STOP : EV_KILL);
		break;
	case 3:
		if (s->launching) {
			s->launching = false;
			s->alive = true;
			feed(s, EV_UP);
		}
		break;
	case 4:
		if (s->launching && roll(s, 3) == 0) {
			s->launching = false;
			feed(s, EV_FAIL);
		}
		break;
	case 5:
		if (s->alive) {
			s->alive = false;
			feed(s, EV_EXIT);
		}
		break;
	case 6:
		feed(s, roll(s, 2) ? EV_PAUSE : EV_RESUME);
		break;
	default:
		s->now += (int64_t)roll(s, 20000) * 1000000;
		if (s->timer_set && s->now >= s->timer_at) {
			s->timer_set = false;
			feed(s, EV_TIMER);
		}
		break;
	}
}

static void check(const struct sim *s)
{
	bool up = s->state == CT_RUNNING || s->state == CT_PAUSED || s->state == CT_STOPPING;

	assert_int_equal(up, s->alive);
	assert_int_equal(up, s->watched);
	assert_int_equal(s->launching, s->state == CT_STARTING || s->state == CT_RELAUNCHING ||
					       s->state == CT_DOOMED);
	if (s->state == CT_BACKOFF)
		assert_true(s->timer_set);
	if (s->state == CT_EXITED || s->state == CT_CREATED)
		assert_false(s->timer_set);
	assert_int_not_equal(s->state, CT_DECIDING); /* left again at once */
}

/* Whatever happened: a stop brings it to rest. */
static void bring_to_rest(struct sim *s)
{
	s->by_user = true;
	feed(s, EV_STOP);
	for (int i = 0; i < 4 && s->state != CT_EXITED && s->state != CT_CREATED; i++) {
		if (s->launching) {
			s->launching = false;
			s->alive = true;
			feed(s, EV_UP);
		}
		if (s->alive) {
			s->alive = false;
			feed(s, EV_EXIT);
		}
	}
	assert_true(s->state == CT_EXITED || s->state == CT_CREATED);
	check(s);
}

static void any_history_keeps_the_promises(void **state)
{
	const char *given = getenv("SIM_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 0x2545f4914f6cdd1dULL;

	(void)state;
	print_message("seed 0x%llx\n", (unsigned long long)seed);
	for (uint64_t h = 1; h <= HISTORIES; h++) {
		struct sim s = { .seed = seed * h | 1, .now = 1000000000 };

		s.policy.kind = (enum restart_kind)roll(&s, 4);
		for (int i = 0; i < EVENTS; i++) {
			random_event(&s);
			check(&s);
		}
		bring_to_rest(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stop_during_backoff_ends_it),
		cmocka_unit_test(a_stop_while_starting_is_not_lost),
		cmocka_unit_test(a_failed_first_start_leaves_it_created),
		cmocka_unit_test(a_failed_restart_asks_the_policy),
		cmocka_unit_test(a_stopped_container_does_not_ask_the_policy),
		cmocka_unit_test(a_paused_container_is_thawed_to_die),
		cmocka_unit_test(what_runs_cannot_be_removed),
		cmocka_unit_test(any_history_keeps_the_promises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
