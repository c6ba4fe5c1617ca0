#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "net/names.h"
#include "net/store_internal.h"

static const char *option(const struct json *json, const char *name)
{
	return json_str(json_get(json, "driver_opts"), name, NULL);
}

static bool option_bool(const struct json *json, const char *name, bool dflt)
{
	const char *v = option(json, name);

	if (!v)
		return dflt;
	return streq(v, "true") || streq(v, "1") || streq(v, "True") || streq(v, "TRUE") ||
	       streq(v, "t") || streq(v, "T");
}

static enum gateway_mode option_mode(const struct json *json, const char *name)
{
	const char *v = option(json, name);

	if (streq(v, "routed"))
		return GW_ROUTED;
	if (streq(v, "nat-unprotected"))
		return GW_NAT_UNPROTECTED;
	return streq(v, "isolated") ? GW_ISOLATED : GW_NAT;
}

static void option_addr(const struct json *json, const char *name, struct ipaddr *ret)
{
	const char *v = option(json, name);

	if (v)
		(void)ipaddr_parse(v, ret);
}

static int pool_decode(const struct json *one, struct ipam_pool *ret, struct err **e)
{
	const char *subnet = json_str(one, "subnet", "");
	const char *gateway = json_str(one, "gateway", NULL);
	const char *range = json_str(one, "ip_range", NULL);
	struct ipaddr *reserved = NULL;
	struct ipam_pool p = { 0 };
	size_t n = 0;

	if (!subnet_parse(subnet, &p.subnet))
		return err_set(e, EINVAL, "invalid subnet \"%s\"", subnet);
	if (gateway && *gateway && !ipaddr_parse(gateway, &p.gateway))
		return err_set(e, EINVAL, "invalid gateway \"%s\"", gateway);
	if (range && *range && !subnet_parse(range, &p.range))
		return err_set(e, EINVAL, "invalid ip_range \"%s\"", range);
	reserved = xcalloc(json_len(json_get(one, "aux_addresses")) + 1, sizeof(*reserved));
	JSON_EACH(aux, json_get(one, "aux_addresses")) {
		if (!ipaddr_parse(json_text(aux), &reserved[n++])) {
			free(reserved);
			return err_set(e, EINVAL, "invalid auxiliary address \"%s\"",
				       json_text(aux) ? json_text(aux) : "");
		}
	}
	p.reserved = reserved;
	p.n_reserved = n;
	*ret = p;
	return 0;
}

static int subnets_decode(struct network *n, struct err **e)
{
	JSON_EACH(one, json_get(n->json, "subnets")) {
		struct ipam_pool p = { 0 }, *into;
		int r = pool_decode(one, &p, e);

		if (r < 0)
			return r;
		into = p.subnet.ip.family == AF_INET ? &n->pool4 : &n->pool6;
		free((void *)into->reserved);
		*into = p;
	}
	return 0;
}

int network_decode(struct json *json, struct network **ret, struct err **e)
{
	struct network *n = xcalloc(1, sizeof(*n));
	const char *v;
	int r;

	n->json = json_dup(json);
	n->name = xstrdup(json_str(json, "name", ""));
	n->driver = json_str(n->json, "driver", "bridge");
	n->bridge = json_str(n->json, "bridge", "");
	n->project = json_str(n->json, "project", "");
	n->is_internal = json_bool(json, "internal", false);
	n->owns_bridge = json_bool(json, "owns_bridge", true);
	n->group = (uint32_t)json_int(json, "group", 0);
	n->mtu = (uint32_t)json_int(json, "mtu", 1500);
	n->icc = option_bool(json, "com.docker.network.bridge.enable_icc", true);
	n->masquerade = option_bool(json, "com.docker.network.bridge.enable_ip_masquerade", true);
	n->inhibit_gateway = option_bool(json, "com.docker.network.bridge.inhibit_ipv4", false);
	n->mode4 = option_mode(json, "com.docker.network.bridge.gateway_mode_ipv4");
	n->mode6 = option_mode(json, "com.docker.network.bridge.gateway_mode_ipv6");
	option_addr(json, "com.docker.network.bridge.host_binding_ipv4", &n->host_binding);
	option_addr(json, "com.docker.network.host_ipv4", &n->snat4);
	option_addr(json, "com.docker.network.host_ipv6", &n->snat6);
	v = option(n->json, "com.docker.network.container_iface_prefix");
	n->iface_prefix = v && *v ? v : "eth";
	v = option(json, "parent");
	if (snprintf(n->parent, sizeof(n->parent), "%s", v ? v : "") >= (int)sizeof(n->parent))
		n->parent[0] = '\0';
	(void)mac_parse(json_str(json, "bridge_mac", ""), &n->bridge_mac);
	r = network_name_ok(n->name) ? subnets_decode(n, e)
				     : err_set(e, EINVAL, "invalid network name \"%s\"", n->name);
	if (r < 0) {
		network_free(n);
		return r;
	}
	*ret = n;
	return 0;
}

