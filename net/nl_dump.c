#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/fdio.h"
#include "net/nl.h"
#include "net/nl_internal.h"

enum { NAMES_MAX = 64 << 20 };

/* The three kinds of request begin with a family byte and accept zeroes behind it. */
static int dump(int fd, int type, int family, netlink_each each, void *ctx, struct err **e)
{
	struct {
		struct nlmsghdr h;
		union {
			struct ifinfomsg link;
			struct ifaddrmsg addr;
			struct rtmsg route;
		} u;
	} req = { .h = { .nlmsg_type = (uint16_t)type,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			 .nlmsg_seq = 1,
			 .nlmsg_len = sizeof(req) } };
	int r;

	req.u.link.ifi_family = (unsigned char)family;
	if (send(fd, &req, sizeof(req), 0) < 0)
		return err_sys(e, errno, "ask the kernel for its links and routes");
	r = netlink_dump_read(fd, each, ctx);
	return r < 0 ? err_sys(e, -r, "read the kernel's links and routes") : 0;
}

static void link_kind(struct nlattr *info, char kind[16])
{
	struct nlattr *tb[IFLA_INFO_MAX + 1];

	if (nla_parse_nested(tb, IFLA_INFO_MAX, info, NULL) == 0 && tb[IFLA_INFO_KIND])
		(void)nla_strlcpy(kind, tb[IFLA_INFO_KIND], 16);
}

static void link_add(struct nlmsghdr *h, void *ctx)
{
	struct links *l = ctx;
	struct nlattr *tb[IFLA_MAX + 1];
	struct ifinfomsg *head = nlmsg_data(h);
	struct link_info *i;

	if (h->nlmsg_type != RTM_NEWLINK || nlmsg_parse(h, sizeof(*head), tb, IFLA_MAX, NULL) < 0 ||
	    !tb[IFLA_IFNAME])
		return;
	ARRAY_RESERVE(l->v, l->n, l->cap);
	i = &l->v[l->n++];
	*i = (struct link_info){ .index = (uint32_t)head->ifi_index, .flags = head->ifi_flags };
	(void)nla_strlcpy(i->name, tb[IFLA_IFNAME], sizeof(i->name));
	i->mtu = tb[IFLA_MTU] ? nla_get_u32(tb[IFLA_MTU]) : 0;
	i->group = tb[IFLA_GROUP] ? nla_get_u32(tb[IFLA_GROUP]) : 0;
	i->master = tb[IFLA_MASTER] ? nla_get_u32(tb[IFLA_MASTER]) : 0;
	if (tb[IFLA_LINKINFO])
		link_kind(tb[IFLA_LINKINFO], i->kind);
	if (tb[IFLA_ADDRESS] && nla_len(tb[IFLA_ADDRESS]) == 6) {
		memcpy(i->mac.b, nla_data(tb[IFLA_ADDRESS]), 6);
		i->mac.set = true;
	}
}

int netlink_links(int fd, struct links *ret, struct err **e)
{
	return dump(fd, RTM_GETLINK, AF_UNSPEC, link_add, ret, e);
}

int link_names(struct strv *ret, struct err **e)
{
	AUTO(buf) struct buf text = BUF_INIT;
	int r = file_read(AT_FDCWD, "/proc/self/net/dev", NAMES_MAX, &text, e);
	struct str rest = { text.p, text.n };

	if (r < 0)
		return r;
	/* "  eth0: 1 2 3 ..." behind two lines of headings, which have no colon. */
	while (rest.p) {
		struct str line = str_cut(&rest, '\n');
		struct str name = str_trim(str_cut(&line, ':'));

		if (line.p)
			strv_take(ret, str_dup(name));
	}
	return 0;
}

const struct link_info *links_find(const struct links *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (streq(l->v[i].name, name))
			return &l->v[i];
	return NULL;
}

void links_done(struct links *l)
{
	free(l->v);
	*l = (struct links){ 0 };
}

void subnets_add(struct subnets *s, const struct subnet *one)
{
	ARRAY_RESERVE(s->v, s->n, s->cap);
	s->v[s->n++] = *one;
}

void subnets_done(struct subnets *s)
{
	free(s->v);
	*s = (struct subnets){ 0 };
}

static bool ipaddr_from_attr(const struct nlattr *a, int family, struct ipaddr *ret)
{
	*ret = (struct ipaddr){ .family = (uint8_t)family };
	if (!a || (family != AF_INET && family != AF_INET6) ||
	    (size_t)nla_len(a) != ipaddr_len(ret))
		return false;
	memcpy(ret->b, nla_data(a), ipaddr_len(ret));
	return true;
}

static void addr_add(struct nlmsghdr *h, void *ctx)
{
	struct nlattr *tb[IFA_MAX + 1];
	struct ifaddrmsg *head = nlmsg_data(h);
	struct subnet s = { 0 };

	if (h->nlmsg_type != RTM_NEWADDR || nlmsg_parse(h, sizeof(*head), tb, IFA_MAX, NULL) < 0)
		return;
	s.bits = head->ifa_prefixlen;
	if (ipaddr_from_attr(tb[IFA_ADDRESS], head->ifa_family, &s.ip))
		subnets_add(ctx, &s);
}

static void route_add(struct nlmsghdr *h, void *ctx)
{
	struct nlattr *tb[RTA_MAX + 1];
	struct rtmsg *head = nlmsg_data(h);
	struct subnet s = { 0 };

	if (h->nlmsg_type != RTM_NEWROUTE || nlmsg_parse(h, sizeof(*head), tb, RTA_MAX, NULL) < 0)
		return;
	s.bits = head->rtm_dst_len;
	if (s.bits <= 1 || head->rtm_type == RTN_MULTICAST || head->rtm_type == RTN_BROADCAST)
		return;
	if (ipaddr_from_attr(tb[RTA_DST], head->rtm_family, &s.ip))
		subnets_add(ctx, &s);
}

int netlink_subnets(int fd, struct subnets *ret, struct err **e)
{
	int r = dump(fd, RTM_GETADDR, AF_UNSPEC, addr_add, ret, e);

	return r < 0 ? r : dump(fd, RTM_GETROUTE, AF_UNSPEC, route_add, ret, e);
}

struct uplink {
	uint32_t index;
	uint32_t metric;
};

static void uplink_look(struct nlmsghdr *h, void *ctx)
{
	struct uplink *best = ctx;
	struct nlattr *tb[RTA_MAX + 1];
	struct rtmsg *head = nlmsg_data(h);
	uint32_t metric;

	if (h->nlmsg_type != RTM_NEWROUTE || nlmsg_parse(h, sizeof(*head), tb, RTA_MAX, NULL) < 0 ||
	    head->rtm_dst_len != 0 || head->rtm_type != RTN_UNICAST ||
	    head->rtm_table != RT_TABLE_MAIN || !tb[RTA_OIF])
		return;
	metric = tb[RTA_PRIORITY] ? nla_get_u32(tb[RTA_PRIORITY]) : 0;
	if (best->index && metric >= best->metric)
		return;
	*best = (struct uplink){ .index = nla_get_u32(tb[RTA_OIF]), .metric = metric };
}

int netlink_uplink(int fd, uint32_t *ret_index, struct err **e)
{
	struct uplink best = { 0 };
	int r = dump(fd, RTM_GETROUTE, AF_INET, uplink_look, &best, e);

	if (r == 0 && !best.index)
		r = dump(fd, RTM_GETROUTE, AF_INET6, uplink_look, &best, e);
	if (r == 0)
		*ret_index = best.index;
	return r;
}
