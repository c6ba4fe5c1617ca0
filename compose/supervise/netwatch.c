/*
 * Normally nothing arrives. When rules are changed, the kernel sends a datagram per transaction; one
 * that matters starts a short timer, so that a firewall that is loaded by hundreds of commands is
 * answered once, at its end. When the kernel had to drop datagrams, that counts as a change.
 */
#include "compose/supervise/netwatch.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"

enum { CALM_MS = 100, ROOM = 8192 };

struct netwatch {
	uv_poll_t poll;
	uv_timer_t calm;
	int fd;
	unsigned handles;
	bool is_closing;
	void (*changed)(void *ctx);
	void *ctx;
};

/* The payload of the first attribute of a type, in n bytes of attributes; NULL when absent. */
static const char *attr_find(const uint8_t *p, size_t n, unsigned type, size_t *ret_n)
{
	while (n >= sizeof(struct nlattr)) {
		struct nlattr a;
		size_t step;

		memcpy(&a, p, sizeof(a));
		step = NLA_ALIGN(a.nla_len);
		if (a.nla_len < sizeof(a) || a.nla_len > n)
			return NULL;
		if ((a.nla_type & NLA_TYPE_MASK) == type) {
			*ret_n = a.nla_len - sizeof(a);
			return (const char *)p + sizeof(a);
		}
		if (step >= n)
			return NULL;
		p += step;
		n -= step;
	}
	return NULL;
}

static bool attr_is(const uint8_t *p, size_t n, unsigned type, const char *text, bool is_prefix)
{
	size_t got = 0, want = strlen(text);
	const char *value = attr_find(p, n, type, &got);

	if (!value || got < want + (is_prefix ? 0 : 1))
		return false;
	return memcmp(value, text, want) == 0 && (is_prefix || value[want] == '\0');
}

/* A table of ours went; a base chain came or changed (its policy, perhaps); the chain that holds our
 * rules among others' lost one. */
static bool message_matters(unsigned type, const uint8_t *p, size_t n)
{
	size_t ignored;

	if (type >> 8 != NFNL_SUBSYS_NFTABLES || n < sizeof(struct nfgenmsg))
		return false;
	p += sizeof(struct nfgenmsg);
	n -= sizeof(struct nfgenmsg);
	switch (type & 0xff) {
	case NFT_MSG_DELTABLE:
		return attr_is(p, n, NFTA_TABLE_NAME, "compose_", true);
	case NFT_MSG_NEWCHAIN:
		return attr_find(p, n, NFTA_CHAIN_HOOK, &ignored) &&
		       !attr_is(p, n, NFTA_CHAIN_TABLE, "compose_", true);
	case NFT_MSG_DELRULE:
		return attr_is(p, n, NFTA_RULE_CHAIN, "DOCKER-USER", false) ||
		       attr_is(p, n, NFTA_RULE_CHAIN, "FORWARD", false);
	default:
		return false;
	}
}

bool netwatch_matters(const uint8_t *p, size_t n)
{
	while (n >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr h;
		size_t step;

		memcpy(&h, p, sizeof(h));
		step = NLMSG_ALIGN(h.nlmsg_len);
		if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > n)
			return false;
		if (message_matters(h.nlmsg_type, p + sizeof(h), h.nlmsg_len - sizeof(h)))
			return true;
		if (step >= n)
			return false;
		p += step;
		n -= step;
	}
	return false;
}

static void on_calm(uv_timer_t *t)
{
	struct netwatch *w = t->data;

	if (!w->is_closing)
		w->changed(w->ctx);
}

static void on_datagram(uv_poll_t *h, int status, int events)
{
	struct netwatch *w = h->data;
	uint8_t room[ROOM];
	bool matters = false;

	(void)status;
	(void)events;
	if (w->is_closing)
		return;
	for (;;) {
		ssize_t n = recv(w->fd, room, sizeof(room), MSG_DONTWAIT);

		if (n > 0)
			matters |= netwatch_matters(room, (size_t)n);
		else if (n < 0 && errno == ENOBUFS)
			matters = true;
		else
			break;
	}
	if (matters)
		(void)uv_timer_start(&w->calm, on_calm, CALM_MS, 0);
}

static int watch_socket(int *ret_fd, struct err **e)
{
	AUTO(fd)
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int group = NFNLGRP_NFTABLES;

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return err_sys(e, errno, "watch the packet filter");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static void on_closed(uv_handle_t *h)
{
	struct netwatch *w = h->data;

	if (--w->handles)
		return;
	fd_close(&w->fd);
	free(w);
}

void netwatch_close(struct netwatch *w)
{
	if (!w || w->is_closing)
		return;
	w->is_closing = true;
	uv_close((uv_handle_t *)&w->poll, on_closed);
	uv_close((uv_handle_t *)&w->calm, on_closed);
}

int netwatch_open(uv_loop_t *loop, void (*changed)(void *ctx), void *ctx, struct netwatch **ret,
		  struct err **e)
{
	struct netwatch *w;
	int fd = -1;
	int r = watch_socket(&fd, e);

	if (r < 0)
		return r;
	w = xcalloc(1, sizeof(*w));
	w->fd = fd;
	w->changed = changed;
	w->ctx = ctx;
	r = uv_poll_init(loop, &w->poll, fd);
	if (r < 0) {
		fd_close(&w->fd);
		free(w);
		return err_sys(e, -r, "watch the packet filter");
	}
	(void)uv_timer_init(loop, &w->calm);
	w->poll.data = w->calm.data = w;
	w->handles = 2;
	(void)uv_poll_start(&w->poll, UV_READABLE, on_datagram);
	/* Watching is no reason for the loop to go on. */
	uv_unref((uv_handle_t *)&w->poll);
	*ret = w;
	return 0;
}
