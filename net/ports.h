/*
 * net/ports.h - host ports: reserving them with sockets, and saying who holds one that is taken.
 *
 * A published port is reserved by a socket that is bound (TCP: listening, so that it is seen by
 * ss(8) and defeats SO_REUSEADDR) and drops every packet by filter: no connection is ever completed
 * by it; traffic is redirected before it would arrive there.
 *
 * Owns:    the caller owns the arrays and the descriptors in struct ports.
 * Units:   port numbers in host byte order.
 * Errors:  EADDRINUSE names the holder; failure leaves no socket behind.
 * Thread:  any one thread at a time; blocks shortly on the kernel's socket list for the error text.
 * Source:  compose-spec 05-services.md "ports"; ip(7), tcp(7), sock_diag(7).
 */
#ifndef NET_PORTS_H
#define NET_PORTS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "net/addr.h"

struct port {
	struct ipaddr host_ip;  /* 0.0.0.0 or :: for all */
	uint16_t published;     /* 0 = any free one */
	uint16_t published_end; /* >= published: any free one out of the range */
	uint16_t target;
	uint8_t proto; /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP */
};

struct ports {
	struct port *v;
	size_t n, cap;
	int *fds; /* n_fds reservation sockets; fewer than n when there are very many ports */
	size_t n_fds, cap_fds;
};

/* "tcp", "udp", "sctp". */
const char *proto_name(uint8_t proto);
bool proto_parse(const char *text, uint8_t *ret);

void ports_add(struct ports *p, const struct port *one);
/* The published_end of entries read is 0. */
struct json *ports_format(const struct ports *p);
int ports_parse(const struct json *arr, struct ports *ret, struct err **e);
void ports_done(struct ports *p);
static inline void ports_autop(struct ports *p)
{
	ports_done(p);
}
bool ports_have_udp(const struct ports *p);
bool port_clash(const struct port *a, const struct port *b);

/* Reserves every entry and fills in the numbers chosen. Entries that stand next to each other with
 * the same target, protocol and published range and differ in the family of host_ip get the same number. */
int ports_reserve(struct ports *p, struct err **e);

/* "nginx, pid 812", for free(3), or NULL when it cannot be found out. */
char *port_holder(const struct port *p);

#endif
