/*
 * net/dns.h - DNS packets: one question in, one answer out. Bytes only; the sockets are elsewhere.
 *
 * Owns:    nothing; everything is written into the caller's memory.
 * Units:   TTL in seconds, sizes in bytes.
 * Errors:  dns_parse() returns what to do with a packet that is no good; nothing else fails.
 * Thread:  any; no I/O. What comes in was written by a stranger: the fuzz target is dns_fuzz.c.
 * Source:  RFC 1035, RFC 2308 (no data), RFC 6891 (EDNS), RFC 7766 (TCP).
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"

enum {
	DNS_NAME_MAX = 255,
	DNS_UDP_MIN = 512,
	DNS_UDP_MAX = 4096,  /* largest answer over UDP, whatever the client offers */
	DNS_UDP_OURS = 1232, /* what we offer ourselves */
	DNS_TCP_MAX = 65535,
};

enum dns_type {
	DNS_A = 1,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_AAAA = 28,
	DNS_OPT = 41,
	DNS_ANY = 255,
};
enum dns_rcode {
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_SERVFAIL = 2,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5,
	DNS_BADVERS = 16,
};

struct dns_query {
	uint16_t id, type, class;
	bool wants_recursion;
	bool has_edns;
	uint16_t udp_size;   /* how much the client takes over UDP */
	size_t question_end; /* header and question are the first bytes of the packet */
	/* Lower case, dots between labels, no dot at the end; "" is the root. */
	char name[DNS_NAME_MAX + 1];
	/* A label has a dot, a NUL or worse in it: equal to no name of ours. */
	bool is_odd;
};

enum dns_parsed {
	DNS_OK,
	DNS_DROP,  /* no query at all: no answer */
	DNS_ERROR, /* answer with *ret_rcode */
};
/* On DNS_ERROR ret is good for dns_reply(); question_end is the header only when the question is bad. */
enum dns_parsed dns_parse(const uint8_t *p, size_t n, struct dns_query *ret,
			  enum dns_rcode *ret_rcode);

struct dns_answer {
	enum dns_rcode rcode;
	const struct ipaddr *addrs; /* A and AAAA records, each from its family */
	size_t n_addrs;
	const char *ptr; /* PTR record, NULL = none */
	uint32_t ttl;
};
/* Writes the answer, at most limit (at least 512) bytes. Records that do not fit are left out and the
 * packet is marked truncated. Returns its size. */
size_t dns_reply(const uint8_t *packet, const struct dns_query *q, const struct dns_answer *a,
		 uint8_t *out, size_t limit);

/* The address asked for by a reverse name ("4.3.2.1.in-addr.arpa"), false for any other name. */
bool dns_reverse_parse(const char *name, struct ipaddr *ret);

/* Whether answer is an answer to the question of query: same question, apart from the id. */
bool dns_matches(const uint8_t *query, size_t n_query, const uint8_t *answer, size_t n_answer);
static inline uint16_t dns_id(const uint8_t *packet)
{
	return (uint16_t)(packet[0] << 8 | packet[1]);
}
static inline void dns_set_id(uint8_t *packet, uint16_t id)
{
	packet[0] = (uint8_t)(id >> 8);
	packet[1] = (uint8_t)id;
}
/* Of a packet of at least 12 bytes. */
static inline enum dns_rcode dns_rcode_of(const uint8_t *packet)
{
	return (enum dns_rcode)(packet[3] & 15);
}

#endif
