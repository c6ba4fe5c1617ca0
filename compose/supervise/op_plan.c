/* apply, down and the verbs: from the arguments of the request to the options of the planner. */
#include <errno.h>
#include <fcntl.h>

#include "base/fdio.h"
#include "base/log.h"
#include "compose/supervise/dnsglue.h"
#include "compose/supervise/op.h"
#include "compose/supervise/ops.h"

/* Texts of an array in the plan's lifetime: they stay in the request. */
static const char *const *texts_of(struct op *op, const char *key, size_t *ret_n)
{
	const struct json *list = json_get(op->args, key);
	const char **v = arena_alloc(op->seen.arena, (json_len(list) + 1) * sizeof(*v));
	size_t n = 0;

	JSON_EACH(item, list)
		if (json_text(item))
			v[n++] = json_text(item);
	*ret_n = n;
	return v;
}

static enum recreate recreate_of(const struct json *args, const char *key)
{
	const char *text = json_str(args, key, "diverged");

	if (streq(text, "force"))
		return RECREATE_FORCE;
	return streq(text, "never") ? RECREATE_NEVER : RECREATE_DIVERGED;
}

static void options_of(struct op *op, struct plan_options *o)
{
	const struct json *a = op->args;

	*o = (struct plan_options){
		.scale = json_get(a, "scale"),
		.images = op->seen.images,
		.volume_digests = op->seen.digests,
		.recreate = recreate_of(a, "recreate"),
		.recreate_deps = recreate_of(a, "recreate_deps"),
		.no_deps = json_bool(a, "no_deps", false),
		.renew_anon_volumes = json_bool(a, "renew_anon_volumes", false),
		.remove_orphans = json_bool(a, "remove_orphans", false),
		.ignore_orphans = json_bool(a, "ignore_orphans", false),
		.no_start = !json_bool(a, "start", true),
		.wait = json_bool(a, "wait", false),
		.with_volumes = json_bool(a, "volumes", false),
		.stop_first = json_bool(a, "stop", false),
		.ask_volumes = json_bool(a, "ask_volumes", false),
	};
	o->services = texts_of(op, "services", &o->n_services);
	o->disabled = texts_of(op, "disabled_services", &o->n_disabled);
	o->recreate_volumes = texts_of(op, "recreate_volumes", &o->n_recreate_volumes);
}

/* ---- --wait-timeout ---- */

static void on_wait_timeout(uv_timer_t *t)
{
	struct op *op = t->data;
	int64_t s = json_int(op->args, "wait_timeout_s", 0);

	if (!op->error)
		(void)err_set(&op->error, ETIMEDOUT, "application not healthy after %llds",
			      (long long)s);
	op->is_cancelled = true;
	if (op->is_planned)
		op_give_up_gates(op);
}

/* Counts from the moment the operation has its turn. */
static void arm_wait_timeout(struct op *op)
{
	int64_t s = json_int(op->args, "wait_timeout_s", 0);

	if (s > 0)
		op_timer(op, on_wait_timeout, (uint64_t)s * 1000);
	else if (op->has_timer)
		(void)uv_timer_stop(&op->wait_timer);
}

/* ---- apply ---- */

/* What was asked for last: the next supervisor and other tools find it there. */
static void remember_project(struct op *op)
{
	AUTO(mem) char *path = xasprintf("%s/project.json", op->sup->dir);
	AUTO(mem) char *text = json_print(op->project, false);
	AUTO(err) struct err *e = NULL;

	if (dir_make(AT_FDCWD, op->sup->containers_dir, 0700, &e) < 0 ||
	    file_write(AT_FDCWD, path, text, strlen(text), 0600, /* durable= */ false, &e) < 0)
		log_write(LOG_ERROR, "%s", err_text(e));
}

static int plan_for_apply(struct op *op, struct plan **ret, struct err **e)
{
	struct plan_options o;
	int r;

	options_of(op, &o);
	arm_wait_timeout(op);
	r = plan_apply(op->project, &op->seen.seen, &o, ret, e);
	if (r == 0 && !op->is_dry && !(*ret)->n_questions) {
		remember_project(op);
		dnsglue_declare(op->sup, op->project);
		for (size_t i = 0; i < (*ret)->n_steps; i++)
			if ((*ret)->steps[i].kind == STEP_START)
				netc_warm(&op->sup->net);
	}
	return r;
}

