#include "net/nft_table.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

char *nft_table_name(const struct store *s)
{
	return xasprintf("compose_%s", s->scope);
}

bool network_is_bridge(const struct network *net)
{
	return streq(net->driver, "bridge") && !net->is_leaving;
}

typedef bool (*network_test)(const struct network *net);

static bool is_open(const struct network *n)
{
	return network_is_bridge(n) && !n->is_internal;
}

static bool is_closed(const struct network *n)
{
	return network_is_bridge(n) && n->is_internal;
}

static bool has_masquerade4(const struct network *n)
{
	return is_open(n) && n->masquerade && n->pool4.subnet.ip.family && n->mode4 != GW_ROUTED &&
	       !n->snat4.family;
}

static bool has_masquerade6(const struct network *n)
{
	return is_open(n) && n->masquerade && n->pool6.subnet.ip.family && n->mode6 != GW_ROUTED &&
	       !n->snat6.family;
}

static bool is_reachable4(const struct network *n)
{
	return is_open(n) && n->mode4 == GW_NAT_UNPROTECTED;
}

static bool is_reachable6(const struct network *n)
{
	return is_open(n) && n->mode6 == GW_NAT_UNPROTECTED;
}

static bool is_guarded4(const struct network *n)
{
	return network_is_bridge(n) && n->pool4.subnet.ip.family &&
	       (n->mode4 == GW_NAT || n->mode4 == GW_ISOLATED);
}

static bool is_guarded6(const struct network *n)
{
	return network_is_bridge(n) && n->pool6.subnet.ip.family &&
	       (n->mode6 == GW_NAT || n->mode6 == GW_ISOLATED);
}

static bool has_icc(const struct network *n)
{
	return network_is_bridge(n) && n->icc;
}

static struct nfkey name_key(const char *name)
{
	char padded[IFNAMSIZ] = "";
	struct nfkey k = { .n = 0 };

	memcpy(padded, name, strnlen(name, sizeof(padded) - 1));
	nfkey_add(&k, padded, sizeof(padded));
	return k;
}

static void put_bridge(struct nfbatch *b, const struct network *n)
{
	struct nfkey k = name_key(n->bridge);

	nfbatch_element(b, &k, NULL);
}

static void put_pair(struct nfbatch *b, const struct network *n)
{
	struct nfkey k = name_key(n->bridge);

	nfkey_add(&k, k.b, k.n);
	nfbatch_element(b, &k, NULL);
}

static void put_alias(struct nfbatch *b, const struct network *n, const struct ipaddr *ip)
{
	struct nfkey k = name_key(n->bridge), data = { .n = 0 };

	nfkey_add(&data, ip->b, ipaddr_len(ip));
	nfbatch_element(b, &k, &data);
}

static void put_snat4(struct nfbatch *b, const struct network *n)
{
	put_alias(b, n, &n->snat4);
}

static void put_snat6(struct nfbatch *b, const struct network *n)
{
	put_alias(b, n, &n->snat6);
}

/* The first address behind the subnet; false when there is none. */
static bool address_behind(const struct subnet *s, struct ipaddr *ret)
{
	*ret = s->ip;
	for (size_t i = s->bits; i > 0; i--) {
		uint8_t bit = (uint8_t)(0x80 >> ((i - 1) % 8));

		ret->b[(i - 1) / 8] ^= bit;
		if (ret->b[(i - 1) / 8] & bit)
			return true;
	}
	return false;
}

static void put_subnet(struct nfbatch *b, const struct subnet *s)
{
	struct nfkey first = { .n = 0 }, end = { .n = 0 };
	struct ipaddr behind;

	nfkey_add(&first, s->ip.b, ipaddr_len(&s->ip));
	nfbatch_element(b, &first, NULL);
	if (!address_behind(s, &behind))
		return;
	nfkey_add(&end, behind.b, ipaddr_len(&behind));
	nfbatch_interval_end(b, &end);
}

static void put_subnet4(struct nfbatch *b, const struct network *n)
{
	put_subnet(b, &n->pool4.subnet);
}

