/*
 * compose/plan/model.h - the services of a project as a graph: who depends on whom, in which order.
 *
 * Owns:    everything lives in the arena; names are borrowed from the project or the labels.
 * Units:   none.
 * Errors:  -ENOENT for an unknown service.
 * Thread:  any one thread at a time.
 * Source:  cli reference 4.1 "Graph".
 */
#ifndef COMPOSE_PLAN_MODEL_H
#define COMPOSE_PLAN_MODEL_H

#include "compose/plan/plan.h"

struct dep {
	size_t on; /* index of the service depended on */
	enum gate gate;
	bool restart, is_optional;
};

struct node {
	const char *name;
	const struct json *json; /* NULL when the service is known by labels only */
	struct dep *deps;
	size_t n_deps, cap_deps;
	bool is_selected;
	bool is_named; /* selected by name, or everything is */
};

struct model {
	struct node *v; /* dependencies before dependents; peers by name */
	size_t n, cap;
	struct arena *arena;
};

/* From "services" of the project; seen containers of other services are left out. */
void model_from_project(struct model *m, struct arena *a, const struct json *project);
/* From the depends_on labels of service containers. */
void model_from_labels(struct model *m, struct arena *a, const struct seen *seen);
struct node *model_find(const struct model *m, const char *name);
/* Marks the services called by name, all of them when n is 0; with_deps: what they depend on as well. */
int model_select(struct model *m, const char *const *names, size_t n, bool with_deps,
		 struct err **e);
/* Also marks what depends on a marked one by an edge with restart: true. */
void model_select_restarted(struct model *m);
const struct dep *model_dep(const struct node *n, size_t on);
/* "service:NAME" values of the namespace keys and volumes_from: calls back for each donor. */
void model_donors(const struct node *n, void (*found)(void *ctx, const char *donor), void *ctx);

#endif
