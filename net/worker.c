#include "net/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "net/nl.h"

static const struct {
	const char *name;
	op_fn *run;
	bool changes;
} ops[] = {
	{ "network_create", op_network_create, true },
	{ "network_remove", op_network_remove, true },
	{ "network_inspect", op_network_inspect, false },
	{ "attach", op_attach, true },
	{ "detach", op_detach, true },
	{ "sweep", op_sweep, true },
};

int worker_open(const char *root, struct worker *w, struct err **e)
{
	int r;

	*w = (struct worker){ .nl = -1, .hostns = -1 };
	w->hostns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (w->hostns < 0)
		return err_sys(e, errno, "open the network namespace");
	r = store_open(root, &w->store, e);
	if (r == 0)
		r = netlink_open(&w->nl, e);
	if (r < 0) {
		worker_close(w);
		return r;
	}
	w->nft = nft_new();
	return 0;
}

void worker_close(struct worker *w)
{
	store_free(w->store);
	nft_free(w->nft);
	fd_close(&w->nl);
	fd_close(&w->hostns);
}

void reply_done(struct reply *r)
{
	for (size_t i = 0; i < r->n_fds; i++)
		close(r->fds[i]);
	json_free(r->body);
	*r = (struct reply){ 0 };
}

void reply_warn(struct reply *r, const char *fmt, ...)
{
	struct json *list = json_get(r->body, "warnings");
	AUTO(mem) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	if (!list)
		list = json_set(r->body, "warnings", json_new_arr());
	json_push_str(list, text);
}

static int dispatch(struct worker *w, const struct json *request, struct reply *r, struct err **e)
{
	const char *op = json_str(request, "op", "");
	int got;

	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		if (!streq(ops[i].name, op))
			continue;
		got = store_lock(w->store, ops[i].changes, e);
		if (got < 0)
			return got;
		got = ops[i].run(w, request, r, e);
		/* What is in memory may be half of what is on disk. */
		if (got < 0)
			w->store->is_loaded = false;
		store_unlock(w->store);
		return got;
	}
	return err_set(e, EINVAL, "unknown operation \"%s\"", op);
}

void worker_handle(struct worker *w, const struct json *request, struct reply *ret)
{
	AUTO(err) struct err *why = NULL;
	int r;

	*ret = (struct reply){ .body = json_new_obj() };
	r = dispatch(w, request, ret, &why);
	if (r < 0) {
		reply_done(ret);
		ret->body = json_new_obj();
		json_set_str(ret->body, "error", err_text(why));
		if (err_hint_text(why))
			json_set_str(ret->body, "hint", err_hint_text(why));
		json_set_int(ret->body, "errno", -r);
	} else {
		json_set_bool(ret->body, "ok", true);
	}
	json_set_int(ret->body, "id", json_int(request, "id", 0));
}
