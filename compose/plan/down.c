/*
 * down: dependents before what they depend on, all containers of a service in parallel; then networks
 * and volumes.
 */
#include <errno.h>

#include "base/buf.h"
#include "compose/plan/build.h"

static bool is_wanted(const struct builder *b, const struct seen_container *c)
{
	const struct node *n = model_find(&b->m, c->service);

	if (c->oneoff)
		return b->opt->remove_orphans;
	if (n)
		return n->is_selected;
	return b->opt->remove_orphans && !in_list(b->opt->disabled, b->opt->n_disabled, c->service);
}

static void add_container(struct builder *b, const struct seen_container *c, struct ids *removed)
{
	const struct node *n = model_find(&b->m, c->service);
	struct step proto = { .kind = STEP_STOP,
			      .target = c->name,
			      .id = c->id,
			      .service = c->service,
			      .number = c->number,
			      .reason = "down" };
	size_t stop = build_step(b, proto), gone;

	/* Dependents were planned before: the model is walked backwards. */
	for (size_t i = 0; n && i < b->m.n; i++)
		if (model_dep(&b->m.v[i], (size_t)(n - b->m.v)))
			build_need_all(b, stop, &b->track[i].gone);
	proto.kind = STEP_REMOVE;
	proto.with_volumes = b->opt->with_volumes;
	gone = build_step(b, proto);
	build_need(b, gone, stop);
	if (n)
		ids_add(b, &b->track[n - b->m.v].gone, gone);
	ids_add(b, removed, gone);
}

static void remove_containers(struct builder *b, struct ids *removed)
{
	for (size_t i = 0; i < b->seen->n_containers; i++) {
		const struct seen_container *c = &b->seen->containers[i];

		if ((c->oneoff || !model_find(&b->m, c->service)) && is_wanted(b, c))
			add_container(b, c, removed);
	}
	for (size_t i = b->m.n; i-- > 0;)
		for (size_t k = 0; k < b->seen->n_containers; k++) {
			const struct seen_container *c = &b->seen->containers[k];

			if (!c->oneoff && streq(c->service, b->m.v[i].name) && is_wanted(b, c))
				add_container(b, c, removed);
		}
}

static bool is_ours(const struct builder *b, const struct seen_object *o)
{
	return o->project && o->key && streq(o->project, b->name);
}

static void remove_objects(struct builder *b, const struct ids *removed)
{
	for (size_t i = 0; i < b->seen->n_networks; i++) {
		const struct seen_object *o = &b->seen->networks[i];

		if (is_ours(b, o))
			build_need_all(b,
				       build_step(b, (struct step){ .kind = STEP_NETWORK_REMOVE,
								    .target = o->name,
								    .key = o->key,
								    .reason = "down" }),
				       removed);
	}
	for (size_t i = 0; b->opt->with_volumes && i < b->seen->n_volumes; i++) {
		const struct seen_object *o = &b->seen->volumes[i];

		if (!is_ours(b, o) ||
		    (b->project && !json_path(b->project, "volumes", o->key, NULL)))
			continue;
		build_need_all(b,
			       build_step(b, (struct step){ .kind = STEP_VOLUME_REMOVE,
							    .target = o->name,
							    .key = o->key,
							    .reason = "down --volumes" }),
			       removed);
	}
}

/* Without a file unknown names are ignored, and dependents of the named services go as well. */
static int select_services(struct builder *b, struct err **e)
{
	const struct plan_options *opt = b->opt;
	size_t known = 0;

	if (b->project)
		return model_select(&b->m, opt->services, opt->n_services, false, e);
	for (size_t i = 0; i < opt->n_services; i++) {
		struct node *n = model_find(&b->m, opt->services[i]);

		if (n) {
			n->is_selected = n->is_named = true;
			known++;
		}
	}
	if (opt->n_services == 0)
		return model_select(&b->m, NULL, 0, false, e);
	for (size_t i = 0; known && i < b->m.n; i++)
		for (size_t d = 0; d < b->m.v[i].n_deps; d++)
			if (b->m.v[b->m.v[i].deps[d].on].is_selected)
				b->m.v[i].is_selected = true;
	return 0;
}

int plan_down(const struct json *project, const char *name, const struct seen *seen,
	      const struct plan_options *opt, struct plan **ret, struct err **e)
{
	AUTO(builder) struct builder b = { 0 };
	struct ids removed = { 0 };
	int r;

	build_init(&b, project, seen, opt);
	b.name = name;
	if (project)
		model_from_project(&b.m, b.a, project);
	else
		model_from_labels(&b.m, b.a, seen);
	build_track(&b);
	r = select_services(&b, e);
	if (r < 0)
		return r;
	remove_containers(&b, &removed);
	remove_objects(&b, &removed);
	*ret = build_take(&b);
	return 0;
}
