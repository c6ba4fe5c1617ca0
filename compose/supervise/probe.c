/*
 * Normally a timer fires, a probe runs in the container, its result goes to health.c, the timer is set
 * again. One probe at a time. When the container stops, the probe is cancelled and the timer closed.
 */
#include <errno.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/num.h"
#include "compose/supervise/capture.h"
#include "compose/supervise/container.h"
#include "compose/supervise/events.h"
#include "compose/supervise/execspec.h"
#include "compose/supervise/pause.h"

struct probe {
	struct container *c; /* NULL once closed */
	struct sup *sup;
	struct health health;
	uv_timer_t timer;
	struct capture *running;
	int64_t began_ns, began_wall_ns;
	char *command, *exec_id; /* for events */
};

static void schedule(struct probe *p);

static void show(struct probe *p, bool changed)
{
	struct container *c = p->c;
	AUTO(mem) char *action = NULL;

	c->rec.health = p->health.status;
	if (!changed)
		return;
	action = xasprintf("health_status: %s", health_name(p->health.status));
	events_emit(c, action, NULL);
	container_save(c);
	container_changed(c);
}

/* What the log of the check shows: at most one screen of output, or why there is none. */
static char *output_of(const struct probe *p, const struct capture_result *res)
{
	AUTO(mem) char *timeout = NULL;

	if (!res->timed_out)
		return xstrndup(res->output, res->n_output);
	timeout = duration_format(p->c->rec.times.timeout_ns);
	if (res->n_output == 0)
		return xasprintf("Health check exceeded timeout (%s)", timeout);
	return xasprintf("Health check exceeded timeout (%s): %.*s", timeout, (int)res->n_output,
			 res->output);
}

/* 126 and 127 with the runtime's words: it never ran. */
static int code_of(const struct capture_result *res)
{
	int code = WIFEXITED(res->status) ? WEXITSTATUS(res->status) : 128 + WTERMSIG(res->status);

	if (res->timed_out)
		return -1;
	if ((code == 126 || code == 127) && strstr(res->output, "exec failed"))
		return -1;
	return code;
}

static void took_result(struct probe *p, struct health_result *r)
{
	AUTO(mem) char *code = xasprintf("%d", r->code);
	bool changed = health_add(&p->health, &p->c->rec.times, p->began_ns, clock_mono_ns(), r);

	free(r->output);
	events_emit(p->c, "exec_die", "execID", p->exec_id, "exitCode", code, NULL);
	show(p, changed);
	/* The change may have stopped the container. */
	if (p->c)
		schedule(p);
}

static void on_result(void *ctx, const struct capture_result *res)
{
	struct probe *p = ctx;
	struct health_result r = {
		.start_wall_ns = p->began_wall_ns,
		.end_wall_ns = clock_wall_ns(),
		.code = code_of(res),
		.output = output_of(p, res),
	};

	p->running = NULL;
	took_result(p, &r);
}

static void emit_exec(struct probe *p, const char *what)
{
	AUTO(mem) char *action = xasprintf("%s: %s", what, p->command);

	events_emit(p->c, action, "execID", p->exec_id, NULL);
}

static void begin(struct probe *p)
{
	struct container *c = p->c;
	AUTO(strv) struct strv argv = STRV_INIT;
	AUTO(err) struct err *e = NULL;
	AUTO(mem) char *process = exec_process(c, &c->rec.probe, NULL);

	free(p->exec_id);
	p->exec_id = exec_id_new();
	p->began_ns = clock_mono_ns();
	p->began_wall_ns = clock_wall_ns();
	emit_exec(p, "exec_create");
	emit_exec(p, "exec_start");
	exec_argv(c, &argv);
	if (capture_start(c->sup,
			  &(struct capture_spec){ .path = c->sup->runtime,
						  .argv = argv.v,
						  .input = process,
						  .output_max = HEALTH_OUTPUT_MAX,
						  .timeout_ns = c->rec.times.timeout_ns,
						  .done = on_result,
						  .ctx = p },
			  &p->running, &e) == 0)
		return;
	took_result(p, &(struct health_result){ .start_wall_ns = p->began_wall_ns,
						.end_wall_ns = clock_wall_ns(),
						.code = -1,
						.output = xstrdup(err_text(e)) });
}

static void on_due(uv_timer_t *t)
{
	struct probe *p = t->data;

	/* Paused or stopping: probe_resume() follows, or the end. */
	if (p->c && !p->running && p->c->state == CT_RUNNING)
		begin(p);
}

static void schedule(struct probe *p)
{
	int64_t delay = health_delay(&p->health, clock_mono_ns(), p->c->n_awaited > 0);

	if (p->c->state != CT_RUNNING && p->c->state != CT_STARTING)
		return;
	uv_update_time(&p->sup->loop);
	(void)uv_timer_start(&p->timer, on_due, (uint64_t)((delay + 999999) / 1000000), 0);
}

void probe_open(struct container *c)
{
	struct probe *p;

	if (c->rec.probe.n == 0 || c->probe)
		return;
	p = xcalloc(1, sizeof(*p));
	p->c = c;
	p->sup = c->sup;
	{
		AUTO(mem) char *joined = strv_join(&c->rec.probe, " ");

		/* Docker shows program and arguments with a blank between them, always. */
		p->command = c->rec.probe.n == 1 ? xasprintf("%s ", joined) : xstrdup(joined);
	}
	(void)uv_timer_init(&c->sup->loop, &p->timer);
	p->timer.data = p;
	c->probe = p;
	health_start(&p->health, &c->rec.times, clock_mono_ns());
	c->rec.health = p->health.status;
	schedule(p);
}

static void on_timer_closed(uv_handle_t *h)
{
	struct probe *p = h->data;

	health_done(&p->health);
	free(p->command);
	free(p->exec_id);
	free(p);
}

void probe_close(struct container *c)
{
	struct probe *p = c->probe;

	if (!p)
		return;
	c->probe = NULL;
	p->c = NULL;
	if (p->running)
		capture_cancel(p->running);
	p->running = NULL;
	uv_close((uv_handle_t *)&p->timer, on_timer_closed);
}

void probe_await(struct container *c, bool on)
{
	if (on)
		c->n_awaited++;
	else if (c->n_awaited)
		c->n_awaited--;
	if (c->probe && !c->probe->running)
		schedule(c->probe);
}

void probe_quiet(struct container *c)
{
	struct probe *p = c->probe;

	if (!p)
		return;
	(void)uv_timer_stop(&p->timer);
	if (p->running)
		capture_cancel(p->running);
	p->running = NULL;
}

void probe_resume(struct container *c)
{
	if (c->probe && !c->probe->running)
		schedule(c->probe);
}

void probe_adopt(struct container *c, enum health_status status)
{
	probe_open(c);
	if (!c->probe || status == HEALTH_NONE)
		return;
	c->probe->health.status = status;
	c->rec.health = status;
}

struct json *probe_json(const struct container *c)
{
	return c->probe ? health_json(&c->probe->health) : NULL;
}
