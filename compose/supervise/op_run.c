/*
 * run: what the service depends on is brought up, then a one-off is made and held before its program
 * begins, so that the command can attach first. run_start lets it go.
 *
 * When the connection that asked for it ends before run_start, the one-off is killed. One with --rm goes
 * as soon as it has ended, whoever asked for it.
 */
#include <errno.h>
#include <signal.h>

#include "base/log.h"
#include "base/rand.h"
#include "compose/supervise/create.h"
#include "compose/supervise/hooks.h"
#include "compose/supervise/launch.h"
#include "compose/supervise/oneoff.h"
#include "compose/supervise/op.h"
#include "compose/supervise/ops.h"
#include "compose/supervise/remove.h"

struct run {
	struct waiter waiter;
	struct op *op;
	struct json *service; /* with the overrides of the command line */
	char *name, *id;
};

static void run_free(struct run *k)
{
	json_free(k->service);
	free(k->name);
	free(k->id);
	free(k);
}

static void run_fail(struct run *k, struct err *e, int code)
{
	struct op *op = k->op;

	op->code = code;
	run_free(k);
	op_fail(op, e);
}

/* 127 and 126 are what a shell says for a program that is not there or may not be executed. */
static int code_of(const struct container *c)
{
	if (!c->failure)
		return 1;
	if (err_code(c->failure) == ENOENT && strstr(err_text(c->failure), "exec: "))
		return 127;
	return err_code(c->failure) == EACCES ? 126 : 1;
}

static struct err *failure_of(const struct container *c)
{
	struct err *e = NULL;

	if (c->failure)
		(void)err_make(&e, err_code(c->failure), err_text(c->failure),
			       err_hint_text(c->failure));
	else
		(void)err_set(&e, ECHILD, "container %s ended before it started", c->rec.name);
	return e;
}

static void answer(struct run *k, const struct container *c)
{
	struct json *result = json_new_obj();
	AUTO(mem) char *socket = xasprintf("%s/" SHIM_SOCKET_NAME, c->run_dir);
	struct op *op = k->op;

	json_set_str(result, "id", c->rec.id);
	json_set_str(result, "name", c->rec.name);
	json_set_str(result, "socket", socket);
	json_set_str(result, "bundle", c->rec.bundle);
	run_free(k);
	op_answer(op, result);
}

/* One that removes itself is over when nothing of it is left. */
static bool is_over(const struct container *c)
{
	return c->is_gone || (!container_is_up(c) && !c->rec.auto_remove);
}

static void on_change(struct waiter *w, struct container *c)
{
	struct run *k = (struct run *)w;
	struct sup *s = k->op->sup;

	if (!streq(c->rec.id, k->id))
		return;
	if (is_over(c)) {
		waiter_del(s, w);
		run_fail(k, failure_of(c), code_of(c));
	} else if (container_is_up(c) && c->rec.pid > 0) {
		waiter_del(s, w);
		answer(k, c);
	}
}

static void say(struct run *k, const char *text, const char *status)
{
	AUTO(mem) char *id = xasprintf("Container %s", k->name);

	request_progress(k->op->req, id, text, status, NULL);
}

static void on_created(void *ctx, struct container *c, struct err *e)
{
	struct run *k = ctx;

	if (e) {
		AUTO(mem) char *id = xasprintf("Container %s", k->name);

		request_progress(k->op->req, id, "Error", "Error", err_text(e));
		run_fail(k, e, 1);
		return;
	}
	say(k, "Created", "Done");
	k->id = xstrdup(c->rec.id);
	c->is_held = true;
	c->held_by = request_conn_id(k->op->req);
	if (c->held_by == 0) {
		/* Its client is gone already: nobody will ever start it. */
		(void)err_set(&c->failure, ECANCELED, "the client went away");
		(void)err_set(&e, ECANCELED, "the client went away");
		run_fail(k, e, 1);
		container_changed(c);
		return;
	}
	k->waiter.on_change = on_change;
	waiter_add(k->op->sup, &k->waiter);
	container_feed(c, EV_START);
}

static char *name_of(const struct sup *s, const struct json *args, const char *service)
{
	const char *given = json_str(args, "name", NULL);
	char hex[13];

	if (given)
		return xstrdup(given);
	rand_hex(hex, 6);
	return xasprintf("%s-%s-run-%s", s->project, service, hex);
}

/* Dependencies are up. */
static void run_succeed(struct op *op)
{
	const char *service = json_str(op->args, "service", "");
	struct run *k = xcalloc(1, sizeof(*k));
	struct err *e = NULL;

	k->op = op;
	k->name = name_of(op->sup, op->args, service);
	k->service = oneoff_service(json_path(op->project, "services", service, NULL), op->args);
	if (container_by_name(op->sup, k->name)) {
		(void)err_set(&e, EEXIST, "Conflict. The container name \"/%s\" is already in use",
			      k->name);
		run_fail(k, e, 1);
		return;
	}
	say(k, "Creating", "Working");
	create_begin(
		op->sup,
		&(struct create_spec){ .project = op->project,
				       .service = k->service,
				       .service_name = service,
				       .name = k->name,
				       .args = op->args,
				       .oneoff = true,
				       .auto_remove = json_bool(op->args, "rm", false),
				       .use_aliases = json_bool(op->args, "use_aliases", false) },
		on_created, k);
}

