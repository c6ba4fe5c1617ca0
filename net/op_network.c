#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "base/rand.h"
#include "base/sha256.h"
#include "net/names.h"
#include "net/netns.h"
#include "net/nft_table.h"
#include "net/nl.h"
#include "net/worker.h"

static const char mtu_option[] = "com.docker.network.driver.mtu";
static const char bridge_option[] = "com.docker.network.bridge.name";

static const struct {
	const char *name, *meaning;
} refused_drivers[] = {
	{ "overlay", "network driver \"overlay\" is not supported (single host)" },
};
static const char *const drivers[] = { "bridge", "host", "none", "null", "macvlan", "ipvlan" };

static int driver_check(const char *driver, struct err **e)
{
	for (size_t i = 0; i < ARRAY_LEN(refused_drivers); i++)
		if (streq(driver, refused_drivers[i].name))
			return err_set(e, EINVAL, "%s", refused_drivers[i].meaning);
	for (size_t i = 0; i < ARRAY_LEN(drivers); i++)
		if (streq(driver, drivers[i]))
			return 0;
	return err_set(e, EINVAL, "network driver \"%s\" is not known", driver);
}

/* What the caller said, kept as said; the rest is added by the functions below. */
static struct json *network_base(const struct json *req)
{
	static const char *const kept[] = { "name",        "key",      "project",
					    "driver_opts", "internal", "attachable",
					    "ipam",        "labels",   "hash" };
	struct json *j = json_new_obj();
	const char *driver = json_str(req, "driver", "");
	AUTO(mem) char *created = time_format_rfc3339(clock_wall_ns(), false);
	char id[65];

	rand_hex(id, 32);
	json_set_str(j, "id", id);
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (json_get(req, kept[i]))
			json_set(j, kept[i], json_dup(json_get(req, kept[i])));
	if (!*driver || streq(driver, "default"))
		driver = "bridge";
	json_set_str(j, "driver", streq(driver, "null") ? "none" : driver);
	json_set_bool(j, "enable_ipv4", json_bool(req, "enable_ipv4", true));
	json_set_bool(j, "enable_ipv6", json_bool(req, "enable_ipv6", false));
	json_set_str(j, "created", created);
	return j;
}

static void taken_add(struct subnets *taken, const struct ipam_pool *p)
{
	if (p->subnet.ip.family)
		subnets_add(taken, &p->subnet);
}

/* Name servers of the host must stay reachable: each counts as a taken /32 or /128. */
static void taken_add_resolvers(struct subnets *taken)
{
	AUTO(buf) struct buf text = BUF_INIT;
	struct str rest;

	if (file_read(AT_FDCWD, "/etc/resolv.conf", 65536, &text, NULL) < 0)
		return;
	rest = (struct str){ text.p, text.n };
	while (rest.p) {
		struct str line = str_trim(str_cut(&rest, '\n'));
		AUTO(mem) char *word = str_dup(line);
		struct subnet s;

		if (!starts_with(word, "nameserver") ||
		    !ipaddr_parse(str_trim((struct str){ word + 10, strlen(word) - 10 }).p, &s.ip))
			continue;
		s.bits = (uint8_t)(ipaddr_len(&s.ip) * 8);
		subnets_add(taken, &s);
	}
}

static int taken_collect(struct worker *w, struct subnets *ours, struct subnets *hosts,
			 struct err **e)
{
	for (size_t i = 0; i < w->store->n_networks; i++) {
		taken_add(ours, &w->store->networks[i]->pool4);
		taken_add(ours, &w->store->networks[i]->pool6);
	}
	taken_add_resolvers(hosts);
	return netlink_subnets(w->nl, hosts, e);
}

/* fd00::/8 and 40 bits of the machine's own: never the machine id itself, which is a secret. */
static void global_id(uint8_t ret[5])
{
	AUTO(buf) struct buf id = BUF_INIT;
	struct sha256 s;
	uint8_t h[32];

	if (file_read(AT_FDCWD, "/etc/machine-id", 256, &id, NULL) < 0)
		(void)file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 256, &id, NULL);
	sha256_init(&s);
	sha256_add(&s, "compose network prefix", 22);
	sha256_add(&s, buf_str(&id), id.n);
	sha256_end(&s, h);
	memcpy(ret, h, 5);
}

