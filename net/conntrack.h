/*
 * net/conntrack.h - forgetting translated connections that lead nowhere any more.
 *
 * Translation is decided with the first packet of a flow. A UDP client that keeps sending would stay
 * with a container that is gone, or with no container at all, for as long as it sends. A TCP client
 * gives up by itself, so the walk through the whole table is for ports of UDP only.
 *
 * Owns:    nothing.
 * Units:   ports in host byte order.
 * Errors:  the kernel's; a kernel without connection tracking has nothing to forget: success.
 * Thread:  any; blocks for about a millisecond per ten thousand connections.
 * Source:  linux/netfilter/nfnetlink_conntrack.h.
 */
#ifndef NET_CONNTRACK_H
#define NET_CONNTRACK_H

#include "base/err.h"
#include "net/store.h"

/* UDP flows to the host ports of the endpoint and, when it is leaving, all flows translated to its
 * addresses. */
int conntrack_forget(const struct endpoint *ep, bool is_leaving, struct err **e);

#endif
