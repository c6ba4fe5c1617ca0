#include "compose/plan/model.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"

static struct node *node_add(struct model *m, const char *name, const struct json *json)
{
	if (m->n == m->cap) {
		size_t cap = m->cap ? m->cap * 2 : 16;
		struct node *v = arena_alloc(m->arena, cap * sizeof(*v));

		if (m->n)
			memcpy(v, m->v, m->n * sizeof(*v));
		m->v = v;
		m->cap = cap;
	}
	m->v[m->n] = (struct node){ .name = name, .json = json };
	return &m->v[m->n++];
}

static void dep_add(struct model *m, struct node *n, struct dep d)
{
	if (n->n_deps == n->cap_deps) {
		size_t cap = n->cap_deps ? n->cap_deps * 2 : 4;
		struct dep *v = arena_alloc(m->arena, cap * sizeof(*v));

		if (n->n_deps)
			memcpy(v, n->deps, n->n_deps * sizeof(*v));
		n->deps = v;
		n->cap_deps = cap;
	}
	n->deps[n->n_deps++] = d;
}

struct node *model_find(const struct model *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (streq(m->v[i].name, name))
			return &m->v[i];
	return NULL;
}

const struct dep *model_dep(const struct node *n, size_t on)
{
	for (size_t i = 0; i < n->n_deps; i++)
		if (n->deps[i].on == on)
			return &n->deps[i];
	return NULL;
}

static enum gate gate_parse(const char *condition)
{
	if (streq(condition, "service_healthy"))
		return GATE_HEALTHY;
	if (streq(condition, "service_completed_successfully"))
		return GATE_COMPLETED;
	return GATE_STARTED;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->name, ((const struct node *)b)->name);
}

struct sorter {
	const struct model *from;
	struct model *to;
	unsigned char *mark; /* 0 new, 1 on the way, 2 placed */
	size_t *place;
};

static void visit(struct sorter *s, size_t i)
{
	const struct node *n = &s->from->v[i];

	if (s->mark[i])
		return; /* a cycle is the loader's error; here it merely ends */
	s->mark[i] = 1;
	for (size_t d = 0; d < n->n_deps; d++)
		visit(s, n->deps[d].on);
	s->mark[i] = 2;
	s->place[i] = s->to->n;
	*node_add(s->to, n->name, n->json) = *n;
}

/* Dependencies first; among those that are free, by name. */
static void sort(struct model *m)
{
	struct model out = { .arena = m->arena };
	struct sorter s = {
		.from = m,
		.to = &out,
		.mark = arena_alloc(m->arena, m->n + 1),
		.place = arena_alloc(m->arena, (m->n + 1) * sizeof(size_t)),
	};

	for (size_t i = 0; i < m->n; i++)
		visit(&s, i);
	for (size_t i = 0; i < out.n; i++)
		for (size_t d = 0; d < out.v[i].n_deps; d++)
			out.v[i].deps[d].on = s.place[out.v[i].deps[d].on];
	*m = out;
}

static size_t index_of(const struct model *m, const struct node *n)
{
	return (size_t)(n - m->v);
}

void model_from_project(struct model *m, struct arena *a, const struct json *project)
{
	*m = (struct model){ .arena = a };
	JSON_EACH(service, json_get(project, "services"))
		if (json_key(service))
			node_add(m, json_key(service), service);
	if (m->n)
		qsort(m->v, m->n, sizeof(*m->v), by_name);
	for (size_t i = 0; i < m->n; i++) {
		struct node *n = &m->v[i];

		JSON_EACH(d, json_get(n->json, "depends_on")) {
			const struct node *on = model_find(m, json_key(d));

			if (!json_key(d) || !on || on == n)
				continue;
			dep_add(m, n,
				(struct dep){
					.on = index_of(m, on),
					.gate = gate_parse(json_str(d, "condition", "")),
					.restart = json_bool(d, "restart", false),
					.is_optional = !json_bool(d, "required", true),
				});
		}
	}
	sort(m);
}

/* "db:service_healthy:false" */
static void dep_from_label(struct model *m, struct node *n, struct str item)
{
	struct str name = str_cut(&item, ':');
	struct str condition = str_cut(&item, ':');
	char *text = arena_strndup(m->arena, name.p ? name.p : "", name.n);
	char *cond = arena_strndup(m->arena, condition.p ? condition.p : "", condition.n);
	const struct node *on = model_find(m, text);

	if (!on || on == n || model_dep(n, index_of(m, on)))
		return;
	dep_add(m, n,
		(struct dep){ .on = index_of(m, on),
			      .gate = gate_parse(cond),
			      .restart = str_eq(item, "true") });
}

void model_from_labels(struct model *m, struct arena *a, const struct seen *seen)
{
	*m = (struct model){ .arena = a };
	for (size_t i = 0; i < seen->n_containers; i++)
		if (!model_find(m, seen->containers[i].service))
			node_add(m, seen->containers[i].service, NULL);
	if (m->n)
		qsort(m->v, m->n, sizeof(*m->v), by_name);
	for (size_t i = 0; i < seen->n_containers; i++) {
		const struct seen_container *c = &seen->containers[i];
		struct str rest = str_of(c->depends_on);

		while (!c->oneoff && rest.p && rest.n)
			dep_from_label(m, model_find(m, c->service), str_cut(&rest, ','));
	}
	sort(m);
}

static void mark(struct model *m, struct node *n, bool with_deps)
{
	if (n->is_selected)
		return;
	n->is_selected = true;
	for (size_t i = 0; with_deps && i < n->n_deps; i++)
		mark(m, &m->v[n->deps[i].on], true);
}

int model_select(struct model *m, const char *const *names, size_t n, bool with_deps,
		 struct err **e)
{
	for (size_t i = 0; i < n; i++)
		if (!model_find(m, names[i]))
			return err_set(e, ENOENT, "no such service: %s", names[i]);
	for (size_t i = 0; n == 0 && i < m->n; i++)
		m->v[i].is_selected = m->v[i].is_named = true;
	for (size_t i = 0; i < n; i++) {
		struct node *node = model_find(m, names[i]);

		node->is_named = true;
		mark(m, node, with_deps);
	}
	return 0;
}

void model_select_restarted(struct model *m)
{
	/* Dependents come later in the order, so one pass reaches the dependents of dependents. */
	for (size_t i = 0; i < m->n; i++)
		for (size_t d = 0; d < m->v[i].n_deps; d++)
			if (m->v[i].deps[d].restart && m->v[m->v[i].deps[d].on].is_selected)
				m->v[i].is_selected = true;
}

static const char *donor_of(const char *value)
{
	return value && starts_with(value, "service:") ? value + strlen("service:") : NULL;
}

void model_donors(const struct node *n, void (*found)(void *ctx, const char *donor), void *ctx)
{
	static const char *const keys[] = { "network_mode", "ipc", "pid", "uts", "cgroup" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *donor = donor_of(json_str(n->json, keys[i], NULL));

		if (donor)
			found(ctx, donor);
	}
	JSON_EACH(from, json_get(n->json, "volumes_from")) {
		const char *text = json_text(from);
		const char *colon = text ? strchr(text, ':') : NULL;
		AUTO(mem) char *name = NULL;

		if (!text || starts_with(text, "container:"))
			continue;
		name = colon ? xstrndup(text, (size_t)(colon - text)) : xstrdup(text);
		found(ctx, name);
	}
}
