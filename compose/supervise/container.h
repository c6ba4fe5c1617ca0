/*
 * compose/supervise/container.h - one container: its record, its state, its shim, its timers.
 *
 * Everything that happens to it goes through container_feed(), which looks the event up in ct.c and
 * carries out the effects; whoever waits for an outcome is a waiter of the supervisor and looks at
 * `state` and `failure` at every change.
 *
 * Owns:    a container belongs to sup->containers from container_new() to container_forget(), after
 *          which its memory goes with the last close callback.
 * Units:   nanoseconds.
 * Errors:  `failure` is why the last start failed; NULL after the next one.
 * Thread:  loop.
 * Source:  runtime reference 7 "Signals, exit codes, restart, health".
 */
#ifndef COMPOSE_SUPERVISE_CONTAINER_H
#define COMPOSE_SUPERVISE_CONTAINER_H

#include "base/buf.h"
#include "compose/supervise/ct.h"
#include "compose/supervise/record.h"
#include "compose/supervise/shimc.h"
#include "compose/supervise/sup.h"

struct orphan;
struct probe;

struct container {
	struct sup *sup;
	struct record rec;
	char *run_dir;
	enum ct_state state;
	struct shimc shim;
	uv_timer_t timer;      /* grace or back-off */
	struct probe *probe;   /* NULL: no health check, or not running */
	struct orphan *orphan; /* its shim died; NULL otherwise */
	struct err *failure;
	int64_t up_mono_ns;
	int64_t grace_ns;   /* of the stop going on */
	unsigned n_kills;   /* deadlines begun by a SIGKILL of the stop going on; more than one: it does not end */
	unsigned n_awaited; /* how many wait for it to become healthy */
	int held_by;        /* connection a one-off waits for before it starts; 0 = none */
	bool is_held;       /* the shim has not been told to start */
	bool is_attached;   /* the network worker knows it */
	bool has_lease;     /* stopped, but its addresses are kept for the next start */
	bool will_go;       /* removal follows the stop going on: nothing is kept */
	bool is_restart;    /* this launch is the policy's */
	bool is_saving, is_dirty;
	bool wants_save; /* on disk, but not durably yet; its next change or the operation's end will do it */
	bool is_recovering; /* its shim has not answered this supervisor yet */
	bool is_gone;       /* removed: only close callbacks are left */
	unsigned open_handles;
};

/* Takes the record. */
struct container *container_new(struct sup *s, struct record *rec, enum ct_state state);
/* Out of the map; frees it once its handles are closed. */
void container_forget(struct container *c);
struct container *container_by_name(const struct sup *s, const char *name);
struct container *container_by_id(const struct sup *s, const char *id);
/* The donor "service:X" or "container:X" names, or NULL: same replica number, else the lowest. */
struct container *container_donor(const struct sup *s, const char *value, int number);

void container_feed(struct container *c, enum ct_event ev);
/* Asks for a stop. grace_ns -1 = for ever, 0 = at once. */
void container_stop(struct container *c, int64_t grace_ns);
/* A signal somebody asked for; SIGKILL counts as a stop. */
int container_kill(struct container *c, int signal);
/* Running or about to. */
bool container_is_up(const struct container *c);
/* "created", "running", ... as shown. */
const char *container_shown_state(const struct container *c);

/* Writes container.json in the pool; several changes at once make one write. */
void container_save(struct container *c);
/* Tells waiters. */
void container_changed(struct container *c);

/* launch.c */
void launch_begin(struct container *c);
void launch_settle(struct container *c);
/* Gives kept addresses back, before removal. */
void launch_forget(struct container *c);
extern const struct shimc_ops container_shim_ops;

/* probe.c */
void probe_open(struct container *c);
void probe_close(struct container *c);
/* Somebody began or stopped waiting for "healthy". */
void probe_await(struct container *c, bool on);
/* It is about to end: a probe under way would only hold it up. */
void probe_quiet(struct container *c);
/* It runs again after a pause. */
void probe_resume(struct container *c);
/* Adopted: keeps the verdict it had. */
void probe_adopt(struct container *c, enum health_status status);
struct json *probe_json(const struct container *c);

#endif
