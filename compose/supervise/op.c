/*
 * Normally: queued -> its turn -> observe (pool) -> plan -> steps -> container.json files written ->
 * answer. When it cannot be planned, it answers the planner's words. When a step fails, what needs it is
 * skipped, everything else goes on, and the first failure is the answer.
 */
#include "compose/supervise/op.h"

#include <errno.h>

#include "base/log.h"
#include "compose/supervise/job.h"
#include "compose/supervise/ops.h"
#include "compose/supervise/values.h"

/* ---- life ---- */

static void on_client_gone(struct request *r)
{
	op_cancel(r->ctx);
}

struct op *op_new(struct request *r)
{
	struct op *op = xcalloc(1, sizeof(*op));

	op->sup = r->sup;
	op->req = r;
	op->args = json_get(r->json, "args");
	op->project = json_get(op->args, "project");
	if (!json_is(op->project, JSON_OBJ))
		op->project = NULL;
	if (op->project)
		values_take(json_get(r->json, "args"));
	if (json_is(json_get(op->args, "timeout_s"), JSON_NUM)) {
		int64_t s = json_int(op->args, "timeout_s", 0);

		op->has_timeout = true;
		op->timeout_ns = s < 0 ? -1 : s * 1000000000LL;
	}
	op->is_dry = json_bool(op->args, "dry_run", false);
	op->code = 1;
	r->ctx = op;
	r->on_gone = on_client_gone;
	op->next_all = r->sup->ops;
	r->sup->ops = op;
	netc_hold(&r->sup->net);
	return op;
}

static void op_unlink(struct op *op)
{
	struct sup *s = op->sup;

	for (struct op **p = &s->ops; *p; p = &(*p)->next_all)
		if (*p == op) {
			*p = op->next_all;
			break;
		}
	for (struct op **p = &s->queue; *p; p = &(*p)->next_queued)
		if (*p == op) {
			*p = op->next_queued;
			break;
		}
	if (s->active == op)
		s->active = NULL;
}

static void on_timer_closed(uv_handle_t *h)
{
	free(h->data);
}

static void op_free(struct op *op)
{
	for (size_t i = 0; op->plan && i < op->plan->n_steps; i++) {
		free(op->steps[i].c_id);
		free(op->steps[i].seen);
	}
	free(op->steps);
	plan_free(op->plan);
	observed_done(&op->seen);
	err_free(op->error);
	if (op->has_timer)
		uv_close((uv_handle_t *)&op->wait_timer, on_timer_closed);
	else
		free(op);
}

/* Out of everybody's lists; the next one has its turn once the answer is on its way. */
static struct request *op_leave(struct op *op)
{
	struct request *r = op->req;

	op_unlink(op);
	r->on_gone = NULL;
	return r;
}

static void op_left(struct op *op)
{
	struct sup *s = op->sup;

	op_free(op);
	s->wants_trim = true;
	netc_release(&s->net);
	ops_next(s);
	sup_maybe_end(s);
}

void op_answer(struct op *op, struct json *result)
{
	request_finish(op_leave(op), result);
	op_left(op);
}

void op_fail(struct op *op, struct err *e)
{
	request_fail(op_leave(op), e, op->code);
	err_free(e);
	op_left(op);
}

/* ---- whose turn it is ---- */

static bool waits_for_ends(const struct op *op)
{
	for (size_t i = 0; i < op->plan->n_steps; i++)
		if (op->steps[i].status == STEP_RUNS && op->steps[i].step->kind != STEP_GATE)
			return true;
	return false;
}

static bool gives_way(const struct op *active, const struct op *next)
{
	if (!active->is_planned || active->n_busy || active->n_running == 0)
		return false;
	return next->is_stopper || !waits_for_ends(active);
}

static void enqueue(struct op *op)
{
	struct op **p = &op->sup->queue;

	if (op->is_queued)
		return;
	while (*p)
		p = &(*p)->next_queued;
	op->is_queued = true;
	op->next_queued = NULL;
	*p = op;
}

#define SAY_AFTER_MS 2000

/* Nobody waits for long without a word about whom for. */
static void on_still_queued(uv_timer_t *t)
{
	struct op *op = t->data;
	const struct op *first = op->sup->active;
	AUTO(mem) char *text = NULL;

	if (!op->is_queued || op->is_planned || !first)
		return;
	text = xasprintf("waiting for another command of project \"%s\" to finish: %s",
			 op->sup->project, json_str(first->req->json, "op", "?"));
	request_log(op->req, "info", text);
}

void op_timer(struct op *op, uv_timer_cb cb, uint64_t ms)
{
	if (!op->has_timer) {
		(void)uv_timer_init(&op->sup->loop, &op->wait_timer);
		op->wait_timer.data = op;
		op->has_timer = true;
	}
	uv_update_time(&op->sup->loop);
	(void)uv_timer_start(&op->wait_timer, cb, ms, 0);
}

static void turn(struct op *op);