static const struct subnet *overlap(const struct subnet *s, const struct subnets *with)
{
	for (size_t i = 0; i < with->n; i++)
		if (subnet_overlaps(s, &with->v[i]))
			return &with->v[i];
	return NULL;
}

static int subnet_given(const struct subnet *s, const struct subnets *ours,
			const struct subnets *hosts, bool is_shared, struct reply *r,
			struct err **e)
{
	const struct subnet *other = overlap(s, ours);
	char mine[SUBNET_TEXT], its[SUBNET_TEXT];

	subnet_format(s, mine);
	if (other)
		return err_set(e, EADDRINUSE,
			       "invalid pool request: Pool overlaps with other one "
			       "on this address space: %s and %s",
			       mine, subnet_format(other, its));
	/* macvlan and ipvlan share the subnet of their parent: there it is meant. */
	other = is_shared ? NULL : overlap(s, hosts);
	if (other)
		reply_warn(r, "subnet %s overlaps with the route %s of this host", mine,
			   subnet_format(other, its));
	return 0;
}

static int subnet_chosen(const char *name, int family, const struct subnets *ours,
			 const struct subnets *hosts, struct subnet *ret, struct err **e)
{
	AUTO(subnets) struct subnets all = { 0 };
	uint8_t id[5];

	for (size_t i = 0; i < ours->n; i++)
		subnets_add(&all, &ours->v[i]);
	for (size_t i = 0; i < hosts->n; i++)
		subnets_add(&all, &hosts->v[i]);
	if (family == AF_INET)
		return ipam_choose4(name, all.v, all.n, ret, e);
	global_id(id);
	return ipam_choose6(name, id, all.v, all.n, ret, e);
}

/* The entry of ipam.config whose subnet is of this family, or NULL. */
static const struct json *config_of(const struct json *req, int family)
{
	JSON_EACH(one, json_path(req, "ipam", "config", NULL)) {
		struct subnet s;

		if (subnet_parse(json_str(one, "subnet", ""), &s) && s.ip.family == family)
			return one;
	}
	return NULL;
}

static int config_check(const struct json *req, struct err **e)
{
	int n[2] = { 0, 0 };

	JSON_EACH(one, json_path(req, "ipam", "config", NULL)) {
		const char *text = json_str(one, "subnet", "");
		struct subnet s;

		if (!*text)
			continue;
		if (!subnet_parse(text, &s))
			return err_set(e, EINVAL, "invalid subnet \"%s\"", text);
		if (++n[s.ip.family == AF_INET6] > 1)
			return err_set(e, EINVAL, "bridge driver doesn't support multiple subnets");
	}
	return 0;
}

struct creation {
	struct worker *w;
	const struct json *req;
	struct reply *reply;
	struct json *json;
	struct subnets ours, hosts;
};

static int subnet_settle(struct creation *c, int family, struct err **e)
{
	const struct json *config = config_of(c->req, family);
	struct json *list = json_get(c->json, "subnets"), *one;
	char text[SUBNET_TEXT];
	struct subnet s;
	int r;

	if (config) {
		(void)subnet_parse(json_str(config, "subnet", ""), &s);
		r = subnet_given(&s, &c->ours, &c->hosts,
				 !streq(json_str(c->json, "driver", ""), "bridge"), c->reply, e);
	} else {
		r = subnet_chosen(json_str(c->json, "name", ""), family, &c->ours, &c->hosts, &s,
				  e);
	}
	if (r < 0)
		return r;
	one = json_push(list, config ? json_dup(config) : json_new_obj());
	json_set_str(one, "subnet", subnet_format(&s, text));
	return 0;
}

static int subnets_settle(struct creation *c, struct err **e)
{
	bool v4 = json_bool(c->json, "enable_ipv4", true);
	bool v6 = json_bool(c->json, "enable_ipv6", false);
	int r = config_check(c->req, e);

	json_set(c->json, "subnets", json_new_arr());
	if (r < 0)
		return r;
	if (!v4 && !v6)
		return err_set(e, EINVAL, "IPv4 or IPv6 must be enabled");
	r = taken_collect(c->w, &c->ours, &c->hosts, e);
	if (r == 0 && v4)
		r = subnet_settle(c, AF_INET, e);
	if (r == 0 && v6)
		r = subnet_settle(c, AF_INET6, e);
	return r;
}

