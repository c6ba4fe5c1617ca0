/*
 * Normally every directory below containers/ has a record, and either a shim answers for it or it has
 * ended and exit.json says how. What was being created is undone, what was being removed is removed, a
 * stop that was asked for is still a stop. The successor of a replaced container keeps its temporary name
 * only as long as the old one is there.
 */
#include "compose/supervise/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "base/log.h"
#include "compose/supervise/bundle.h"
#include "compose/supervise/create.h"
#include "compose/supervise/job.h"
#include "compose/supervise/orphan.h"
#include "compose/supervise/place.h"
#include "runtime/runtime.h"
#include "volumes/volume.h"

#define ANSWER_MS 2000

struct recovery {
	struct job job;
	struct sup *sup;
	void (*done)(struct sup *s);
	uv_timer_t timer;
	bool is_over;
};

/* ---- one directory ---- */

static void remove_record(struct sup *s, struct record *rec, const char *bundle, bool with_volumes)
{
	AUTO(mem) char *run_dir = place_container_run(rec->id);
	AUTO(err) struct err *e = NULL;
	struct json *req = json_new_obj();

	json_set_str(req, "op", "detach");
	json_set_str(req, "container", rec->id);
	json_set_bool(req, "keep_lease", false);
	netc_call(&s->net, req, NULL, NULL);
	if (bundle_remove(&(struct bundle_removal){ .root = s->root,
						    .id = rec->id,
						    .bundle = bundle,
						    .run_dir = run_dir,
						    .volumes = &rec->volumes,
						    .anonymous = &rec->anonymous,
						    .with_volumes = with_volumes },
			  &e) < 0)
		log_write(LOG_ERROR, "project %s: remove what is left of %s: %s", s->project,
			  rec->name, err_text(e));
}

