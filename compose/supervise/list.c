#include "compose/supervise/list.h"

#include "compose/supervise/job.h"
#include "compose/supervise/observe.h"
#include "compose/supervise/ops.h"
#include "volumes/volume.h"

void list_container(struct container *c, struct buf *out)
{
	AUTO(json) struct json *health = probe_json(c);

	c->rec.state = container_shown_state(c);
	record_show(&c->rec, out);
	if (health) {
		AUTO(mem) char *text = json_print(health, false);

		out->n--; /* the closing brace */
		buf_addf(out, ",\"health_check\":%s}", text);
	}
}

struct list_job {
	struct job job;
	struct request *r;
	const char *root, *project;
	struct json *networks, *volumes;
};

static void keep_ours(struct json **list, const char *project)
{
	struct json *ours = json_new_arr();

	JSON_EACH(o, *list)
		if (streq(json_str(json_get(o, "labels"), "com.docker.compose.project", NULL),
			  project))
			json_push(ours, json_dup(o));
	json_free(*list);
	*list = ours;
}

static void list_work(struct job *j)
{
	struct list_job *l = (struct list_job *)j;

	l->networks = observe_networks(l->root);
	if (volume_list(l->root, &l->volumes, NULL) < 0)
		l->volumes = json_new_arr();
	keep_ours(&l->networks, l->project);
	keep_ours(&l->volumes, l->project);
}

static void answer(struct request *r, const struct json *networks, const struct json *volumes)
{
	AUTO(buf) struct buf out = BUF_INIT;
	AUTO(mem) char *nets = json_print(networks, false);
	AUTO(mem) char *vols = json_print(volumes, false);
	struct map_entry *entry;

	buf_addstr(&out, "{\"containers\":[");
	MAP_EACH(entry, &r->sup->containers) {
		if (out.p[out.n - 1] != '[')
			buf_addch(&out, ',');
		list_container(entry->value, &out);
	}
	buf_addf(&out, "],\"networks\":%s,\"volumes\":%s}", nets, vols);
	request_finish_text(r, &out);
}

static void list_done(struct job *j)
{
	struct list_job *l = (struct list_job *)j;
	struct sup *s = l->r->sup;

	s->n_jobs--;
	answer(l->r, l->networks, l->volumes);
	json_free(l->networks);
	json_free(l->volumes);
	free(l);
	sup_maybe_end(s);
}

void op_list(struct request *r)
{
	struct list_job *l = xcalloc(1, sizeof(*l));

	l->r = r;
	l->root = r->sup->root;
	l->project = r->sup->project;
	l->job.work = list_work;
	l->job.done = list_done;
	r->sup->n_jobs++;
	job_start(&r->sup->loop, &l->job);
}
