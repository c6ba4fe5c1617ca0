/*
 * net/ipam.h - which subnet a network gets, and which address a container gets in it.
 *
 * Pure: the caller says what is taken; nothing is remembered here.
 *
 * Owns:    nothing; arrays given are borrowed for the call.
 * Units:   addresses in network byte order, times in nanoseconds of wall clock.
 * Errors:  ENOSPC pool full, EADDRINUSE address taken, EINVAL not inside; *ret is untouched then.
 * Thread:  any; no I/O.
 * Source:  compose-spec 06-networks.md "ipam"; RFC 3021 for /31 networks; RFC 4193 for fd00::/8.
 */
#ifndef NET_IPAM_H
#define NET_IPAM_H

#include <stddef.h>

#include "base/err.h"
#include "net/addr.h"

/*
 * The first free subnet for a network of this name. Candidates are the /22 blocks of 172.16.0.0/12
 * and then of 10.0.0.0/8, beginning at a place computed from the name: the same name gets the same
 * subnet again as long as nobody took it. A /22 holds as many hosts as a Linux bridge holds ports.
 */
int ipam_choose4(const char *name, const struct subnet *taken, size_t n_taken, struct subnet *ret,
		 struct err **e);
/* A /64 below the host's own unique local prefix; global_id is five bytes derived from the host. */
int ipam_choose6(const char *name, const uint8_t global_id[5], const struct subnet *taken,
		 size_t n_taken, struct subnet *ret, struct err **e);

/* One address family of one network. */
struct ipam_pool {
	struct subnet subnet;
	struct subnet range; /* bits 0 and family 0: the whole subnet */
	struct ipaddr gateway;
	const struct ipaddr *reserved; /* auxiliary addresses */
	size_t n_reserved;
};

/* Checks that gateway, range and reserved addresses lie inside, and fills in the gateway when its
 * family is 0: the first free address of the range, else of the subnet. */
int ipam_pool_check(struct ipam_pool *p, struct err **e);

/* An address that was given back. */
struct ipam_freed {
	struct ipaddr ip;
	int64_t at_ns;
};

/*
 * wish (may be NULL) is taken when it is free; otherwise the lowest free address that is not in
 * freed, otherwise the one freed longest ago.
 */
int ipam_alloc(const struct ipam_pool *p, const struct ipaddr *used, size_t n_used,
	       const struct ipam_freed *freed, size_t n_freed, const struct ipaddr *wish,
	       struct ipaddr *ret, struct err **e);
/* Whether exactly this address may be given out; text in e says why not. */
int ipam_claim(const struct ipam_pool *p, const struct ipaddr *used, size_t n_used,
	       const struct ipaddr *want, struct err **e);

#endif
