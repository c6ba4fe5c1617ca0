/* Removing a container that does not run: addresses, directory, volumes, then the record. */
#include <errno.h>

#include "base/log.h"
#include "compose/supervise/bundle.h"
#include "compose/supervise/events.h"
#include "compose/supervise/job.h"
#include "compose/supervise/op.h"
#include "compose/supervise/remove.h"

struct remove_job {
	struct job job;
	struct container *c;
	struct strv volumes, anonymous;
	bool with_volumes;
	remove_fn done;
	void *ctx;
};

static void remove_work(struct job *j)
{
	struct remove_job *k = (struct remove_job *)j;
	const struct container *c = k->c;

	/* id, bundle and run_dir do not change while the container is in CT_REMOVING. */
	j->r = bundle_remove(&(struct bundle_removal){ .root = c->sup->root,
						       .id = c->rec.id,
						       .bundle = c->rec.bundle,
						       .run_dir = c->run_dir,
						       .volumes = &k->volumes,
						       .anonymous = &k->anonymous,
						       .with_volumes = k->with_volumes },
			     &j->e);
}

static void remove_done(struct job *j)
{
	struct remove_job *k = (struct remove_job *)j;
	struct container *c = k->c;

	c->sup->n_jobs--;
	if (j->r == 0) {
		events_emit(c, "destroy", NULL);
		container_forget(c);
	} else {
		c->state = CT_EXITED; /* still there: the next attempt begins anew */
	}
	k->done(k->ctx, j->e);
	strv_done(&k->volumes);
	strv_done(&k->anonymous);
	free(k);
	container_changed(c);
}

static void begin(struct remove_job *k)
{
	job_start(&k->c->sup->loop, &k->job);
}

void remove_begin(struct container *c, bool with_volumes, remove_fn done, void *ctx)
{
	struct remove_job *k = xcalloc(1, sizeof(*k));
	AUTO(err) struct err *e = NULL;

	if (intent_write(c->rec.bundle, with_volumes ? "remove volumes" : "remove", &e) < 0)
		log_write(LOG_WARN, "container %s: %s", c->rec.name, err_text(e));
	launch_forget(c);
	for (size_t i = 0; i < c->rec.volumes.n; i++)
		strv_add(&k->volumes, c->rec.volumes.v[i]);
	for (size_t i = 0; i < c->rec.anonymous.n; i++)
		strv_add(&k->anonymous, c->rec.anonymous.v[i]);
	k->job.work = remove_work;
	k->job.done = remove_done;
	k->c = c;
	k->with_volumes = with_volumes;
	k->done = done;
	k->ctx = ctx;
	c->sup->n_jobs++;
	begin(k);
}

/* ---- the step ---- */

static void on_removed(void *ctx, struct err *e)
{
	struct run_step *rs = ctx;

	if (e)
		step_say(rs, "Error", "Error", err_text(e));
	else if (!rs->step->is_silent)
		step_say(rs, "Removed", "Done", NULL);
	step_end(rs, e);
}

/* A write of container.json in flight could bring the directory back half removed. */
static void on_change(struct waiter *w, struct container *c)
{
	struct run_step *rs = step_of_waiter(w);

	if (c != rs->c || c->is_saving)
		return;
	step_unwatch(rs);
	remove_begin(c, rs->step->with_volumes, on_removed, rs);
}

void run_remove(struct run_step *rs)
{
	struct container *c = container_by_id(rs->op->sup, rs->step->id);
	struct err *e = NULL;

	if (!rs->step->is_silent)
		step_say(rs, "Removing", "Working", NULL);
	if (!c) {
		on_removed(rs, NULL);
		return;
	}
	if (container_is_up(c)) {
		(void)err_set(&e, EBUSY,
			      "cannot remove container \"%s\": container is running: stop the "
			      "container before removing or force remove",
			      c->rec.name);
		on_removed(rs, e);
		return;
	}
	container_feed(c, EV_REMOVE);
	rs->c = c;
	step_watch(rs, on_change);
	on_change(&rs->waiter, c);
}
