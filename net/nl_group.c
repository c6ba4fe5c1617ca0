/*
 * The kernel takes a link out of sight early and then waits, twice some 20 ms for a bridge, until
 * nobody can be using it any more; the answer comes after that. A thread of its own sits through the
 * wait, and this side goes on when the link is out of sight. From then on the kernel finishes by
 * itself, whatever happens to this process.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdio.h"
#include "net/nl_internal.h"

enum { STACK_BYTES = 256 << 10, EVENT_ROOM = 8192 };

/* What the thread has: descriptors and bytes of its own. */
struct waiter {
	int nl;
	int done; /* closed when the kernel is through */
	struct buf bytes;
};

static void waiter_free(struct waiter *w)
{
	fd_close(&w->nl);
	fd_close(&w->done);
	buf_done(&w->bytes);
	free(w);
}

static void *wait_through(void *arg)
{
	struct waiter *w = arg;
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	(void)sendto(w->nl, w->bytes.p, w->bytes.n, 0, (struct sockaddr *)&kernel, sizeof(kernel));
	waiter_free(w);
	return NULL;
}

/* On success w is the thread's. */
static int waiter_start(struct waiter *w)
{
	pthread_attr_t attr;
	pthread_t thread;
	int r = pthread_attr_init(&attr);

	if (r)
		return -r;
	(void)pthread_attr_setstacksize(&attr, STACK_BYTES);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	r = pthread_create(&thread, &attr, wait_through, w);
	(void)pthread_attr_destroy(&attr);
	return -r;
}

/* A socket that hears of links and addresses that go. */
static int watch_open(int *ret_fd, struct err **e)
{
	struct sockaddr_nl us = { .nl_family = AF_NETLINK,
				  .nl_groups =
					  RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR };
	int r = netlink_open(ret_fd, e);

	if (r == 0 && bind(*ret_fd, (struct sockaddr *)&us, sizeof(us)) < 0)
		r = err_sys(e, errno, "watch the links");
	return r;
}

/* Reads what there is to hear; each of it is only a reason to look. */
static void watch_drain(int watch)
{
	char room[EVENT_ROOM];

	while (recv(watch, room, sizeof(room), MSG_DONTWAIT) > 0 || errno == ENOBUFS)
		;
}

/* True once the link is out of sight, false when the kernel is through with all of it before. */
static bool out_of_sight(int watch, int done, const char *name)
{
	struct pollfd p[] = { { .fd = watch, .events = POLLIN }, { .fd = done } };

	for (;;) {
		if (poll(p, ARRAY_LEN(p), -1) < 0 && errno != EINTR)
			return false;
		if (p[1].revents)
			return false;
		watch_drain(watch);
		if (netlink_ifindex(watch, name) == -ENODEV)
			return true;
	}
}

/* Hands the batch to a thread; *ret_done is readable when the kernel is through with it. */
static int waiter_new(const struct nlbatch *b, int nl, int *ret_done)
{
	struct waiter *w = xcalloc(1, sizeof(*w));
	int pair[2] = { -1, -1 };
	int r = 0;

	w->nl = fcntl(nl, F_DUPFD_CLOEXEC, 0);
	if (w->nl < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		r = -errno;
	w->done = pair[1];
	buf_add(&w->bytes, b->bytes.p, b->bytes.n);
	if (r == 0)
		r = waiter_start(w);
	if (r == 0) {
		*ret_done = pair[0];
		return 0;
	}
	fd_close(&pair[0]);
	waiter_free(w);
	return r;
}

/* By a socket of its own, on which the answer may come when nobody waits for it any more. */
static int send_until_unseen(struct nlbatch *b, const char *name, struct err **e)
{
	AUTO(fd) int nl = -1, watch = -1, done = -1;
	int r = netlink_open(&nl, e);

	if (r == 0)
		r = watch_open(&watch, e);
	if (r < 0)
		return r;
	r = waiter_new(b, nl, &done);
	if (r < 0)
		return err_sys(e, -r, "start a thread to remove links");
	return out_of_sight(watch, done, name) ? 0 : nlbatch_answers(b, nl, e);
}

int netlink_group_delete(int nl, uint32_t group, const char *name, struct err **e)
{
	AUTO(nlbatch) struct nlbatch b = NLBATCH_INIT;

	nlbatch_group_delete(&b, group);
	if (!name || netlink_ifindex(nl, name) < 0)
		return nlbatch_send(&b, nl, e);
	return send_until_unseen(&b, name, e);
}
