/*
 * Normally a container is launched, runs, and ends; each is an event to container_feed(). When it
 * fails to start, `failure` keeps the reason. When it is removed, container_forget() closes the timer
 * and the memory goes with the last callback.
 */
#include "compose/supervise/container.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "base/log.h"
#include "base/num.h"
#include "compose/supervise/events.h"
#include "compose/supervise/job.h"
#include "compose/supervise/orphan.h"
#include "compose/supervise/pause.h"
#include "compose/supervise/place.h"

#define KILL_DEADLINE_NS 10000000000LL

/* ---- birth, death, lookup ---- */

struct container *container_new(struct sup *s, struct record *rec, enum ct_state state)
{
	struct container *c = xcalloc(1, sizeof(*c));

	c->sup = s;
	c->rec = *rec;
	*rec = (struct record){ 0 };
	c->run_dir = place_container_run(c->rec.id);
	c->state = state;
	shimc_init(&c->shim, &container_shim_ops, c);
	(void)uv_timer_init(&s->loop, &c->timer);
	c->timer.data = c;
	c->open_handles = 1;
	(void)map_set(&s->containers, c->rec.id, c);
	return c;
}

static void container_free(struct container *c)
{
	record_done(&c->rec);
	err_free(c->failure);
	free(c->run_dir);
	free(c);
}

static void on_timer_closed(uv_handle_t *h)
{
	struct container *c = h->data;

	if (--c->open_handles == 0)
		container_free(c);
}

void container_forget(struct container *c)
{
	if (c->is_gone)
		return;
	c->is_gone = true;
	(void)map_del(&c->sup->containers, c->rec.id);
	shimc_hangup(&c->shim);
	probe_close(c);
	uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}

struct container *container_by_id(const struct sup *s, const char *id)
{
	return id ? map_get(&s->containers, id) : NULL;
}

struct container *container_by_name(const struct sup *s, const char *name)
{
	struct map_entry *entry;

	MAP_EACH(entry, &s->containers) {
		struct container *c = entry->value;

		if (streq(c->rec.name, name))
			return c;
	}
	return NULL;
}

static struct container *of_service(const struct sup *s, const char *service, int number)
{
	struct container *best = NULL;
	struct map_entry *entry;

	MAP_EACH(entry, &s->containers) {
		struct container *c = entry->value;

		if (c->rec.oneoff || !streq(c->rec.service, service))
			continue;
		if (c->rec.number == number)
			return c;
		if (!best || c->rec.number < best->rec.number)
			best = c;
	}
	return best;
}

struct container *container_donor(const struct sup *s, const char *value, int number)
{
	struct map_entry *entry;
	const char *name;

	if (starts_with(value, "service:"))
		return of_service(s, value + strlen("service:"), number);
	if (!starts_with(value, "container:"))
		return NULL;
	name = value + strlen("container:");
	MAP_EACH(entry, &s->containers) {
		struct container *c = entry->value;

		if (streq(c->rec.name, name) || starts_with(c->rec.id, name))
			return c;
	}
	return NULL;
}

/* ---- state as others see it ---- */

bool container_is_up(const struct container *c)
{
	switch (c->state) {
	case CT_STARTING:
	case CT_RELAUNCHING:
	case CT_RUNNING:
	case CT_PAUSED:
	case CT_STOPPING:
	case CT_DECIDING:
	case CT_BACKOFF:
	case CT_DOOMED:
		return true;
	default:
		return false;
	}
}

const char *container_shown_state(const struct container *c)
{
	switch (c->state) {
	case CT_RUNNING:
	case CT_STOPPING:
		return "running";
	case CT_PAUSED:
		return "paused";
	case CT_BACKOFF:
	case CT_RELAUNCHING:
	case CT_DECIDING:
		return "restarting";
	case CT_REMOVING:
		return "removing";
	default:
		break;
	}
	return c->rec.started_ns ? "exited" : "created";
}

void container_changed(struct container *c)
{
	struct sup *s = c->sup;
	struct waiter_walk walk = { .next = s->waiters, .outer = s->walks };

	s->walks = &walk;
	while (walk.next) {
		struct waiter *w = walk.next;

		walk.next = w->next;
		w->on_change(w, c);
	}
	s->walks = walk.outer;
	sup_maybe_end(s);
}

