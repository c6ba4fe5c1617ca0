/*
 * net/addr.h - IP addresses, subnets and hardware addresses as values.
 *
 * Owns:    nothing; everything is a plain value, text goes into the caller's array.
 * Units:   addresses in network byte order, prefix lengths in bits, offsets in addresses.
 * Errors:  the parsers return false and leave *ret alone.
 * Thread:  any; no I/O.
 * Source:  RFC 4632, RFC 4291.
 */
#ifndef NET_ADDR_H
#define NET_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { IP_TEXT = 48, SUBNET_TEXT = 52, MAC_TEXT = 18 };

struct ipaddr {
	uint8_t family; /* AF_INET, AF_INET6, 0 = none */
	uint8_t b[16];  /* the first ipaddr_len() bytes count */
};

struct subnet {
	struct ipaddr ip; /* as written: may have host bits */
	uint8_t bits;
};

struct mac {
	uint8_t b[6];
	bool set;
};

static inline size_t ipaddr_len(const struct ipaddr *a)
{
	return a->family == AF_INET ? 4 : 16;
}
/* Dotted quad or IPv6 text, the latter also in brackets. */
bool ipaddr_parse(const char *text, struct ipaddr *ret);
/* "" for family 0; returns buf. */
const char *ipaddr_format(const struct ipaddr *a, char buf[IP_TEXT]);
bool ipaddr_eq(const struct ipaddr *a, const struct ipaddr *b);
/* 0.0.0.0 or :: */
bool ipaddr_is_any(const struct ipaddr *a);
bool ipaddr_is_loopback(const struct ipaddr *a);
socklen_t ipaddr_sockaddr(const struct ipaddr *a, uint16_t port, struct sockaddr_storage *ret);
bool ipaddr_from_sockaddr(const struct sockaddr *sa, struct ipaddr *ret, uint16_t *ret_port);

/* "ADDRESS/BITS". */
bool subnet_parse(const char *text, struct subnet *ret);
/* With host bits cleared; returns buf. */
const char *subnet_format(const struct subnet *s, char buf[SUBNET_TEXT]);
/* The same subnet with host bits cleared. */
struct subnet subnet_base(const struct subnet *s);
bool subnet_has(const struct subnet *s, const struct ipaddr *a);
bool subnet_contains(const struct subnet *outer, const struct subnet *inner);
bool subnet_overlaps(const struct subnet *a, const struct subnet *b);
/* Number of addresses, at most 2^62. */
uint64_t subnet_size(const struct subnet *s);
/* The address at an offset from the first one; the offset must be inside. */
struct ipaddr subnet_nth(const struct subnet *s, uint64_t offset);
/* Distance of a (which must be inside) from the first address; at most 2^62. */
uint64_t subnet_offset(const struct subnet *s, const struct ipaddr *a);
/* Last address of an IPv4 subnet. */
struct ipaddr subnet_broadcast(const struct subnet *s);

/* "02:42:ac:11:00:02", with '-' as well, or Cisco "0242.ac11.0002"; must be unicast and not zero. */
bool mac_parse(const char *text, struct mac *ret);
const char *mac_format(const struct mac *m, char buf[MAC_TEXT]);
/* 02:42 and the four address bytes: one address has one hardware address, so that neighbour
 * caches stay right when a container comes back. IPv6: 02:43 and the last four bytes. */
struct mac mac_of_ip(const struct ipaddr *a);

#endif
