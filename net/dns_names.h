/*
 * net/dns_names.h - the names of one network, and how a container's question is decided with them.
 *
 * Owns:    struct dns_net owns its records; a view borrows everything.
 * Units:   names in lower case without a dot at the end.
 * Errors:  records that do not parse are refused with -EINVAL and change nothing.
 * Thread:  any one thread at a time; no I/O.
 * Source:  the resolver of docker's user-defined networks, whose answers programs rely on: all
 *          addresses of a name in the first network that knows it, an empty answer for a known name
 *          without records of the type, NAME.NETWORK, reverse names.
 */
#ifndef NET_DNS_NAMES_H
#define NET_DNS_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "net/dns.h"

struct dns_net;

struct dns_net *dns_net_new(const char *network);
void dns_net_free(struct dns_net *n);
const char *dns_net_name(const struct dns_net *n);
/* What an endpoint file says. Replaces the record of the same container; an endpoint that only keeps
 * a lease (its boot is another one) has no record. */
int dns_net_put(struct dns_net *n, const char *id, const struct json *endpoint, const char *boot_id,
		struct err **e);
void dns_net_del(struct dns_net *n, const char *id);
/* Forgets all records. */
void dns_net_clear(struct dns_net *n);
size_t dns_net_count(const struct dns_net *n);

struct dns_alias {
	char *alias, *target;
};

/* From where a question is looked at. */
struct dns_view {
	struct dns_net *const *nets; /* searched in this order */
	size_t n_nets;
	const struct dns_alias *aliases;
	size_t n_aliases;
	bool (*is_declared)(const void *ctx, const char *name); /* may be NULL */
	const void *ctx;
};

enum dns_verdict {
	DNS_LOCAL,   /* the result is the answer */
	DNS_FORWARD, /* not ours: ask the name servers */
};

struct dns_result {
	enum dns_rcode rcode;
	struct ipaddr *addrs; /* shuffled */
	size_t n, cap;
	struct buf ptr; /* PTR name */
};
/* seed changes with every call; the shuffle comes from it. Call dns_result_done() in any case. */
enum dns_verdict dns_decide(const struct dns_view *v, const struct dns_query *q, uint64_t *seed,
			    struct dns_result *ret);
void dns_result_done(struct dns_result *r);

#endif
