/*
 * Starting, stopping, restarting, killing, pausing. Each step looks at the container whenever anything
 * changes and goes on from there; `stage` says where it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "base/fdio.h"
#include "compose/supervise/events.h"
#include "compose/supervise/hooks.h"
#include "compose/supervise/op.h"
#include "compose/supervise/pause.h"
#include "compose/supervise/spec.h"

static struct err *no_such(const char *name)
{
	struct err *e = NULL;

	(void)err_set(&e, ENOENT, "No such container: %s", name);
	return e;
}

/* By id when it existed before; one made by this plan is known by its name. */
static struct container *find(const struct run_step *rs)
{
	const struct step *s = rs->step;
	struct sup *sup = rs->op->sup;

	return s->id ? container_by_id(sup, s->id) : container_by_name(sup, s->target);
}

/* False: it is gone, and the step has ended. */
static bool begin(struct run_step *rs)
{
	rs->c = find(rs);
	if (rs->c)
		return true;
	step_end(rs, no_such(rs->step->target));
	return false;
}

static void say(struct run_step *rs, const char *text, const char *status)
{
	if (!rs->step->is_silent)
		step_say(rs, text, status, NULL);
}

static void fail(struct run_step *rs, struct err *e)
{
	step_say(rs, "Error", "Error", err_text(e));
	step_end(rs, e);
}

static struct err *failure_of(const struct container *c)
{
	struct err *e = NULL;

	(void)err_make(&e, err_code(c->failure), err_text(c->failure), err_hint_text(c->failure));
	return e;
}

/* ---- start ---- */

static void started(struct run_step *rs)
{
	if (rs->step->kind == STEP_RESTART && rs->c)
		events_emit(rs->c, "restart", NULL);
	say(rs, "Started", "Done");
	step_end(rs, NULL);
}

static void on_post_start(void *ctx, struct err *e)
{
	struct run_step *rs = ctx;

	if (e)
		fail(rs, e);
	else
		started(rs);
}

static void on_start_change(struct waiter *w, struct container *c)
{
	struct run_step *rs = step_of_waiter(w);

	if (c != rs->c || c->state == CT_STARTING || c->state == CT_DOOMED || c->is_held)
		return;
	step_unwatch(rs);
	if (c->failure && !container_is_up(c)) {
		fail(rs, failure_of(c));
		return;
	}
	if (c->state == CT_RUNNING)
		hooks_run(c, "post_start", on_post_start, rs);
	else
		started(rs); /* over already: it did start */
}

static void launch_now(struct run_step *rs)
{
	step_watch(rs, on_start_change);
	container_feed(rs->c, EV_START);
	if (rs->is_waiting && rs->c->state == CT_RUNNING)
		on_start_change(&rs->waiter, rs->c);
}

static bool is_going_down(const struct container *c)
{
	return c->state == CT_STOPPING || c->state == CT_DOOMED;
}

static void on_down(struct waiter *w, struct container *c)
{
	struct run_step *rs = step_of_waiter(w);

	if (c == rs->c && !is_going_down(c))
		launch_now(rs);
}

/* A stop may be under way that nobody of ours has asked for: a predecessor's. It ends first. */
static void launch(struct run_step *rs)
{
	if (is_going_down(rs->c))
		step_watch(rs, on_down);
	else
		launch_now(rs);
}

void run_start(struct run_step *rs)
{
	if (!begin(rs))
		return;
	say(rs, "Starting", "Working");
	launch(rs);
}

/* ---- stop ---- */

static int64_t grace_of(const struct run_step *rs)
{
	return rs->op->has_timeout ? rs->op->timeout_ns : rs->c->rec.grace_ns;
}

static void stopped(struct run_step *rs)
{
	if (rs->step->kind == STEP_RESTART) {
		step_waits(rs, false);
		launch(rs);
		return;
	}
	say(rs, "Stopped", "Done");
	step_end(rs, NULL);
}

/* Not even SIGKILL ends it: in what the kernel keeps it is the best hint there is. */
static struct err *stuck(const struct container *c)
{
	AUTO(mem) char *path = xasprintf("/proc/%d/wchan", c->rec.pid);
	AUTO(buf) struct buf wchan = BUF_INIT;
	struct err *e = NULL;

	(void)file_read(AT_FDCWD, path, 256, &wchan, NULL);
	(void)err_set(&e, ETIMEDOUT,
		      "container %s does not end after SIGKILL: its process %d waits in %s",
		      c->rec.name, c->rec.pid, wchan.n ? buf_str(&wchan) : "the kernel");
	return e;
}

