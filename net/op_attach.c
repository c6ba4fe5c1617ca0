/*
 * A container gets its namespace, interfaces, addresses and published ports.
 *
 * Normally the steps below run from top to bottom and the reply takes the descriptors. When one
 * fails, the undo functions of those before it (and its own) run from bottom to top; links need
 * none, they die with the namespace. Files are written before rules, so that a worker killed in
 * between leaves a record from which sweep cleans up.
 */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "net/attach.h"
#include "net/conntrack.h"
#include "net/nft_table.h"

static int publish(struct attach *a, struct err **e)
{
	for (size_t i = 0; i < a->n; i++) {
		struct slot *s = &a->slots[i];
		int r;

		if (!s->ep->ports.n)
			continue;
		/* Loopback clients of the host: the filter drops what comes to 127/8 from outside. */
		if (s->ep->ip4.family) {
			r = netctl_set_conf("ipv4", s->net->bridge, "route_localnet", "1", e);
			if (r < 0)
				return r;
		}
		r = nft_ports_add(a->w->nft, a->w->store, s->net, s->ep, e);
		if (r == 0 && ports_have_udp(&s->ep->ports))
			r = conntrack_forget(s->ep, /* is_leaving= */ false, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static void close_netns(struct attach *a)
{
	netns_done(&a->ns);
}

static void release_ports(struct attach *a)
{
	ports_done(&a->ports);
}

static const struct step {
	int (*run)(struct attach *a, struct err **e);
	void (*undo)(struct attach *a);
} steps[] = {
	{ attach_read, NULL },
	{ attach_lease, attach_unrecord },
	{ attach_reserve, release_ports },
	{ attach_record, NULL },
	{ attach_netns, close_netns },
	{ attach_links, NULL },
	{ publish, NULL },
};

static int steps_run(struct attach *a, struct err **e)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < ARRAY_LEN(steps); i++)
		r = steps[i].run(a, e);
	if (r == 0)
		return 0;
	while (i-- > 0)
		if (steps[i].undo)
			steps[i].undo(a);
	return r;
}

static void reply_fd(struct reply *r, int fd)
{
	r->fds[r->n_fds++] = fd;
}

static void reply_endpoint(struct json *list, const struct attach *a, const struct slot *s)
{
	struct json *one = json_push(list, json_new_obj());
	char text[IP_TEXT];

	json_set_str(one, "network", s->net->name);
	json_set_str(one, "interface", s->interface);
	json_set_str(one, "ipv4", ipaddr_format(&s->ep->ip4, text));
	json_set_int(one, "prefix", s->net->pool4.subnet.bits);
	json_set_str(one, "ipv6", ipaddr_format(&s->ep->ip6, text));
	json_set_int(one, "prefix6", s->net->pool6.subnet.bits);
	json_set_str(one, "mac", mac_format(&s->ep->mac, text));
	json_set_str(one, "gateway",
		     s->net->is_internal ? "" : ipaddr_format(&s->net->pool4.gateway, text));
	json_set_str(one, "gateway6",
		     s->net->is_internal ? "" : ipaddr_format(&s->net->pool6.gateway, text));
	json_set_bool(one, "default", s == a->gateway4 || (!a->gateway4 && s == a->gateway6));
	json_set_bool(one, "internal", s->net->is_internal);
}

static void reply_fill(struct attach *a)
{
	struct json *list = json_set(a->reply->body, "endpoints", json_new_arr());
	bool dns = a->ns.udp >= 0;

	for (size_t i = 0; i < a->n; i++)
		reply_endpoint(list, a, &a->slots[i]);
	json_set(a->reply->body, "ports", ports_format(&a->ports));
	json_set_bool(a->reply->body, "dns", dns);
	reply_fd(a->reply, TAKE_FD(a->ns.ns));
	if (dns) {
		reply_fd(a->reply, TAKE_FD(a->ns.udp));
		reply_fd(a->reply, TAKE_FD(a->ns.tcp));
	}
	for (size_t i = 0; i < a->ports.n_fds; i++)
		reply_fd(a->reply, a->ports.fds[i]);
	a->ports.n_fds = 0;
}

int op_attach(struct worker *w, const struct json *req, struct reply *r, struct err **e)
{
	struct attach a = { .w = w, .reply = r, .req = req, .ns = NETNS_INIT };
	int got = steps_run(&a, e);

	if (got == 0)
		reply_fill(&a);
	netns_done(&a.ns);
	ports_done(&a.ports);
	free(a.slots);
	return got;
}
