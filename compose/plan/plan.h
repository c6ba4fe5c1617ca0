/*
 * compose/plan/plan.h - (project wanted, state observed) -> steps with needs and reasons. Pure.
 *
 * A step begins when all steps it needs have succeeded. A step whose need failed, or was itself
 * skipped, is skipped; an optional gate begins when its needs have ended, well or not. Needs always
 * point to earlier steps, so the array is in topological order and `--dry-run` can print it as it stands.
 *
 * Owns:    the plan owns its arena; strings of a step live in it or in the project and the seen
 *          values given, which must outlive the plan.
 * Units:   none.
 * Errors:  -ENOENT for an unknown service or a missing external object, -EINVAL otherwise; the text
 *          is docker compose's.
 * Thread:  any one thread at a time; no I/O, never blocks.
 * Source:  cli reference 3 "Reconcile rules" and 4 "Dependencies, ordering, stop".
 */
#ifndef COMPOSE_PLAN_PLAN_H
#define COMPOSE_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strv.h"
#include "compose/plan/seen.h"

enum step_kind {
	STEP_JOIN,           /* does nothing: everything before, then everything after */
	STEP_NETWORK_CREATE, /* target = name, key */
	STEP_NETWORK_REMOVE,
	STEP_VOLUME_CREATE,
	STEP_VOLUME_REMOVE,
	STEP_RUNNING, /* announces a container that stays as it is */
	STEP_CREATE,  /* target = container name; with replaces: under a temporary name */
	STEP_RENAME,  /* id unknown before: target = final name, temporary = present name */
	STEP_START,
	STEP_STOP,
	STEP_REMOVE,
	STEP_RESTART,
	STEP_KILL,
	STEP_PAUSE,
	STEP_UNPAUSE,
	STEP_GATE, /* waits until the containers of `service` reach `gate` */
	STEP_KINDS,
};
const char *step_kind_name(enum step_kind k);

enum gate {
	GATE_STARTED,
	GATE_HEALTHY,            /* service_healthy */
	GATE_COMPLETED,          /* service_completed_successfully */
	GATE_RUNNING_OR_HEALTHY, /* what --wait asks for */
};

struct step {
	enum step_kind kind;
	const char *target;  /* container, network or volume name; service name for a gate */
	const char *service; /* NULL for networks and volumes */
	const char *key;     /* of the network or volume */
	const char *reason;  /* why, for people: "configuration changed" */
	int number;          /* replica */
	const char *id;      /* existing container, NULL for one made by this plan */
	const char *
		replaces; /* STEP_CREATE: id of the container whose anonymous volumes it inherits */
	const char *temporary; /* STEP_CREATE, STEP_RENAME: the name until the old one is gone */
	enum gate gate;
	bool is_optional;  /* STEP_GATE: required: false, a failure only warns */
	bool is_silent;    /* part of a recreation or of another line: no progress of its own */
	bool with_volumes; /* STEP_REMOVE: anonymous volumes too */
	size_t *needs;
	size_t n_needs, cap_needs;
};

enum plan_level { PLAN_WARNING, PLAN_INFO };
struct plan_note {
	enum plan_level level;
	const char *text;
};

struct plan {
	struct arena *arena;
	struct step *steps;
	size_t n_steps, cap_steps;
	struct plan_note *notes; /* to be shown before anything happens */
	size_t n_notes, cap_notes;
	/* Volumes whose declaration changed and about which nobody has decided yet. */
	const char **questions;
	size_t n_questions, cap_questions;
};

void plan_free(struct plan *p);
static inline void plan_autop(struct plan **p)
{
	plan_free(*p);
}

enum recreate { RECREATE_DIVERGED, RECREATE_FORCE, RECREATE_NEVER };

struct plan_options {
	const char *const *services; /* named ones; n_services 0 = all enabled ones */
	size_t n_services;
	const char *const *disabled; /* services of inactive profiles: no orphans */
	size_t n_disabled;
	const struct json *scale;          /* object service -> count, or NULL */
	const struct json *images;         /* object service -> image id, as far as present */
	const struct json *volume_digests; /* object service -> digest text of its image mounts */
	enum recreate recreate, recreate_deps;
	bool no_deps, renew_anon_volumes, remove_orphans, ignore_orphans;
	bool no_start;
	bool wait;         /* apply, start, restart: gates for the selection at the end */
	bool with_volumes; /* down, rm: volumes too */
	bool stop_first;   /* rm --stop */
	bool ask_volumes;  /* collect questions instead of keeping changed volumes */
	const char *const *recreate_volumes; /* names somebody said yes to */
	size_t n_recreate_volumes;
};

/* up, create, scale. */
int plan_apply(const struct json *project, const struct seen *seen, const struct plan_options *opt,
	       struct plan **ret, struct err **e);
/* project NULL: by labels only. */
int plan_down(const struct json *project, const char *name, const struct seen *seen,
	      const struct plan_options *opt, struct plan **ret, struct err **e);
/* kind is one of STEP_START, STOP, RESTART, KILL, PAUSE, UNPAUSE, REMOVE. project may be NULL. */
int plan_verb(enum step_kind kind, const struct json *project, const struct seen *seen,
	      const struct plan_options *opt, struct plan **ret, struct err **e);
/* What has to be up before a one-off of opt->services[0] may start; it does not make the one-off. */
int plan_run(const struct json *project, const struct seen *seen, const struct plan_options *opt,
	     struct plan **ret, struct err **e);

#endif
