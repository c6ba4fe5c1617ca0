/*
 * start, stop, restart, kill, pause, unpause, rm: what exists is acted upon, nothing is made.
 */
#include <errno.h>

#include "base/buf.h"
#include "compose/plan/build.h"

static struct step step_for(enum step_kind kind, const struct seen_container *c)
{
	return (struct step){
		.kind = kind,
		.target = c->name,
		.id = c->id,
		.service = c->service,
		.number = c->number,
		.reason = "asked for",
	};
}

static bool exists(struct builder *b, size_t i)
{
	size_t n;

	(void)seen_of_service(b, b->m.v[i].name, &n);
	return n > 0;
}

/* The gate for one dependency, shared by all its dependents; a started one needs none. */
static void need_dep(struct builder *b, const struct dep *dep, struct ids *out)
{
	struct plan *p = b->p;
	const char *service = b->m.v[dep->on].name;
	size_t gate;

	if (dep->gate == GATE_STARTED && !dep->is_optional) {
		for (size_t i = 0; i < b->track[dep->on].starts.n; i++)
			ids_add(b, out, b->track[dep->on].starts.v[i]);
		return;
	}
	for (size_t i = 0; i < p->n_steps; i++)
		if (p->steps[i].kind == STEP_GATE && p->steps[i].gate == dep->gate &&
		    p->steps[i].is_optional == dep->is_optional &&
		    streq(p->steps[i].service, service)) {
			ids_add(b, out, i);
			return;
		}
	gate = build_step(b, (struct step){ .kind = STEP_GATE,
					    .target = service,
					    .service = service,
					    .gate = dep->gate,
					    .is_optional = dep->is_optional,
					    .reason = "others depend on it" });
	build_need_all(b, gate, &b->track[dep->on].starts);
	ids_add(b, out, gate);
}

static int start_gates(struct builder *b, const struct node *n, struct ids *out, struct err **e)
{
	for (size_t d = 0; d < n->n_deps; d++) {
		const struct dep *dep = &n->deps[d];

		if (!exists(b, dep->on)) {
			if (dep->is_optional || b->opt->no_deps)
				continue;
			return err_set(e, ENOENT, "%s is missing dependency %s", n->name,
				       b->m.v[dep->on].name);
		}
		if (!b->opt->no_deps)
			need_dep(b, dep, out);
	}
	return 0;
}

static int start_service(struct builder *b, size_t i, struct err **e)
{
	const struct node *n = &b->m.v[i];
	struct ids gates = { 0 };
	size_t count;
	const struct seen_container **v = seen_of_service(b, n->name, &count);
	ssize_t previous = -1;
	int r;

	if (count == 0)
		return n->is_named && b->opt->n_services
			       ? err_set(e, ENOENT, "service \"%s\" has no container to start",
					 n->name)
			       : 0;
	r = start_gates(b, n, &gates, e);
	for (size_t k = 0; r == 0 && k < count; k++) {
		size_t step;

		if (seen_runs(v[k]))
			continue;
		step = build_step(b, step_for(STEP_START, v[k]));
		build_need_all(b, step, &gates);
		if (previous >= 0)
			build_need(b, step, (size_t)previous);
		previous = (ssize_t)step;
		ids_add(b, &b->track[i].starts, step);
	}
	if (b->track[i].starts.n == 0)
		b->track[i].starts = gates;
	return r;
}

static int plan_start(struct builder *b, struct err **e)
{
	bool any = false;
	int r = 0;

	for (size_t i = 0; r == 0 && i < b->m.n; i++) {
		if (!b->m.v[i].is_selected)
			continue;
		any = any || exists(b, i);
		r = start_service(b, i, e);
	}
	if (r == 0 && !any && b->m.n)
		r = err_set(e, ENOENT, "service \"%s\" has no container to start", b->m.v[0].name);
	return r;
}

/* Dependents whose edge says restart follow, and wait for what the edge says. */
static void plan_restart(struct builder *b)
{
	if (!b->opt->no_deps)
		model_select_restarted(&b->m);
	for (size_t i = 0; i < b->m.n; i++) {
		const struct node *n = &b->m.v[i];
		struct ids gates = { 0 };
		size_t count;
		const struct seen_container **v = seen_of_service(b, n->name, &count);

		if (!n->is_selected)
			continue;
		for (size_t d = 0; d < n->n_deps && !b->opt->no_deps; d++)
			if (n->deps[d].restart && exists(b, n->deps[d].on))
				need_dep(b, &n->deps[d], &gates);
		for (size_t d = 0; d < n->n_deps; d++)
			for (size_t k = 0; k < b->track[n->deps[d].on].starts.n; k++)
				ids_add(b, &gates, b->track[n->deps[d].on].starts.v[k]);
		for (size_t k = 0; k < count; k++) {
			size_t step = build_step(b, step_for(STEP_RESTART, v[k]));

			build_need_all(b, step, &gates);
			ids_add(b, &b->track[i].starts, step);
		}
	}
}