/* A group is deleted as a whole: networks of one name below two root directories must not share it. */
static uint32_t group_choose(const struct store *s, const char *name)
{
	AUTO(mem) char *scoped = xasprintf("%s/%s", s->scope, name);

	for (unsigned salt = 0;; salt++) {
		uint32_t group = link_group(scoped, salt);
		bool clash = false;

		for (size_t i = 0; i < s->n_networks; i++)
			clash |= s->networks[i]->group == group;
		if (!clash)
			return group;
	}
}

static uint32_t mtu_choose(struct worker *w, const struct json *req, const struct links *links)
{
	const char *given = json_str(json_get(req, "driver_opts"), mtu_option, "0");
	uint32_t uplink = 0;
	long mtu = strtol(given, NULL, 10);

	if (mtu >= 68 && mtu <= 65535)
		return (uint32_t)mtu;
	if (netlink_uplink(w->nl, &uplink, NULL) == 0)
		for (size_t i = 0; i < links->n; i++)
			if (links->v[i].index == uplink)
				return links->v[i].mtu;
	return 1500;
}

static int bridge_choose(struct creation *c, const struct links *links, struct err **e)
{
	const char *name = json_str(c->json, "name", "");
	const char *given = json_str(json_get(c->req, "driver_opts"), bridge_option, "");
	AUTO(mem) char *salted = xasprintf("%s/%s", c->w->store->scope, name);
	const struct link_info *there;
	char text[IFNAMSIZ];

	if (!*given) {
		bridge_name(name, text);
		/* A project of the same name below another root directory. */
		if (links_find(links, text))
			bridge_name(salted, text);
		json_set_str(c->json, "bridge", text);
		json_set_bool(c->json, "owns_bridge", true);
		return 0;
	}
	if (!interface_name_ok(given))
		return err_set(e, EINVAL, "invalid bridge name \"%s\"", given);
	there = links_find(links, given);
	if (there && !streq(there->kind, "bridge"))
		return err_set(e, EEXIST, "existing interface %s is not a bridge", given);
	json_set_str(c->json, "bridge", given);
	json_set_bool(c->json, "owns_bridge", !there);
	return 0;
}

static int bridge_settle(struct creation *c, struct err **e)
{
	AUTO(links) struct links links = { 0 };
	struct mac mac = { .set = true };
	char text[MAC_TEXT];
	int r = netlink_links(c->w->nl, &links, e);

	if (r == 0)
		r = bridge_choose(c, &links, e);
	if (r < 0)
		return r;
	rand_bytes(mac.b, sizeof(mac.b));
	mac.b[0] = (uint8_t)((mac.b[0] & 0xfc) | 0x02);
	json_set_str(c->json, "bridge_mac", mac_format(&mac, text));
	json_set_int(c->json, "group", group_choose(c->w->store, json_str(c->json, "name", "")));
	json_set_int(c->json, "mtu", mtu_choose(c->w, c->req, &links));
	return 0;
}

/* The gateways follow from the pools; they are written back as text. */
static int gateways_settle(struct json *json, struct err **e)
{
	JSON_EACH(one, json_get(json, "subnets")) {
		struct ipam_pool p = { 0 };
		char text[IP_TEXT];
		AUTO(mem)
		struct ipaddr *aux =
			xcalloc(json_len(json_get(one, "aux_addresses")) + 1, sizeof(*aux));
		const char *range = json_str(one, "ip_range", "");
		const char *gateway = json_str(one, "gateway", "");
		int r;

		JSON_EACH(a, json_get(one, "aux_addresses"))
			if (!ipaddr_parse(json_text(a), &aux[p.n_reserved++]))
				return err_set(e, EINVAL, "invalid auxiliary address \"%s\"",
					       json_text(a) ? json_text(a) : "");
		p.reserved = aux;
		(void)subnet_parse(json_str(one, "subnet", ""), &p.subnet);
		if (*range && !subnet_parse(range, &p.range))
			return err_set(e, EINVAL, "invalid ip_range \"%s\"", range);
		if (*gateway && !ipaddr_parse(gateway, &p.gateway))
			return err_set(e, EINVAL, "invalid gateway \"%s\"", gateway);
		r = ipam_pool_check(&p, e);
		if (r < 0)
			return r;
		json_set_str(one, "gateway", ipaddr_format(&p.gateway, text));
	}
	return 0;
}

