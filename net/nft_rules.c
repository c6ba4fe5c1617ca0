/*
 * The chains of our table and their rules, each put together from a few words that read like nft's.
 */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "net/nft_table.h"

static const struct nfchain chains[] = {
	{ "portmap", NULL, 0, 0 },
	{ "prerouting", "nat", NF_INET_PRE_ROUTING, -100 },
	{ "output", "nat", NF_INET_LOCAL_OUT, -100 },
	{ "loopback6", "filter", NF_INET_LOCAL_OUT, 0 },
	{ "postrouting", "nat", NF_INET_POST_ROUTING, 100 },
	{ "forward", "filter", NF_INET_FORWARD, 0 },
	{ "rawpre", "filter", NF_INET_PRE_ROUTING, -300 },
};

/* Words from which the rules below are put together. */
struct word {
	void (*put)(struct nfbatch *b, const struct word *w);
	const char *name; /* of a set or chain */
	uint32_t n;
	uint32_t m;
};

static void put_meta(struct nfbatch *b, const struct word *w)
{
	nfexpr_load_meta(b, w->n, 0);
}

static void put_if_set(struct nfbatch *b, const struct word *w)
{
	nfexpr_load_meta(b, w->n, 0);
	nfexpr_lookup(b, w->name, w->m, /* is_map= */ false);
}

static void put_if_pair(struct nfbatch *b, const struct word *w)
{
	nfexpr_load_meta(b, NFT_META_IIFNAME, 0);
	nfexpr_load_meta(b, NFT_META_OIFNAME, IFNAMSIZ / 4);
	nfexpr_lookup(b, w->name, true, /* is_map= */ false);
}

static void put_not_lo(struct nfbatch *b, const struct word *w)
{
	static const char lo[IFNAMSIZ] = "lo";

	(void)w;
	nfexpr_load_meta(b, NFT_META_IIFNAME, 0);
	nfexpr_match(b, false, lo, sizeof(lo));
}

static void put_byte(struct nfbatch *b, uint32_t key, uint8_t value)
{
	nfexpr_load_meta(b, key, 0);
	nfexpr_match(b, true, &value, sizeof(value));
}

static void put_family(struct nfbatch *b, const struct word *w)
{
	put_byte(b, NFT_META_NFPROTO, (uint8_t)w->n);
}

static void put_proto(struct nfbatch *b, const struct word *w)
{
	put_byte(b, NFT_META_L4PROTO, (uint8_t)w->n);
}

enum {
	IP4_BYTES = 4,
	IP6_BYTES = 16,
	IP4_SADDR = 12, /* offsets in the headers */
	IP4_DADDR = 16,
	IP6_SADDR = 8,
	IP6_DADDR = 24,
	TH_DPORT = 2,
	TCP_FLAGS = 13,
};

/* n: where the address is, m: its length. */
static void put_address(struct nfbatch *b, const struct word *w)
{
	nfexpr_load_payload(b, NFT_PAYLOAD_NETWORK_HEADER, w->n, w->m, 0);
}

static void put_address_set(struct nfbatch *b, const struct word *w)
{
	put_address(b, w);
	nfexpr_lookup(b, w->name, true, /* is_map= */ false);
}

static void put_in_127(struct nfbatch *b, const struct word *w)
{
	nfexpr_load_payload(b, NFT_PAYLOAD_NETWORK_HEADER, w->n, 1, 0);
	nfexpr_match(b, true, &(uint8_t){ 127 }, 1);
}

static void put_to_loopback6(struct nfbatch *b, const struct word *w)
{
	(void)w;
	nfexpr_load_payload(b, NFT_PAYLOAD_NETWORK_HEADER, IP6_DADDR, IP6_BYTES, 0);
	nfexpr_match(b, true, &in6addr_loopback, IP6_BYTES);
}

/* Behind an address of m bytes, or alone. */
static void put_proto_port(struct nfbatch *b, const struct word *w)
{
	nfexpr_load_meta(b, NFT_META_L4PROTO, w->m / 4);
	nfexpr_load_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, TH_DPORT, 2, w->m / 4 + 1);
}