static void put_subnet6(struct nfbatch *b, const struct network *n)
{
	put_subnet(b, &n->pool6.subnet);
}

static bool has_subnet4(const struct network *n)
{
	return network_is_bridge(n) && n->pool4.subnet.ip.family;
}

static bool has_subnet6(const struct network *n)
{
	return network_is_bridge(n) && n->pool6.subnet.ip.family;
}

static bool has_snat4(const struct network *n)
{
	return is_open(n) && n->snat4.family == AF_INET;
}

static bool has_snat6(const struct network *n)
{
	return is_open(n) && n->snat6.family == AF_INET6;
}

enum {
	NAME_BYTES = IFNAMSIZ,
	IP4_BYTES = 4,
	IP6_BYTES = 16,
	/* A protocol and a port, each in four bytes. */
	PORT_BYTES = 8,
	PAIR = NF_IFNAME << NF_CONCAT_BITS | NF_IFNAME,
	PROTO_PORT = NF_INET_PROTO << NF_CONCAT_BITS | NF_INET_SERVICE,
	IP4_PORT = NF_IPV4_ADDR << NF_CONCAT_BITS | NF_INET_SERVICE,
	IP6_PORT = NF_IPV6_ADDR << NF_CONCAT_BITS | NF_INET_SERVICE,
	IP4_PROTO_PORT = NF_IPV4_ADDR << 2 * NF_CONCAT_BITS | PROTO_PORT,
	IP6_PROTO_PORT = NF_IPV6_ADDR << 2 * NF_CONCAT_BITS | PROTO_PORT,
};

/* The sets and maps that describe networks. */
static const struct {
	struct nfset set;
	network_test test;
	void (*put)(struct nfbatch *b, const struct network *n);
} net_sets[] = {
	{ { "own_if", NF_IFNAME, NAME_BYTES, 0, 0, false }, is_open, put_bridge },
	{ { "int_if", NF_IFNAME, NAME_BYTES, 0, 0, false }, is_closed, put_bridge },
	{ { "same_br", PAIR, 2 * NAME_BYTES, 0, 0, false }, has_icc, put_pair },
	{ { "masq4", NF_IFNAME, NAME_BYTES, 0, 0, false }, has_masquerade4, put_bridge },
	{ { "masq6", NF_IFNAME, NAME_BYTES, 0, 0, false }, has_masquerade6, put_bridge },
	{ { "reach4", NF_IFNAME, NAME_BYTES, 0, 0, false }, is_reachable4, put_bridge },
	{ { "reach6", NF_IFNAME, NAME_BYTES, 0, 0, false }, is_reachable6, put_bridge },
	{ { "own_net4", NF_IPV4_ADDR, IP4_BYTES, 0, 0, true }, has_subnet4, put_subnet4 },
	{ { "own_net6", NF_IPV6_ADDR, IP6_BYTES, 0, 0, true }, has_subnet6, put_subnet6 },
	{ { "guard4", NF_IPV4_ADDR, IP4_BYTES, 0, 0, true }, is_guarded4, put_subnet4 },
	{ { "guard6", NF_IPV6_ADDR, IP6_BYTES, 0, 0, true }, is_guarded6, put_subnet6 },
	{ { "snat4", NF_IFNAME, NAME_BYTES, NF_IPV4_ADDR, IP4_BYTES, false },
	  has_snat4,
	  put_snat4 },
	{ { "snat6", NF_IFNAME, NAME_BYTES, NF_IPV6_ADDR, IP6_BYTES, false },
	  has_snat6,
	  put_snat6 },
};

/* Names of dockerd's bridges: its own isolation counts on nobody else forwarding to them. */
static const struct nfset alien_set = { "alien", NF_IFNAME, NAME_BYTES, 0, 0, false };

/* The address of the container in the family of the port, NULL when it has none. */
static const struct ipaddr *port_target(const struct endpoint *ep, const struct port *p)
{
	const struct ipaddr *to = p->host_ip.family == AF_INET ? &ep->ip4 : &ep->ip6;

	return to->family ? to : NULL;
}

