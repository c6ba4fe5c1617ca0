/*
 * Waiting until the containers of one service reached a condition.
 *
 * Normally every member is announced as Waiting, then as Healthy or Exited when it got there, and the
 * gate opens with the last. It fails with the first that cannot get there any more; an optional gate then
 * warns and opens. A container without a health check counts as running for --wait once it has run for
 * six tenths of a second: one that dies at once has not come up.
 */
#include <errno.h>

#include "base/clock.h"
#include "compose/supervise/op.h"

#define SETTLED_NS 600000000LL

enum verdict { NOT_THERE_YET, THERE, CANNOT };

struct gate_timer {
	uv_timer_t timer;
	struct run_step *rs; /* NULL once the gate has ended */
};

static void look(struct run_step *rs);

static const char *say_done(enum gate g)
{
	return g == GATE_COMPLETED ? "Exited" : "Healthy";
}

static void on_timer_closed(uv_handle_t *h)
{
	free(h->data);
}

static void drop_timer(struct run_step *rs)
{
	struct gate_timer *t = rs->timer;

	if (!t)
		return;
	rs->timer = NULL;
	t->rs = NULL;
	uv_close((uv_handle_t *)&t->timer, on_timer_closed);
}

static void on_timer(uv_timer_t *h)
{
	struct gate_timer *t = h->data;

	if (t->rs)
		look(t->rs);
}

/* Comes back when the container will have run for long enough. */
static void look_later(struct run_step *rs, int64_t ns)
{
	struct uv_loop_s *loop = &rs->op->sup->loop;

	if (!rs->timer) {
		rs->timer = xcalloc(1, sizeof(*rs->timer));
		rs->timer->rs = rs;
		rs->timer->timer.data = rs->timer;
		(void)uv_timer_init(loop, &rs->timer->timer);
	}
	if (uv_is_active((uv_handle_t *)&rs->timer->timer))
		return;
	uv_update_time(loop);
	(void)uv_timer_start(&rs->timer->timer, on_timer, (uint64_t)(ns / 1000000 + 1), 0);
}

static bool is_over(const struct container *c)
{
	return c->state == CT_EXITED || c->state == CT_CREATED || c->state == CT_REMOVING;
}

static enum verdict health_verdict(const struct container *c, bool needs_check, struct err **e)
{
	const char *prefix = needs_check ? "dependency failed to start: " : "";

	if (needs_check && c->rec.probe.n == 0) {
		(void)err_set(e, EINVAL, "%scontainer %s has no healthcheck configured", prefix,
			      c->rec.name);
		return CANNOT;
	}
	if (is_over(c)) {
		(void)err_set(e, ECHILD, "%scontainer %s exited (%d)", prefix, c->rec.name,
			      c->rec.exit_code);
		return CANNOT;
	}
	if (c->rec.health == HEALTH_UNHEALTHY) {
		(void)err_set(e, EIO, "%scontainer %s is unhealthy", prefix, c->rec.name);
		return CANNOT;
	}
	return c->rec.health == HEALTH_HEALTHY ? THERE : NOT_THERE_YET;
}

static enum verdict running_verdict(struct run_step *rs, const struct container *c, struct err **e)
{
	int64_t ran = clock_mono_ns() - c->up_mono_ns;

	if (c->rec.probe.n)
		return health_verdict(c, false, e);
	if (is_over(c)) {
		(void)err_set(e, ECHILD, "container %s exited (%d)", c->rec.name, c->rec.exit_code);
		if (c->rec.exit_code == 0)
			err_hint(e,
				 "a program that is meant to end is waited for by a service that "
				 "depends on it with condition: service_completed_successfully");
		return CANNOT;
	}
	if (c->state != CT_RUNNING && c->state != CT_PAUSED)
		return NOT_THERE_YET;
	if (ran >= SETTLED_NS)
		return THERE;
	look_later(rs, SETTLED_NS - ran);
	return NOT_THERE_YET;
}

static enum verdict completed_verdict(const struct container *c, struct err **e)
{
	if (!is_over(c))
		return NOT_THERE_YET;
	if (c->state == CT_EXITED && c->rec.exit_code == 0)
		return THERE;
	(void)err_set(e, ECHILD, "service \"%s\" didn't complete successfully: exit %d",
		      c->rec.service, c->rec.exit_code);
	return CANNOT;
}

