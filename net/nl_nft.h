/*
 * net/nl_nft.h - nf_tables by netlink: changes put into one transaction, and two lists.
 *
 * A transaction is done as a whole or not at all. Sets are found by name, also those made earlier in
 * the same transaction. Keys and data of elements are as the kernel compares them: network byte
 * order, each part of a concatenation filled up to four bytes.
 *
 * Owns:    struct nfbatch its bytes; table names and strings given are borrowed until nfsock_send().
 *          struct nfsock its socket, opened at first use in the namespace of that moment.
 * Units:   bytes; registers count words of four bytes from 0.
 * Errors:  the kernel's own code; EOPNOTSUPP, EPROTONOSUPPORT when it has no nf_tables.
 * Thread:  any one thread at a time.
 * Source:  linux/netfilter/nf_tables.h; `nft --debug=netlink` shows the same expressions.
 */
#ifndef NET_NL_NFT_H
#define NET_NL_NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct nfsock {
	int fd;
};
#define NFSOCK_INIT                                                                                \
	{                                                                                          \
		-1                                                                                 \
	}
void nfsock_done(struct nfsock *s);

struct nfbatch {
	struct buf bytes;
	uint8_t family;    /* of what is added next */
	const char *table; /* likewise */
	size_t message;    /* where the last message begins */
	size_t list;       /* the open list of expressions or elements in it, 0 = none */
	const char *set;   /* whose elements are being added */
	int set_type;
	uint32_t n_sets;
};
#define NFBATCH_INIT                                                                               \
	{                                                                                          \
		BUF_INIT, 0, NULL, 0, 0, NULL, 0, 0                                                \
	}
void nfbatch_begin(struct nfbatch *b, uint8_t family, const char *table);
void nfbatch_done(struct nfbatch *b);
static inline void nfbatch_autop(struct nfbatch *b)
{
	nfbatch_done(b);
}
/* Carries all of it out; the batch is empty afterwards. what: for the error, "load the rules". */
int nfsock_send(struct nfsock *s, struct nfbatch *b, const char *what, struct err **e);

/* is_new: fails with EEXIST when there is one. */
void nfbatch_table_add(struct nfbatch *b, bool is_new);
void nfbatch_table_del(struct nfbatch *b);

struct nfchain {
	const char *name;
	const char *type; /* NULL: no hook, only jumped to */
	uint32_t hook;
	int32_t priority;
};
void nfbatch_chain_add(struct nfbatch *b, const struct nfchain *c);

/* The numbers nft(8) knows the types by, so that it can print the sets. */
enum {
	NF_IPV4_ADDR = 7,
	NF_IPV6_ADDR = 8,
	NF_INET_PROTO = 12,
	NF_INET_SERVICE = 13,
	NF_IFNAME = 41,
	NF_CONCAT_BITS = 6,
};
struct nfset {
	const char *name;
	uint32_t key_type, key_bytes;
	uint32_t data_type, data_bytes; /* 0: a set, else a map */
	bool has_intervals;
};
void nfbatch_set_add(struct nfbatch *b, const struct nfset *s);

/* A key, or the data behind it, grown part by part. */
struct nfkey {
	uint8_t b[64];
	size_t n;
};
void nfkey_add(struct nfkey *k, const void *p, size_t n);

/* Elements of one set, added or deleted, between begin and end; none at all is fine. */
void nfbatch_elements_begin(struct nfbatch *b, const char *set, bool deletes);
void nfbatch_element(struct nfbatch *b, const struct nfkey *key, const struct nfkey *data);
/* The element behind the last one of an interval. */
void nfbatch_interval_end(struct nfbatch *b, const struct nfkey *key);
void nfbatch_elements_end(struct nfbatch *b);

enum nf_place { NF_LAST, NF_FIRST, NF_BEFORE };
/* handle: of the rule it goes before. Expressions follow, then the end with a comment or NULL. */
void nfbatch_rule_begin(struct nfbatch *b, const char *chain, enum nf_place place, uint64_t handle);
void nfbatch_rule_end(struct nfbatch *b, const char *comment);
void nfbatch_rule_del(struct nfbatch *b, const char *chain, uint64_t handle);

/* Expressions: load puts n bytes into the register, match and lookup look at register 0. */
void nfexpr_load_meta(struct nfbatch *b, uint32_t key, unsigned reg);
void nfexpr_load_payload(struct nfbatch *b, uint32_t base, uint32_t at, uint32_t n, unsigned reg);
void nfexpr_load_ct(struct nfbatch *b, uint32_t key);
void nfexpr_load_address_type(struct nfbatch *b); /* of the destination: RTN_LOCAL, ... */
void nfexpr_mask(struct nfbatch *b, const void *mask, size_t n);
void nfexpr_match(struct nfbatch *b, bool is_equal, const void *p, size_t n);
/* In a map the data comes to register 0. */
void nfexpr_lookup(struct nfbatch *b, const char *set, bool is_inside, bool is_map);
/* Address in register 0, port in port_reg (0: the port is kept). */
void nfexpr_nat(struct nfbatch *b, uint32_t type, uint32_t family, unsigned port_reg);
void nfexpr_masquerade(struct nfbatch *b);
void nfexpr_reject(struct nfbatch *b, uint32_t type, uint8_t code);
/* Writes the largest segment of the route into the option of the TCP header. */
void nfexpr_clamp_mss(struct nfbatch *b);
/* Writes two bytes into the transport header and corrects the checksum at csum_at. */
void nfexpr_write_transport(struct nfbatch *b, uint32_t at, const void *p, uint32_t csum_at);
/* chain: for NFT_JUMP, else NULL. */
void nfexpr_verdict(struct nfbatch *b, int code, const char *chain);

struct nfchain_info {
	uint8_t family;
	char *table, *name;
	bool is_forward; /* hooked there in an IPv4, IPv6 or inet table */
	bool drops;      /* by policy */
};
struct nfchains {
	struct nfchain_info *v;
	size_t n, cap;
};
int nfsock_chains(struct nfsock *s, struct nfchains *ret, struct err **e);
void nfchains_done(struct nfchains *c);
static inline void nfchains_autop(struct nfchains *c)
{
	nfchains_done(c);
}
/* -ENOENT without an error text when there is no such chain. */
int nfsock_has_chain(struct nfsock *s, uint8_t family, const char *table, const char *name);

struct nfrule_info {
	uint64_t handle;
	char *comment;        /* "" when it has none */
	bool is_plain_return; /* nothing but a return, and perhaps a counter */
};
struct nfrules {
	struct nfrule_info *v;
	size_t n, cap;
};
int nfsock_rules(struct nfsock *s, uint8_t family, const char *table, const char *chain,
		 struct nfrules *ret, struct err **e);
void nfrules_done(struct nfrules *r);
static inline void nfrules_autop(struct nfrules *r)
{
	nfrules_done(r);
}

#endif