/* Dependents first. */
static void plan_stop(struct builder *b)
{
	for (size_t i = b->m.n; i-- > 0;) {
		const struct node *n = &b->m.v[i];
		size_t count;
		const struct seen_container **v = seen_of_service(b, n->name, &count);

		for (size_t k = 0; n->is_selected && k < count; k++) {
			size_t step = build_step(b, step_for(STEP_STOP, v[k]));

			for (size_t d = 0; d < b->m.n; d++)
				if (model_dep(&b->m.v[d], i))
					build_need_all(b, step, &b->track[d].gone);
			ids_add(b, &b->track[i].gone, step);
		}
	}
}

static bool is_selected(const struct builder *b, const struct seen_container *c)
{
	const struct node *n = model_find(&b->m, c->service);

	return n ? n->is_selected : b->opt->remove_orphans;
}

static void plan_remove(struct builder *b)
{
	for (size_t i = 0; i < b->seen->n_containers; i++) {
		const struct seen_container *c = &b->seen->containers[i];
		struct step proto = step_for(STEP_REMOVE, c);
		ssize_t stop = -1;
		size_t gone;

		if (c->oneoff || !is_selected(b, c) || (seen_is_up(c) && !b->opt->stop_first))
			continue;
		if (b->opt->stop_first)
			stop = (ssize_t)build_step(b, step_for(STEP_STOP, c));
		proto.with_volumes = b->opt->with_volumes;
		gone = build_step(b, proto);
		if (stop >= 0)
			build_need(b, gone, (size_t)stop);
	}
}

static void plan_each(struct builder *b, enum step_kind kind)
{
	for (size_t i = 0; i < b->seen->n_containers; i++) {
		const struct seen_container *c = &b->seen->containers[i];

		if (!is_selected(b, c) || (c->oneoff && kind != STEP_KILL))
			continue;
		if (kind == STEP_KILL && !seen_is_up(c))
			continue;
		if (kind == STEP_PAUSE && !seen_is_up(c))
			continue;
		(void)build_step(b, step_for(kind, c));
	}
}

static void wait_for_selected(struct builder *b)
{
	for (size_t i = 0; i < b->m.n; i++) {
		const char *service = b->m.v[i].name;
		size_t gate;

		if (!b->m.v[i].is_selected || !exists(b, i))
			continue;
		gate = build_step(b, (struct step){ .kind = STEP_GATE,
						    .target = service,
						    .service = service,
						    .gate = GATE_RUNNING_OR_HEALTHY,
						    .reason = "--wait" });
		build_need_all(b, gate, &b->track[i].starts);
	}
}

/* A file is not needed: then only what has containers can be named. */
static int verb_model(struct builder *b, enum step_kind kind, struct err **e)
{
	const struct plan_options *opt = b->opt;

	if (b->project)
		model_from_project(&b->m, b->a, b->project);
	else
		model_from_labels(&b->m, b->a, b->seen);
	build_track(b);
	return model_select(&b->m, opt->services, opt->n_services,
			    kind == STEP_START && !opt->no_deps, e);
}

int plan_verb(enum step_kind kind, const struct json *project, const struct seen *seen,
	      const struct plan_options *opt, struct plan **ret, struct err **e)
{
	AUTO(builder) struct builder b = { 0 };
	int r;

	build_init(&b, project, seen, opt);
	r = verb_model(&b, kind, e);
	if (r < 0)
		return r;
	if (kind == STEP_START)
		r = plan_start(&b, e);
	else if (kind == STEP_RESTART)
		plan_restart(&b);
	else if (kind == STEP_STOP)
		plan_stop(&b);
	else if (kind == STEP_REMOVE)
		plan_remove(&b);
	else
		plan_each(&b, kind);
	if (r < 0)
		return r;
	if (opt->wait)
		wait_for_selected(&b);
	*ret = build_take(&b);
	return 0;
}
