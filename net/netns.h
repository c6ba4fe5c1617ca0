/*
 * net/netns.h - network namespaces and the kernel settings below /proc/sys/net.
 *
 * Owns:    struct netns owns its descriptors; netns_done() closes them, with which an unused
 *          namespace dies and takes its links along.
 * Units:   none.
 * Errors:  -errno with text. A thread that cannot come back to the host's namespace aborts.
 * Thread:  single-threaded processes only.
 * Source:  network_namespaces(7); /proc/sys/net shows the namespace of the reading thread.
 */
#ifndef NET_NETNS_H
#define NET_NETNS_H

#include <stdbool.h>

#include "base/err.h"

struct netns {
	int ns;       /* /proc/self/ns/net */
	int nl;       /* rtnetlink socket inside */
	int udp, tcp; /* 127.0.0.11, -1 without DNS */
};
#define NETNS_INIT                                                                                 \
	{                                                                                          \
		-1, -1, -1, -1                                                                     \
	}

/* Makes a namespace. with_dns: sockets for 127.0.0.11 and the redirection of port 53 to them.
 * IPv6 stays off on interfaces made later, except where netns_enable_ipv6() says so. */
int netns_create(int hostns, bool with_dns, struct netns *ret, struct err **e);
int netns_enable_ipv6(const struct netns *n, int hostns, const char *interface, struct err **e);
void netns_done(struct netns *n);
static inline void netns_autop(struct netns *n)
{
	netns_done(n);
}

/* Writes a value below /proc/sys/net of the current namespace; path as "ipv4/ip_forward". */
int netctl_set(const char *path, const char *value, struct err **e);
/* True when the value's first character is '1' to '9'. */
bool netctl_on(const char *path);
/* Formats "FAMILY/conf/INTERFACE/KEY" and writes it. */
int netctl_set_conf(const char *family, const char *interface, const char *key, const char *value,
		    struct err **e);

#endif
