#include "net/nl.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include "net/nl_internal.h"

enum { MSG_MAX = 2048, ANSWER_MAX = 32768, DUMP_ROOM = 65536, TIMEOUT_S = 5 };

int netlink_open_proto(int proto, int *ret_fd, struct err **e)
{
	AUTO(fd) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, proto);
	struct timeval deadline = { .tv_sec = TIMEOUT_S };
	int on = 1, room = 1 << 20;

	if (fd < 0)
		return err_sys(e, errno, "open a netlink socket");
	/* Kernels without these answer with more bytes or fewer words; nothing else changes. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline)) < 0)
		return err_sys(e, errno, "set the time limit of a netlink socket");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int netlink_open(int *ret_fd, struct err **e)
{
	return netlink_open_proto(NETLINK_ROUTE, ret_fd, e);
}

int netlink_ifindex(int any_socket, const char *name)
{
	struct ifreq req = { 0 };

	if (strlen(name) >= sizeof(req.ifr_name))
		return -ENODEV;
	memcpy(req.ifr_name, name, strlen(name));
	return ioctl(any_socket, SIOCGIFINDEX, &req) < 0 ? -errno : req.ifr_ifindex;
}

struct nl_msg *nlmsg_new(int type, int flags, const void *head, size_t n_head)
{
	struct nl_msg *m = nlmsg_alloc_size(MSG_MAX);

	if (!m ||
	    !nlmsg_put(m, NL_AUTO_PORT, NL_AUTO_SEQ, type, 0, NLM_F_REQUEST | NLM_F_ACK | flags) ||
	    nlmsg_append(m, (void *)head, n_head, NLMSG_ALIGNTO) < 0)
		abort(); /* out of memory; base/mem.h */
	return m;
}

void nlmsg_add(struct nl_msg *m, int type, const void *p, size_t n)
{
	if (nla_put(m, type, (int)n, p) < 0)
		abort();
}

static void put_u32(struct nl_msg *m, int type, uint32_t v)
{
	nlmsg_add(m, type, &v, sizeof(v));
}

static void put_str(struct nl_msg *m, int type, const char *s)
{
	nlmsg_add(m, type, s, strlen(s) + 1);
}

struct nlattr *nlmsg_nest(struct nl_msg *m, int type)
{
	struct nlattr *n = nla_nest_start(m, type);

	if (!n)
		abort();
	return n;
}

#define NEIGHBOUR_WORDS "add neighbour"

/* The kernel tells of every failure, and of success only where it is asked to: once, at the end. */
static void ask_no_answer(struct nlbatch *b)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(b->bytes.p + b->last);

	h->nlmsg_flags &= (uint16_t)~NLM_F_ACK;
}

void nlbatch_add(struct nlbatch *b, struct nl_msg *m, char *what)
{
	struct nlmsghdr *h = nlmsg_hdr(m);

	if (b->what.n)
		ask_no_answer(b);
	/* Sequence numbers count from 1 inside a batch. */
	h->nlmsg_seq = (uint32_t)b->what.n + 1;
	h->nlmsg_pid = 0;
	b->last = b->bytes.n;
	buf_add(&b->bytes, h, NLMSG_ALIGN(h->nlmsg_len));
	strv_take(&b->what, what);
	nlmsg_free(m);
}