/* Steps and their reasons, for a dry run that wants to see them. */
static struct json *steps_json(const struct plan *p)
{
	struct json *list = json_new_arr();

	for (size_t i = 0; i < p->n_steps; i++) {
		const struct step *s = &p->steps[i];
		struct json *j;

		if (s->kind == STEP_JOIN)
			continue;
		j = json_push(list, json_new_obj());
		json_set_str(j, "action", step_kind_name(s->kind));
		json_set_str(j, "target", s->target);
		if (s->service)
			json_set_str(j, "service", s->service);
		json_set_str(j, "reason", s->reason);
	}
	return list;
}

static void apply_succeed(struct op *op)
{
	struct json *result = json_new_obj();

	if (op->is_dry)
		json_set(result, "steps", steps_json(op->plan));
	op_answer(op, result);
}

static void reject(struct request *r, const char *what)
{
	AUTO(err) struct err *e = NULL;

	(void)err_set(&e, EINVAL, "control: %s", what);
	request_fail(r, e, 1);
}

static bool has_right_project(const struct request *r)
{
	const struct json *project = json_path(r->json, "args", "project", NULL);

	return !json_is(project, JSON_OBJ) || streq(json_str(project, "name", ""), r->sup->project);
}

void op_apply(struct request *r)
{
	struct op *op;

	if (!json_is(json_path(r->json, "args", "project", NULL), JSON_OBJ) ||
	    !has_right_project(r)) {
		reject(r, "apply without this project");
		return;
	}
	op = op_new(r);
	op->make_plan = plan_for_apply;
	op->succeed = apply_succeed;
	op_submit(op);
}

/* ---- down ---- */

static int plan_for_down(struct op *op, struct plan **ret, struct err **e)
{
	struct plan_options o;

	options_of(op, &o);
	arm_wait_timeout(op);
	return plan_down(op->project, op->sup->project, &op->seen.seen, &o, ret, e);
}

/* "found" lets the command warn when there was nothing at all. */
static void down_succeed(struct op *op)
{
	struct json *result = json_new_obj();

	json_set_bool(result, "found", op->plan->n_steps > 0);
	if (op->is_dry)
		json_set(result, "steps", steps_json(op->plan));
	op_answer(op, result);
}

void op_down(struct request *r)
{
	struct op *op;

	if (!has_right_project(r)) {
		reject(r, "down of another project");
		return;
	}
	op = op_new(r);
	op->make_plan = plan_for_down;
	op->succeed = down_succeed;
	op->is_stopper = true;
	op_submit(op);
}

/* ---- start stop restart kill pause unpause rm ---- */

static enum step_kind kind_of(const struct op *op)
{
	static const struct {
		const char *name;
		enum step_kind kind;
	} verbs[] = {
		{ "start", STEP_START }, { "stop", STEP_STOP },   { "restart", STEP_RESTART },
		{ "kill", STEP_KILL },   { "pause", STEP_PAUSE }, { "unpause", STEP_UNPAUSE },
		{ "rm", STEP_REMOVE },
	};
	const char *name = json_str(op->req->json, "op", "");

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (streq(verbs[i].name, name))
			return verbs[i].kind;
	return STEP_JOIN;
}

static int plan_for_verb(struct op *op, struct plan **ret, struct err **e)
{
	struct plan_options o;

	options_of(op, &o);
	arm_wait_timeout(op);
	return plan_verb(kind_of(op), op->project, &op->seen.seen, &o, ret, e);
}

/* What was acted upon: "none" is for the command to say. */
static void verb_succeed(struct op *op)
{
	struct json *result = json_new_obj();
	struct json *names = json_set(result, "containers", json_new_arr());

	for (size_t i = 0; i < op->plan->n_steps; i++)
		if (op->plan->steps[i].kind == kind_of(op))
			json_push_str(names, op->plan->steps[i].target);
	if (op->is_dry)
		json_set(result, "steps", steps_json(op->plan));
	op_answer(op, result);
}

void op_verb(struct request *r)
{
	struct op *op = op_new(r);
	enum step_kind kind = kind_of(op);

	op->make_plan = plan_for_verb;
	op->succeed = verb_succeed;
	op->is_stopper = kind == STEP_STOP || kind == STEP_REMOVE;
	/* Who asks for SIGKILL does not want to wait for somebody's grace period. */
	if (kind == STEP_KILL)
		op_run_now(op);
	else
		op_submit(op);
}
