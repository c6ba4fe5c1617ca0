#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net/attach.h"
#include "net/names.h"
#include "net/nft_table.h"

static int slot_read(struct attach *a, const struct json *one, struct slot *s, struct err **e)
{
	const char *name = json_str(one, "network", "");

	s->req = one;
	s->net = store_find(a->w->store, name);
	if (!s->net)
		return err_set(e, ENOENT, "network %s not found", name);
	s->priority = json_int(one, "priority", 0);
	s->gw_priority = json_int(one, "gw_priority", 0);
	return 0;
}

static int by_priority(const void *x, const void *y)
{
	const struct slot *a = x, *b = y;

	if (a->priority != b->priority)
		return a->priority > b->priority ? -1 : 1;
	return strcmp(a->net->name, b->net->name);
}

static bool interface_taken(const struct attach *a, const char *name)
{
	for (size_t i = 0; i < a->n; i++)
		if (streq(a->slots[i].interface, name))
			return true;
	return false;
}

static int interface_given(struct attach *a, struct slot *s, struct err **e)
{
	const char *name = json_str(s->req, "interface_name", "");

	if (!*name)
		return 0;
	if (!interface_name_ok(name))
		return err_set(e, EINVAL, "invalid interface_name \"%s\"", name);
	if (interface_taken(a, name))
		return err_set(e, EINVAL, "interface_name \"%s\" is used twice", name);
	memcpy(s->interface, name, strlen(name) + 1);
	return 0;
}

/* The lowest free number behind the prefix. */
static int interface_numbered(struct attach *a, struct slot *s, struct err **e)
{
	for (unsigned i = 0; !s->interface[0]; i++) {
		AUTO(mem) char *name = xasprintf("%s%u", s->net->iface_prefix, i);

		if (!interface_name_ok(name))
			return err_set(e, EINVAL, "invalid interface name \"%s\"", name);
		if (!interface_taken(a, name))
			memcpy(s->interface, name, strlen(name) + 1);
	}
	return 0;
}

static int interfaces_name(struct attach *a, struct err **e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < a->n; i++)
		r = interface_given(a, &a->slots[i], e);
	for (size_t i = 0; r == 0 && i < a->n; i++)
		r = interface_numbered(a, &a->slots[i], e);
	return r;
}

static const struct ipam_pool *pool_of(const struct slot *s, int family)
{
	return family == AF_INET ? &s->net->pool4 : &s->net->pool6;
}

static bool offers_gateway(const struct slot *s, int family)
{
	return !s->net->is_internal && pool_of(s, family)->subnet.ip.family;
}

static int families(const struct slot *s)
{
	return (s->net->pool4.subnet.ip.family != 0) + (s->net->pool6.subnet.ip.family != 0);
}

/* gw_priority, then both address families before one, then the name. */
static bool is_better_gateway(const struct slot *a, const struct slot *b)
{
	if (a->gw_priority != b->gw_priority)
		return a->gw_priority > b->gw_priority;
	if (families(a) != families(b))
		return families(a) > families(b);
	return strcmp(a->net->name, b->net->name) < 0;
}

static struct slot *gateway_find(struct attach *a, int family)
{
	struct slot *best = NULL;

	for (size_t i = 0; i < a->n; i++) {
		struct slot *s = &a->slots[i];

		if (offers_gateway(s, family) && (!best || is_better_gateway(s, best)))
			best = s;
	}
	return best;
}

/* A port without host address is published on all addresses of every family the container has. */
static void port_expand(struct attach *a, const struct port *p)
{
	const struct ipaddr *binding = a->gateway4 ? &a->gateway4->net->host_binding : NULL;
	struct port one = *p;

	if (one.host_ip.family) {
		ports_add(&a->ports, &one);
		return;
	}
	if (binding && binding->family && !ipaddr_is_any(binding)) {
		one.host_ip = *binding;
		ports_add(&a->ports, &one);
		return;
	}
	if (a->gateway4) {
		one.host_ip = (struct ipaddr){ .family = AF_INET };
		ports_add(&a->ports, &one);
	}
	if (a->gateway6) {
		one.host_ip = (struct ipaddr){ .family = AF_INET6 };
		ports_add(&a->ports, &one);
	}
}

static bool publishes(const struct slot *gateway)
{
	return gateway && network_is_bridge(gateway->net);
}

static int ports_read(struct attach *a, struct err **e)
{
	AUTO(ports) struct ports given = { 0 };
	int r = ports_parse(json_get(a->req, "ports"), &given, e);

	for (size_t i = 0; r == 0 && i < given.n; i++) {
		const struct port *p = &given.v[i];
		int family = p->host_ip.family;
		bool possible = (family != AF_INET6 && publishes(a->gateway4)) ||
				(family != AF_INET && publishes(a->gateway6));
		char ip[IP_TEXT];

		if (possible)
			port_expand(a, p);
		else
			reply_warn(a->reply,
				   "port %s:%u is not published: \"%s\" has no network "
				   "that leads there",
				   ipaddr_format(&p->host_ip, ip), p->published, a->name);
	}
	return r;
}

int attach_read(struct attach *a, struct err **e)
{
	const struct json *list = json_get(a->req, "endpoints");
	int r = 0;

	a->container = json_get(a->req, "container");
	a->id = json_str(a->container, "id", "");
	a->name = json_str(a->container, "name", a->id);
	if (!container_id_ok(a->id))
		return err_set(e, EINVAL, "invalid container id \"%s\"", a->id);
	a->slots = xcalloc(json_len(list) + 1, sizeof(*a->slots));
	JSON_EACH(one, list) {
		r = slot_read(a, one, &a->slots[a->n], e);
		if (r < 0)
			return r;
		a->n++;
	}
	qsort(a->slots, a->n, sizeof(*a->slots), by_priority);
	for (size_t i = 1; i < a->n; i++)
		if (a->slots[i].net == a->slots[i - 1].net)
			return err_set(e, EINVAL, "network %s is given twice",
				       a->slots[i].net->name);
	r = interfaces_name(a, e);
	if (r < 0)
		return r;
	a->gateway4 = gateway_find(a, AF_INET);
	a->gateway6 = gateway_find(a, AF_INET6);
	return ports_read(a, e);
}