void nlbatch_bridge(struct nlbatch *b, const struct bridge_spec *s)
{
	struct ifinfomsg head = { 0 };
	struct nl_msg *m = nlmsg_new(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	struct nlattr *info, *data;
	uint8_t off = 0;

	put_str(m, IFLA_IFNAME, s->name);
	if (s->mac.set)
		nlmsg_add(m, IFLA_ADDRESS, s->mac.b, sizeof(s->mac.b));
	if (s->mtu)
		put_u32(m, IFLA_MTU, s->mtu);
	put_u32(m, IFLA_GROUP, s->group);
	info = nlmsg_nest(m, IFLA_LINKINFO);
	put_str(m, IFLA_INFO_KIND, "bridge");
	data = nlmsg_nest(m, IFLA_INFO_DATA);
	put_u32(m, IFLA_BR_FORWARD_DELAY, 0);
	put_u32(m, IFLA_BR_STP_STATE, 0);
	/* Without a querier on the network snooping would lose neighbour discovery and mDNS. */
	nlmsg_add(m, IFLA_BR_MCAST_SNOOPING, &off, sizeof(off));
	nla_nest_end(m, data);
	nla_nest_end(m, info);
	nlbatch_add(b, m, xasprintf("create bridge \"%s\"", s->name));
}

/* One queue each way is what an end of a veth pair uses unless told more; but said only by its
 * silence, the kernel makes one per processor and then waits, twice, to take them away again. */
static void put_one_queue(struct nl_msg *m)
{
	put_u32(m, IFLA_NUM_TX_QUEUES, 1);
	put_u32(m, IFLA_NUM_RX_QUEUES, 1);
}

static void put_peer(struct nl_msg *m, const struct veth_spec *s)
{
	struct ifinfomsg head = { 0 };
	struct nlattr *peer = nlmsg_nest(m, VETH_INFO_PEER);

	if (nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO) < 0)
		abort();
	put_str(m, IFLA_IFNAME, s->peer_name);
	put_u32(m, IFLA_MTU, s->mtu);
	nlmsg_add(m, IFLA_ADDRESS, s->peer_mac.b, sizeof(s->peer_mac.b));
	put_u32(m, IFLA_NET_NS_FD, (uint32_t)s->netns_fd);
	put_one_queue(m);
	nla_nest_end(m, peer);
}

