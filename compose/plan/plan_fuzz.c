/* Any JSON as project and as what was observed: no crash, and every plan is in topological order. */
#include <string.h>

#include "base/fuzz.h"
#include "compose/plan/plan.h"

enum { CONTAINERS_MAX = 16 };

static void observe(const struct json *list, struct seen_container *v, size_t *ret_n)
{
	size_t n = 0;

	JSON_EACH(c, list) {
		if (n == CONTAINERS_MAX)
			break;
		v[n++] = (struct seen_container){
			.id = json_str(c, "id", "0123456789abcdef"),
			.name = json_str(c, "name", "n"),
			.service = json_str(c, "service", "s"),
			.number = (int)json_int(c, "number", 1) % 100,
			.oneoff = json_bool(c, "oneoff", false),
			.state = (enum seen_state)((unsigned)json_int(c, "state", 1) % 8),
			.config_hash = json_str(c, "hash", NULL),
			.depends_on = json_str(c, "depends_on", NULL),
		};
	}
	*ret_n = n;
}

static void check(const struct plan *p)
{
	for (size_t i = 0; i < p->n_steps; i++) {
		CHECK(p->steps[i].target != NULL);
		for (size_t k = 0; k < p->steps[i].n_needs; k++)
			CHECK(p->steps[i].needs[k] < i);
	}
}

/* Replicas cost memory by number alone. */
static bool is_small(const struct json *project)
{
	JSON_EACH(s, json_get(project, "services")) {
		const struct json *deploy = json_get(s, "deploy");

		if (json_num(json_get(s, "scale"), 1) > 20 ||
		    json_num(json_get(s, "scale"), 1) < 0 ||
		    json_num(json_get(deploy, "replicas"), 1) > 20 ||
		    json_num(json_get(deploy, "replicas"), 1) < 0)
			return false;
	}
	return json_len(json_get(project, "services")) < 32;
}

static void plan_all(const struct json *project, const struct seen *seen,
		     const struct plan_options *o)
{
	for (int kind = 0; kind < 4; kind++) {
		AUTO(plan) struct plan *p = NULL;
		int r;

		if (kind == 0)
			r = plan_apply(project, seen, o, &p, NULL);
		else if (kind == 1)
			r = plan_down(project, json_str(project, "name", ""), seen, o, &p, NULL);
		else if (kind == 2)
			r = plan_down(NULL, json_str(project, "name", ""), seen, o, &p, NULL);
		else
			r = plan_verb(STEP_START, project, seen, o, &p, NULL);
		CHECK(r == 0 || !p);
		if (r == 0)
			check(p);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(json) struct json *j = NULL;
	struct seen_container containers[CONTAINERS_MAX];
	struct seen seen = { .containers = containers };
	struct plan_options o = { 0 };

	if (json_parse((const char *)data, size, &j, NULL) < 0 || !is_small(json_get(j, "project")))
		return 0;
	observe(json_get(j, "seen"), containers, &seen.n_containers);
	o.wait = json_bool(j, "wait", false);
	o.remove_orphans = json_bool(j, "remove_orphans", false);
	o.recreate = json_bool(j, "force", false) ? RECREATE_FORCE : RECREATE_DIVERGED;
	plan_all(json_get(j, "project"), &seen, &o);
	return 0;
}
