#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/tcp.h>

#include "net/nl_internal.h"
#include "net/nl_nft_internal.h"

/* An expression is a list element of a name and nested data. */
struct expr {
	size_t elem, data;
};

static struct expr expr_open(struct nfbatch *b, const char *name)
{
	struct expr x = { .elem = nfmsg_open(b, NFTA_LIST_ELEM) };

	nfmsg_put_text(b, NFTA_EXPR_NAME, name);
	x.data = nfmsg_open(b, NFTA_EXPR_DATA);
	return x;
}

static void expr_close(struct nfbatch *b, struct expr x)
{
	nfmsg_close(b, x.data);
	nfmsg_close(b, x.elem);
}

static void put_register(struct nfbatch *b, uint16_t type, unsigned reg)
{
	nfmsg_put_be32(b, type, NFT_REG32_00 + reg);
}

void nfexpr_load_meta(struct nfbatch *b, uint32_t key, unsigned reg)
{
	struct expr x = expr_open(b, "meta");

	nfmsg_put_be32(b, NFTA_META_KEY, key);
	put_register(b, NFTA_META_DREG, reg);
	expr_close(b, x);
}

void nfexpr_load_payload(struct nfbatch *b, uint32_t base, uint32_t at, uint32_t n, unsigned reg)
{
	struct expr x = expr_open(b, "payload");

	put_register(b, NFTA_PAYLOAD_DREG, reg);
	nfmsg_put_be32(b, NFTA_PAYLOAD_BASE, base);
	nfmsg_put_be32(b, NFTA_PAYLOAD_OFFSET, at);
	nfmsg_put_be32(b, NFTA_PAYLOAD_LEN, n);
	expr_close(b, x);
}

void nfexpr_load_ct(struct nfbatch *b, uint32_t key)
{
	struct expr x = expr_open(b, "ct");

	nfmsg_put_be32(b, NFTA_CT_KEY, key);
	put_register(b, NFTA_CT_DREG, 0);
	expr_close(b, x);
}