void network_free(struct network *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->n_endpoints; i++)
		endpoint_free(n->endpoints[i]);
	for (size_t i = 0; i < n->n_freed; i++)
		free(n->freed[i].name);
	free((void *)n->pool4.reserved);
	free((void *)n->pool6.reserved);
	free(n->endpoints);
	free(n->freed);
	free(n->name);
	json_free(n->json);
	free(n);
}

struct endpoint *endpoint_new(const char *id)
{
	struct endpoint *ep = xcalloc(1, sizeof(*ep));

	ep->id = xstrdup(id);
	return ep;
}

void endpoint_free(struct endpoint *ep)
{
	if (!ep)
		return;
	free(ep->id);
	free(ep->name);
	free(ep->project);
	free(ep->service);
	free(ep->interface);
	free(ep->veth);
	strv_done(&ep->names);
	ports_done(&ep->ports);
	free(ep);
}

struct json *endpoint_format(const struct endpoint *ep, const char *boot_id)
{
	struct json *j = json_new_obj(), *names;
	char text[IP_TEXT];

	json_set_str(j, "id", ep->id);
	json_set_str(j, "name", ep->name);
	json_set_str(j, "project", ep->project);
	json_set_str(j, "service", ep->service);
	json_set_str(j, "interface", ep->interface);
	json_set_str(j, "veth", ep->veth);
	json_set_str(j, "ipv4", ipaddr_format(&ep->ip4, text));
	json_set_str(j, "ipv6", ipaddr_format(&ep->ip6, text));
	json_set_str(j, "mac", mac_format(&ep->mac, text));
	json_set_bool(j, "gateway", ep->is_gateway);
	json_set_str(j, "boot", ep->is_active ? boot_id : "");
	names = json_set(j, "names", json_new_arr());
	for (size_t i = 0; i < ep->names.n; i++)
		json_push_str(names, ep->names.v[i]);
	json_set(j, "ports", ports_format(&ep->ports));
	return j;
}

int endpoint_decode(const struct json *j, const char *boot_id, struct endpoint **ret,
		    struct err **e)
{
	AUTO(endpoint) struct endpoint *ep = endpoint_new(json_str(j, "id", ""));
	int r;

	if (!container_id_ok(ep->id))
		return err_set(e, EINVAL, "invalid container id \"%s\"", ep->id);
	ep->name = xstrdup(json_str(j, "name", ""));
	ep->project = xstrdup(json_str(j, "project", ""));
	ep->service = xstrdup(json_str(j, "service", ""));
	ep->interface = xstrdup(json_str(j, "interface", ""));
	ep->veth = xstrdup(json_str(j, "veth", ""));
	(void)ipaddr_parse(json_str(j, "ipv4", ""), &ep->ip4);
	(void)ipaddr_parse(json_str(j, "ipv6", ""), &ep->ip6);
	(void)mac_parse(json_str(j, "mac", ""), &ep->mac);
	ep->is_gateway = json_bool(j, "gateway", false);
	ep->is_active = streq(json_str(j, "boot", ""), boot_id);
	JSON_EACH(name, json_get(j, "names"))
		if (json_text(name))
			strv_add(&ep->names, json_text(name));
	r = ports_parse(json_get(j, "ports"), &ep->ports, e);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(ep);
	return 0;
}
