#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "net/nl.h"
#include "net/nl_internal.h"
#include "net/redirect.h"

enum {
	DNS = 53,
	PRIORITY_RAW = -300,
	IP_SADDR = 12, /* offsets in the IPv4 header */
	IP_DADDR = 16,
	L4_SPORT = 0, /* in the UDP and TCP header */
	L4_DPORT = 2,
	UDP_CHECKSUM = 6,
	TCP_CHECKSUM = 16,
};

static const char table[] = "compose_dns";

static struct nl_msg *nft_msg(int type, int flags)
{
	struct nfgenmsg head = { .nfgen_family = NFPROTO_IPV4 };

	return nlmsg_new(NFNL_SUBSYS_NFTABLES << 8 | type, flags, &head, sizeof(head));
}

static void put_be32(struct nl_msg *m, int type, uint32_t v)
{
	v = htonl(v);
	nlmsg_add(m, type, &v, sizeof(v));
}

static void put_text(struct nl_msg *m, int type, const char *s)
{
	nlmsg_add(m, type, s, strlen(s) + 1);
}

/* An expression is a list element of a name and nested data. */
struct expr {
	struct nlattr *elem, *data;
};

static struct expr expr_open(struct nl_msg *m, const char *name)
{
	struct expr x = { .elem = nlmsg_nest(m, NFTA_LIST_ELEM) };

	put_text(m, NFTA_EXPR_NAME, name);
	x.data = nlmsg_nest(m, NFTA_EXPR_DATA);
	return x;
}

static void expr_close(struct nl_msg *m, struct expr x)
{
	nla_nest_end(m, x.data);
	nla_nest_end(m, x.elem);
}

static void put_value(struct nl_msg *m, int type, const void *p, size_t n)
{
	struct nlattr *data = nlmsg_nest(m, type);

	nlmsg_add(m, NFTA_DATA_VALUE, p, n);
	nla_nest_end(m, data);
}

static void expr_cmp(struct nl_msg *m, const void *p, size_t n)
{
	struct expr x = expr_open(m, "cmp");

	put_be32(m, NFTA_CMP_SREG, NFT_REG_1);
	put_be32(m, NFTA_CMP_OP, NFT_CMP_EQ);
	put_value(m, NFTA_CMP_DATA, p, n);
	expr_close(m, x);
}

