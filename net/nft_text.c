#include "net/nft_text.h"

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

static void put_bridge(struct buf *b, const struct network *n)
{
	buf_addf(b, "\"%s\"", n->bridge);
}

static void put_pair(struct buf *b, const struct network *n)
{
	buf_addf(b, "\"%s\" . \"%s\"", n->bridge, n->bridge);
}

static void put_subnet4(struct buf *b, const struct network *n)
{
	char text[SUBNET_TEXT];

	buf_addstr(b, subnet_format(&n->pool4.subnet, text));
}

static void put_subnet6(struct buf *b, const struct network *n)
{
	char text[SUBNET_TEXT];

	buf_addstr(b, subnet_format(&n->pool6.subnet, text));
}

static void put_snat4(struct buf *b, const struct network *n)
{
	char text[IP_TEXT];

	buf_addf(b, "\"%s\" : %s", n->bridge, ipaddr_format(&n->snat4, text));
}

static void put_snat6(struct buf *b, const struct network *n)
{
	char text[IP_TEXT];

	buf_addf(b, "\"%s\" : %s", n->bridge, ipaddr_format(&n->snat6, text));
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

/* The sets and maps that describe networks, in the order in which they are declared. */
static const struct {
	const char *kind, *name, *type;
	network_test test;
	void (*put)(struct buf *b, const struct network *n);
} net_sets[] = {
	{ "set", "own_if", "type ifname", is_open, put_bridge },
	{ "set", "int_if", "type ifname", is_closed, put_bridge },
	{ "set", "same_br", "type ifname . ifname", has_icc, put_pair },
	{ "set", "masq4", "type ifname", has_masquerade4, put_bridge },
	{ "set", "masq6", "type ifname", has_masquerade6, put_bridge },
	{ "set", "reach4", "type ifname", is_reachable4, put_bridge },
	{ "set", "reach6", "type ifname", is_reachable6, put_bridge },
	{ "set", "own_net4", "type ipv4_addr; flags interval", has_subnet4, put_subnet4 },
	{ "set", "own_net6", "type ipv6_addr; flags interval", has_subnet6, put_subnet6 },
	{ "set", "guard4", "type ipv4_addr; flags interval", is_guarded4, put_subnet4 },
	{ "set", "guard6", "type ipv6_addr; flags interval", is_guarded6, put_subnet6 },
	{ "map", "snat4", "type ifname : ipv4_addr", has_snat4, put_snat4 },
	{ "map", "snat6", "type ifname : ipv6_addr", has_snat6, put_snat6 },
};

static void put_net_set(struct buf *b, const struct store *s, size_t at)
{
	bool any = false;

	buf_addf(b, " %s %s { %s;", net_sets[at].kind, net_sets[at].name, net_sets[at].type);
	for (size_t i = 0; i < s->n_networks; i++) {
		if (!net_sets[at].test(s->networks[i]))
			continue;
		buf_addstr(b, any ? ", " : " elements = { ");
		net_sets[at].put(b, s->networks[i]);
		any = true;
	}
	buf_addstr(b, any ? " }; }\n" : " }\n");
}

void nft_text_network(struct buf *b, const struct store *s, const char *verb,
		      const struct network *net)
{
	for (size_t i = 0; i < ARRAY_LEN(net_sets); i++) {
		if (!net_sets[i].test(net))
			continue;
		buf_addf(b, "%s element inet compose_%s %s { ", verb, s->scope, net_sets[i].name);
		net_sets[i].put(b, net);
		buf_addstr(b, " }\n");
	}
}

static const char port_sets[] =
	" map any4 { type inet_proto . inet_service : ipv4_addr . inet_service; }\n"
	" map any6 { type inet_proto . inet_service : ipv6_addr . inet_service; }\n"
	" map host4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }\n"
	" map host6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }\n"
	" set loop6 { type inet_proto . inet_service; }\n"
	" set open4 { type ipv4_addr . inet_proto . inet_service; }\n"
	" set open6 { type ipv6_addr . inet_proto . inet_service; }\n"
	" set routed4 { type ipv4_addr . inet_proto . inet_service; }\n"
	" set routed6 { type ipv6_addr . inet_proto . inet_service; }\n";

static const char chains[] =
	" chain portmap {\n"
	"  meta nfproto ipv4 dnat ip to ip daddr . meta l4proto . th dport map @host4\n"
	"  meta nfproto ipv4 dnat ip to meta l4proto . th dport map @any4\n"
	"  meta nfproto ipv6 dnat ip6 to ip6 daddr . meta l4proto . th dport map @host6\n"
	"  meta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @any6\n"
	" }\n"
	" chain prerouting { type nat hook prerouting priority -100; policy accept;\n"
	"  fib daddr type local jump portmap\n"
	" }\n"
	" chain output { type nat hook output priority -100; policy accept;\n"
	"  ip6 daddr ::1 return\n"
	"  fib daddr type local jump portmap\n"
	" }\n"
	/* The kernel never routes ::1 off the loopback interface. A refusal makes clients of
	 * "localhost" turn to 127.0.0.1 at once; the reserving socket would leave them waiting. */
	" chain loopback6 { type filter hook output priority 0; policy accept;\n"
	"  ip6 daddr ::1 meta l4proto tcp meta l4proto . th dport @loop6 reject with tcp reset\n"
	"  ip6 daddr ::1 meta l4proto . th dport @loop6 reject\n"
	" }\n"
	/* First: clients on 127.0.0.1, whose address would be dropped in the container. Second: a
	 * container that uses a published port of its own network, where the answer would take a
	 * shorter way; iifname is empty there when the frame stayed inside the bridge. Last: the
	 * way out. */
	" chain postrouting { type nat hook postrouting priority 100; policy accept;\n"
	"  oifname @own_if ip saddr 127.0.0.0/8 masquerade\n"
	"  oifname @own_if ct status dnat ip saddr @own_net4 masquerade\n"
	"  oifname @own_if ct status dnat ip6 saddr @own_net6 masquerade\n"
	"  iifname @masq4 oifname != @own_if ip saddr @own_net4 masquerade\n"
	"  iifname @masq6 oifname != @own_if ip6 saddr @own_net6 masquerade\n"
	"  oifname != @own_if ip saddr @own_net4 snat ip to iifname map @snat4\n"
	"  oifname != @own_if ip6 saddr @own_net6 snat ip6 to iifname map @snat6\n"
	" }\n";

/* Traffic that is not ours leaves at the first rule. `alien` lists the bridges of dockerd: its own
 * isolation counts on nobody else forwarding to them. */
static const char forward[] =
	" chain forward { type filter hook forward priority 0; policy accept;\n"
	"  oifname != @own_if iifname != @own_if oifname != @int_if iifname != @int_if return\n"
	"  tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu\n"
	"  ct state established,related accept\n"
	"  iifname . oifname @same_br accept\n"
	"  iifname @int_if drop\n"
	"  oifname @int_if drop\n"
	"  ct status dnat ip daddr . meta l4proto . th dport @open4 accept\n"
	"  ct status dnat ip6 daddr . meta l4proto . th dport @open6 accept\n"
	"  ip daddr . meta l4proto . th dport @routed4 accept\n"
	"  ip6 daddr . meta l4proto . th dport @routed6 accept\n"
	"  oifname @reach4 meta nfproto ipv4 iifname != @own_if accept\n"
	"  oifname @reach6 meta nfproto ipv6 iifname != @own_if accept\n"
	"  iifname @own_if oifname @alien ct status != dnat drop\n"
	"  iifname @own_if oifname != @own_if accept\n"
	"  oifname @own_if drop\n"
	" }\n"
	/* A frame from outside for 127.0.0.1 would be translated before the kernel finds it odd. */
	" chain rawpre { type filter hook prerouting priority -300; policy accept;\n"
	"  iifname != \"lo\" ip daddr 127.0.0.0/8 drop\n"
	"  ip daddr @guard4 iifname != @own_if iifname != @int_if iifname != \"lo\" drop\n"
	"  ip6 daddr @guard6 iifname != @own_if iifname != @int_if iifname != \"lo\" drop\n"
	" }\n";

/* The address of the container in the family of the port, NULL when it has none. */
static const struct ipaddr *port_target(const struct endpoint *ep, const struct port *p)
{
	const struct ipaddr *to = p->host_ip.family == AF_INET ? &ep->ip4 : &ep->ip6;

	return to->family ? to : NULL;
}

/* Which sets and maps a port has elements in; one command per set keeps nft's parser fast. */
enum port_set { OPEN4, OPEN6, ROUTED4, ROUTED6, ANY4, ANY6, HOST4, HOST6, LOOP6, N_PORT_SETS };
static const char *const port_set_names[N_PORT_SETS] = {
	"open4", "open6", "routed4", "routed6", "any4", "any6", "host4", "host6", "loop6",
};

__attribute__((format(printf, 2, 3))) static void put_element(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	if (b->n)
		buf_addstr(b, ", ");
	va_start(ap, fmt);
	buf_vaddf(b, fmt, ap);
	va_end(ap);
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

static void put_port(struct buf sets[N_PORT_SETS], const struct network *net,
		     const struct endpoint *ep, size_t at)
{
	const struct port *p = &ep->ports.v[at];
	const char *proto = proto_name(p->proto);
	bool is6 = p->host_ip.family == AF_INET6;
	bool is_routed = (is6 ? net->mode6 : net->mode4) == GW_ROUTED;
	char ip[IP_TEXT], host[IP_TEXT];

	ipaddr_format(port_target(ep, p), ip);
	ipaddr_format(&p->host_ip, host);
	if (!target_seen(ep, at))
		put_element(&sets[(is_routed ? ROUTED4 : OPEN4) + is6], "%s . %s . %u", ip, proto,
			    p->target);
	if (is_routed)
		return;
	if (is6 && ipaddr_is_any(&p->host_ip))
		put_element(&sets[LOOP6], "%s . %u", proto, p->published);
	if (ipaddr_is_any(&p->host_ip))
		put_element(&sets[ANY4 + is6], "%s . %u : %s . %u", proto, p->published, ip,
			    p->target);
	else
		put_element(&sets[HOST4 + is6], "%s . %s . %u : %s . %u", host, proto, p->published,
			    ip, p->target);
}

size_t nft_text_ports(struct buf *b, const char *table, const char *verb, const struct network *net,
		      const struct endpoint *ep)
{
	struct buf sets[N_PORT_SETS] = { 0 };
	size_t n = 0;

	if (!is_open(net))
		return 0;
	for (size_t i = 0; i < ep->ports.n; i++) {
		if (!port_target(ep, &ep->ports.v[i]))
			continue;
		put_port(sets, net, ep, i);
		n++;
	}
	for (size_t i = 0; i < N_PORT_SETS; i++) {
		if (sets[i].n)
			buf_addf(b, "%s element inet %s %s { %s }\n", verb, table,
				 port_set_names[i], buf_str(&sets[i]));
		buf_done(&sets[i]);
	}
	return n;
}

static void put_names(struct buf *b, const struct strv *names)
{
	for (size_t i = 0; i < names->n; i++)
		buf_addf(b, "%s\"%s\"", i ? ", " : "", names->v[i]);
}

void nft_text_alien(struct buf *b, const struct store *s, const struct strv *alien)
{
	if (!alien->n)
		return;
	buf_addf(b, "add element inet compose_%s alien { ", s->scope);
	put_names(b, alien);
	buf_addstr(b, " }\n");
}

void nft_text_no_table(struct buf *b, const struct store *s)
{
	buf_addf(b, "add table inet compose_%s\ndelete table inet compose_%s\n", s->scope,
		 s->scope);
}

void nft_text_table(struct buf *b, const struct store *s, const struct strv *alien, bool replaces)
{
	AUTO(mem) char *table = nft_table_name(s);

	if (replaces)
		nft_text_no_table(b, s);
	else
		buf_addf(b, "create table inet %s\n", table);
	buf_addf(b, "table inet %s {\n", table);
	for (size_t i = 0; i < ARRAY_LEN(net_sets); i++)
		put_net_set(b, s, i);
	buf_addstr(b, " set alien { type ifname; }\n");
	buf_addstr(b, port_sets);
	buf_addstr(b, chains);
	buf_addstr(b, forward);
	buf_addstr(b, "}\n");
	nft_text_alien(b, s, alien);
	for (size_t i = 0; i < s->n_networks; i++)
		for (size_t k = 0; k < s->networks[i]->n_endpoints; k++)
			if (s->networks[i]->endpoints[k]->is_active)
				nft_text_ports(b, table, "add", s->networks[i],
					       s->networks[i]->endpoints[k]);
}