/* One container port may be published on several host ports: what opens it appears once. */
static bool target_seen(const struct endpoint *ep, size_t before)
{
	const struct port *p = &ep->ports.v[before];

	for (size_t i = 0; i < before; i++)
		if (ep->ports.v[i].target == p->target && ep->ports.v[i].proto == p->proto &&
		    ep->ports.v[i].host_ip.family == p->host_ip.family)
			return true;
	return false;
}

/* Whether the port is translated: its network is not routed. */
static bool is_translated(const struct network *net, const struct port *p)
{
	return (p->host_ip.family == AF_INET6 ? net->mode6 : net->mode4) != GW_ROUTED;
}

typedef bool port_test(const struct network *net, const struct endpoint *ep, size_t at);

static bool opens(const struct network *net, const struct endpoint *ep, size_t at)
{
	return is_translated(net, &ep->ports.v[at]) && !target_seen(ep, at);
}

static bool opens_routed(const struct network *net, const struct endpoint *ep, size_t at)
{
	return !is_translated(net, &ep->ports.v[at]) && !target_seen(ep, at);
}

static bool is_on_any(const struct network *net, const struct endpoint *ep, size_t at)
{
	const struct port *p = &ep->ports.v[at];

	return is_translated(net, p) && ipaddr_is_any(&p->host_ip);
}

static bool is_on_one(const struct network *net, const struct endpoint *ep, size_t at)
{
	const struct port *p = &ep->ports.v[at];

	return is_translated(net, p) && !ipaddr_is_any(&p->host_ip);
}

/* A port set has keys "[address .] protocol . port", and data "address . port" if it is a map. */
static const struct {
	struct nfset set;
	int family;
	port_test *test;
	enum { NO_ADDRESS, CONTAINERS_ADDRESS, HOSTS_ADDRESS } first;
} port_sets[] = {
	{ { "any4", PROTO_PORT, PORT_BYTES, IP4_PORT, IP4_BYTES + 4, false },
	  AF_INET,
	  is_on_any,
	  NO_ADDRESS },
	{ { "any6", PROTO_PORT, PORT_BYTES, IP6_PORT, IP6_BYTES + 4, false },
	  AF_INET6,
	  is_on_any,
	  NO_ADDRESS },
	{ { "host4", IP4_PROTO_PORT, IP4_BYTES + PORT_BYTES, IP4_PORT, IP4_BYTES + 4, false },
	  AF_INET,
	  is_on_one,
	  HOSTS_ADDRESS },
	{ { "host6", IP6_PROTO_PORT, IP6_BYTES + PORT_BYTES, IP6_PORT, IP6_BYTES + 4, false },
	  AF_INET6,
	  is_on_one,
	  HOSTS_ADDRESS },
	{ { "loop6", PROTO_PORT, PORT_BYTES, 0, 0, false }, AF_INET6, is_on_any, NO_ADDRESS },
	{ { "open4", IP4_PROTO_PORT, IP4_BYTES + PORT_BYTES, 0, 0, false },
	  AF_INET,
	  opens,
	  CONTAINERS_ADDRESS },
	{ { "open6", IP6_PROTO_PORT, IP6_BYTES + PORT_BYTES, 0, 0, false },
	  AF_INET6,
	  opens,
	  CONTAINERS_ADDRESS },
	{ { "routed4", IP4_PROTO_PORT, IP4_BYTES + PORT_BYTES, 0, 0, false },
	  AF_INET,
	  opens_routed,
	  CONTAINERS_ADDRESS },
	{ { "routed6", IP6_PROTO_PORT, IP6_BYTES + PORT_BYTES, 0, 0, false },
	  AF_INET6,
	  opens_routed,
	  CONTAINERS_ADDRESS },
};

static void key_add_port(struct nfkey *k, uint16_t port)
{
	port = htons(port);
	nfkey_add(k, &port, sizeof(port));
}