void nlbatch_veth(struct nlbatch *b, const struct veth_spec *s)
{
	struct ifinfomsg head = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct nl_msg *m = nlmsg_new(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	struct nlattr *info, *data;

	put_str(m, IFLA_IFNAME, s->host_name);
	put_u32(m, IFLA_MTU, s->mtu);
	put_u32(m, IFLA_MASTER, s->bridge_index);
	put_u32(m, IFLA_GROUP, s->group);
	put_one_queue(m);
	info = nlmsg_nest(m, IFLA_LINKINFO);
	put_str(m, IFLA_INFO_KIND, "veth");
	data = nlmsg_nest(m, IFLA_INFO_DATA);
	put_peer(m, s);
	nla_nest_end(m, data);
	nla_nest_end(m, info);
	nlbatch_add(b, m, xasprintf("create veth pair \"%s\"", s->host_name));
}

void nlbatch_slave_link(struct nlbatch *b, const struct slave_link_spec *s)
{
	struct ifinfomsg head = { 0 };
	struct nl_msg *m = nlmsg_new(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	bool is_ipvlan = streq(s->kind, "ipvlan");
	struct nlattr *info, *data;
	uint16_t mode = (uint16_t)s->mode;

	put_str(m, IFLA_IFNAME, s->name);
	put_u32(m, IFLA_LINK, s->parent_index);
	put_u32(m, IFLA_NET_NS_FD, (uint32_t)s->netns_fd);
	if (s->mtu)
		put_u32(m, IFLA_MTU, s->mtu);
	if (s->mac.set && !is_ipvlan)
		nlmsg_add(m, IFLA_ADDRESS, s->mac.b, sizeof(s->mac.b));
	info = nlmsg_nest(m, IFLA_LINKINFO);
	put_str(m, IFLA_INFO_KIND, s->kind);
	data = nlmsg_nest(m, IFLA_INFO_DATA);
	if (is_ipvlan) {
		nlmsg_add(m, IFLA_IPVLAN_MODE, &mode, sizeof(mode));
		nlmsg_add(m, IFLA_IPVLAN_FLAGS, &s->flags, sizeof(s->flags));
	} else {
		put_u32(m, IFLA_MACVLAN_MODE, s->mode);
	}
	nla_nest_end(m, data);
	nla_nest_end(m, info);
	nlbatch_add(b, m, xasprintf("create %s interface \"%s\"", s->kind, s->name));
}

void nlbatch_port(struct nlbatch *b, const char *name, bool hairpin, bool isolated)
{
	struct ifinfomsg head = { 0 };
	struct nl_msg *m = nlmsg_new(RTM_NEWLINK, 0, &head, sizeof(head));
	uint8_t on_hairpin = hairpin, on_isolated = isolated;
	struct nlattr *info, *data;

	put_str(m, IFLA_IFNAME, name);
	info = nlmsg_nest(m, IFLA_LINKINFO);
	put_str(m, IFLA_INFO_SLAVE_KIND, "bridge");
	data = nlmsg_nest(m, IFLA_INFO_SLAVE_DATA);
	nlmsg_add(m, IFLA_BRPORT_MODE, &on_hairpin, 1);
	nlmsg_add(m, IFLA_BRPORT_ISOLATED, &on_isolated, 1);
	nla_nest_end(m, data);
	nla_nest_end(m, info);
	nlbatch_add(b, m, xasprintf("set the bridge port flags of \"%s\"", name));
}

void nlbatch_up(struct nlbatch *b, uint32_t ifindex)
{
	struct ifinfomsg head = { .ifi_index = (int)ifindex,
				  .ifi_flags = IFF_UP,
				  .ifi_change = IFF_UP };
	struct nl_msg *m = nlmsg_new(RTM_NEWLINK, 0, &head, sizeof(head));

	nlbatch_add(b, m, xasprintf("set interface %u up", ifindex));
}

void nlbatch_settle(struct nlbatch *b, const char *name)
{
	struct ifinfomsg head = { 0 };
	struct nl_msg *m = nlmsg_new(RTM_GETLINK, 0, &head, sizeof(head));

	put_str(m, IFLA_IFNAME, name);
	put_u32(m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	nlbatch_add(b, m, xasprintf("look at link \"%s\"", name));
}

void nlbatch_addr(struct nlbatch *b, uint32_t ifindex, const struct ipaddr *ip, uint8_t bits)
{
	struct ifaddrmsg head = { .ifa_family = ip->family,
				  .ifa_prefixlen = bits,
				  .ifa_index = ifindex,
				  .ifa_flags = ip->family == AF_INET6 ? IFA_F_NODAD : 0 };
	struct nl_msg *m =
		nlmsg_new(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &head, sizeof(head));
	struct subnet s = { .ip = *ip, .bits = bits };
	char text[IP_TEXT];

	nlmsg_add(m, IFA_LOCAL, ip->b, ipaddr_len(ip));
	nlmsg_add(m, IFA_ADDRESS, ip->b, ipaddr_len(ip));
	if (ip->family == AF_INET && bits < 31) {
		struct ipaddr last = subnet_broadcast(&s);

		nlmsg_add(m, IFA_BROADCAST, last.b, 4);
	}
	nlbatch_add(b, m, xasprintf("add address %s/%u", ipaddr_format(ip, text), bits));
}

void nlbatch_default_route(struct nlbatch *b, uint32_t ifindex, const struct ipaddr *gateway,
			   int family)
{
	struct rtmsg head = { .rtm_family = (unsigned char)family,
			      .rtm_table = RT_TABLE_MAIN,
			      .rtm_protocol = RTPROT_BOOT,
			      .rtm_type = RTN_UNICAST,
			      .rtm_scope = gateway->family ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK };
	struct nl_msg *m =
		nlmsg_new(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &head, sizeof(head));
	char text[IP_TEXT];

	put_u32(m, RTA_OIF, ifindex);
	if (gateway->family)
		nlmsg_add(m, RTA_GATEWAY, gateway->b, ipaddr_len(gateway));
	nlbatch_add(b, m, xasprintf("set the default route to %s", ipaddr_format(gateway, text)));
}

void nlbatch_neigh(struct nlbatch *b, uint32_t ifindex, const struct ipaddr *ip,
		   const struct mac *mac)
{
	struct ndmsg head = { .ndm_family = ip->family,
			      .ndm_ifindex = (int)ifindex,
			      .ndm_state = NUD_STALE };
	struct nl_msg *m =
		nlmsg_new(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &head, sizeof(head));
	char text[IP_TEXT];

	nlmsg_add(m, NDA_DST, ip->b, ipaddr_len(ip));
	nlmsg_add(m, NDA_LLADDR, mac->b, sizeof(mac->b));
	nlbatch_add(b, m, xasprintf(NEIGHBOUR_WORDS " %s", ipaddr_format(ip, text)));
}

void nlbatch_group_delete(struct nlbatch *b, uint32_t group)
{
	struct ifinfomsg head = { 0 };
	struct nl_msg *m = nlmsg_new(RTM_DELLINK, 0, &head, sizeof(head));

	put_u32(m, IFLA_GROUP, group);
	nlbatch_add(b, m, xasprintf("delete the links of group %#x", group));
}

void nlbatch_link_delete(struct nlbatch *b, const char *name)
{
	struct ifinfomsg head = { 0 };
	struct nl_msg *m = nlmsg_new(RTM_DELLINK, 0, &head, sizeof(head));

	put_str(m, IFLA_IFNAME, name);
	nlbatch_add(b, m, xasprintf("delete link \"%s\"", name));
}

ssize_t netlink_recv(int fd, void *p, size_t n)
{
	ssize_t r;

	do
		r = recv(fd, p, n, MSG_TRUNC);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return (size_t)r > n ? -EMSGSIZE : r;
}

const char *netlink_extack(struct nlmsghdr *h)
{
	struct nlmsgerr *answer = nlmsg_data(h);
	size_t skip = sizeof(*answer);
	struct nlattr *a;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return "";
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		skip += answer->msg.nlmsg_len - sizeof(answer->msg);
	if ((size_t)nlmsg_datalen(h) <= NLMSG_ALIGN(skip))
		return "";
	a = nla_find((struct nlattr *)((char *)answer + NLMSG_ALIGN(skip)),
		     nlmsg_datalen(h) - (int)NLMSG_ALIGN(skip), NLMSGERR_ATTR_MSG);
	return a && nla_len(a) > 0 ? nla_get_string(a) : "";
}

/* Only the first failure is worth telling: what follows usually stumbles over it. */
static int answer_check(const struct nlbatch *b, struct nlmsghdr *h, struct err **e)
{
	struct nlmsgerr *answer = nlmsg_data(h);
	const char *what, *words;

	if (!answer->error || !h->nlmsg_seq || h->nlmsg_seq > b->what.n)
		return 0;
	what = b->what.v[h->nlmsg_seq - 1];
	/* The table of neighbours is the whole machine's and may be full. They only spare a first
	 * question: no reason to keep a container from starting. */
	if (answer->error == -ENOBUFS && starts_with(what, NEIGHBOUR_WORDS))
		return 0;
	words = netlink_extack(h);
	return err_sys(e, -answer->error, "%s%s%s", what, *words ? ": " : "", words);
}

int nlbatch_answers(const struct nlbatch *b, int fd, struct err **e)
{
	AUTO(mem) char *room = xmalloc(ANSWER_MAX);
	int failed = 0;

	for (;;) {
		ssize_t got = netlink_recv(fd, room, ANSWER_MAX);
		struct nlmsghdr *h = (struct nlmsghdr *)room;
		int left = (int)got;

		if (got < 0)
			return err_sys(failed ? NULL : e, (int)-got, "read the kernel's answer");
		for (; nlmsg_ok(h, left); h = nlmsg_next(h, &left)) {
			if (h->nlmsg_type != NLMSG_ERROR)
				continue;
			if (!failed)
				failed = answer_check(b, h, e);
			if (h->nlmsg_seq == b->what.n)
				return failed;
		}
	}
}

int nlbatch_send(struct nlbatch *b, int fd, struct err **e)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int r = 0;

	if (b->what.n == 0)
		return 0;
	if (sendto(fd, b->bytes.p, b->bytes.n, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		r = err_sys(e, errno, "%s", b->what.v[0]);
	else
		r = nlbatch_answers(b, fd, e);
	nlbatch_done(b);
	return r;
}

void nlbatch_done(struct nlbatch *b)
{
	buf_done(&b->bytes);
	strv_done(&b->what);
	*b = (struct nlbatch)NLBATCH_INIT;
}

int netlink_dump_read(int fd, netlink_each each, void *ctx)
{
	AUTO(mem) char *room = xmalloc(DUMP_ROOM);
	int changed = 0;

	for (;;) {
		ssize_t got = netlink_recv(fd, room, DUMP_ROOM);
		struct nlmsghdr *h = (struct nlmsghdr *)room;
		int left = (int)got;

		if (got < 0)
			return (int)got;
		for (; nlmsg_ok(h, left); h = nlmsg_next(h, &left)) {
			if (h->nlmsg_flags & NLM_F_DUMP_INTR)
				changed = 1;
			if (h->nlmsg_type == NLMSG_DONE)
				return changed;
			if (h->nlmsg_type == NLMSG_ERROR)
				return ((struct nlmsgerr *)nlmsg_data(h))->error;
			each(h, ctx);
		}
	}
}
