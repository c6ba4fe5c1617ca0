#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "net/attach.h"
#include "net/names.h"

/* Used addresses of one family, without those of the endpoint that asks. */
static struct ipaddr *used_of(const struct network *net, const struct endpoint *but, int family,
			      size_t *ret_n)
{
	struct ipaddr *used = xcalloc(net->n_endpoints + 1, sizeof(*used));
	size_t n = 0;

	for (size_t i = 0; i < net->n_endpoints; i++) {
		const struct endpoint *ep = net->endpoints[i];
		const struct ipaddr *ip = family == AF_INET ? &ep->ip4 : &ep->ip6;

		if (ep != but && ip->family)
			used[n++] = *ip;
	}
	*ret_n = n;
	return used;
}

static struct ipam_freed *freed_of(const struct network *net, const char *name, int family,
				   size_t *ret_n, struct ipaddr *ret_last)
{
	struct ipam_freed *freed = xcalloc(net->n_freed + 1, sizeof(*freed));
	size_t n = 0;

	*ret_last = (struct ipaddr){ 0 };
	for (size_t i = 0; i < net->n_freed; i++) {
		const struct freed *f = &net->freed[i];

		if (f->ip.family != family)
			continue;
		freed[n++] = (struct ipam_freed){ f->ip, f->at_ns };
		if (streq(f->name, name))
			*ret_last = f->ip;
	}
	*ret_n = n;
	return freed;
}

static int address_static(const struct attach *a, const struct slot *s, const char *text,
			  const struct ipam_pool *p, struct ipaddr *ret, struct err **e)
{
	AUTO(mem) struct ipaddr *used = NULL;
	struct ipaddr want;
	size_t n_used;
	int r;

	if (!ipaddr_parse(text, &want) || want.family != p->subnet.ip.family)
		return err_set(e, EINVAL, "invalid address \"%s\" for network %s of container %s",
			       text, s->net->name, a->name);
	used = used_of(s->net, s->ep, want.family, &n_used);
	r = ipam_claim(p, used, n_used, &want, e);
	if (r < 0)
		return err_wrap(e, "invalid config for network %s", s->net->name);
	*ret = want;
	return 0;
}

/* The address this container has or its forerunner of the same name had, else a free one. */
static int address_dynamic(const struct attach *a, const struct slot *s, const struct ipam_pool *p,
			   struct ipaddr *io, struct err **e)
{
	int family = p->subnet.ip.family;
	AUTO(mem) struct ipaddr *used = NULL;
	AUTO(mem) struct ipam_freed *freed = NULL;
	size_t n_used, n_freed;
	struct ipaddr last;

	used = used_of(s->net, s->ep, family, &n_used);
	freed = freed_of(s->net, a->name, family, &n_freed, &last);
	if (io->family)
		last = *io;
	return ipam_alloc(p, used, n_used, freed, n_freed, &last, io, e);
}

static int address_lease(const struct attach *a, const struct slot *s, int family,
			 struct ipaddr *io, struct err **e)
{
	const struct ipam_pool *p = family == AF_INET ? &s->net->pool4 : &s->net->pool6;
	const char *key = family == AF_INET ? "ipv4_address" : "ipv6_address";
	const char *text = json_str(s->req, key, "");

	if (!p->subnet.ip.family) {
		*io = (struct ipaddr){ 0 };
		return *text ? err_set(e, EINVAL, "network %s has no %s subnet for address %s",
				       s->net->name, family == AF_INET ? "IPv4" : "IPv6", text)
			     : 0;
	}
	return *text ? address_static(a, s, text, p, io, e) : address_dynamic(a, s, p, io, e);
}

static int mac_lease(const struct slot *s, struct endpoint *ep, struct err **e)
{
	const char *text = json_str(s->req, "mac_address", "");

	if (*text)
		return mac_parse(text, &ep->mac)
			       ? 0
			       : err_set(e, EINVAL, "invalid mac_address \"%s\"", text);
	ep->mac = mac_of_ip(ep->ip4.family ? &ep->ip4 : &ep->ip6);
	return 0;
}

static void name_add(struct strv *names, const char *name)
{
	if (name && *name)
		strv_add_unique(names, name);
}

/* Container name, names given, aliases, short id: the first one is the answer to reverse queries. */
static void names_fill(const struct attach *a, const struct slot *s, struct endpoint *ep)
{
	AUTO(mem) char *short_id = xstrndup(a->id, 12);

	strv_done(&ep->names);
	name_add(&ep->names, a->name);
	JSON_EACH(name, json_get(s->req, "dns_names"))
		name_add(&ep->names, json_text(name));
	JSON_EACH(name, json_get(s->req, "aliases"))
		name_add(&ep->names, json_text(name));
	name_add(&ep->names, short_id);
}

static void replace(char **field, const char *text)
{
	free(*field);
	*field = xstrdup(text);
}