static void key_add_address(struct nfkey *k, const struct ipaddr *ip)
{
	nfkey_add(k, ip->b, ipaddr_len(ip));
}

static void put_port(struct nfbatch *b, size_t set, const struct endpoint *ep, size_t at)
{
	const struct port *p = &ep->ports.v[at];
	const struct ipaddr *to = port_target(ep, p);
	struct nfkey key = { .n = 0 }, data = { .n = 0 };
	/* What opens a container is found by its own port, the rest by the port of the host. */
	bool is_inside = port_sets[set].first == CONTAINERS_ADDRESS;

	if (port_sets[set].first != NO_ADDRESS)
		key_add_address(&key, is_inside ? to : &p->host_ip);
	nfkey_add(&key, &p->proto, sizeof(p->proto));
	key_add_port(&key, is_inside ? p->target : p->published);
	key_add_address(&data, to);
	key_add_port(&data, p->target);
	nfbatch_element(b, &key, port_sets[set].set.data_bytes ? &data : NULL);
}

bool nft_table_has_ports(const struct network *net, const struct endpoint *ep)
{
	if (!is_open(net))
		return false;
	for (size_t i = 0; i < ep->ports.n; i++)
		if (port_target(ep, &ep->ports.v[i]))
			return true;
	return false;
}

void nft_table_ports(struct nfbatch *b, const struct network *net, const struct endpoint *ep,
		     bool deletes)
{
	if (!nft_table_has_ports(net, ep))
		return;
	for (size_t set = 0; set < ARRAY_LEN(port_sets); set++) {
		nfbatch_elements_begin(b, port_sets[set].set.name, deletes);
		for (size_t i = 0; i < ep->ports.n; i++)
			if (ep->ports.v[i].host_ip.family == port_sets[set].family &&
			    port_target(ep, &ep->ports.v[i]) && port_sets[set].test(net, ep, i))
				put_port(b, set, ep, i);
		nfbatch_elements_end(b);
	}
}

void nft_table_network(struct nfbatch *b, const struct network *net, bool deletes)
{
	for (size_t i = 0; i < ARRAY_LEN(net_sets); i++) {
		nfbatch_elements_begin(b, net_sets[i].set.name, deletes);
		if (net_sets[i].test(net))
			net_sets[i].put(b, net);
		nfbatch_elements_end(b);
	}
}

void nft_table_alien(struct nfbatch *b, const struct strv *alien)
{
	nfbatch_elements_begin(b, alien_set.name, false);
	for (size_t i = 0; i < alien->n; i++) {
		struct nfkey k = name_key(alien->v[i]);

		nfbatch_element(b, &k, NULL);
	}
	nfbatch_elements_end(b);
}

static void put_networks(struct nfbatch *b, const struct store *s)
{
	for (size_t i = 0; i < ARRAY_LEN(net_sets); i++) {
		nfbatch_elements_begin(b, net_sets[i].set.name, false);
		for (size_t k = 0; k < s->n_networks; k++)
			if (net_sets[i].test(s->networks[k]))
				net_sets[i].put(b, s->networks[k]);
		nfbatch_elements_end(b);
	}
}

static void put_ports(struct nfbatch *b, const struct store *s)
{
	for (size_t i = 0; i < s->n_networks; i++)
		for (size_t k = 0; k < s->networks[i]->n_endpoints; k++)
			if (s->networks[i]->endpoints[k]->is_active)
				nft_table_ports(b, s->networks[i], s->networks[i]->endpoints[k],
						false);
}

void nft_table_fill(struct nfbatch *b, const struct store *s, const struct strv *alien)
{
	for (size_t i = 0; i < ARRAY_LEN(net_sets); i++)
		nfbatch_set_add(b, &net_sets[i].set);
	nfbatch_set_add(b, &alien_set);
	for (size_t i = 0; i < ARRAY_LEN(port_sets); i++)
		nfbatch_set_add(b, &port_sets[i].set);
	nft_rules_add(b);
	put_networks(b, s);
	nft_table_alien(b, alien);
	put_ports(b, s);
}