static void put_in_set(struct nfbatch *b, const struct word *w)
{
	nfexpr_lookup(b, w->name, true, /* is_map= */ false);
}

static void put_in_map(struct nfbatch *b, const struct word *w)
{
	nfexpr_lookup(b, w->name, true, /* is_map= */ true);
}

static void put_to_own_address(struct nfbatch *b, const struct word *w)
{
	static const uint32_t local = RTN_LOCAL;

	(void)w;
	nfexpr_load_address_type(b);
	nfexpr_match(b, true, &local, sizeof(local));
}

/* Any of the bits m in what n of the connection. */
static void put_ct_any(struct nfbatch *b, const struct word *w)
{
	static const uint32_t none;

	nfexpr_load_ct(b, w->n);
	nfexpr_mask(b, &w->m, sizeof(w->m));
	nfexpr_match(b, false, &none, sizeof(none));
}

/* None of them. */
static void put_ct_none(struct nfbatch *b, const struct word *w)
{
	static const uint32_t none;

	nfexpr_load_ct(b, w->n);
	nfexpr_mask(b, &w->m, sizeof(w->m));
	nfexpr_match(b, true, &none, sizeof(none));
}

static void put_syn(struct nfbatch *b, const struct word *w)
{
	enum { SYN = 0x02, RST = 0x04 };

	(void)w;
	put_byte(b, NFT_META_L4PROTO, IPPROTO_TCP);
	nfexpr_load_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, TCP_FLAGS, 1, 0);
	nfexpr_mask(b, &(uint8_t){ SYN | RST }, 1);
	nfexpr_match(b, true, &(uint8_t){ SYN }, 1);
}

static void put_clamp_mss(struct nfbatch *b, const struct word *w)
{
	(void)w;
	nfexpr_clamp_mss(b);
}

static void put_dnat(struct nfbatch *b, const struct word *w)
{
	nfexpr_nat(b, NFT_NAT_DNAT, w->n, w->m / 4);
}

static void put_snat(struct nfbatch *b, const struct word *w)
{
	nfexpr_nat(b, NFT_NAT_SNAT, w->n, 0);
}

static void put_masquerade(struct nfbatch *b, const struct word *w)
{
	(void)w;
	nfexpr_masquerade(b);
}

static void put_reject(struct nfbatch *b, const struct word *w)
{
	nfexpr_reject(b, w->n, (uint8_t)w->m);
}

static void put_verdict(struct nfbatch *b, const struct word *w)
{
	nfexpr_verdict(b, (int)w->n, w->name);
}

