/*
 * compose/supervise/op.h - one request that acts: it waits for its turn, observes, plans, and carries
 * the steps out as soon as their needs are met.
 *
 * One operation at a time may begin steps. An operation all of whose running steps only wait (for health,
 * for a program to end after its stop signal) lets the next one go first: `down` gets through while `up`
 * waits for a database, but an `up` does not interfere with a `down`.
 *
 * When its client goes away, steps that run end, a recreation under way is completed, and nothing new
 * begins.
 *
 * Owns:    an operation frees itself after it has answered its request.
 * Units:   nanoseconds.
 * Errors:  the first failure is the answer; siblings of a failed step go on.
 * Thread:  loop.
 * Source:  compose/plan/plan.h; reliability reference R11.
 */
#ifndef COMPOSE_SUPERVISE_OP_H
#define COMPOSE_SUPERVISE_OP_H

#include "compose/plan/plan.h"
#include "compose/supervise/container.h"
#include "compose/supervise/control.h"
#include "compose/supervise/observe.h"

enum step_status { STEP_WAITS, STEP_RUNS, STEP_DONE, STEP_FAILED, STEP_SKIPPED };

struct run_step {
	struct op *op;
	const struct step *step;
	enum step_status status;
	bool only_waits; /* runs, but others may act meanwhile */
	struct waiter waiter;
	bool is_waiting;     /* waiter is in the supervisor's list */
	struct container *c; /* valid while the step runs: its removal is a change */
	char *c_id;
	unsigned stage;      /* of steps with several */
	unsigned char *seen; /* gates: which members have been announced */
	size_t n_seen;
	int64_t not_before_ns;
	struct gate_timer *timer; /* gates of --wait */
	struct create *draft;     /* of a container, made while the step waits; NULL = none */
};

struct op {
	struct op *next_all;    /* in sup.ops */
	struct op *next_queued; /* in sup.queue */
	struct sup *sup;
	struct request *req;
	const struct json *args;    /* of the request: borrowed from it */
	const struct json *project; /* NULL: by labels */
	struct observed seen;
	struct plan *plan;
	struct run_step *steps;
	size_t n_running, n_busy;
	size_t n_abandoned; /* drafts that are being undone */
	struct err *error; /* the first one */
	int code;
	bool is_stopper; /* stop, down: may pass an operation that waits for programs to end */
	bool is_queued, is_pumping, pump_again, is_cancelled, is_dry, is_silent, is_planned;
	bool has_timeout, is_ending, is_urgent;
	int64_t timeout_ns;
	uv_timer_t
		wait_timer; /* --wait-timeout; before the turn has come: time to say who is waited for */
	bool has_timer;
	struct waiter end_waiter;
	/* Makes the plan from op->seen. */
	int (*make_plan)(struct op *op, struct plan **ret, struct err **e);
	/* After everything went well; NULL = answer {}. */
	void (*succeed)(struct op *op);
};

struct op *op_new(struct request *r);
/* Waits for its turn, then observes, plans and runs. */
void op_submit(struct op *op);
/* Does not wait for its turn. */
void op_run_now(struct op *op);
/* The end, from succeed(): answers and frees. Takes result. */
void op_answer(struct op *op, struct json *result);
void op_fail(struct op *op, struct err *e);
/* A turn of the queue: called whenever an operation gave way. */
void ops_next(struct sup *s);
/* No new steps of any operation whose client is connection id. */
void op_cancel(struct op *op);
void op_give_up_gates(struct op *op);

/* The operation's one timer. */
void op_timer(struct op *op, uv_timer_cb cb, uint64_t ms);

/* A step's end; e NULL = well. Takes e. Called once per step, also from inside its run function. */
void step_end(struct run_step *rs, struct err *e);
/* The step now only waits (or does something again). */
void step_waits(struct run_step *rs, bool only_waits);
/* Begins steps whose needs are met. */
void op_pump(struct op *op);

/* "Container NAME", "Network NAME", "Volume NAME" for progress; for free(3). */
char *step_subject(const struct step *s);
void step_say(struct run_step *rs, const char *text, const char *status, const char *details);

/* steps.c: carries out one step. */
void step_run(struct run_step *rs);
/* What a dry run says. */
void step_pretend(struct run_step *rs);
/* Watches containers until step_unwatch(); on_change gets every change of any of them. */
void step_watch(struct run_step *rs, void (*on_change)(struct waiter *w, struct container *c));
void step_unwatch(struct run_step *rs);
static inline struct run_step *step_of_waiter(struct waiter *w)
{
	return (struct run_step *)((char *)w - offsetof(struct run_step, waiter));
}

/* Each in the file named. */
void run_create(struct run_step *rs); /* step_create.c */
/* Makes what can be made of a step that has to wait; nothing of that is to be seen. */
void step_draft(struct run_step *rs);
/* Undoes that. The operation does not end before it is done. */
void step_abandon(struct run_step *rs);
void run_rename(struct run_step *rs);
void run_remove(struct run_step *rs); /* step_remove.c */
void run_start(struct run_step *rs);  /* step_life.c */
void run_stop(struct run_step *rs);
void run_restart(struct run_step *rs);
void run_kill(struct run_step *rs);
void run_pause(struct run_step *rs);
void run_unpause(struct run_step *rs);
void run_gate(struct run_step *rs); /* step_gate.c */
void gate_give_up(struct run_step *rs, struct err *e);
void run_network_create(struct run_step *rs); /* step_object.c */
void run_network_remove(struct run_step *rs);
void run_volume_create(struct run_step *rs);
void run_volume_remove(struct run_step *rs);

#endif