static int network_settle(struct creation *c, struct err **e)
{
	const char *driver = json_str(c->json, "driver", "");
	int r = driver_check(driver, e);

	if (r < 0 || streq(driver, "host") || streq(driver, "none"))
		return r;
	r = subnets_settle(c, e);
	if (r == 0)
		r = gateways_settle(c->json, e);
	if (r == 0)
		r = bridge_settle(c, e);
	return r;
}

/* IPv6 forwarding makes the kernel ignore router advertisements unless accept_ra is 2: the host
 * would lose its own default route. */
static int forwarding6_on(struct worker *w, struct err **e)
{
	AUTO(links) struct links links = { 0 };
	uint32_t uplink = 0;
	int r;

	if (netctl_on("ipv6/conf/all/forwarding"))
		return 0;
	r = netlink_links(w->nl, &links, e);
	if (r == 0)
		r = netlink_uplink(w->nl, &uplink, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < links.n; i++) {
		AUTO(mem) char *key = xasprintf("ipv6/conf/%s/accept_ra", links.v[i].name);

		if (links.v[i].index == uplink && netctl_on(key))
			(void)netctl_set(key, "2", NULL);
	}
	return netctl_set("ipv6/conf/all/forwarding", "1", e);
}

static int forwarding_on(struct worker *w, const struct network *net, struct err **e)
{
	int r = 0;

	if (net->pool4.subnet.ip.family && !netctl_on("ipv4/ip_forward"))
		r = netctl_set("ipv4/ip_forward", "1", e);
	if (r == 0 && net->pool6.subnet.ip.family)
		r = forwarding6_on(w, e);
	return r;
}

static int bridge_configure(struct worker *w, const struct network *net, uint32_t index,
			    struct err **e)
{
	AUTO(nlbatch) struct nlbatch b = NLBATCH_INIT;
	bool v6 = net->pool6.subnet.ip.family != 0;

	/* A kernel without IPv6 lacks the files; nothing is exposed then. */
	(void)netctl_set_conf("ipv6", net->bridge, "accept_ra", "0", NULL);
	(void)netctl_set_conf("ipv6", net->bridge, "disable_ipv6", v6 ? "0" : "1", NULL);
	nlbatch_up(&b, index);
	if (net->pool4.subnet.ip.family && !net->inhibit_gateway && net->mode4 != GW_ISOLATED)
		nlbatch_addr(&b, index, &net->pool4.gateway, net->pool4.subnet.bits);
	if (v6 && net->mode6 != GW_ISOLATED)
		nlbatch_addr(&b, index, &net->pool6.gateway, net->pool6.subnet.bits);
	return nlbatch_send(&b, w->nl, e);
}

int bridge_ensure(struct worker *w, const struct network *net, struct err **e)
{
	AUTO(nlbatch) struct nlbatch b = NLBATCH_INIT;
	struct bridge_spec spec = { net->bridge, net->bridge_mac, net->mtu, net->group };
	int index, got;

	if (!network_is_bridge(net))
		return 0;
	got = forwarding_on(w, net, e);
	if (got < 0)
		return got;
	index = netlink_ifindex(w->nl, net->bridge);
	if (index < 0) {
		nlbatch_bridge(&b, &spec);
		got = nlbatch_send(&b, w->nl, e);
		if (got < 0)
			return got;
		index = netlink_ifindex(w->nl, net->bridge);
	}
	if (index < 0)
		return err_sys(e, -index, "find the bridge \"%s\"", net->bridge);
	return bridge_configure(w, net, (uint32_t)index, e);
}

