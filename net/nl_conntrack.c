#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "net/conntrack.h"
#include "net/nl.h"
#include "net/nl_internal.h"

struct search {
	const struct endpoint *ep;
	bool is_leaving;
	struct nlbatch *deletes;
};

static bool ip_is(const struct nlattr *tuple_ip, const struct ipaddr *ip)
{
	struct nlattr *tb[CTA_IP_MAX + 1];
	const struct nlattr *src;

	if (!tuple_ip || !ip->family ||
	    nla_parse_nested(tb, CTA_IP_MAX, (struct nlattr *)tuple_ip, NULL) < 0)
		return false;
	src = tb[ip->family == AF_INET ? CTA_IP_V4_SRC : CTA_IP_V6_SRC];
	return src && (size_t)nla_len(src) == ipaddr_len(ip) &&
	       memcmp(nla_data(src), ip->b, ipaddr_len(ip)) == 0;
}

static bool is_published(const struct endpoint *ep, const struct nlattr *tuple_proto)
{
	struct nlattr *tb[CTA_PROTO_MAX + 1];
	uint16_t port;

	if (!tuple_proto ||
	    nla_parse_nested(tb, CTA_PROTO_MAX, (struct nlattr *)tuple_proto, NULL) < 0 ||
	    !tb[CTA_PROTO_NUM] || !tb[CTA_PROTO_DST_PORT] ||
	    nla_get_u8(tb[CTA_PROTO_NUM]) != IPPROTO_UDP)
		return false;
	port = ntohs(nla_get_u16(tb[CTA_PROTO_DST_PORT]));
	for (size_t i = 0; i < ep->ports.n; i++)
		if (ep->ports.v[i].proto == IPPROTO_UDP && ep->ports.v[i].published == port)
			return true;
	return false;
}

static bool is_wanted(const struct search *s, struct nlattr **tb)
{
	struct nlattr *orig[CTA_TUPLE_MAX + 1], *reply[CTA_TUPLE_MAX + 1];

	if (!tb[CTA_TUPLE_ORIG] || !tb[CTA_TUPLE_REPLY] ||
	    nla_parse_nested(orig, CTA_TUPLE_MAX, tb[CTA_TUPLE_ORIG], NULL) < 0 ||
	    nla_parse_nested(reply, CTA_TUPLE_MAX, tb[CTA_TUPLE_REPLY], NULL) < 0)
		return false;
	if (is_published(s->ep, orig[CTA_TUPLE_PROTO]))
		return true;
	/* Answers come from the container: the flow was translated to it. */
	return s->is_leaving &&
	       (ip_is(reply[CTA_TUPLE_IP], &s->ep->ip4) || ip_is(reply[CTA_TUPLE_IP], &s->ep->ip6));
}

static void look(struct nlmsghdr *h, void *ctx)
{
	struct search *s = ctx;
	struct nfgenmsg *head = nlmsg_data(h);
	struct nlattr *tb[CTA_MAX + 1];
	struct nl_msg *m;

	if (nlmsg_parse(h, sizeof(*head), tb, CTA_MAX, NULL) < 0 || !is_wanted(s, tb))
		return;
	m = nlmsg_new(NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE, 0, head, sizeof(*head));
	nlmsg_add(m, CTA_TUPLE_ORIG | NLA_F_NESTED, nla_data(tb[CTA_TUPLE_ORIG]),
		  (size_t)nla_len(tb[CTA_TUPLE_ORIG]));
	if (tb[CTA_ZONE])
		nlmsg_add(m, CTA_ZONE, nla_data(tb[CTA_ZONE]), (size_t)nla_len(tb[CTA_ZONE]));
	nlbatch_add(s->deletes, m, xstrdup("forget a connection"));
}

static int dump(int fd, struct search *s)
{
	struct {
		struct nlmsghdr h;
		struct nfgenmsg head;
	} req = { .h = { .nlmsg_len = sizeof(req),
			 .nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };

	int r;

	if (send(fd, &req, sizeof(req), 0) < 0)
		return -errno;
	/* Flows come and go all the time; those of an endpoint that is gone do not come. */
	r = netlink_dump_read(fd, look, s);
	return r > 0 ? 0 : r;
}

/* Deletes one by one: a flow may have ended by itself meanwhile, which is no failure. */
static int delete_found(struct nlbatch *b, int fd)
{
	AUTO(err) struct err *why = NULL;
	int r = nlbatch_send(b, fd, &why);

	return r == -ENOENT ? 0 : r;
}

int conntrack_forget(const struct endpoint *ep, bool is_leaving, struct err **e)
{
	AUTO(nlbatch) struct nlbatch deletes = NLBATCH_INIT;
	struct search s = { ep, is_leaving, &deletes };
	AUTO(fd) int fd = -1;
	int r = netlink_open_proto(NETLINK_NETFILTER, &fd, e);

	if (r < 0)
		return r;
	r = dump(fd, &s);
	if (r == -EINVAL || r == -EOPNOTSUPP || r == -EPROTONOSUPPORT)
		return 0;
	if (r == 0)
		r = delete_found(&deletes, fd);
	return r < 0 ? err_sys(e, -r, "forget connections to %s", ep->name) : 0;
}
