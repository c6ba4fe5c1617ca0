/*
 * Making a container: the bundle in the pool, then it is the supervisor's. Renaming the replacement of a
 * removed one.
 */
#include <errno.h>
#include <fcntl.h>

#include "base/rand.h"
#include "compose/plan/hash.h"
#include "compose/supervise/bundle.h"
#include "compose/supervise/create.h"
#include "compose/supervise/events.h"
#include "compose/supervise/job.h"
#include "compose/supervise/op.h"
#include "compose/supervise/place.h"

enum wish { WISH_OPEN, WISH_COMMIT, WISH_ABANDON };

struct create {
	struct job job;
	struct sup *sup;
	struct bundle_request q;
	struct json *inherited, *from; /* owned copies of what q borrows */
	bool is_drafted;               /* well or not: then the job's e says why */
	enum wish wish;
	create_fn done;
	void (*abandoned)(void *ctx);
	void *ctx;
};

struct json *create_mounts_of(const struct container *c)
{
	AUTO(buf) struct buf text = BUF_INIT;
	AUTO(json) struct json *shown = NULL;

	buf_addf(&text, "{%s}", c->rec.pub);
	if (json_parse(text.p, text.n, &shown, NULL) < 0)
		return NULL;
	return json_dup(json_get(shown, "mounts"));
}

/* volumes_from: "db:ro", "container:x" -> the mounts of that container. */
static struct json *donors_of(const struct sup *s, const struct json *service, int number)
{
	struct json *from = json_new_obj();

	JSON_EACH(v, json_get(service, "volumes_from")) {
		const char *text = json_text(v) ? json_text(v) : "";
		AUTO(mem) char *name = xstrdup(text);
		AUTO(mem) char *value = NULL;
		struct container *donor;
		struct json *mounts;

		if (ends_with(name, ":ro") || ends_with(name, ":rw"))
			name[strlen(name) - 3] = '\0';
		value = starts_with(name, "container:") ? xstrdup(name)
							: xasprintf("service:%s", name);
		donor = container_donor(s, value, number);
		mounts = donor ? create_mounts_of(donor) : NULL;
		if (mounts)
			json_set(from, name, mounts);
	}
	return from;
}

static void create_free(struct create *k)
{
	bundle_request_done(&k->q);
	json_free(k->inherited);
	json_free(k->from);
	free(k);
}

static void commit(struct create *k)
{
	struct container *c = NULL;
	struct err *e = k->job.e;

	if (k->job.r == 0 && bundle_commit(&k->q, &e) == 0) {
		c = container_new(k->sup, &k->q.record, CT_CREATED);
		c->wants_save = true;
		events_emit(c, "create", NULL);
	} else if (k->job.r == 0) {
		bundle_undo(&k->q);
	}
	k->done(k->ctx, c, e);
	create_free(k);
}

static void undo_work(struct job *j)
{
	struct create *k = (struct create *)j;

	if (j->r == 0)
		bundle_undo(&k->q);
}

static void undo_done(struct job *j)
{
	struct create *k = (struct create *)j;

	k->sup->n_jobs--;
	err_free(j->e);
	k->abandoned(k->ctx);
	create_free(k);
}

static void undo(struct create *k)
{
	k->job.work = undo_work;
	k->job.done = undo_done;
	k->sup->n_jobs++;
	job_start(&k->sup->loop, &k->job);
}

static void draft_work(struct job *j)
{
	struct create *k = (struct create *)j;

	j->r = bundle_draft(&k->q, &j->e);
}

static void draft_done(struct job *j)
{
	struct create *k = (struct create *)j;

	k->sup->n_jobs--;
	k->is_drafted = true;
	if (k->wish == WISH_COMMIT)
		commit(k);
	else if (k->wish == WISH_ABANDON)
		undo(k);
}

struct create *create_draft(struct sup *s, const struct create_spec *spec)
{
	struct create *k = xcalloc(1, sizeof(*k));
	struct bundle_request *q = &k->q;
	char id[65];

	rand_hex(id, 32);
	k->job.work = draft_work;
	k->job.done = draft_done;
	k->sup = s;
	k->inherited = spec->inherited;
	k->from = donors_of(s, spec->service, spec->number);
	q->root = s->root;
	q->run = s->run;
	q->project = spec->project;
	q->service = spec->service;
	q->inherited = k->inherited;
	q->from = k->from;
	q->args = spec->args;
	q->image = spec->image;
	q->values = json_get(spec->args, "values");
	q->id = xstrdup(id);
	q->name = xstrdup(spec->name);
	q->bundle = xasprintf("%s/%s", s->containers_dir, spec->name);
	q->run_dir = place_container_run(id);
	q->service_name = xstrdup(spec->service_name);
	q->replaces = xstrdup(spec->replaces);
	q->number = spec->number;
	q->oneoff = spec->oneoff;
	q->auto_remove = spec->auto_remove;
	q->use_aliases = spec->use_aliases;
	service_hash(spec->service, q->config_hash);
	s->n_jobs++;
	job_start(&s->loop, &k->job);
	return k;
}

void create_commit(struct create *k, create_fn done, void *ctx)
{
	k->wish = WISH_COMMIT;
	k->done = done;
	k->ctx = ctx;
	if (k->is_drafted)
		commit(k);
}

void create_abandon(struct create *k, void (*done)(void *ctx), void *ctx)
{
	k->wish = WISH_ABANDON;
	k->abandoned = done;
	k->ctx = ctx;
	if (k->is_drafted)
		undo(k);
}

void create_begin(struct sup *s, const struct create_spec *spec, create_fn done, void *ctx)
{
	create_commit(create_draft(s, spec), done, ctx);
}

/* ---- the step ---- */

