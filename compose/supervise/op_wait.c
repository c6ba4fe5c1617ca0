/* wait: until containers have ended; an event per exit. */
#include <errno.h>

#include "compose/supervise/container.h"
#include "compose/supervise/ops.h"

struct waiting {
	struct waiter waiter;
	struct request *r;
	struct json *codes; /* id -> exit code, as they come */
	bool first_only;
};

static void waiting_end(struct waiting *w)
{
	struct request *r = w->r;
	struct json *result = json_new_obj();

	waiter_del(r->sup, &w->waiter);
	json_set(result, "codes", w->codes);
	free(w);
	r->on_gone = NULL;
	request_finish(r, result);
}

/* A container that is gone counts as ended with what was last known. */
static bool has_ended(const struct container *c)
{
	/* One that removes itself is waited for until nothing of it is left. */
	if (c->rec.auto_remove)
		return c->is_gone;
	return c->is_gone || c->state == CT_EXITED || c->state == CT_REMOVING ||
	       c->state == CT_CREATED;
}

static void note(struct waiting *w, const char *id, int code)
{
	AUTO(json) struct json *ev = NULL;

	if (json_get(w->codes, id))
		return;
	json_set_int(w->codes, id, code);
	ev = json_new_obj();
	json_set_str(ev, "wait", id);
	json_set_int(ev, "exit_code", code);
	request_event(w->r, ev);
}

static const struct json *ids_of(const struct waiting *w)
{
	return json_path(w->r->json, "args", "ids", NULL);
}

static void look(struct waiting *w)
{
	JSON_EACH(id, ids_of(w)) {
		struct container *c = container_by_id(w->r->sup, json_text(id));

		if (json_text(id) && (!c || has_ended(c)))
			note(w, json_text(id), c ? c->rec.exit_code : 0);
	}
	if (json_len(w->codes) >= json_len(ids_of(w)) || (w->first_only && json_len(w->codes)))
		waiting_end(w);
}

static void on_change(struct waiter *waiter, struct container *c)
{
	struct waiting *w = (struct waiting *)waiter;

	if (!has_ended(c))
		return;
	JSON_EACH(id, ids_of(w))
		if (streq(json_text(id), c->rec.id)) {
			note(w, c->rec.id, c->rec.exit_code);
			look(w);
			return;
		}
}

static void on_gone(struct request *r)
{
	struct waiting *w = r->ctx;

	waiter_del(r->sup, &w->waiter);
	json_free(w->codes);
	free(w);
	json_free(r->json);
	free(r);
}

void op_wait(struct request *r)
{
	struct waiting *w = xcalloc(1, sizeof(*w));

	w->r = r;
	w->codes = json_new_obj();
	w->first_only = json_bool(json_get(r->json, "args"), "first", false);
	w->waiter.on_change = on_change;
	r->ctx = w;
	r->on_gone = on_gone;
	waiter_add(r->sup, &w->waiter);
	look(w);
}