void nfexpr_load_address_type(struct nfbatch *b)
{
	struct expr x = expr_open(b, "fib");

	nfmsg_put_be32(b, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
	nfmsg_put_be32(b, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	put_register(b, NFTA_FIB_DREG, 0);
	expr_close(b, x);
}

void nfexpr_mask(struct nfbatch *b, const void *mask, size_t n)
{
	static const uint32_t zeroes[4];
	struct expr x = expr_open(b, "bitwise");

	put_register(b, NFTA_BITWISE_SREG, 0);
	put_register(b, NFTA_BITWISE_DREG, 0);
	nfmsg_put_be32(b, NFTA_BITWISE_LEN, (uint32_t)n);
	nfmsg_put_value(b, NFTA_BITWISE_MASK, mask, n);
	nfmsg_put_value(b, NFTA_BITWISE_XOR, zeroes, n);
	expr_close(b, x);
}

void nfexpr_match(struct nfbatch *b, bool is_equal, const void *p, size_t n)
{
	struct expr x = expr_open(b, "cmp");

	put_register(b, NFTA_CMP_SREG, 0);
	nfmsg_put_be32(b, NFTA_CMP_OP, is_equal ? NFT_CMP_EQ : NFT_CMP_NEQ);
	nfmsg_put_value(b, NFTA_CMP_DATA, p, n);
	expr_close(b, x);
}

void nfexpr_lookup(struct nfbatch *b, const char *set, bool is_inside, bool is_map)
{
	struct expr x = expr_open(b, "lookup");

	nfmsg_put_text(b, NFTA_LOOKUP_SET, set);
	put_register(b, NFTA_LOOKUP_SREG, 0);
	if (is_map)
		put_register(b, NFTA_LOOKUP_DREG, 0);
	if (!is_inside)
		nfmsg_put_be32(b, NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	expr_close(b, x);
}

void nfexpr_nat(struct nfbatch *b, uint32_t type, uint32_t family, unsigned port_reg)
{
	struct expr x = expr_open(b, "nat");

	nfmsg_put_be32(b, NFTA_NAT_TYPE, type);
	nfmsg_put_be32(b, NFTA_NAT_FAMILY, family);
	put_register(b, NFTA_NAT_REG_ADDR_MIN, 0);
	if (port_reg)
		put_register(b, NFTA_NAT_REG_PROTO_MIN, port_reg);
	expr_close(b, x);
}

void nfexpr_masquerade(struct nfbatch *b)
{
	expr_close(b, expr_open(b, "masq"));
}

void nfexpr_reject(struct nfbatch *b, uint32_t type, uint8_t code)
{
	struct expr x = expr_open(b, "reject");

	nfmsg_put_be32(b, NFTA_REJECT_TYPE, type);
	nfmsg_put(b, NFTA_REJECT_ICMP_CODE, &code, sizeof(code));
	expr_close(b, x);
}

void nfexpr_clamp_mss(struct nfbatch *b)
{
	enum { BYTES = 2, VALUE_AT = 2 };
	struct expr x = expr_open(b, "rt");

	nfmsg_put_be32(b, NFTA_RT_KEY, NFT_RT_TCPMSS);
	put_register(b, NFTA_RT_DREG, 0);
	expr_close(b, x);
	x = expr_open(b, "byteorder");
	put_register(b, NFTA_BYTEORDER_SREG, 0);
	put_register(b, NFTA_BYTEORDER_DREG, 0);
	nfmsg_put_be32(b, NFTA_BYTEORDER_OP, NFT_BYTEORDER_HTON);
	nfmsg_put_be32(b, NFTA_BYTEORDER_LEN, BYTES);
	nfmsg_put_be32(b, NFTA_BYTEORDER_SIZE, BYTES);
	expr_close(b, x);
	x = expr_open(b, "exthdr");
	nfmsg_put(b, NFTA_EXTHDR_TYPE, &(uint8_t){ TCPOPT_MAXSEG }, 1);
	nfmsg_put_be32(b, NFTA_EXTHDR_OFFSET, VALUE_AT);
	nfmsg_put_be32(b, NFTA_EXTHDR_LEN, BYTES);
	nfmsg_put_be32(b, NFTA_EXTHDR_OP, NFT_EXTHDR_OP_TCPOPT);
	put_register(b, NFTA_EXTHDR_SREG, 0);
	expr_close(b, x);
}

void nfexpr_write_transport(struct nfbatch *b, uint32_t at, const void *p, uint32_t csum_at)
{
	enum { BYTES = 2 };
	struct expr x = expr_open(b, "immediate");

	put_register(b, NFTA_IMMEDIATE_DREG, 0);
	nfmsg_put_value(b, NFTA_IMMEDIATE_DATA, p, BYTES);
	expr_close(b, x);
	x = expr_open(b, "payload");
	put_register(b, NFTA_PAYLOAD_SREG, 0);
	nfmsg_put_be32(b, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
	nfmsg_put_be32(b, NFTA_PAYLOAD_OFFSET, at);
	nfmsg_put_be32(b, NFTA_PAYLOAD_LEN, BYTES);
	nfmsg_put_be32(b, NFTA_PAYLOAD_CSUM_TYPE, NFT_PAYLOAD_CSUM_INET);
	nfmsg_put_be32(b, NFTA_PAYLOAD_CSUM_OFFSET, csum_at);
	expr_close(b, x);
}

void nfexpr_verdict(struct nfbatch *b, int code, const char *chain)
{
	struct expr x = expr_open(b, "immediate");
	size_t data, verdict;

	nfmsg_put_be32(b, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = nfmsg_open(b, NFTA_IMMEDIATE_DATA);
	verdict = nfmsg_open(b, NFTA_DATA_VERDICT);
	nfmsg_put_be32(b, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain)
		nfmsg_put_text(b, NFTA_VERDICT_CHAIN, chain);
	nfmsg_close(b, verdict);
	nfmsg_close(b, data);
	expr_close(b, x);
}