static void on_stop_change(struct waiter *w, struct container *c)
{
	struct run_step *rs = step_of_waiter(w);

	if (c != rs->c)
		return;
	if (container_is_up(c) && !c->is_gone) {
		if (c->n_kills > 1)
			fail(rs, stuck(c));
		return;
	}
	step_unwatch(rs);
	if (!c->is_gone)
		events_emit(c, "stop", NULL);
	stopped(rs);
}

static void on_pre_stop(void *ctx, struct err *e)
{
	struct run_step *rs = ctx;
	struct container *c = find(rs);

	if (e) {
		fail(rs, e);
		return;
	}
	if (!c || !container_is_up(c)) {
		stopped(rs);
		return;
	}
	step_watch(rs, on_stop_change);
	container_stop(c, grace_of(rs));
	if (!rs->is_waiting)
		return;
	/* A policy pause ends at once. */
	if (!container_is_up(c))
		on_stop_change(&rs->waiter, c);
	else
		step_waits(rs, true);
}

static bool removal_follows(const struct run_step *rs)
{
	const struct plan *p = rs->op->plan;

	for (size_t i = 0; i < p->n_steps; i++)
		if (p->steps[i].kind == STEP_REMOVE && streq(p->steps[i].id, rs->step->id))
			return true;
	return false;
}

static void stop(struct run_step *rs)
{
	struct container *c = rs->c;

	if (!container_is_up(c)) {
		stopped(rs);
		return;
	}
	c->will_go = rs->step->kind == STEP_STOP && removal_follows(rs);
	hooks_run(c, "pre_stop", on_pre_stop, rs);
}

void run_stop(struct run_step *rs)
{
	if (!begin(rs))
		return;
	say(rs, "Stopping", "Working");
	stop(rs);
}

void run_restart(struct run_step *rs)
{
	if (!begin(rs))
		return;
	say(rs, "Restarting", "Working");
	stop(rs);
}

/* ---- kill ---- */

static void killed(struct run_step *rs)
{
	step_unwatch(rs);
	say(rs, "Killed", "Done");
	step_end(rs, NULL);
}

static void on_kill_change(struct waiter *w, struct container *c)
{
	struct run_step *rs = step_of_waiter(w);

	if (c == rs->c && !container_is_up(c))
		killed(rs);
}

/* The notation of stop_signal: with and without SIG, or a number. */
static int signal_of(const struct json *args, int *ret, struct err **e)
{
	AUTO(json) struct json *service = json_new_obj();

	json_set_str(service, "stop_signal", json_str(args, "signal", "SIGKILL"));
	return spec_stop_signal(service, NULL, ret, e);
}

void run_kill(struct run_step *rs)
{
	int signal = SIGKILL;
	struct err *e = NULL;

	if (!begin(rs))
		return;
	say(rs, "Killing", "Working");
	if (signal_of(rs->op->args, &signal, &e) < 0) {
		fail(rs, e);
		return;
	}
	if (signal != SIGKILL) {
		(void)container_kill(rs->c, signal);
		killed(rs);
		return;
	}
	step_watch(rs, on_kill_change);
	if (container_kill(rs->c, signal) < 0 || !container_is_up(rs->c)) {
		if (rs->is_waiting)
			killed(rs);
		return;
	}
	if (rs->is_waiting)
		step_waits(rs, true);
}

/* ---- pause ---- */

static void on_paused(void *ctx, struct err *e)
{
	struct run_step *rs = ctx;
	bool on = rs->step->kind == STEP_PAUSE;
	struct container *c = find(rs);
	struct err *copy = NULL;

	if (e) {
		(void)err_make(&copy, err_code(e), err_text(e), NULL);
		fail(rs, copy);
		return;
	}
	if (c) {
		container_feed(c, on ? EV_PAUSE : EV_RESUME);
		events_emit(c, on ? "pause" : "unpause", NULL);
	}
	say(rs, on ? "Paused" : "Unpaused", "Done");
	step_end(rs, NULL);
}

static void freeze(struct run_step *rs, bool on)
{
	struct err *e = NULL;

	if (!begin(rs))
		return;
	if (on && rs->c->state == CT_PAUSED)
		(void)err_set(&e, EALREADY, "container %s is already paused", rs->c->rec.id);
	else if (!on && rs->c->state != CT_PAUSED)
		(void)err_set(&e, EALREADY, "container %s is not paused", rs->c->rec.id);
	if (e)
		fail(rs, e);
	else
		pause_set(rs->c, on, on_paused, rs);
}

void run_pause(struct run_step *rs)
{
	freeze(rs, true);
}

void run_unpause(struct run_step *rs)
{
	freeze(rs, false);
}
