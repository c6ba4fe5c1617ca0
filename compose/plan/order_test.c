/*
 * Random projects, random outcomes, random order of events: whatever happens, a service starts only after
 * what it depends on, what failed starts nothing that needs it, and everything comes to an end.
 */
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "compose/plan/plan.h"

enum { ROUNDS = 2000, SERVICES_MAX = 8 };
enum status { WAITS, RUNS, DONE, FAILED, SKIPPED };

struct sim {
	uint64_t seed;
	const struct plan *p;
	enum status st[512];
	size_t order[512], n_order; /* steps in the order in which they began */
};

static unsigned roll(struct sim *s, unsigned n)
{
	s->seed ^= s->seed << 13;
	s->seed ^= s->seed >> 7;
	s->seed ^= s->seed << 17;
	return (unsigned)(s->seed % n);
}

/* s0 .. sN, each depending on some of those before it. */
static struct json *random_project(struct sim *s)
{
	static const char *const conditions[] = { "service_started", "service_healthy",
						  "service_completed_successfully" };
	struct json *p = json_new_obj();
	struct json *services = json_set(p, "services", json_new_obj());
	unsigned n = 1 + roll(s, SERVICES_MAX);

	json_set_str(p, "name", "p");
	for (unsigned i = 0; i < n; i++) {
		AUTO(mem) char *name = xasprintf("s%u", i);
		struct json *svc = json_set(services, name, json_new_obj());
		struct json *deps = json_set(svc, "depends_on", json_new_obj());

		json_set_int(svc, "scale", 1 + roll(s, 3));
		for (unsigned d = 0; d < i; d++) {
			AUTO(mem) char *on = xasprintf("s%u", d);
			struct json *dep;

			if (roll(s, 3))
				continue;
			dep = json_set(deps, on, json_new_obj());
			json_set_str(dep, "condition", conditions[roll(s, 3)]);
			json_set_bool(dep, "required", roll(s, 4) != 0);
		}
	}
	return p;
}

static bool has_ended(enum status st)
{
	return st == DONE || st == FAILED || st == SKIPPED;
}

static bool is_optional_gate(const struct step *st)
{
	return st->kind == STEP_GATE && st->is_optional;
}

/* What an executor does between two events. */
static bool begin_some(struct sim *s)
{
	bool any = false;

	for (size_t i = 0; i < s->p->n_steps; i++) {
		const struct step *st = &s->p->steps[i];
		bool ready = true, never = false;

		if (s->st[i] != WAITS)
			continue;
		for (size_t k = 0; k < st->n_needs; k++) {
			assert_true(st->needs[k] < i); /* topological */
			if (!has_ended(s->st[st->needs[k]]))
				ready = false;
			else if (s->st[st->needs[k]] != DONE && !is_optional_gate(st))
				never = true;
		}
		if (!never && !ready)
			continue;
		s->st[i] = never ? SKIPPED : RUNS;
		if (!never)
			s->order[s->n_order++] = i;
		any = true;
	}
	return any;
}

static void end_one(struct sim *s, unsigned failures)
{
	size_t running[512], n = 0, i;

	for (i = 0; i < s->p->n_steps; i++)
		if (s->st[i] == RUNS)
			running[n++] = i;
	if (n == 0)
		return;
	i = running[roll(s, (unsigned)n)];
	s->st[i] = failures && roll(s, 100) < failures ? FAILED : DONE;
	if (s->st[i] == FAILED && is_optional_gate(&s->p->steps[i]))
		s->st[i] = DONE; /* it only warns */
}

static bool all_ended(const struct sim *s)
{
	for (size_t i = 0; i < s->p->n_steps; i++)
		if (!has_ended(s->st[i]))
			return false;
	return true;
}

static size_t began_at(const struct sim *s, size_t step)
{
	for (size_t i = 0; i < s->n_order; i++)
		if (s->order[i] == step)
			return i;
	return SIZE_MAX;
}

/* Every start of `of` that began came after every start of `on`, and required ones went well. */
static void check_edge(const struct sim *s, const char *of, const char *on, bool required)
{
	for (size_t i = 0; i < s->p->n_steps; i++) {
		const struct step *a = &s->p->steps[i];

		if (a->kind != STEP_START || !streq(a->service, of) || began_at(s, i) == SIZE_MAX)
			continue;
		for (size_t k = 0; k < s->p->n_steps; k++) {
			const struct step *b = &s->p->steps[k];

			if (b->kind != STEP_START || !streq(b->service, on))
				continue;
			if (required)
				assert_int_equal(s->st[k], DONE);
			assert_true(has_ended(s->st[k]));
			if (began_at(s, k) != SIZE_MAX)
				assert_true(began_at(s, k) < began_at(s, i));
		}
	}
}

static void check(const struct sim *s, const struct json *project)
{
	JSON_EACH(svc, json_get(project, "services"))
		JSON_EACH(dep, json_get(svc, "depends_on"))
			check_edge(s, json_key(svc), json_key(dep),
				   json_bool(dep, "required", true));
}

/* No container starts before all have been created. */
static void check_phases(const struct sim *s)
{
	size_t last_create = 0, first_start = SIZE_MAX;

	for (size_t i = 0; i < s->n_order; i++) {
		if (s->p->steps[s->order[i]].kind == STEP_CREATE)
			last_create = i;
		if (s->p->steps[s->order[i]].kind == STEP_START && first_start == SIZE_MAX)
			first_start = i;
	}
	assert_true(first_start == SIZE_MAX || last_create < first_start);
}

static void one_round(uint64_t seed, unsigned failures)
{
	struct sim s = { .seed = seed };
	AUTO(json) struct json *project = random_project(&s);
	AUTO(plan) struct plan *p = NULL;
	struct seen seen = { 0 };
	struct plan_options opt = { .wait = roll(&s, 2) };

	assert_int_equal(plan_apply(project, &seen, &opt, &p, NULL), 0);
	assert_true(p->n_steps < 512);
	s.p = p;
	for (size_t turns = 0; !all_ended(&s); turns++) {
		assert_true(turns < 4 * p->n_steps + 4);
		while (begin_some(&s))
			continue;
		end_one(&s, failures);
	}
	check(&s, project);
	check_phases(&s);
}

static void rounds(unsigned failures)
{
	const char *given = getenv("SIM_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 0x9e3779b97f4a7c15ULL + failures;

	print_message("seed 0x%llx\n", (unsigned long long)seed);
	for (int i = 0; i < ROUNDS; i++)
		one_round(seed + (uint64_t)i * 0x632be59bd9b4e019ULL, failures);
}

static void any_order_respects_the_graph(void **state)
{
	(void)state;
	rounds(0);
}

static void failures_start_nothing_that_needs_them(void **state)
{
	(void)state;
	rounds(15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_respects_the_graph),
		cmocka_unit_test(failures_start_nothing_that_needs_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
