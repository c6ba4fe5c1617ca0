#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "net/conntrack.h"
#include "net/worker.h"

int endpoint_detach(struct worker *w, struct network *net, struct endpoint *ep, bool keep_lease,
		    struct err **e)
{
	bool was_active = ep->is_active;
	int r = 0;

	ep->is_active = false;
	if (was_active)
		r = nft_ports_del(w->nft, w->store, net, ep, e);
	if (r == 0 && was_active && ports_have_udp(&ep->ports))
		r = conntrack_forget(ep, /* is_leaving= */ true, e);
	if (r < 0)
		return r;
	if (!keep_lease)
		return store_endpoint_del(w->store, net, ep, e);
	ports_done(&ep->ports);
	return store_endpoint_put(w->store, net, ep, e);
}

int container_detach(struct worker *w, const char *id, bool keep_lease, struct err **e)
{
	bool any = false;

	for (size_t i = 0; i < w->store->n_networks; i++) {
		struct network *net = w->store->networks[i];
		struct endpoint *ep = network_endpoint(net, id);
		int r;

		if (!ep)
			continue;
		any = true;
		r = endpoint_detach(w, net, ep, keep_lease, e);
		if (r < 0)
			return r;
	}
	return any ? 0 : -ENOENT;
}

/* A container that is not there is detached already. */
int op_detach(struct worker *w, const struct json *req, struct reply *r, struct err **e)
{
	const char *id = json_str(req, "container", "");
	AUTO(err) struct err *why = NULL;
	int got;

	(void)r;
	got = container_detach(w, id, json_bool(req, "keep_lease", false), &why);
	if (got == 0 || got == -ENOENT)
		return 0;
	return err_set(e, -got, "detach container %.12s: %s", id, err_text(why));
}

static bool is_alive(const struct json *alive, const char *id)
{
	JSON_EACH(one, alive)
		if (json_text(one) && streq(json_text(one), id))
			return true;
	return false;
}

static int network_sweep(struct worker *w, struct network *net, const char *project,
			 const struct json *alive, int *ret_n, struct err **e)
{
	for (size_t i = net->n_endpoints; i-- > 0;) {
		struct endpoint *ep = net->endpoints[i];
		int r;

		if (!streq(ep->project, project) || is_alive(alive, ep->id))
			continue;
		r = endpoint_detach(w, net, ep, false, e);
		if (r < 0)
			return r;
		(*ret_n)++;
	}
	return 0;
}

int op_sweep(struct worker *w, const struct json *req, struct reply *r, struct err **e)
{
	const char *project = json_str(req, "project", "");
	int n = 0;

	for (size_t i = 0; i < w->store->n_networks; i++) {
		int got = network_sweep(w, w->store->networks[i], project, json_get(req, "alive"),
					&n, e);

		if (got < 0)
			return err_wrap(e, "sweep project \"%s\"", project);
	}
	json_set_int(r->body, "removed", n);
	/* Somebody may have flushed all rules meanwhile, or a firewall may have been started. */
	return nft_ensure(w->nft, w->store, e);
}