static int endpoint_fill(struct attach *a, struct slot *s, struct err **e)
{
	struct endpoint *ep = s->ep;
	char veth[IFNAMSIZ];
	int r = address_lease(a, s, AF_INET, &ep->ip4, e);

	if (r == 0)
		r = address_lease(a, s, AF_INET6, &ep->ip6, e);
	if (r == 0)
		r = mac_lease(s, ep, e);
	if (r < 0)
		return r;
	veth_name(a->id, (unsigned)(s - a->slots), veth);
	replace(&ep->name, a->name);
	replace(&ep->project, json_str(a->container, "project", ""));
	replace(&ep->service, json_str(a->container, "service", ""));
	replace(&ep->interface, s->interface);
	replace(&ep->veth, veth);
	names_fill(a, s, ep);
	ep->is_gateway = s == a->gateway4 || s == a->gateway6;
	return 0;
}

/* An endpoint still published from an earlier attach: its ports may be others now. */
static int endpoint_reopen(struct attach *a, struct slot *s, struct err **e)
{
	struct endpoint *ep = s->ep;
	int r = 0;

	if (!ep->is_active)
		return 0;
	ep->is_active = false;
	r = nft_ports_del(a->w->nft, a->w->store, s->net, ep, e);
	ports_done(&ep->ports);
	return r;
}

int attach_lease(struct attach *a, struct err **e)
{
	for (size_t i = 0; i < a->n; i++) {
		struct slot *s = &a->slots[i];
		int r = 0;

		s->ep = network_endpoint(s->net, a->id);
		s->is_new = !s->ep;
		s->is_recorded = !s->is_new;
		if (s->is_new)
			s->ep = endpoint_new(a->id);
		else
			r = endpoint_reopen(a, s, e);
		if (r == 0)
			r = endpoint_fill(a, s, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static const struct endpoint *publisher(const struct store *s, const struct port *p,
					const char *but_id)
{
	for (size_t i = 0; i < s->n_networks; i++) {
		for (size_t k = 0; k < s->networks[i]->n_endpoints; k++) {
			const struct endpoint *ep = s->networks[i]->endpoints[k];

			if (!ep->is_active || streq(ep->id, but_id))
				continue;
			for (size_t m = 0; m < ep->ports.n; m++)
				if (port_clash(&ep->ports.v[m], p))
					return ep;
		}
	}
	return NULL;
}

static int allocated(const struct port *p, const struct endpoint *ep, struct err **e)
{
	char ip[IP_TEXT];
	bool v6 = p->host_ip.family == AF_INET6;

	err_set(e, EADDRINUSE,
		"Bind for %s%s%s:%u failed: port is already allocated (held by "
		"project \"%s\", service \"%s\", container %s)",
		v6 ? "[" : "", ipaddr_format(&p->host_ip, ip), v6 ? "]" : "", p->published,
		ep->project, ep->service, ep->name);
	err_hint(e, "stop that container or publish another host port");
	return -EADDRINUSE;
}

int attach_reserve(struct attach *a, struct err **e)
{
	for (size_t i = 0; i < a->ports.n; i++) {
		const struct port *p = &a->ports.v[i];
		const struct endpoint *ep;

		if (!p->published || p->published_end > p->published)
			continue;
		ep = publisher(a->w->store, p, a->id);
		if (ep)
			return allocated(p, ep, e);
		for (size_t k = 0; k < i; k++)
			if (port_clash(p, &a->ports.v[k]))
				return err_set(e, EADDRINUSE, "port %u/%s is published twice by %s",
					       p->published, proto_name(p->proto), a->name);
	}
	return ports_reserve(&a->ports, e);
}

/* Each port is published by the endpoint that provides the default route of its address family. */
static void ports_assign(struct attach *a)
{
	for (size_t i = 0; i < a->ports.n; i++) {
		const struct port *p = &a->ports.v[i];
		struct slot *s = p->host_ip.family == AF_INET ? a->gateway4 : a->gateway6;

		if (s)
			ports_add(&s->ep->ports, p);
	}
}

int attach_record(struct attach *a, struct err **e)
{
	ports_assign(a);
	for (size_t i = 0; i < a->n; i++) {
		struct slot *s = &a->slots[i];
		int r;

		s->ep->is_active = true;
		r = store_endpoint_put(a->w->store, s->net, s->ep, e);
		if (r < 0)
			return r;
		s->is_recorded = true;
	}
	return 0;
}

/* New leases go, old ones stay as leases. */
void attach_unrecord(struct attach *a)
{
	for (size_t i = 0; i < a->n; i++) {
		struct slot *s = &a->slots[i];

		if (s->is_recorded)
			(void)endpoint_detach(a->w, s->net, s->ep, !s->is_new, NULL);
		else
			endpoint_free(s->ep);
		s->ep = NULL;
	}
}