void ops_next(struct sup *s)
{
	struct op *op = s->queue;

	if (!op)
		return;
	if (s->active && !gives_way(s->active, op)) {
		if (!op->is_planned && !op->has_timer)
			op_timer(op, on_still_queued, SAY_AFTER_MS);
		return;
	}
	s->queue = op->next_queued;
	op->is_queued = false;
	op->next_queued = NULL;
	s->active = op;
	turn(op);
}

void op_submit(struct op *op)
{
	enqueue(op);
	ops_next(op->sup);
}

void op_run_now(struct op *op)
{
	op->is_urgent = true;
	turn(op);
}

/* ---- observing and planning ---- */

struct observe_job {
	struct job job;
	struct op *op;
};

static void observe_work(struct job *j)
{
	struct op *op = ((struct observe_job *)j)->op;

	observe_files(&op->seen, op->sup->root, op->project);
}

static void show_notes(struct op *op)
{
	for (size_t i = 0; i < op->plan->n_notes; i++)
		request_log(op->req, op->plan->notes[i].level == PLAN_WARNING ? "warning" : "info",
			    op->plan->notes[i].text);
}

static void begin_all(struct op *op);

/* Once the first steps have begun, what the others have to wait for is no loss of time. Pumping, so that
 * the operation does not end in here. */
static void draft_steps(struct op *op)
{
	if (op->is_dry || (op->sup->active != op && !op->is_urgent))
		return;
	op->is_pumping = true;
	begin_all(op);
	for (size_t i = 0; i < op->plan->n_steps; i++)
		if (op->steps[i].status == STEP_WAITS)
			step_draft(&op->steps[i]);
	op->is_pumping = false;
}

static void start_steps(struct op *op)
{
	op->steps = xcalloc(op->plan->n_steps + 1, sizeof(*op->steps));
	for (size_t i = 0; i < op->plan->n_steps; i++) {
		op->steps[i].op = op;
		op->steps[i].step = &op->plan->steps[i];
	}
	op->is_planned = true;
	draft_steps(op);
	op_pump(op);
}

static void observe_done(struct job *j)
{
	struct op *op = ((struct observe_job *)j)->op;
	struct err *e = NULL;
	int r;

	free(j);
	op->sup->n_jobs--;
	observe_containers(&op->seen, op->sup);
	r = op->make_plan(op, &op->plan, &e);
	if (r < 0) {
		op_fail(op, e);
		return;
	}
	if (op->plan->n_questions) {
		struct json *result = json_new_obj();
		struct json *list = json_set(result, "questions", json_new_arr());

		for (size_t i = 0; i < op->plan->n_questions; i++)
			json_push_str(list, op->plan->questions[i]);
		op_answer(op, result);
		return;
	}
	show_notes(op);
	start_steps(op);
}

static void turn(struct op *op)
{
	struct observe_job *j;

	if (op->is_planned) {
		op_pump(op);
		return;
	}
	j = xcalloc(1, sizeof(*j));
	j->op = op;
	j->job.work = observe_work;
	j->job.done = observe_done;
	op->sup->n_jobs++;
	job_start(&op->sup->loop, &j->job);
}

/* ---- running ---- */

static bool has_ended(const struct run_step *rs)
{
	return rs->status == STEP_DONE || rs->status == STEP_FAILED || rs->status == STEP_SKIPPED;
}

enum readiness { NOT_YET, READY, NEVER };

static enum readiness readiness_of(const struct op *op, const struct run_step *rs)
{
	bool any_end_will_do = rs->step->kind == STEP_GATE && rs->step->is_optional;

	for (size_t i = 0; i < rs->step->n_needs; i++) {
		const struct run_step *need = &op->steps[rs->step->needs[i]];

		if (!has_ended(need))
			return NOT_YET;
		if (need->status != STEP_DONE && !any_end_will_do)
			return NEVER;
	}
	return READY;
}

/* After a cancellation only a recreation that has begun goes on: half of one helps nobody. */
static bool may_begin(const struct op *op, const struct run_step *rs)
{
	if (!op->is_cancelled)
		return true;
	return rs->step->is_silent && rs->step->n_needs > 0;
}

static bool begin_one(struct op *op, struct run_step *rs)
{
	enum readiness ready;

	if (rs->status != STEP_WAITS)
		return false;
	ready = readiness_of(op, rs);
	if (ready == NOT_YET && op->is_cancelled && !rs->step->is_silent)
		ready = NEVER;
	if (ready == NOT_YET)
		return false;
	if (ready == NEVER || !may_begin(op, rs)) {
		rs->status = STEP_SKIPPED;
		step_abandon(rs);
		return true;
	}
	rs->status = STEP_RUNS;
	op->n_running++;
	op->n_busy++;
	if (op->is_dry)
		step_pretend(rs);
	else
		step_run(rs);
	return true;
}

static void maybe_finish(struct op *op);

static void on_saved(struct waiter *w, struct container *c)
{
	(void)c;
	maybe_finish((struct op *)((char *)w - offsetof(struct op, end_waiter)));
}

