/* Networks and volumes. */
#include <errno.h>

#include "compose/spoken.h"
#include "compose/plan/hash.h"
#include "compose/supervise/job.h"
#include "compose/supervise/op.h"
#include "compose/supervise/recover.h"
#include "volumes/volume.h"

#define LABEL(name) "com.docker.compose." name

static struct err *copy_error(const struct err *e)
{
	struct err *copy = NULL;

	(void)err_make(&copy, err_code(e), err_text(e), err_hint_text(e));
	return copy;
}

static void fail(struct run_step *rs, struct err *e)
{
	step_say(rs, "Error", "Error", err_text(e));
	step_end(rs, e);
}

/* The declaration's own labels and those by which everything is found again. */
static struct json *labels_of(const struct run_step *rs, const struct json *object,
			      const char *key_label, const char *hash)
{
	struct json *labels = json_new_obj();

	JSON_EACH(l, json_get(object, "labels"))
		json_set_str(labels, json_key(l), json_text(l) ? json_text(l) : "");
	json_set_str(labels, LABEL("project"), rs->op->sup->project);
	json_set_str(labels, key_label, rs->step->key);
	json_set_str(labels, LABEL("version"), COMPOSE_SPOKEN_VERSION);
	json_set_str(labels, LABEL("config-hash"), hash);
	return labels;
}

/* ---- networks ---- */

static void on_network_created(void *ctx, const struct json *reply, int *fds, size_t n_fds,
			       struct err *e)
{
	struct run_step *rs = ctx;

	(void)fds;
	(void)n_fds;
	JSON_EACH(w, json_get(reply, "warnings"))
		request_log(rs->op->req, "warning", json_text(w));
	if (e) {
		fail(rs, copy_error(e));
		return;
	}
	step_say(rs, "Created", "Done", NULL);
	step_end(rs, NULL);
}

void run_network_create(struct run_step *rs)
{
	static const char *const copied[] = { "driver",      "driver_opts", "internal",
					      "enable_ipv4", "enable_ipv6", "ipam",
					      "attachable" };
	const struct json *net = json_path(rs->op->project, "networks", rs->step->key, NULL);
	struct json *req = json_new_obj();
	char hash[65];

	network_hash(net, hash);
	json_set_str(req, "op", "network_create");
	json_set_str(req, "name", rs->step->target);
	json_set_str(req, "key", rs->step->key);
	json_set_str(req, "project", rs->op->sup->project);
	json_set_str(req, "hash", hash);
	for (size_t i = 0; i < ARRAY_LEN(copied); i++)
		if (json_get(net, copied[i]))
			json_set(req, copied[i], json_dup(json_get(net, copied[i])));
	json_set(req, "labels", labels_of(rs, net, LABEL("network"), hash));
	step_say(rs, "Creating", "Working", NULL);
	netc_call(&rs->op->sup->net, req, on_network_created, rs);
}

/* Others still use it: said, and no failure; except when it has to make room for its new version. */
static void on_network_removed(void *ctx, const struct json *reply, int *fds, size_t n_fds,
			       struct err *e)
{
	struct run_step *rs = ctx;

	(void)reply;
	(void)fds;
	(void)n_fds;
	if (e && err_code(e) == EBUSY && streq(rs->step->reason, "down"))
		step_say(rs, "Resource is still in use", "Warning", NULL);
	else if (e && err_code(e) == ENOENT)
		step_say(rs, "No resource found to remove", "Warning", NULL);
	else if (e) {
		fail(rs, copy_error(e));
		return;
	} else
		step_say(rs, "Removed", "Done", NULL);
	step_end(rs, NULL);
}

void run_network_remove(struct run_step *rs)
{
	struct json *req = json_new_obj();

	json_set_str(req, "op", "network_remove");
	json_set_str(req, "name", rs->step->target);
	step_say(rs, "Removing", "Working", NULL);
	/* What a crash may have left of containers long gone must not keep the network. */
	recover_networks(rs->op->sup);
	netc_call(&rs->op->sup->net, req, on_network_removed, rs);
}

/* ---- volumes ---- */

struct volume_job {
	struct job job;
	struct run_step *rs;
	const char *root;
	struct json *labels;
	char hash[65];
	bool removes;
};

static void volume_work(struct job *j)
{
	struct volume_job *v = (struct volume_job *)j;
	const struct step *s = v->rs->step;
	const struct json *decl = json_path(v->rs->op->project, "volumes", s->key, NULL);
	bool created;

	if (v->removes)
		j->r = volume_remove(v->root, s->target, &j->e);
	else
		j->r = volume_create(
			v->root,
			&(struct volume_spec){ .name = s->target,
					       .driver = json_str(decl, "driver", NULL),
					       .driver_opts = json_get(decl, "driver_opts"),
					       .labels = v->labels,
					       .hash = v->hash },
			&created, &j->e);
}

static void volume_done(struct job *j)
{
	struct volume_job *v = (struct volume_job *)j;
	struct run_step *rs = v->rs;
	bool removes = v->removes;
	struct err *e = j->e;
	int r = j->r;

	rs->op->sup->n_jobs--;
	json_free(v->labels);
	free(v);
	if (removes && (r == -EBUSY || r == -ENOENT)) {
		step_say(rs,
			 r == -EBUSY ? "Resource is still in use" : "No resource found to remove",
			 "Warning", NULL);
		err_free(e);
		e = NULL;
	} else if (r < 0) {
		fail(rs, e);
		return;
	} else {
		step_say(rs, removes ? "Removed" : "Created", "Done", NULL);
	}
	step_end(rs, e);
}

static struct volume_job *volume_begin(struct run_step *rs, bool removes)
{
	struct volume_job *v = xcalloc(1, sizeof(*v));

	v->job.work = volume_work;
	v->job.done = volume_done;
	v->rs = rs;
	v->root = rs->op->sup->root;
	v->removes = removes;
	rs->op->sup->n_jobs++;
	step_say(rs, removes ? "Removing" : "Creating", "Working", NULL);
	return v;
}

void run_volume_create(struct run_step *rs)
{
	const struct json *decl = json_path(rs->op->project, "volumes", rs->step->key, NULL);
	struct volume_job *v = volume_begin(rs, false);

	volume_hash(decl, v->hash);
	v->labels = labels_of(rs, decl, LABEL("volume"), v->hash);
	job_start(&rs->op->sup->loop, &v->job);
}

void run_volume_remove(struct run_step *rs)
{
	job_start(&rs->op->sup->loop, &volume_begin(rs, true)->job);
}
