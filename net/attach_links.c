#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <string.h>

#include "base/buf.h"
#include "net/attach.h"
#include "net/nft_table.h"
#include "net/nl.h"

enum {
	LOOPBACK_INDEX = 1,
	/* Neighbours told to a new container; the others are found by asking, as ever. */
	SEEDED_MAX = 4,
};

static const struct {
	const char *kind, *option, *name;
	uint32_t mode;
} slave_modes[] = {
	{ "macvlan", "macvlan_mode", "bridge", MACVLAN_MODE_BRIDGE },
	{ "macvlan", "macvlan_mode", "vepa", MACVLAN_MODE_VEPA },
	{ "macvlan", "macvlan_mode", "private", MACVLAN_MODE_PRIVATE },
	{ "macvlan", "macvlan_mode", "passthru", MACVLAN_MODE_PASSTHRU },
	{ "ipvlan", "ipvlan_mode", "l2", IPVLAN_MODE_L2 },
	{ "ipvlan", "ipvlan_mode", "l3", IPVLAN_MODE_L3 },
	{ "ipvlan", "ipvlan_mode", "l3s", IPVLAN_MODE_L3S },
};

static bool is_slave(const struct network *net)
{
	return streq(net->driver, "macvlan") || streq(net->driver, "ipvlan");
}

static bool is_ipvlan_l3(const struct network *net)
{
	const char *mode = json_str(json_get(net->json, "driver_opts"), "ipvlan_mode", "l2");

	return streq(net->driver, "ipvlan") && !streq(mode, "l2");
}

static bool has_link(const struct network *net)
{
	return network_is_bridge(net) || is_slave(net);
}

/* A network whose driver is "host" stands for the host's own namespace. */
static int netns_of_host(struct attach *a, struct err **e)
{
	a->ns.ns = fcntl(a->w->hostns, F_DUPFD_CLOEXEC, 0);
	a->ns.nl = fcntl(a->w->nl, F_DUPFD_CLOEXEC, 0);
	return a->ns.ns < 0 || a->ns.nl < 0 ? err_sys(e, errno, "use the host's namespace") : 0;
}

int attach_netns(struct attach *a, struct err **e)
{
	bool with_dns = false;

	for (size_t i = 0; i < a->n; i++)
		with_dns |= has_link(a->slots[i].net);
	if (a->n == 1 && streq(a->slots[0].net->driver, "host"))
		return netns_of_host(a, e);
	return netns_create(a->w->hostns, with_dns && json_bool(a->req, "dns", true), &a->ns, e);
}

static int slave_add(struct attach *a, struct nlbatch *b, const struct slot *s, struct err **e)
{
	struct slave_link_spec spec = { .kind = s->net->driver,
					.name = s->interface,
					.mac = s->ep->mac,
					.netns_fd = a->ns.ns };
	int parent = netlink_ifindex(a->w->nl, s->net->parent);
	bool found = false;

	if (parent < 0)
		return err_sys(e, -parent, "find the parent interface \"%s\" of network \"%s\"",
			       s->net->parent, s->net->name);
	spec.parent_index = (uint32_t)parent;
	for (size_t i = 0; i < ARRAY_LEN(slave_modes) && !found; i++) {
		const char *wanted;

		if (!streq(slave_modes[i].kind, spec.kind))
			continue;
		wanted = json_str(json_get(s->net->json, "driver_opts"), slave_modes[i].option,
				  slave_modes[i].name);
		found = streq(wanted, slave_modes[i].name);
		spec.mode = slave_modes[i].mode;
	}
	if (!found)
		return err_set(e, EINVAL, "unknown mode of the %s network \"%s\"", spec.kind,
			       s->net->name);
	nlbatch_slave_link(b, &spec);
	return 0;
}

/* The bridge knows the container, and the container the bridge and its peers, before the first
 * packet: an unanswered first ARP request costs a whole second. */
static void seed_host(struct nlbatch *b, const struct slot *s)
{
	if (s->ep->ip4.family)
		nlbatch_neigh(b, s->bridge_index, &s->ep->ip4, &s->ep->mac);
	if (s->ep->ip6.family)
		nlbatch_neigh(b, s->bridge_index, &s->ep->ip6, &s->ep->mac);
}

static int veth_add(struct attach *a, struct nlbatch *b, struct slot *s, struct err **e)
{
	int index = netlink_ifindex(a->w->nl, s->net->bridge);
	struct veth_spec spec = { .host_name = s->ep->veth,
				  .group = s->net->group,
				  .mtu = s->net->mtu,
				  .netns_fd = a->ns.ns,
				  .peer_name = s->interface,
				  .peer_mac = s->ep->mac };
	/* With br_netfilter a container reaches itself through a published port only if the
	 * bridge sends the frame back out of the port it came from. */
	bool hairpin = s->ep->ports.n && netctl_on("bridge/bridge-nf-call-iptables");
	int r;

	if (index < 0) {
		r = bridge_ensure(a->w, s->net, e);
		if (r < 0)
			return r;
		index = netlink_ifindex(a->w->nl, s->net->bridge);
	}
	if (index < 0)
		return err_sys(e, -index, "find the bridge \"%s\"", s->net->bridge);
	s->bridge_index = spec.bridge_index = (uint32_t)index;
	nlbatch_veth(b, &spec);
	if (hairpin || !s->net->icc)
		nlbatch_port(b, s->ep->veth, hairpin, !s->net->icc);
	seed_host(b, s);
	return 0;
}

