/*
 * runtime/state.h - the state directory of one container, ROOT/ID, and what it says.
 *
 * The status is never stored, it is found out: a container whose init is gone is stopped, one whose
 * fifo still exists has not been started. The init is known by pid and start time, so a pid used
 * again by a stranger is not mistaken for it.
 *
 * Owns:    state_done() closes and frees.
 * Units:   start_time in clock ticks after boot, as field 22 of /proc/PID/stat.
 * Errors:  -ENOENT "container ... does not exist", -EEXIST "... already exists".
 * Thread:  any one thread at a time.
 * Source:  runtime-spec runtime.md "State".
 */
#ifndef RUNTIME_STATE_H
#define RUNTIME_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strv.h"
#include "runtime/cgroup.h"

enum state_status {
	STATE_CREATING,
	STATE_CREATED,
	STATE_RUNNING,
	STATE_PAUSED,
	STATE_STOPPED,
};

struct state {
	char *id;
	int root;      /* the directory of all containers */
	int dir;       /* ROOT/ID */
	char *bundle, *rootfs, *created; /* NULL before they are known */
	struct strv annotations;	  /* key, value, key, value ... */
	bool is_written;		  /* state.json says more than that the name is taken */
	struct cgroup *cgroup;
	pid_t pid;
	uint64_t start_time;
};

/* -EINVAL for an id that could be a path or is too long. */
int state_check_id(const char *id, struct err **e);
/* Makes ROOT/ID (or takes an existing one without a container) and reserves it for this process. */
int state_reserve(const char *root, const char *id, struct state *ret, struct err **e);
/* What hooks are told before the state is written. */
void state_describe(struct state *s, const char *bundle, const char *rootfs,
		    const struct json *annotations);
/* Replaces state.json from the fields; pid 0 while creating. */
int state_write(struct state *s, struct err **e);
/* A container still being made does not exist yet. */
int state_load(const char *root, const char *id, struct state *ret, struct err **e);
/* The same for whoever clears away: one that was never finished is loaded as stopped. */
int state_load_any(const char *root, const char *id, struct state *ret, struct err **e);
enum state_status state_status(const struct state *s);
const char *state_status_name(enum state_status st);
/* What `state` prints and hooks read: for free(3). */
char *state_text(const struct state *s, const char *status);
/* A pidfd of the init after checking that it is still the same process; -ESRCH when it is not. */
int state_pidfd(const struct state *s, struct err **e);
/* Removes everything in ROOT/ID and itself. */
int state_remove(struct state *s, struct err **e);
void state_done(struct state *s);
static inline void state_autop(struct state *s)
{
	state_done(s);
}
/* 0 when pid is gone or a zombie. */
uint64_t process_start_time(pid_t pid);

#define STATE_INIT { .root = -1, .dir = -1 }

#endif