static int plan_for_run(struct op *op, struct plan **ret, struct err **e)
{
	const char **services = arena_alloc(op->seen.arena, 2 * sizeof(char *));
	struct plan_options o = {
		.services = services,
		.n_services = 1,
		.images = op->seen.images,
		.volume_digests = op->seen.digests,
		.no_deps = json_bool(op->args, "no_deps", false),
		.remove_orphans = json_bool(op->args, "remove_orphans", false),
		.ignore_orphans = json_bool(op->args, "ignore_orphans", false),
	};

	/* The file handed over may hold no more than the service needs: what else there is, is not told. */
	o.ignore_orphans = o.ignore_orphans || !o.remove_orphans;
	services[0] = json_str(op->args, "service", "");
	return plan_run(op->project, &op->seen.seen, &o, ret, e);
}

void op_run(struct request *r)
{
	AUTO(err) struct err *e = NULL;
	struct op *op;

	if (!streq(json_str(json_path(r->json, "args", "project", NULL), "name", ""),
		   r->sup->project)) {
		(void)err_set(&e, EINVAL, "control: run without this project");
		request_fail(r, e, 1);
		return;
	}
	op = op_new(r);
	op->make_plan = plan_for_run;
	op->succeed = run_succeed;
	op_submit(op);
}

/* ---- run_start ---- */

struct run_start {
	struct waiter waiter;
	struct request *r;
	char *id;
};

static void start_end(struct run_start *k, const struct err *e, int code)
{
	struct request *r = k->r;

	waiter_del(r->sup, &k->waiter);
	free(k->id);
	free(k);
	r->on_gone = NULL;
	if (e)
		request_fail(r, e, code);
	else
		request_finish(r, NULL);
}

static void on_post_start(void *ctx, struct err *e)
{
	start_end(ctx, e, 1);
	err_free(e);
}

static void on_start_change(struct waiter *w, struct container *c)
{
	struct run_start *k = (struct run_start *)w;

	if (!streq(c->rec.id, k->id) || c->state == CT_STARTING || c->state == CT_DOOMED)
		return;
	if (c->failure && !is_over(c) && !container_is_up(c))
		return;
	/* Hooks take a while: this waiter has done its work. */
	waiter_del(k->r->sup, w);
	if (c->failure && !container_is_up(c)) {
		AUTO(err) struct err *e = failure_of(c);

		start_end(k, e, code_of(c));
		return;
	}
	if (c->state == CT_RUNNING)
		hooks_run(c, "post_start", on_post_start, k);
	else
		start_end(k, NULL, 0);
}

void op_run_start(struct request *r)
{
	const char *id = json_str(json_get(r->json, "args"), "id", "");
	struct container *c = container_by_id(r->sup, id);
	AUTO(err) struct err *e = NULL;
	struct run_start *k;

	if (!c || !c->is_held) {
		(void)err_set(&e, ENOENT, "No such container: %s", id);
		request_fail(r, e, 1);
		return;
	}
	k = xcalloc(1, sizeof(*k));
	k->r = r;
	k->id = xstrdup(id);
	k->waiter.on_change = on_start_change;
	r->ctx = k;
	waiter_add(r->sup, &k->waiter);
	if (launch_release(c) < 0)
		log_write(LOG_WARN, "container %s: its shim is gone", c->rec.name);
}

/* ---- one-offs nobody needs any more ---- */

void ops_conn_gone(struct sup *s, int conn_id)
{
	struct map_entry *entry;

	MAP_EACH(entry, &s->containers) {
		struct container *c = entry->value;

		if (c->held_by != conn_id || !c->is_held)
			continue;
		c->held_by = 0;
		container_stop(c, 0);
		(void)shimc_kill(&c->shim, SIGKILL);
	}
}

static void on_reaped(void *ctx, struct err *e)
{
	(void)ctx;
	if (e)
		log_write(LOG_ERROR, "%s", err_text(e));
	err_free(e);
}

void oneoff_reap(struct waiter *w, struct container *c)
{
	bool never_ran = c->state == CT_CREATED && c->failure;

	(void)w;
	if (!c->rec.auto_remove || c->is_gone || c->is_saving ||
	    (c->state != CT_EXITED && !never_ran))
		return;
	container_feed(c, EV_REMOVE);
	remove_begin(c, /* with_volumes= */ true, on_reaped, NULL);
}
