/*
 * net/nl.h - rtnetlink: changes to links, addresses, routes and neighbours sent as one batch, and
 * dumps of what is there.
 *
 * A netlink socket works on the network namespace in which it was opened, for ever: whoever holds
 * the socket of a container's namespace configures it without entering it.
 *
 * Owns:    descriptors belong to the caller; a batch owns its bytes until nlbatch_done().
 * Units:   interface indexes and MTU as the kernel has them.
 * Errors:  the kernel's errno with its own explanation behind it; the first refused message of a
 *          batch is reported. The kernel goes on after it: treat everything in the batch as made.
 * Thread:  any one thread at a time; blocks until the kernel has answered, at most 5 s.
 * Source:  rtnetlink(7); libnl builds and parses the messages. The socket is plain socket(2):
 *          libnl's own waits for each answer before the next message.
 */
#ifndef NET_NL_H
#define NET_NL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "net/addr.h"

/* A NETLINK_ROUTE socket of the calling thread's network namespace. */
int netlink_open(int *ret_fd, struct err **e);
/* Index of an interface in the namespace of any socket; -ENODEV when there is none. */
int netlink_ifindex(int any_socket, const char *name);

struct nlbatch {
	struct buf bytes;
	struct strv what; /* per message, for the error text */
	size_t last;      /* where the last message begins */
};
#define NLBATCH_INIT                                                                               \
	{                                                                                          \
		0                                                                                  \
	}

struct bridge_spec {
	const char *name;
	struct mac mac;
	uint32_t mtu;
	uint32_t group;
};
/* Made down; fails with EEXIST when the name is taken. */
void nlbatch_bridge(struct nlbatch *b, const struct bridge_spec *s);

struct veth_spec {
	const char *host_name;
	uint32_t bridge_index;
	uint32_t group;
	uint32_t mtu;
	int netns_fd; /* the peer is born there: moving it later costs an RCU grace period */
	const char *peer_name;
	struct mac peer_mac;
};
/* The host end comes up at once; the peer must not (it cannot be opened before it is paired). */
void nlbatch_veth(struct nlbatch *b, const struct veth_spec *s);

struct slave_link_spec {
	const char *kind; /* "macvlan" or "ipvlan" */
	const char *name;
	uint32_t parent_index;
	uint32_t mode;  /* MACVLAN_MODE_* or IPVLAN_MODE_* */
	uint16_t flags; /* ipvlan only */
	uint32_t mtu;   /* 0: the parent's */
	struct mac mac;
	int netns_fd;
};
void nlbatch_slave_link(struct nlbatch *b, const struct slave_link_spec *s);

/* Bridge port flags of an interface of the host's namespace. */
void nlbatch_port(struct nlbatch *b, const char *name, bool hairpin, bool isolated);
void nlbatch_up(struct nlbatch *b, uint32_t ifindex);
/* Asks for a link by name. Since Linux 6.8 the kernel first does what it had put off after the link
 * came up: a bridge port forwards from then on, and not some time later. */
void nlbatch_settle(struct nlbatch *b, const char *name);
/* With the broadcast address for IPv4 and without duplicate address detection for IPv6. */
void nlbatch_addr(struct nlbatch *b, uint32_t ifindex, const struct ipaddr *ip, uint8_t bits);
/* gateway of family 0: straight through the interface, for the given family. */
void nlbatch_default_route(struct nlbatch *b, uint32_t ifindex, const struct ipaddr *gateway,
			   int family);
/* A stale entry: used at once, verified by the kernel afterwards. Replaces an older one. */
void nlbatch_neigh(struct nlbatch *b, uint32_t ifindex, const struct ipaddr *ip,
		   const struct mac *mac);
/* Every link of the group, in one RCU cycle. */
void nlbatch_group_delete(struct nlbatch *b, uint32_t group);
void nlbatch_link_delete(struct nlbatch *b, const char *name);
/* Deletes every link of the group. name: one of them; returns once it is out of sight, and with it
 * the others, though the kernel is not done yet. NULL or not there: returns when all is done. */
int netlink_group_delete(int nl, uint32_t group, const char *name, struct err **e);
/* Sends all and reads all answers; the batch is empty afterwards. */
int nlbatch_send(struct nlbatch *b, int fd, struct err **e);
void nlbatch_done(struct nlbatch *b);
static inline void nlbatch_autop(struct nlbatch *b)
{
	nlbatch_done(b);
}

struct link_info {
	uint32_t index, master, mtu, group, flags;
	char name[IFNAMSIZ];
	char kind[16]; /* "bridge", "veth", "" */
	struct mac mac;
};
struct links {
	struct link_info *v;
	size_t n, cap;
};
int netlink_links(int fd, struct links *ret, struct err **e);
/* Only the names. Unlike the above this does not wait for links that are just being removed. */
int link_names(struct strv *ret, struct err **e);
const struct link_info *links_find(const struct links *l, const char *name);
void links_done(struct links *l);
static inline void links_autop(struct links *l)
{
	links_done(l);
}

struct subnets {
	struct subnet *v;
	size_t n, cap;
};
void subnets_add(struct subnets *s, const struct subnet *one);
void subnets_done(struct subnets *s);
static inline void subnets_autop(struct subnets *s)
{
	subnets_done(s);
}
/* Appends the host's addresses with their prefixes, and the destinations of its routes except
 * defaults and halves of the Internet (0.0.0.0/1 as VPNs set it). */
int netlink_subnets(int fd, struct subnets *ret, struct err **e);

/* The interface of the default route (IPv4 first, then IPv6): 0 when there is none. */
int netlink_uplink(int fd, uint32_t *ret_index, struct err **e);

#endif