static int links_create(struct attach *a, struct err **e)
{
	AUTO(nlbatch) struct nlbatch b = NLBATCH_INIT;

	for (size_t i = 0; i < a->n; i++) {
		struct slot *s = &a->slots[i];
		int r = 0;

		if (network_is_bridge(s->net))
			r = veth_add(a, &b, s, e);
		else if (is_slave(s->net))
			r = slave_add(a, &b, s, e);
		if (r < 0)
			return r;
	}
	return nlbatch_send(&b, a->w->nl, e);
}

static void seed_peers(struct nlbatch *b, const struct slot *s, uint32_t index)
{
	size_t n = 0;

	if (!s->net->icc)
		return;
	for (size_t i = 0; i < s->net->n_endpoints && n < SEEDED_MAX; i++) {
		const struct endpoint *peer = s->net->endpoints[i];

		if (peer == s->ep || !peer->is_active || !peer->mac.set)
			continue;
		if (peer->ip4.family && s->ep->ip4.family)
			nlbatch_neigh(b, index, &peer->ip4, &peer->mac);
		if (peer->ip6.family && s->ep->ip6.family)
			nlbatch_neigh(b, index, &peer->ip6, &peer->mac);
		n++;
	}
}

static void seed_gateway(struct nlbatch *b, const struct slot *s, uint32_t index)
{
	if (!network_is_bridge(s->net) || !s->net->bridge_mac.set || !s->net->owns_bridge)
		return;
	if (s->ep->ip4.family)
		nlbatch_neigh(b, index, &s->net->pool4.gateway, &s->net->bridge_mac);
	if (s->ep->ip6.family)
		nlbatch_neigh(b, index, &s->net->pool6.gateway, &s->net->bridge_mac);
}

static void link_local_add(struct nlbatch *b, const struct slot *s, uint32_t index)
{
	JSON_EACH(one, json_get(s->req, "link_local_ips")) {
		struct subnet addr;

		if (subnet_parse(json_text(one), &addr)) {
			nlbatch_addr(b, index, &addr.ip, addr.bits);
		} else if (ipaddr_parse(json_text(one), &addr.ip)) {
			nlbatch_addr(b, index, &addr.ip, (uint8_t)(ipaddr_len(&addr.ip) * 8));
		}
	}
}

static void default_route(struct nlbatch *b, const struct slot *s, uint32_t index, int family)
{
	const struct ipam_pool *p = family == AF_INET ? &s->net->pool4 : &s->net->pool6;
	const char *key = family == AF_INET ? "DefaultGatewayIPv4" : "DefaultGatewayIPv6";
	struct ipaddr gateway = p->gateway;

	if (is_ipvlan_l3(s->net))
		gateway = (struct ipaddr){ 0 };
	JSON_EACH(one, json_get(s->net->json, "subnets"))
		(void)ipaddr_parse(json_str(json_get(one, "aux_addresses"), key, ""), &gateway);
	if (gateway.family && gateway.family != family)
		gateway = p->gateway;
	nlbatch_default_route(b, index, &gateway, family);
}

static int slot_configure(struct attach *a, struct nlbatch *b, struct slot *s, struct err **e)
{
	int index = netlink_ifindex(a->ns.nl, s->interface);
	int r = 0;

	if (index < 0)
		return err_sys(e, -index, "find interface \"%s\" in the container", s->interface);
	if (s->ep->ip6.family)
		r = netns_enable_ipv6(&a->ns, a->w->hostns, s->interface, e);
	if (r < 0)
		return r;
	nlbatch_up(b, (uint32_t)index);
	if (s->ep->ip4.family)
		nlbatch_addr(b, (uint32_t)index, &s->ep->ip4, s->net->pool4.subnet.bits);
	if (s->ep->ip6.family)
		nlbatch_addr(b, (uint32_t)index, &s->ep->ip6, s->net->pool6.subnet.bits);
	link_local_add(b, s, (uint32_t)index);
	if (s == a->gateway4)
		default_route(b, s, (uint32_t)index, AF_INET);
	if (s == a->gateway6)
		default_route(b, s, (uint32_t)index, AF_INET6);
	if (network_is_bridge(s->net)) {
		seed_gateway(b, s, (uint32_t)index);
		seed_peers(b, s, (uint32_t)index);
	}
	return 0;
}

/* The first packet must not be lost because a bridge port does not forward yet. */
static int links_settle(struct attach *a, struct err **e)
{
	AUTO(nlbatch) struct nlbatch b = NLBATCH_INIT;

	for (size_t i = 0; i < a->n; i++)
		if (network_is_bridge(a->slots[i].net))
			nlbatch_settle(&b, a->slots[i].ep->veth);
	for (size_t i = 0; i < a->n; i++)
		if (network_is_bridge(a->slots[i].net))
			nlbatch_settle(&b, a->slots[i].net->bridge);
	return nlbatch_send(&b, a->w->nl, e);
}

int attach_links(struct attach *a, struct err **e)
{
	AUTO(nlbatch) struct nlbatch b = NLBATCH_INIT;
	int r = links_create(a, e);

	if (r < 0)
		return r;
	nlbatch_up(&b, LOOPBACK_INDEX);
	for (size_t i = 0; i < a->n; i++) {
		if (!has_link(a->slots[i].net))
			continue;
		r = slot_configure(a, &b, &a->slots[i], e);
		if (r < 0)
			return r;
		nlbatch_settle(&b, a->slots[i].interface);
	}
	r = nlbatch_send(&b, a->ns.nl, e);
	return r < 0 ? r : links_settle(a, e);
}