static void on_created(void *ctx, struct container *c, struct err *e)
{
	struct run_step *rs = ctx;

	(void)c;
	if (e)
		step_say(rs, "Error", "Error", err_text(e));
	else if (!rs->step->replaces)
		step_say(rs, "Created", "Done", NULL);
	step_end(rs, e);
}

/* -V: the replacement gets anonymous volumes of its own. */
static struct json *inherited_of(const struct run_step *rs)
{
	struct container *old = container_by_id(rs->op->sup, rs->step->replaces);

	if (!old || json_bool(rs->op->args, "renew_anon_volumes", false))
		return NULL;
	return create_mounts_of(old);
}

static const char *name_of(const struct step *s)
{
	return s->temporary ? s->temporary : s->target;
}

static struct create *draft(struct run_step *rs)
{
	const struct step *s = rs->step;
	struct op *op = rs->op;
	AUTO(mem) char *replaced = s->replaces ? xasprintf("%s-%d", s->service, s->number) : NULL;

	return create_draft(op->sup,
			    &(struct create_spec){
				    .project = op->project,
				    .service = json_path(op->project, "services", s->service, NULL),
				    .service_name = s->service,
				    .name = name_of(s),
				    .number = s->number,
				    .replaces = replaced,
				    .inherited = inherited_of(rs),
				    .args = op->args,
				    .image = observed_image(&op->seen, s->service) });
}

void run_create(struct run_step *rs)
{
	const struct step *s = rs->step;
	struct create *k = TAKE_PTR(rs->draft);
	struct err *e = NULL;

	step_say(rs, s->replaces ? "Recreate" : "Creating", "Working", NULL);
	if (!k && container_by_name(rs->op->sup, name_of(s))) {
		(void)err_set(&e, EEXIST, "Conflict. The container name \"/%s\" is already in use",
			      name_of(s));
		on_created(rs, NULL, e);
		return;
	}
	create_commit(k ? k : draft(rs), on_created, rs);
}

void step_draft(struct run_step *rs)
{
	const struct step *s = rs->step;

	if (s->kind != STEP_CREATE || s->replaces || container_by_name(rs->op->sup, name_of(s)) ||
	    json_len(json_path(rs->op->project, "services", s->service, "volumes_from", NULL)))
		return;
	/* Networks are not looked at before the start. */
	for (size_t i = 0; i < s->n_needs; i++) {
		const struct run_step *need = &rs->op->steps[s->needs[i]];

		if (need->status != STEP_DONE && need->step->kind != STEP_NETWORK_CREATE &&
		    need->step->kind != STEP_CREATE)
			return;
	}
	rs->draft = draft(rs);
}

static void on_abandoned(void *ctx)
{
	struct op *op = ctx;

	op->n_abandoned--;
	op_pump(op);
}

void step_abandon(struct run_step *rs)
{
	if (!rs->draft)
		return;
	rs->op->n_abandoned++;
	create_abandon(TAKE_PTR(rs->draft), on_abandoned, rs->op);
}

/* ---- renaming ---- */

struct rename_job {
	struct job job;
	struct run_step *rs;
	struct container *c;
	struct bundle_rename n;
	struct json *doc;
	char *from, *to;
};

static void rename_work(struct job *j)
{
	struct rename_job *k = (struct rename_job *)j;

	j->r = bundle_rename(&k->n, k->doc, &j->e);
}

static void rename_done(struct job *j)
{
	struct rename_job *k = (struct rename_job *)j;
	struct run_step *rs = k->rs;
	struct container *c = k->c;
	struct err *e = j->e;

	rs->op->sup->n_jobs--;
	if (j->r == 0) {
		record_rename(&c->rec, rs->step->target, k->to);
		container_save(c);
		events_emit(c, "rename", NULL);
		step_say(rs, "Recreated", "Done", NULL);
	} else {
		step_say(rs, "Error", "Error", err_text(e));
	}
	json_free(k->doc);
	free(k->from);
	free(k->to);
	free(k);
	step_end(rs, e);
}

struct json *create_doc_of(const struct container *c)
{
	AUTO(buf) struct buf text = BUF_INIT;
	struct json *doc = NULL;

	record_print(&c->rec, &text);
	(void)json_parse(text.p, text.n, &doc, NULL);
	return doc;
}

static void create_rename(struct run_step *rs, struct container *c, const char *name)
{
	struct rename_job *k = xcalloc(1, sizeof(*k));
	struct sup *s = c->sup;

	k->job.work = rename_work;
	k->job.done = rename_done;
	k->rs = rs;
	k->c = c;
	k->doc = create_doc_of(c);
	k->from = xstrdup(c->rec.bundle);
	k->to = xasprintf("%s/%s", s->containers_dir, name);
	k->n = (struct bundle_rename){ .root = s->root,
				       .id = c->rec.id,
				       .from = k->from,
				       .to = k->to,
				       .run_dir = c->run_dir,
				       .has_netns = c->rec.has_netns };
	s->n_jobs++;
	job_start(&s->loop, &k->job);
}

/* A write of the record in flight would land beside the directory: it has to end first. */
static void on_rename_change(struct waiter *w, struct container *c)
{
	struct run_step *rs = step_of_waiter(w);

	if (c != rs->c || c->is_saving)
		return;
	step_unwatch(rs);
	create_rename(rs, c, rs->step->target);
}

void run_rename(struct run_step *rs)
{
	struct container *c = container_by_name(rs->op->sup, rs->step->temporary);
	struct err *e = NULL;

	if (!c) {
		(void)err_set(&e, ENOENT, "No such container: %s", rs->step->temporary);
		step_end(rs, e);
		return;
	}
	rs->c = c;
	step_watch(rs, on_rename_change);
	on_rename_change(&rs->waiter, c);
}