void waiter_add(struct sup *s, struct waiter *w)
{
	w->next = s->waiters;
	s->waiters = w;
}

void waiter_del(struct sup *s, struct waiter *w)
{
	for (struct waiter_walk *walk = s->walks; walk; walk = walk->outer)
		if (walk->next == w)
			walk->next = w->next;
	for (struct waiter **p = &s->waiters; *p; p = &(*p)->next)
		if (*p == w) {
			*p = w->next;
			return;
		}
}

/* ---- container.json ---- */

struct save_job {
	struct job job;
	struct container *c;
	char *path;
	struct buf text;
};

static void save_work(struct job *j)
{
	struct save_job *s = (struct save_job *)j;

	j->r = file_write(AT_FDCWD, s->path, s->text.p, s->text.n, 0600, /* durable= */ true,
			  &j->e);
}

static void save_begin(struct container *c);

static void save_done(struct job *j)
{
	struct save_job *s = (struct save_job *)j;
	struct container *c = s->c;

	if (j->r < 0 && !c->is_gone && c->state != CT_REMOVING)
		log_write(LOG_ERROR, "container %s: %s", c->rec.name, err_text(j->e));
	err_free(j->e);
	free(s->path);
	buf_done(&s->text);
	free(s);
	c->is_saving = false;
	c->sup->n_saving--;
	if (c->is_dirty && !c->is_gone)
		save_begin(c);
	container_changed(c);
	if (--c->open_handles == 0)
		container_free(c);
}

static void save_begin(struct container *c)
{
	struct save_job *s = xcalloc(1, sizeof(*s));

	s->job.work = save_work;
	s->job.done = save_done;
	s->c = c;
	s->path = xasprintf("%s/" RECORD_FILE, c->rec.bundle);
	c->rec.state = container_shown_state(c);
	record_print(&c->rec, &s->text);
	c->is_saving = true;
	c->is_dirty = false;
	c->open_handles++; /* the job's hold on the memory */
	c->sup->n_saving++;
	job_start(&c->sup->loop, &s->job);
}

void container_save(struct container *c)
{
	c->wants_save = false;
	if (c->is_gone || c->state == CT_REMOVING)
		return;
	if (c->is_saving)
		c->is_dirty = true;
	else
		save_begin(c);
}

/* ---- effects ---- */

static void on_timer(uv_timer_t *t)
{
	container_feed(t->data, EV_TIMER);
}

/* libuv counts milliseconds: rounded up, a deadline is never early. */
static void arm(struct container *c, int64_t ns)
{
	uv_update_time(&c->sup->loop);
	(void)uv_timer_start(&c->timer, on_timer, (uint64_t)((ns + 999999) / 1000000), 0);
}

static void arm_grace(struct container *c)
{
	/* Killed already: that has a deadline of its own, which no second stop shortens. */
	if (c->n_kills)
		return;
	if (c->grace_ns < 0)
		(void)uv_timer_stop(&c->timer);
	else
		arm(c, c->grace_ns);
}

static void send_signal(struct container *c, int signal)
{
	AUTO(mem) char *number = xasprintf("%d", signal);
	int r = c->orphan ? orphan_kill(c, signal) : shimc_kill(&c->shim, signal);

	if (r < 0)
		log_write(LOG_WARN, "container %s: send signal %d: the shim is gone", c->rec.name,
			  signal);
	events_emit(c, "kill", "signal", number, NULL);
}

static int64_t ran_ns(const struct container *c)
{
	return c->up_mono_ns ? clock_mono_ns() - c->up_mono_ns : 0;
}

/* The answer to EV_EXIT or a failed relaunch. */
static void ask_policy(struct container *c)
{
	struct ended end = {
		.code = c->rec.exit_code,
		.ran_ns = ran_ns(c),
		.restarts = c->rec.restart_count,
		.last_delay_ns = c->rec.delay_ns,
		.by_user = c->rec.by_user,
	};
	int64_t delay = 0;
	bool again = policy_again(&c->rec.policy, &end, &delay);

	c->rec.delay_ns = again ? delay : 0;
	if (again)
		c->rec.restart_count++;
	events_die(c, c->rec.exit_code, end.ran_ns, again);
	container_feed(c, again ? EV_AGAIN : EV_REST);
}

