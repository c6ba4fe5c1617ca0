/*
 * net/redirect.h - port 53 of 127.0.0.11 inside a container leads to the sockets that answer there.
 *
 * Packets are rewritten without connection tracking, so that a workload may have port 53 for itself
 * and nothing is counted per query. The rules are sent as ready messages: a packet filter context of
 * libnftables for four rules costs a millisecond per container, these take a tenth of it.
 *
 *	ip daddr 127.0.0.11 udp dport 53 udp dport set UDP      ip saddr 127.0.0.11 udp sport UDP udp sport set 53
 *	ip daddr 127.0.0.11 tcp dport 53 tcp dport set TCP      ip saddr 127.0.0.11 tcp sport TCP tcp sport set 53
 *
 * Owns:    nothing; the table "compose_dns" dies with the network namespace.
 * Units:   ports in host byte order.
 * Errors:  the kernel's; EOPNOTSUPP or EINVAL where nf_tables is missing.
 * Thread:  any; works in the calling thread's network namespace.
 * Source:  linux/netfilter/nf_tables.h; nft --debug=netlink shows the same expressions.
 */
#ifndef NET_REDIRECT_H
#define NET_REDIRECT_H

#include <stdint.h>

#include "base/err.h"

int dns_redirect(uint16_t udp_port, uint16_t tcp_port, struct err **e);

#endif
