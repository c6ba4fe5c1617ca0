/*
 * compose/plan/build.h - what the planners share while they put a plan together.
 *
 * Owns:    everything lives in the arena of the plan being built.
 * Units:   steps are named by their index: the array moves while it grows.
 * Errors:  none.
 * Thread:  any one thread at a time.
 * Source:  none.
 */
#ifndef COMPOSE_PLAN_BUILD_H
#define COMPOSE_PLAN_BUILD_H

#include "compose/plan/model.h"
#include "compose/plan/plan.h"

/* A set of step indices. */
struct ids {
	size_t *v;
	size_t n, cap;
};

/* What the plan knows about one service while it grows. */
struct track {
	struct ids creates;  /* steps after which all its containers exist */
	struct ids starts;   /* steps after which they all run */
	struct ids gone;     /* down: steps after which none is left; stop: none runs */
	size_t n_containers; /* that will exist */
	bool recreated;
};

struct builder {
	struct plan *p;
	struct arena *a;
	const struct json *project;
	const char *name;
	const struct seen *seen;
	const struct plan_options *opt;
	struct model m;
	struct track *track; /* parallel to m.v */
};

/* model is filled by the caller afterwards; build_track() sizes the tracks. */
void build_init(struct builder *b, const struct json *project, const struct seen *seen,
		const struct plan_options *opt);
void build_track(struct builder *b);
/* Hands the plan over. */
struct plan *build_take(struct builder *b);
void builder_done(struct builder *b);
static inline void builder_autop(struct builder *b)
{
	builder_done(b);
}

size_t build_step(struct builder *b, struct step proto);
void build_need(struct builder *b, size_t step, size_t need);
void build_need_all(struct builder *b, size_t step, const struct ids *ids);
void build_note(struct builder *b, enum plan_level level, const char *text);
void build_question(struct builder *b, const char *volume);
void ids_add(struct builder *b, struct ids *ids, size_t id);

bool in_list(const char *const *list, size_t n, const char *text);
/* Service containers (no one-offs) of a service by ascending number, in the arena. */
const struct seen_container **seen_of_service(struct builder *b, const char *service,
					      size_t *ret_n);

/* networks.c: networks and volumes of the selected services. */
struct object_steps {
	struct ids networks, volumes; /* creations, by no particular order */
	struct ids before_start;      /* removals and stops a changed network needs */
};
int build_objects(struct builder *b, struct object_steps *out, struct err **e);
/* The step that creates a network or volume, or -1 when it is there already. */
ssize_t build_object_step(const struct builder *b, enum step_kind kind, const char *name);
/* Name of a top-level entry: its "name", else "PROJECT_key". In the arena. */
const char *object_name(struct builder *b, const char *section, const char *key);
/* Volume somebody agreed to lose: its containers are removed instead of recreated. */
bool build_volume_is_renewed(const struct builder *b, const char *name);

#endif