static void watch(struct container *c)
{
	c->up_mono_ns = clock_mono_ns();
	err_free(c->failure);
	c->failure = NULL;
	probe_open(c);
	events_emit(c, "start", NULL);
}

static void unwatch(struct container *c)
{
	c->n_kills = 0;
	probe_close(c);
	c->rec.health = HEALTH_NONE;
	c->rec.pid = 0;
}

static void settle(struct container *c)
{
	free(c->rec.ports);
	c->rec.ports = NULL;
	c->rec.pid = 0;
	c->rec.was_up = false;
	c->rec.delay_ns = 0;
	launch_settle(c);
}

struct effect {
	enum ct_effect bit;
	void (*run)(struct container *c);
};

static void do_launch(struct container *c)
{
	c->is_restart = c->state == CT_RELAUNCHING;
	launch_begin(c);
}

static void do_signal(struct container *c)
{
	probe_quiet(c);
	send_signal(c, c->rec.stop_signal);
}

/* One that does not end of it, in a system call that never returns, is told about at the deadline. */
static void do_kill(struct container *c)
{
	bool deadline_runs = c->n_kills && uv_is_active((uv_handle_t *)&c->timer);

	probe_quiet(c);
	send_signal(c, SIGKILL);
	if (deadline_runs)
		return;
	c->n_kills++;
	arm(c, KILL_DEADLINE_NS);
}

static void do_cancel(struct container *c)
{
	(void)uv_timer_stop(&c->timer);
}

static void do_backoff(struct container *c)
{
	arm(c, c->rec.delay_ns);
}

static void do_thaw(struct container *c)
{
	pause_set(c, false, NULL, NULL);
}

/* In the order in which they are carried out. */
static const struct effect effects[] = {
	{ DO_CANCEL_TIMER, do_cancel },
	{ DO_UNWATCH, unwatch },
	{ DO_SIGNAL, do_signal },
	{ DO_KILL, do_kill },
	{ DO_THAW, do_thaw },
	{ DO_ARM_GRACE, arm_grace },
	{ DO_WATCH, watch },
	{ DO_SETTLE, settle },
	{ DO_ARM_BACKOFF, do_backoff },
	{ DO_LAUNCH, do_launch },
	{ DO_ASK_POLICY, ask_policy },
};

void container_feed(struct container *c, enum ct_event ev)
{
	enum ct_state before = c->state;
	struct ct_step step = ct_next(before, ev);

	log_write(LOG_DEBUG, "project %s container %s: %s in %s -> %s", c->sup->project,
		  c->rec.name, ct_event_name(ev), ct_state_name(before), ct_state_name(step.next));
	c->state = step.next;
	for (size_t i = 0; i < ARRAY_LEN(effects); i++)
		if (step.effects & effects[i].bit)
			effects[i].run(c);
	if (before == CT_PAUSED && c->state == CT_RUNNING)
		probe_resume(c);
	/* Deciding is left again inside the effects; that inner step has saved and told already. */
	if (step.next == CT_DECIDING || (before == c->state && !step.effects))
		return;
	/* On the way somewhere the shim and the intent file know better than the record. */
	if (step.next == CT_CREATED || step.next == CT_RUNNING || step.next == CT_PAUSED ||
	    step.next == CT_EXITED)
		container_save(c);
	container_changed(c);
}

void container_stop(struct container *c, int64_t grace_ns)
{
	AUTO(err) struct err *e = NULL;

	if (container_is_up(c) && c->state != CT_STOPPING &&
	    intent_write(c->rec.bundle, "stop", &e) < 0)
		log_write(LOG_WARN, "container %s: %s", c->rec.name, err_text(e));
	c->rec.by_user = true;
	c->grace_ns = grace_ns;
	container_feed(c, grace_ns == 0 ? EV_KILL : EV_STOP);
	/* Not running yet, and not to: what the shim has made so far can go at once. */
	if (c->state == CT_DOOMED && grace_ns == 0)
		(void)shimc_kill(&c->shim, SIGKILL);
}

int container_kill(struct container *c, int signal)
{
	if (c->state != CT_RUNNING && c->state != CT_PAUSED && c->state != CT_STOPPING &&
	    c->state != CT_BACKOFF)
		return -ESRCH;
	if (signal == SIGKILL) {
		container_stop(c, 0);
		return 0;
	}
	send_signal(c, signal);
	return 0;
}
