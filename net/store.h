/*
 * net/store.h - the networks and endpoints of one root directory, as files, read into memory.
 *
 *   ROOT/networks/.lock                        counter; locked while a request is carried out
 *   ROOT/networks/NAME/network.json            what the network is
 *   ROOT/networks/NAME/endpoints/ID.json       leases, names and published ports of one container
 *   ROOT/networks/NAME/freed.json              addresses given back lately, so they rest for a while
 *
 * Several workers share a root. Each change increases the counter in the lock file; a worker reads
 * the files again only when the counter is not the one it left there.
 *
 * Owns:    the store owns everything found in it; pointers stay valid until the next store_lock().
 * Units:   as net/addr.h.
 * Errors:  files that do not parse are renamed to *.bad and count as absent: all of it can be made anew.
 * Thread:  any one thread at a time; blocks on the lock.
 * Source:  ARCHITECTURE.md "State on disk".
 */
#ifndef NET_STORE_H
#define NET_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strv.h"
#include "net/addr.h"
#include "net/ipam.h"
#include "net/ports.h"

struct endpoint {
	char *id; /* of the container */
	char *name, *project, *service;
	char *interface;        /* inside the container */
	char *veth;             /* host end */
	struct ipaddr ip4, ip6; /* family 0: none */
	struct mac mac;
	struct strv names;  /* what DNS answers for; the first is the container's own */
	struct ports ports; /* published through this endpoint; fds unused */
	bool is_gateway;
	bool is_active; /* attached since this boot; otherwise only the lease is kept */
};

struct freed {
	struct ipaddr ip;
	char *name; /* of the container that had it */
	int64_t at_ns;
};

enum gateway_mode { GW_NAT, GW_NAT_UNPROTECTED, GW_ROUTED, GW_ISOLATED };

struct network {
	char *name;
	struct json *json; /* content of network.json */

	/* Decoded from json: */
	const char *driver, *bridge, *project;
	char parent[16]; /* macvlan, ipvlan */
	bool is_internal, icc, masquerade, owns_bridge, inhibit_gateway;
	enum gateway_mode mode4, mode6;
	uint32_t group, mtu;
	struct mac bridge_mac;
	struct ipam_pool pool4, pool6; /* subnet.ip.family 0: not used; they own reserved */
	struct ipaddr host_binding, snat4, snat6;
	const char *iface_prefix;

	bool is_leaving; /* being removed: no part of the rules any more */
	struct endpoint **endpoints;
	size_t n_endpoints, cap_endpoints;
	struct freed *freed;
	size_t n_freed, cap_freed;
};

struct store {
	int dirfd; /* ROOT/networks */
	int lockfd;
	uint64_t counter;
	bool is_loaded;
	char *scope; /* eight hex digits computed from the root's path */
	char boot_id[40];
	struct network **networks;
	size_t n_networks, cap_networks;
};

int store_open(const char *root, struct store **ret, struct err **e);
void store_free(struct store *s);
static inline void store_autop(struct store **s)
{
	store_free(*s);
}

/* Waits for the lock and brings the memory up to date. */
int store_lock(struct store *s, bool will_change, struct err **e);
void store_unlock(struct store *s);

bool network_name_ok(const char *name);
struct network *store_find(const struct store *s, const char *name);
struct endpoint *network_endpoint(const struct network *n, const char *id);
/* First endpoint with this container id in any network. */
struct endpoint *store_endpoint(const struct store *s, const char *id);

/* Takes json; decodes it, writes the file, adds the network. */
int store_network_add(struct store *s, struct json *json, struct network **ret, struct err **e);
/* Removes the directory and the memory; endpoints and all. */
int store_network_del(struct store *s, struct network *n, struct err **e);

struct endpoint *endpoint_new(const char *id);
void endpoint_free(struct endpoint *ep);
static inline void endpoint_autop(struct endpoint **ep)
{
	endpoint_free(*ep);
}
/* Writes the file; takes ep when it was not in n before. On failure ep stays the caller's. */
int store_endpoint_put(struct store *s, struct network *n, struct endpoint *ep, struct err **e);
/* Removes file and memory and notes the addresses as freed. */
int store_endpoint_del(struct store *s, struct network *n, struct endpoint *ep, struct err **e);
/* As in the file. */
struct json *endpoint_format(const struct endpoint *ep, const char *boot_id);

#endif