static enum verdict verdict_of(struct run_step *rs, const struct container *c, struct err **e)
{
	switch (rs->step->gate) {
	case GATE_HEALTHY:
		return health_verdict(c, true, e);
	case GATE_COMPLETED:
		return completed_verdict(c, e);
	case GATE_RUNNING_OR_HEALTHY:
		return running_verdict(rs, c, e);
	case GATE_STARTED:
		break;
	}
	return c->rec.started_ns ? THERE : is_over(c) ? CANNOT : NOT_THERE_YET;
}

/* ---- members ---- */

static bool is_member(const struct run_step *rs, const struct container *c)
{
	return !c->rec.oneoff && streq(c->rec.service, rs->step->service);
}

static void say(struct run_step *rs, const struct container *c, const char *text,
		const char *status, const char *details)
{
	AUTO(mem) char *id = xasprintf("Container %s", c->rec.name);

	if (rs->step->gate != GATE_STARTED)
		request_progress(rs->op->req, id, text, status, details);
}

static void await_all(struct run_step *rs, bool on)
{
	struct map_entry *entry;

	MAP_EACH(entry, &rs->op->sup->containers)
		if (is_member(rs, entry->value))
			probe_await(entry->value, on);
}

static void end(struct run_step *rs, struct err *e)
{
	step_unwatch(rs);
	drop_timer(rs);
	await_all(rs, false);
	step_end(rs, e);
}

void gate_give_up(struct run_step *rs, struct err *e)
{
	end(rs, e);
}

static void fail(struct run_step *rs, const struct container *c, struct err *e)
{
	const struct step *s = rs->step;
	AUTO(mem) char *text = NULL;

	if (s->is_optional) {
		text = s->gate == GATE_COMPLETED
			       ? xasprintf("optional dependency \"%s\" didn't complete "
					   "successfully: exit %d",
					   s->service, c->rec.exit_code)
			       : xasprintf("optional dependency \"%s\" failed to start: %s",
					   s->service, err_text(e));
		{
			AUTO(mem) char *skipped = xasprintf("Skipped: %s", text);

			say(rs, c, skipped, "Warning", NULL);
		}
		request_log(rs->op->req, "warning", text);
		err_free(e);
		end(rs, NULL);
		return;
	}
	if (s->gate == GATE_HEALTHY)
		text = xasprintf("dependency %s failed to start", s->service);
	else
		text = xstrdup(err_text(e));
	if (s->gate != GATE_RUNNING_OR_HEALTHY)
		say(rs, c, "Error", "Error", text);
	end(rs, e);
}

/* Whether the n-th member has been announced as there; then it is not looked at again. */
static bool is_announced(struct run_step *rs, size_t n)
{
	if (n >= rs->n_seen) {
		rs->seen = xrealloc(rs->seen, n + 1);
		memset(rs->seen + rs->n_seen, 0, n + 1 - rs->n_seen);
		rs->n_seen = n + 1;
	}
	return rs->seen[n];
}

static void look(struct run_step *rs)
{
	struct map_entry *entry;
	bool all = true;
	size_t n = 0;

	MAP_EACH(entry, &rs->op->sup->containers) {
		struct container *c = entry->value;
		struct err *e = NULL;
		enum verdict v;

		if (!is_member(rs, c) || is_announced(rs, n++))
			continue;
		v = verdict_of(rs, c, &e);
		if (v == CANNOT) {
			fail(rs, c, e);
			return;
		}
		if (v == THERE) {
			rs->seen[n - 1] = 1;
			say(rs, c, say_done(rs->step->gate), "Done", NULL);
		} else {
			all = false;
		}
	}
	if (n == 0) {
		struct err *e = NULL;

		(void)err_set(&e, ENOENT, "service \"%s\" has no container any more",
			      rs->step->service);
		end(rs, e);
	} else if (all) {
		end(rs, NULL);
	}
}

static void on_change(struct waiter *w, struct container *c)
{
	struct run_step *rs = step_of_waiter(w);

	if (is_member(rs, c))
		look(rs);
}

void run_gate(struct run_step *rs)
{
	struct map_entry *entry;

	MAP_EACH(entry, &rs->op->sup->containers)
		if (is_member(rs, entry->value))
			say(rs, entry->value, "Waiting", "Working", NULL);
	await_all(rs, true);
	step_watch(rs, on_change);
	step_waits(rs, true);
	if (rs->is_waiting)
		look(rs);
}