/* clang-format off */
#define IIF_IN(set) { put_if_set, set, NFT_META_IIFNAME, true }
#define IIF_OUT(set) { put_if_set, set, NFT_META_IIFNAME, false }
#define OIF_IN(set) { put_if_set, set, NFT_META_OIFNAME, true }
#define OIF_OUT(set) { put_if_set, set, NFT_META_OIFNAME, false }
#define IFS_IN(set) { put_if_pair, set, 0, 0 }
#define IIF_NOT_LO { put_not_lo, NULL, 0, 0 }
#define IP4 { put_family, NULL, NFPROTO_IPV4, 0 }
#define IP6 { put_family, NULL, NFPROTO_IPV6, 0 }
#define TCP { put_proto, NULL, IPPROTO_TCP, 0 }
#define SADDR4_IN(set) IP4, { put_address_set, set, IP4_SADDR, IP4_BYTES }
#define SADDR6_IN(set) IP6, { put_address_set, set, IP6_SADDR, IP6_BYTES }
#define DADDR4_IN(set) IP4, { put_address_set, set, IP4_DADDR, IP4_BYTES }
#define DADDR6_IN(set) IP6, { put_address_set, set, IP6_DADDR, IP6_BYTES }
#define SADDR_127 IP4, { put_in_127, NULL, IP4_SADDR, 0 }
#define DADDR_127 IP4, { put_in_127, NULL, IP4_DADDR, 0 }
#define DADDR_LOOPBACK6 IP6, { put_to_loopback6, NULL, 0, 0 }
#define DADDR_LOCAL { put_to_own_address, NULL, 0, 0 }
#define LOAD_DADDR4 { put_address, NULL, IP4_DADDR, IP4_BYTES }, { put_proto_port, NULL, 0, IP4_BYTES }
#define LOAD_DADDR6 { put_address, NULL, IP6_DADDR, IP6_BYTES }, { put_proto_port, NULL, 0, IP6_BYTES }
#define LOAD_PORT { put_proto_port, NULL, 0, 0 }
#define PORT_IN(set) LOAD_PORT, { put_in_set, set, 0, 0 }
#define TARGET4_IN(set) IP4, LOAD_DADDR4, { put_in_set, set, 0, 0 }
#define TARGET6_IN(set) IP6, LOAD_DADDR6, { put_in_set, set, 0, 0 }
#define CT_DNAT { put_ct_any, NULL, NFT_CT_STATUS, IPS_DST_NAT }
#define CT_NOT_DNAT { put_ct_none, NULL, NFT_CT_STATUS, IPS_DST_NAT }
#define CT_KNOWN { put_ct_any, NULL, NFT_CT_STATE, STATE_ESTABLISHED | STATE_RELATED }
#define TCP_SYN { put_syn, NULL, 0, 0 }
#define CLAMP_MSS { put_clamp_mss, NULL, 0, 0 }
#define DNAT4(map) { put_in_map, map, 0, 0 }, { put_dnat, NULL, NFPROTO_IPV4, IP4_BYTES }
#define DNAT6(map) { put_in_map, map, 0, 0 }, { put_dnat, NULL, NFPROTO_IPV6, IP6_BYTES }
#define SNAT_BY_IIF(map, family) \
	{ put_meta, NULL, NFT_META_IIFNAME, 0 }, { put_in_map, map, 0, 0 }, { put_snat, NULL, family, 0 }
#define MASQUERADE { put_masquerade, NULL, 0, 0 }
#define REJECT_RESET { put_reject, NULL, NFT_REJECT_TCP_RST, 0 }
#define REJECT { put_reject, NULL, NFT_REJECT_ICMP_UNREACH, PORT_UNREACHABLE6 }
#define ACCEPT { put_verdict, NULL, NF_ACCEPT, 0 }
#define DROP { put_verdict, NULL, NF_DROP, 0 }
#define RETURN { put_verdict, NULL, (uint32_t)NFT_RETURN, 0 }
#define JUMP(chain) { put_verdict, chain, (uint32_t)NFT_JUMP, 0 }

enum { STATE_ESTABLISHED = 2, STATE_RELATED = 4, PORT_UNREACHABLE6 = 4, WORDS_MAX = 8 };