static void finish(struct op *op)
{
	if (op->is_ending)
		waiter_del(op->sup, &op->end_waiter);
	if (op->error)
		op_fail(op, TAKE_PTR(op->error));
	else if (op->succeed)
		op->succeed(op);
	else
		op_answer(op, NULL);
}

static void save_rest(struct sup *s)
{
	struct map_entry *entry;

	MAP_EACH(entry, &s->containers) {
		struct container *c = entry->value;

		if (c->wants_save)
			container_save(c);
	}
}

/* "Done" is said when it is also true on disk. */
static void maybe_finish(struct op *op)
{
	save_rest(op->sup);
	if (op->sup->n_saving == 0) {
		finish(op);
		return;
	}
	if (op->is_ending)
		return;
	op->is_ending = true;
	op->end_waiter.on_change = on_saved;
	waiter_add(op->sup, &op->end_waiter);
}

static bool all_ended(const struct op *op)
{
	for (size_t i = 0; i < op->plan->n_steps; i++)
		if (!has_ended(&op->steps[i]))
			return false;
	return op->n_abandoned == 0;
}

static void begin_all(struct op *op)
{
	do {
		op->pump_again = false;
		for (size_t i = 0; i < op->plan->n_steps; i++)
			if (begin_one(op, &op->steps[i]))
				op->pump_again = true;
	} while (op->pump_again);
}

void op_pump(struct op *op)
{
	struct sup *s = op->sup;

	if (op->is_pumping || op->is_ending) {
		op->pump_again = true;
		return;
	}
	if (s->active != op && !op->is_urgent) {
		/* It had given way; now it has something to do again. */
		enqueue(op);
		ops_next(s);
		return;
	}
	op->is_pumping = true;
	begin_all(op);
	op->is_pumping = false;
	if (all_ended(op))
		maybe_finish(op);
	else
		ops_next(s);
}

void step_end(struct run_step *rs, struct err *e)
{
	struct op *op = rs->op;

	step_unwatch(rs);
	rs->status = e ? STEP_FAILED : STEP_DONE;
	op->n_running--;
	if (!rs->only_waits)
		op->n_busy--;
	if (e) {
		log_write(LOG_WARN, "project %s: %s %s: %s", op->sup->project,
			  step_kind_name(rs->step->kind), rs->step->target, err_text(e));
		if (op->error)
			err_free(e);
		else
			op->error = e;
	}
	op_pump(op);
}

void step_waits(struct run_step *rs, bool only_waits)
{
	if (rs->only_waits == only_waits)
		return;
	rs->only_waits = only_waits;
	if (only_waits)
		rs->op->n_busy--;
	else
		rs->op->n_busy++;
	if (only_waits && rs->op->sup->queue)
		ops_next(rs->op->sup);
}

void op_cancel(struct op *op)
{
	op->is_cancelled = true;
	if (!op->is_planned) {
		/* Not even begun, or observing: the end of that finds the flag. */
		if (op->is_queued) {
			struct err *e = NULL;

			(void)err_set(&e, ECANCELED, "the client went away");
			op_fail(op, e);
		}
		return;
	}
	op_give_up_gates(op);
}

/* Waiting for a condition serves nobody any more. */
void op_give_up_gates(struct op *op)
{
	bool was_pumping = op->is_pumping;

	/* The last one's end may end the operation: not before all have been told. */
	op->is_pumping = true;
	for (size_t i = 0; i < op->plan->n_steps; i++) {
		struct run_step *rs = &op->steps[i];
		struct err *e = NULL;

		if (rs->status != STEP_RUNS || rs->step->kind != STEP_GATE)
			continue;
		(void)err_set(&e, ECANCELED, "nobody waits any more");
		gate_give_up(rs, e);
	}
	op->is_pumping = was_pumping;
	op_pump(op);
}

/* ---- what steps say ---- */

char *step_subject(const struct step *s)
{
	switch (s->kind) {
	case STEP_NETWORK_CREATE:
	case STEP_NETWORK_REMOVE:
		return xasprintf("Network %s", s->target);
	case STEP_VOLUME_CREATE:
	case STEP_VOLUME_REMOVE:
		return xasprintf("Volume %s", s->target);
	default:
		return xasprintf("Container %s", s->target);
	}
}

void step_say(struct run_step *rs, const char *text, const char *status, const char *details)
{
	AUTO(mem) char *id = NULL;

	if (rs->op->is_silent)
		return;
	id = step_subject(rs->step);
	request_progress(rs->op->req, id, text, status, details);
}

void step_watch(struct run_step *rs, void (*on_change)(struct waiter *w, struct container *c))
{
	rs->waiter.on_change = on_change;
	if (rs->is_waiting)
		return;
	rs->is_waiting = true;
	waiter_add(rs->op->sup, &rs->waiter);
}

void step_unwatch(struct run_step *rs)
{
	if (!rs->is_waiting)
		return;
	rs->is_waiting = false;
	waiter_del(rs->op->sup, &rs->waiter);
}