/* A directory without a record: its creation did not get far. */
static void remove_bare(struct sup *s, const char *name)
{
	AUTO(fd) int dir = open(s->containers_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(err) struct err *e = NULL;

	if (dir >= 0 && tree_remove(dir, name, &e) < 0)
		log_write(LOG_ERROR, "project %s: remove what is left of %s: %s", s->project, name,
			  err_text(e));
}

/* A record that cannot be read is kept for people, and the one of the creation takes its place at once: a
 * bundle without a record is one that was being made. */
static void fall_back(const char *bundle)
{
	AUTO(mem) char *record = xasprintf("%s/" RECORD_FILE, bundle);
	AUTO(mem) char *origin = xasprintf("%s/" RECORD_ORIGIN, bundle);
	AUTO(mem) char *next = xasprintf("%s.next", record);

	for (int i = 1; i < 1000; i++) {
		AUTO(mem) char *bad = xasprintf("%s.bad-%d", record, i);

		if (link(record, bad) < 0) {
			if (errno == EEXIST)
				continue;
			break;
		}
		if ((link(origin, next) < 0 && errno != EEXIST) || rename(next, record) < 0)
			break;
		(void)unlink(next); /* still there when both names were the same file */
		log_write(LOG_ERROR, "%s cannot be read, kept as %s", record, bad);
		return;
	}
	log_write(LOG_ERROR, "%s cannot be read: %s", record, strerror(errno));
}

/* Its exit as the shim wrote it down. False: nobody knows. */
static bool read_exit(struct record *r)
{
	AUTO(mem) char *path = xasprintf("%s/" SHIM_EXIT_NAME, r->bundle);
	AUTO(json) struct json *j = NULL;
	const char *when;

	if (json_parse_file(AT_FDCWD, path, 65536, &j, NULL) < 0)
		return false;
	r->exit_code = (int)json_int(j, "code", 255);
	r->oom = json_bool(j, "oom", false);
	when = json_str(j, "started", "");
	if (*when)
		(void)time_parse_rfc3339(when, &r->started_ns);
	when = json_str(j, "finished", "");
	if (*when)
		(void)time_parse_rfc3339(when, &r->finished_ns);
	return true;
}

/* It ended while nobody looked: what would have happened happens now. */
static void answered(struct container *c)
{
	if (!c->is_recovering)
		return;
	c->is_recovering = false;
	c->sup->n_recovering--;
	if (c->sup->n_recovering == 0 && c->sup->on_recovered)
		c->sup->on_recovered(c->sup);
}

static void ended_meanwhile(struct container *c)
{
	bool same_boot = streq(c->rec.boot_id, c->sup->boot_id);
	bool was_up = c->rec.was_up;
	bool known = read_exit(&c->rec);
	bool again;

	/* Its addresses may still be kept for the next start; giving back what is not there is fine. */
	c->has_lease = c->rec.networks.n > 0;
	if (!was_up || (!c->rec.started_ns && !known)) {
		c->state = c->rec.started_ns ? CT_EXITED : CT_CREATED;
		c->rec.was_up = false;
		return;
	}
	if (!known) {
		c->rec.exit_code = 255;
		c->rec.finished_ns = clock_wall_ns();
	}
	c->is_attached = true; /* its addresses are still taken */
	c->state = CT_RUNNING;
	c->rec.pid = 0;
	if (same_boot) {
		container_feed(c, EV_EXIT);
		return;
	}
	again = policy_at_boot(&c->rec.policy, was_up, c->rec.by_user);
	c->state = CT_EXITED;
	launch_settle(c);
	c->rec.was_up = false;
	if (again)
		container_feed(c, EV_START);
	else
		container_save(c);
}

/* Our predecessor and the shim died together while the container was being made. */
static bool left_behind(const struct container *c)
{
	AUTO(mem) char *path = xasprintf("%s/" RUNTIME_STATE_NAME, c->run_dir);

	return !c->rec.was_up && access(path, F_OK) == 0;
}

static void after_discard(struct container *c, int code)
{
	(void)code;
	ended_meanwhile(c);
	answered(c);
}

static void adopt(struct container *c)
{
	AUTO(err) struct err *e = NULL;

	if (shimc_connect(&c->shim, &c->sup->loop, c->run_dir, &e) == 0) {
		c->state = CT_STARTING;
		c->is_recovering = true;
		c->sup->n_recovering++;
		c->is_attached = c->rec.networks.n > 0;
		(void)shimc_give(&c->shim);
		(void)shimc_query(&c->shim);
		return;
	}
	/* The shim is gone; the container may not be. */
	if (c->rec.was_up && c->rec.pid > 0) {
		int pidfd = orphan_find(c->rec.id, c->rec.pid);

		if (pidfd >= 0) {
			c->state = CT_RUNNING;
			c->is_attached = c->rec.networks.n > 0;
			orphan_watch(c, pidfd);
			return;
		}
	}
	if (!left_behind(c)) {
		ended_meanwhile(c);
		return;
	}
	c->state = CT_STARTING;
	c->is_recovering = true;
	c->sup->n_recovering++;
	orphan_discard(c, 0, after_discard);
}

static bool finish_intent(struct sup *s, struct record *rec, const char *bundle)
{
	AUTO(mem) char *intent = intent_read(bundle);

	if (streq(intent, "stop"))
		rec->by_user = true;
	if (!intent || streq(intent, "stop"))
		return false;
	remove_record(s, rec, bundle, streq(intent, "remove volumes"));
	record_done(rec);
	return true;
}

/* Its making, or its removal, came to an end in the middle. */
static void remove_half(struct sup *s, const char *name, const char *bundle, const char *origin)
{
	struct record rec = { 0 };

	if (record_load(AT_FDCWD, origin, &rec, NULL) < 0) {
		remove_bare(s, name);
		return;
	}
	remove_record(s, &rec, bundle, /* with_volumes= */ true);
	record_done(&rec);
}

static void recover_one(struct sup *s, const char *name)
{
	AUTO(mem) char *bundle = xasprintf("%s/%s", s->containers_dir, name);
	AUTO(mem) char *path = xasprintf("%s/" RECORD_FILE, bundle);
	AUTO(mem) char *origin = xasprintf("%s/" RECORD_ORIGIN, bundle);
	AUTO(err) struct err *e = NULL;
	struct record rec = { 0 };
	int r = record_load(AT_FDCWD, path, &rec, &e);

	if (r == -ENOENT) {
		remove_half(s, name, bundle, origin);
		return;
	}
	if (r < 0) {
		fall_back(bundle);
		r = record_load(AT_FDCWD, origin, &rec, NULL);
		rec.was_up =
			true; /* nobody knows: what runs, runs, and what ended is asked about */
	}
	if (r < 0)
		return;
	/* A rename of the directory that was not followed by one of the record. */
	if (!streq(rec.bundle, bundle))
		record_rename(&rec, name, bundle);
	if (!finish_intent(s, &rec, bundle))
		adopt(container_new(s, &rec, CT_EXITED));
}

/* ---- half-made recreations ---- */

static bool is_temporary(const char *name)
{
	return strlen(name) > 13 && strspn(name, "0123456789abcdef") >= 12 && name[12] == '_';
}

static struct container *by_id_prefix(struct sup *s, const char *prefix)
{
	struct map_entry *entry;

	MAP_EACH(entry, &s->containers) {
		struct container *c = entry->value;

		if (strncmp(c->rec.id, prefix, 12) == 0)
			return c;
	}
	return NULL;
}

static void finish_name(struct sup *s, struct container *c)
{
	const char *final = c->rec.name + 13;
	AUTO(mem) char *to = xasprintf("%s/%s", s->containers_dir, final);
	AUTO(json) struct json *doc = create_doc_of(c);
	AUTO(err) struct err *e = NULL;

	if (bundle_rename(&(struct bundle_rename){ .root = s->root,
						   .id = c->rec.id,
						   .from = c->rec.bundle,
						   .to = to,
						   .run_dir = c->run_dir,
						   .has_netns = c->rec.has_netns },
			  doc, &e) < 0) {
		log_write(LOG_ERROR, "project %s: %s", s->project, err_text(e));
		return;
	}
	{
		AUTO(mem) char *name = xstrdup(final);

		record_rename(&c->rec, name, to);
	}
	container_save(c);
}

static void finish_recreations(struct sup *s)
{
	struct map_entry *entry;

	MAP_EACH(entry, &s->containers) {
		struct container *c = entry->value;

		if (!is_temporary(c->rec.name) || container_is_up(c))
			continue;
		if (by_id_prefix(s, c->rec.name)) {
			remove_record(s, &c->rec, c->rec.bundle, false);
			container_forget(c);
		} else {
			finish_name(s, c);
		}
	}
}

/* ---- answers ---- */

void recover_state(struct container *c, const struct shim_state *st)
{
	enum health_status health = c->rec.health;

	if (!c->is_recovering)
		return;
	c->rec.pid = st->pid;
	if (st->phase == SHIM_PHASE_RUNNING) {
		c->rec.started_ns = st->started_ns ? st->started_ns : c->rec.started_ns;
		c->rec.was_up = true;
		c->state = CT_RUNNING;
		c->up_mono_ns = clock_mono_ns() - (clock_wall_ns() - c->rec.started_ns);
		probe_adopt(c, health);
		if (c->rec.by_user)
			container_stop(c, c->rec.grace_ns); /* the stop that was under way */
	} else if (c->rec.oneoff && st->phase != SHIM_PHASE_EXITED) {
		/* Held for a client that is gone with our predecessor. */
		c->is_held = true;
		container_stop(c, 0);
		(void)shimc_kill(&c->shim, 9);
	}
	/* Our predecessor may have died before it could say so; the shim takes it once. */
	if (!c->rec.oneoff &&
	    (st->phase == SHIM_PHASE_CREATED || st->phase == SHIM_PHASE_CREATING))
		(void)shimc_start(&c->shim);
	/* "started", "failed" or "exited" is on its way. */
	container_save(c);
	answered(c);
}

static void start_failed(struct container *c, int code)
{
	(void)code;
	err_free(c->failure);
	c->failure = NULL;
	(void)err_set(&c->failure, EPIPE, "the shim died");
	container_feed(c, EV_FAIL);
}

void recover_lost(struct container *c, int pidfd)
{
	bool was_recovering = c->is_recovering;

	if (pidfd < 0)
		pidfd = orphan_find(c->rec.id, c->rec.pid);
	if (was_recovering && pidfd < 0) {
		orphan_discard(c, 0, after_discard);
		return;
	}
	if (was_recovering && c->rec.was_up)
		c->state = CT_RUNNING;
	if (c->state == CT_STARTING || c->state == CT_RELAUNCHING || c->state == CT_DOOMED) {
		fd_close(&pidfd);
		orphan_discard(c, 0, start_failed);
	} else {
		orphan_watch(c, pidfd);
	}
	answered(c);
}

/* ---- all of it ---- */

static void on_timer_closed(uv_handle_t *h)
{
	free(h->data);
}

static void over(struct sup *s)
{
	struct recovery *v = s->recovery;

	if (v->is_over)
		return;
	v->is_over = true;
	s->on_recovered = NULL;
	finish_recreations(s);
	uv_close((uv_handle_t *)&v->timer, on_timer_closed);
	s->recovery = NULL;
	v->done(s);
}

static void on_late(uv_timer_t *t)
{
	struct recovery *v = t->data;

	log_write(LOG_WARN, "project %s: %u shims do not answer", v->sup->project,
		  v->sup->n_recovering);
	over(v->sup);
}

void recover_networks(struct sup *s)
{
	struct json *req = json_new_obj();
	struct json *alive = json_set(req, "alive", json_new_arr());
	struct map_entry *entry;

	json_set_str(req, "op", "sweep");
	json_set_str(req, "project", s->project);
	MAP_EACH(entry, &s->containers)
		json_push_str(alive, ((struct container *)entry->value)->rec.id);
	netc_call(&s->net, req, NULL, NULL);
}

struct sweep_job {
	struct job job;
	struct sup *sup;
};

static void sweep_work(struct job *j)
{
	j->r = volume_sweep(((struct sweep_job *)j)->sup->root, &j->e);
}

static void sweep_done(struct job *j)
{
	struct sup *s = ((struct sweep_job *)j)->sup;

	if (j->r < 0)
		log_write(LOG_WARN, "project %s: %s", s->project, err_text(j->e));
	err_free(j->e);
	free(j);
	s->n_jobs--;
	sup_maybe_end(s);
}

/* Volumes somebody was making or removing when he died. */
static void sweep_volumes(struct sup *s)
{
	struct sweep_job *k = xcalloc(1, sizeof(*k));

	k->job.work = sweep_work;
	k->job.done = sweep_done;
	k->sup = s;
	s->n_jobs++;
	job_start(&s->loop, &k->job);
}

void recover_all(struct sup *s, void (*done)(struct sup *s))
{
	struct recovery *v = xcalloc(1, sizeof(*v));
	AUTO(strv) struct strv names = STRV_INIT;

	v->sup = s;
	v->done = done;
	v->timer.data = v;
	(void)uv_timer_init(&s->loop, &v->timer);
	s->recovery = v;
	if (dir_list(AT_FDCWD, s->containers_dir, &names, NULL) < 0)
		names.n = 0;
	sweep_volumes(s);
	netc_hold(&s->net);
	for (size_t i = 0; i < names.n; i++)
		recover_one(s, names.v[i]);
	if (names.n)
		recover_networks(s);
	netc_release(&s->net);
	s->on_recovered = over;
	if (s->n_recovering == 0)
		over(s);
	else
		(void)uv_timer_start(&v->timer, on_late, ANSWER_MS, 0);
}