/* iif and oif are the interfaces of the packet by name; IN, OUT: is, is not in that set. */
static const struct rule {
	const char *chain;
	struct word words[WORDS_MAX]; /* the first without a function ends them */
} rules[] = {
	{ "portmap", { IP4, LOAD_DADDR4, DNAT4("host4") } },
	{ "portmap", { IP4, LOAD_PORT, DNAT4("any4") } },
	{ "portmap", { IP6, LOAD_DADDR6, DNAT6("host6") } },
	{ "portmap", { IP6, LOAD_PORT, DNAT6("any6") } },

	{ "prerouting", { DADDR_LOCAL, JUMP("portmap") } },

	{ "output", { DADDR_LOOPBACK6, RETURN } },
	{ "output", { DADDR_LOCAL, JUMP("portmap") } },

	/* The kernel never routes ::1 off the loopback interface. A refusal makes clients of
	 * "localhost" turn to 127.0.0.1 at once; the reserving socket would leave them waiting. */
	{ "loopback6", { DADDR_LOOPBACK6, TCP, PORT_IN("loop6"), REJECT_RESET } },
	{ "loopback6", { DADDR_LOOPBACK6, PORT_IN("loop6"), REJECT } },

	/* Clients on 127.0.0.1, whose address would be dropped in the container. */
	{ "postrouting", { OIF_IN("own_if"), SADDR_127, MASQUERADE } },
	/* A container that uses a published port of its own network, where the answer would take a
	 * shorter way; iif is empty there when the frame stayed inside the bridge. */
	{ "postrouting", { OIF_IN("own_if"), CT_DNAT, SADDR4_IN("own_net4"), MASQUERADE } },
	{ "postrouting", { OIF_IN("own_if"), CT_DNAT, SADDR6_IN("own_net6"), MASQUERADE } },
	/* The way out. */
	{ "postrouting", { IIF_IN("masq4"), OIF_OUT("own_if"), SADDR4_IN("own_net4"), MASQUERADE } },
	{ "postrouting", { IIF_IN("masq6"), OIF_OUT("own_if"), SADDR6_IN("own_net6"), MASQUERADE } },
	{ "postrouting", { OIF_OUT("own_if"), SADDR4_IN("own_net4"), SNAT_BY_IIF("snat4", NFPROTO_IPV4) } },
	{ "postrouting", { OIF_OUT("own_if"), SADDR6_IN("own_net6"), SNAT_BY_IIF("snat6", NFPROTO_IPV6) } },

	/* Traffic that is not ours leaves at the first rule. */
	{ "forward", { OIF_OUT("own_if"), IIF_OUT("own_if"), OIF_OUT("int_if"), IIF_OUT("int_if"), RETURN } },
	{ "forward", { TCP_SYN, CLAMP_MSS } },
	{ "forward", { CT_KNOWN, ACCEPT } },
	{ "forward", { IFS_IN("same_br"), ACCEPT } },
	{ "forward", { IIF_IN("int_if"), DROP } },
	{ "forward", { OIF_IN("int_if"), DROP } },
	{ "forward", { CT_DNAT, TARGET4_IN("open4"), ACCEPT } },
	{ "forward", { CT_DNAT, TARGET6_IN("open6"), ACCEPT } },
	{ "forward", { TARGET4_IN("routed4"), ACCEPT } },
	{ "forward", { TARGET6_IN("routed6"), ACCEPT } },
	{ "forward", { OIF_IN("reach4"), IP4, IIF_OUT("own_if"), ACCEPT } },
	{ "forward", { OIF_IN("reach6"), IP6, IIF_OUT("own_if"), ACCEPT } },
	{ "forward", { IIF_IN("own_if"), OIF_IN("alien"), CT_NOT_DNAT, DROP } },
	{ "forward", { IIF_IN("own_if"), OIF_OUT("own_if"), ACCEPT } },
	{ "forward", { OIF_IN("own_if"), DROP } },

	/* A frame from outside for 127.0.0.1 would be translated before the kernel finds it odd. */
	{ "rawpre", { IIF_NOT_LO, DADDR_127, DROP } },
	{ "rawpre", { DADDR4_IN("guard4"), IIF_OUT("own_if"), IIF_OUT("int_if"), IIF_NOT_LO, DROP } },
	{ "rawpre", { DADDR6_IN("guard6"), IIF_OUT("own_if"), IIF_OUT("int_if"), IIF_NOT_LO, DROP } },
};
/* clang-format on */

static void put_rule(struct nfbatch *b, const struct rule *r)
{
	nfbatch_rule_begin(b, r->chain, NF_LAST, 0);
	for (size_t i = 0; i < WORDS_MAX && r->words[i].put; i++)
		r->words[i].put(b, &r->words[i]);
	nfbatch_rule_end(b, NULL);
}

void nft_rules_add(struct nfbatch *b)
{
	for (size_t i = 0; i < ARRAY_LEN(chains); i++)
		nfbatch_chain_add(b, &chains[i]);
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		put_rule(b, &rules[i]);
}