static int links_remove(struct worker *w, const struct network *net, struct err **e)
{
	AUTO(err) struct err *why = NULL;
	int r;

	if (!network_is_bridge(net))
		return 0;
	r = netlink_group_delete(w->nl, net->group, net->owns_bridge ? net->bridge : NULL, &why);
	/* ENODEV: nothing was left of the group. */
	if (r < 0 && r != -ENODEV)
		return err_sys(e, -r, "remove the links of network \"%s\"", net->name);
	return 0;
}

static int kernel_ensure(struct worker *w, const struct network *net, struct err **e)
{
	int got;

	if (!network_is_bridge(net))
		return 0;
	got = bridge_ensure(w, net, e);
	if (got == 0)
		got = nft_network_ensure(w->nft, w->store, net, e);
	if (got == 0)
		got = nft_neighbours_ensure(w->nft, w->store, e);
	return got;
}

static int neighbours_leave(struct worker *w, const struct network *net, struct err **e)
{
	AUTO(strv) struct strv names = STRV_INIT;
	int r = link_names(&names, e);

	return r < 0 ? r : nft_neighbours_clear(w->nft, net, &names, e);
}

static int network_make(struct creation *c, struct network **ret, struct err **e)
{
	struct network *net;
	int r = network_settle(c, e);

	if (r == 0)
		r = store_network_add(c->w->store, TAKE_PTR(c->json), &net, e);
	if (r < 0)
		return r;
	r = kernel_ensure(c->w, net, e);
	if (r < 0)
		goto undo_network;
	*ret = net;
	return 0;
undo_network:
	(void)links_remove(c->w, net, NULL);
	(void)neighbours_leave(c->w, net, NULL);
	(void)nft_network_del(c->w->nft, c->w->store, net, NULL);
	(void)store_network_del(c->w->store, net, NULL);
	return r;
}

int op_network_create(struct worker *w, const struct json *req, struct reply *r, struct err **e)
{
	const char *name = json_str(req, "name", "");
	struct network *net;
	struct creation c = { .w = w, .req = req, .reply = r };
	int got;

	if (!network_name_ok(name))
		return err_set(e, EINVAL, "invalid network name \"%s\"", name);
	net = store_find(w->store, name);
	if (net) {
		got = kernel_ensure(w, net, e);
	} else {
		c.json = network_base(req);
		got = network_make(&c, &net, e);
		json_free(c.json);
		subnets_done(&c.ours);
		subnets_done(&c.hosts);
	}
	if (got < 0)
		return err_wrap(e, "create network \"%s\"", name);
	json_set(r->body, "network", json_dup(net->json));
	return 0;
}

static int in_use(const struct network *net, struct err **e)
{
	const struct endpoint *ep = net->endpoints[0];

	return err_set(e, EBUSY,
		       "error while removing network: network %s has active endpoints "
		       "(name:\"%s\" id:\"%.12s\")",
		       net->name, ep->name, ep->id);
}

int op_network_remove(struct worker *w, const struct json *req, struct reply *r, struct err **e)
{
	const char *name = json_str(req, "name", "");
	struct network *net = store_find(w->store, name);
	int got;

	(void)r;
	if (!net)
		return err_set(e, ENOENT, "network %s not found", name);
	if (net->n_endpoints)
		return in_use(net, e);
	/* The record goes last: until then a worker that is killed here is repeated. */
	got = links_remove(w, net, e);
	if (got == 0)
		got = neighbours_leave(w, net, e);
	if (got == 0)
		got = nft_network_del(w->nft, w->store, net, e);
	if (got == 0)
		got = store_network_del(w->store, net, e);
	return got < 0 ? err_wrap(e, "remove network \"%s\"", name) : 0;
}

int op_network_inspect(struct worker *w, const struct json *req, struct reply *r, struct err **e)
{
	const char *name = json_str(req, "name", "");
	struct network *net = store_find(w->store, name);
	struct json *list;

	if (!net)
		return err_set(e, ENOENT, "network %s not found", name);
	json_set(r->body, "network", json_dup(net->json));
	list = json_set(r->body, "endpoints", json_new_arr());
	for (size_t i = 0; i < net->n_endpoints; i++)
		json_push(list, endpoint_format(net->endpoints[i], w->store->boot_id));
	return 0;
}
