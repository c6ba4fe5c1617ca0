/*
 * compose/plan/seen.h - what was observed of one project before planning: plain values, no handles.
 *
 * Owns:    nothing: everything is borrowed from the observer for the time of planning.
 * Units:   created_ns counts from 1970-01-01 UTC.
 * Errors:  none.
 * Thread:  any.
 * Source:  cli reference 2.2 "Labels", 3 "Reconcile rules".
 */
#ifndef COMPOSE_PLAN_SEEN_H
#define COMPOSE_PLAN_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum seen_state {
	SEEN_CREATED,
	SEEN_RUNNING,
	SEEN_PAUSED,
	SEEN_RESTARTING, /* waits for the policy's delay */
	SEEN_STOPPING,	 /* its end was asked for and is on the way */
	SEEN_REMOVING,
	SEEN_EXITED,
	SEEN_DEAD,
};

struct seen_container {
	const char *id, *name, *service;
	int number; /* 0 for one-offs */
	bool oneoff;
	enum seen_state state;
	int exit_code;
	int64_t created_ns;
	const char *config_hash;
	const char *image_id;        /* label "image" */
	const char *volume_digest;   /* label "image-volume-digest", NULL = none */
	const char *depends_on;      /* label: "dep:condition:restart,..." */
	const char *const *networks; /* names of the networks it is configured for */
	size_t n_networks;
	const char *const *volumes; /* names of the named volumes mounted */
	size_t n_volumes;
};

/* Networks and volumes of the whole machine that the project may care about. */
struct seen_object {
	const char *name;
	const char *key;     /* label network/volume, NULL = made by somebody else */
	const char *project; /* label project, NULL likewise */
	const char *hash;    /* label config-hash, NULL = reused untouched */
};

struct seen {
	const struct seen_container *containers;
	size_t n_containers;
	const struct seen_object *networks;
	size_t n_networks;
	const struct seen_object *volumes;
	size_t n_volumes;
};

/* Has a program, or will have one by itself. */
static inline bool seen_is_up(const struct seen_container *c)
{
	return c->state == SEEN_RUNNING || c->state == SEEN_PAUSED || c->state == SEEN_RESTARTING ||
	       c->state == SEEN_STOPPING;
}

/* Nothing has to be done for it to run. */
static inline bool seen_runs(const struct seen_container *c)
{
	return c->state == SEEN_RUNNING || c->state == SEEN_PAUSED;
}

#endif
