#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>

#include "net/nl_nft.h"
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

static const struct nfchain output = { "output", "filter", NF_INET_LOCAL_OUT, PRIORITY_RAW };

/* One line of the table in the header: at 127.0.0.11 (as address_at says), from one port to another. */
static void rule(struct nfbatch *b, uint8_t proto, uint32_t address_at, uint32_t port_at,
		 uint16_t from, uint16_t to)
{
	const uint8_t address[] = { 127, 0, 0, 11 };

	from = htons(from);
	to = htons(to);
	nfbatch_rule_begin(b, output.name, NF_LAST, 0);
	nfexpr_load_payload(b, NFT_PAYLOAD_NETWORK_HEADER, address_at, sizeof(address), 0);
	nfexpr_match(b, true, address, sizeof(address));
	nfexpr_load_meta(b, NFT_META_L4PROTO, 0);
	nfexpr_match(b, true, &proto, sizeof(proto));
	nfexpr_load_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, port_at, sizeof(from), 0);
	nfexpr_match(b, true, &from, sizeof(from));
	nfexpr_write_transport(b, port_at, &to, proto == IPPROTO_UDP ? UDP_CHECKSUM : TCP_CHECKSUM);
	nfbatch_rule_end(b, NULL);
}

static void rules(struct nfbatch *b, uint8_t proto, uint16_t port)
{
	rule(b, proto, IP_DADDR, L4_DPORT, DNS, port);
	rule(b, proto, IP_SADDR, L4_SPORT, port, DNS);
}

int dns_redirect(uint16_t udp_port, uint16_t tcp_port, struct err **e)
{
	AUTO(nfbatch) struct nfbatch b = NFBATCH_INIT;
	struct nfsock s = NFSOCK_INIT;
	int r;

	nfbatch_begin(&b, NFPROTO_IPV4, "compose_dns");
	nfbatch_table_add(&b, /* is_new= */ false);
	nfbatch_chain_add(&b, &output);
	rules(&b, IPPROTO_UDP, udp_port);
	rules(&b, IPPROTO_TCP, tcp_port);
	r = nfsock_send(&s, &b, "redirect port 53 of 127.0.0.11", e);
	if (r == -EINVAL)
		err_hint(e, "is the kernel module nf_tables there? try \"modprobe nf_tables\"");
	nfsock_done(&s);
	return r;
}