static void expr_payload(struct nl_msg *m, uint32_t base, uint32_t offset, uint32_t len)
{
	struct expr x = expr_open(m, "payload");

	put_be32(m, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put_be32(m, NFTA_PAYLOAD_BASE, base);
	put_be32(m, NFTA_PAYLOAD_OFFSET, offset);
	put_be32(m, NFTA_PAYLOAD_LEN, len);
	expr_close(m, x);
}

static void expr_protocol(struct nl_msg *m, uint8_t proto)
{
	struct expr x = expr_open(m, "meta");

	put_be32(m, NFTA_META_DREG, NFT_REG_1);
	put_be32(m, NFTA_META_KEY, NFT_META_L4PROTO);
	expr_close(m, x);
	expr_cmp(m, &proto, sizeof(proto));
}

/* Writes the port and corrects the checksum that covers it. */
static void expr_set_port(struct nl_msg *m, uint32_t offset, uint16_t port, uint8_t proto)
{
	uint16_t value = htons(port);
	struct expr x = expr_open(m, "immediate");

	put_be32(m, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	put_value(m, NFTA_IMMEDIATE_DATA, &value, sizeof(value));
	expr_close(m, x);
	x = expr_open(m, "payload");
	put_be32(m, NFTA_PAYLOAD_SREG, NFT_REG_1);
	put_be32(m, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
	put_be32(m, NFTA_PAYLOAD_OFFSET, offset);
	put_be32(m, NFTA_PAYLOAD_LEN, sizeof(value));
	put_be32(m, NFTA_PAYLOAD_CSUM_TYPE, NFT_PAYLOAD_CSUM_INET);
	put_be32(m, NFTA_PAYLOAD_CSUM_OFFSET, proto == IPPROTO_UDP ? UDP_CHECKSUM : TCP_CHECKSUM);
	expr_close(m, x);
}

/* One line of the table in the header: at 127.0.0.11 (as address_at says), from one port to another. */
static void rule(struct nlbatch *b, uint8_t proto, uint32_t address_at, uint32_t port_at,
		 uint16_t from, uint16_t to)
{
	struct nl_msg *m = nft_msg(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	const uint8_t address[] = { 127, 0, 0, 11 };
	uint16_t port = htons(from);
	struct nlattr *list;

	put_text(m, NFTA_RULE_TABLE, table);
	put_text(m, NFTA_RULE_CHAIN, "output");
	list = nlmsg_nest(m, NFTA_RULE_EXPRESSIONS);
	expr_payload(m, NFT_PAYLOAD_NETWORK_HEADER, address_at, sizeof(address));
	expr_cmp(m, address, sizeof(address));
	expr_protocol(m, proto);
	expr_payload(m, NFT_PAYLOAD_TRANSPORT_HEADER, port_at, sizeof(port));
	expr_cmp(m, &port, sizeof(port));
	expr_set_port(m, port_at, to, proto);
	nla_nest_end(m, list);
	nlbatch_add(b, m, xstrdup("redirect port 53 of 127.0.0.11"));
}

static void rules(struct nlbatch *b, uint8_t proto, uint16_t port)
{
	rule(b, proto, IP_DADDR, L4_DPORT, DNS, port);
	rule(b, proto, IP_SADDR, L4_SPORT, port, DNS);
}

static void table_and_chain(struct nlbatch *b)
{
	struct nl_msg *m = nft_msg(NFT_MSG_NEWTABLE, NLM_F_CREATE);
	struct nlattr *hook;

	put_text(m, NFTA_TABLE_NAME, table);
	nlbatch_add(b, m, xstrdup("make the table for 127.0.0.11"));
	m = nft_msg(NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	put_text(m, NFTA_CHAIN_TABLE, table);
	put_text(m, NFTA_CHAIN_NAME, "output");
	put_text(m, NFTA_CHAIN_TYPE, "filter");
	put_be32(m, NFTA_CHAIN_POLICY, NF_ACCEPT);
	hook = nlmsg_nest(m, NFTA_CHAIN_HOOK);
	put_be32(m, NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_OUT);
	put_be32(m, NFTA_HOOK_PRIORITY, (uint32_t)PRIORITY_RAW);
	nla_nest_end(m, hook);
	nlbatch_add(b, m, xstrdup("make the chain for 127.0.0.11"));
}

/* What is between the two marks is done as a whole or not at all. */
static void batch_mark(struct nlbatch *b, int type)
{
	struct nfgenmsg head = { .res_id = htons(NFNL_SUBSYS_NFTABLES) };

	nlbatch_add(b, nlmsg_new(type, 0, &head, sizeof(head)), NULL);
}

int dns_redirect(uint16_t udp_port, uint16_t tcp_port, struct err **e)
{
	AUTO(nlbatch) struct nlbatch b = NLBATCH_INIT;
	AUTO(fd) int fd = -1;
	int r = netlink_open_proto(NETLINK_NETFILTER, &fd, e);

	if (r < 0)
		return r;
	batch_mark(&b, NFNL_MSG_BATCH_BEGIN);
	table_and_chain(&b);
	rules(&b, IPPROTO_UDP, udp_port);
	rules(&b, IPPROTO_TCP, tcp_port);
	batch_mark(&b, NFNL_MSG_BATCH_END);
	r = nlbatch_send(&b, fd, e);
	if (r == -EOPNOTSUPP || r == -EINVAL || r == -EPROTONOSUPPORT)
		err_hint(e, "is the kernel module nf_tables there? try \"modprobe nf_tables\"");
	return r;
}
