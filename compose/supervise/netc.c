/*
 * Normally a request is sent at once and its reply calls back. When the socket is full the rest waits
 * until it is writable. When the worker dies or a request cannot be sent, the calls concerned fail from
 * the loop, never from inside netc_call(). Closing answers whatever is left with ECANCELED.
 */
#include "compose/supervise/netc.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/log.h"

enum { REPLY_MAX = 256 * 1024, REPLY_FDS = 253, WORKER_FD = 3 };

struct net_call {
	struct net_call *next; /* in netc.first */
	int64_t id;
	char *text;
	netc_reply_fn done;
	void *ctx;
};

struct net_link {
	uv_poll_t poll;
	struct netc *n; /* NULL once hung up */
	int fd;
};

static void on_link_closed(uv_handle_t *h)
{
	free(h->data);
}

static void hangup(struct netc *n)
{
	struct net_link *l = n->link;

	if (!l)
		return;
	n->link = NULL;
	l->n = NULL;
	(void)uv_poll_stop(&l->poll);
	fd_close(&l->fd);
	uv_close((uv_handle_t *)&l->poll, on_link_closed);
}

static struct net_call *take_first(struct netc *n)
{
	struct net_call *c = n->first;

	n->first = c->next;
	if (!n->first)
		n->last = &n->first;
	if (n->unsent == c)
		n->unsent = c->next;
	return c;
}

static void answer(struct net_call *c, const struct json *reply, int *fds, size_t n_fds,
		   struct err *e)
{
	if (c->done)
		c->done(c->ctx, reply, fds, n_fds, e);
	for (size_t i = 0; i < n_fds; i++)
		fd_close(&fds[i]);
	free(c->text);
	free(c);
}

static void fail_all(struct netc *n, int errnum, const char *why)
{
	struct net_call *end = NULL;

	/* Only those there now: a callback may make new calls. */
	for (struct net_call *c = n->first; c; c = c->next)
		end = c;
	while (end && n->first) {
		AUTO(err) struct err *e = NULL;
		struct net_call *c = take_first(n);
		bool is_last = c == end;

		(void)err_set(&e, errnum, "network worker: %s", why);
		answer(c, NULL, NULL, 0, e);
		if (is_last)
			break;
	}
}

static void maybe_end(struct netc *n)
{
	if (n->holds == 0 && !n->first)
		hangup(n);
}

static void on_failing(uv_idle_t *h)
{
	struct netc *n = h->data;

	(void)uv_idle_stop(h);
	if (!n->link)
		fail_all(n, ECONNREFUSED, "it cannot be started");
}

static void take_reply(struct netc *n, const struct json *reply, int *fds, size_t n_fds)
{
	const char *text = json_str(reply, "error", NULL);
	AUTO(err) struct err *e = NULL;
	struct net_call *c;

	if (!n->first || json_int(reply, "id", -1) != n->first->id) {
		log_write(LOG_WARN, "network worker: a reply to no request, ignoring");
		for (size_t i = 0; i < n_fds; i++)
			fd_close(&fds[i]);
		return;
	}
	c = take_first(n);
	if (text)
		(void)err_make(&e, (int)json_int(reply, "errno", EIO), text,
			       json_str(reply, "hint", NULL));
	answer(c, reply, fds, n_fds, e);
}

static void send_more(struct netc *n);

static int read_reply(struct net_link *l, uint8_t *packet)
{
	int fds[REPLY_FDS];
	size_t n_fds = 0;
	AUTO(json) struct json *reply = NULL;
	ssize_t got = sock_recv(l->fd, packet, REPLY_MAX, fds, REPLY_FDS, &n_fds);

	if (got <= 0)
		return got == 0 ? -EPIPE : (int)got;
	if (json_parse((const char *)packet, (size_t)got, &reply, NULL) < 0) {
		for (size_t i = 0; i < n_fds; i++)
			close(fds[i]);
		return -EPROTO;
	}
	take_reply(l->n, reply, fds, n_fds);
	return 0;
}

static void on_ready(uv_poll_t *h, int status, int events)
{
	struct net_link *l = h->data;
	AUTO(mem) uint8_t *packet = NULL;
	int r = status;

	if (!l->n)
		return;
	if (events & UV_WRITABLE)
		send_more(l->n);
	packet = xmalloc(REPLY_MAX);
	while (l->n && r == 0)
		r = read_reply(l, packet);
	if (!l->n)
		return;
	if (r != -EAGAIN) {
		struct netc *n = l->n;

		hangup(n);
		fail_all(n, EPIPE, "it died");
		return;
	}
	maybe_end(l->n);
}

static int start_worker(struct netc *n, struct err **e)
{
	char *const argv[] = { (char *)"compose-net", NULL };
	struct net_link *l;
	AUTO(fd) int ours = -1;
	AUTO(fd) int theirs = -1;
	int pair[2], r;

	if (!n->program)
		return err_set(e, ENOENT, "compose-net: no such program");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, errno, "make a socket pair");
	ours = pair[0];
	theirs = pair[1];
	r = child_spawn(n->children,
			&(struct child_spec){ .path = n->program,
					      .argv = argv,
					      .fds = (int[]){ -1, -1, n->log_fd, theirs },
					      .n_fds = WORKER_FD + 1 },
			NULL, NULL, e);
	if (r >= 0)
		r = fd_set_nonblock(ours, true);
	if (r < 0)
		return r;
	l = xcalloc(1, sizeof(*l));
	r = uv_poll_init(n->loop, &l->poll, ours);
	if (r < 0) {
		free(l);
		return err_sys(e, -r, "watch the network worker");
	}
	l->poll.data = l;
	l->fd = TAKE_FD(ours);
	l->n = n;
	n->link = l;
	return uv_poll_start(&l->poll, UV_READABLE, on_ready);
}

static void send_more(struct netc *n)
{
	int r = 0;

	while (n->link && n->unsent && r >= 0) {
		r = sock_send(n->link->fd, n->unsent->text, strlen(n->unsent->text), NULL, 0);
		if (r >= 0)
			n->unsent = n->unsent->next;
	}
	if (!n->link)
		return;
	(void)uv_poll_start(&n->link->poll, n->unsent ? UV_READABLE | UV_WRITABLE : UV_READABLE,
			    on_ready);
}

int netc_open(struct netc *n, uv_loop_t *loop, struct children *children, const char *program,
	      int log_fd, struct err **e)
{
	int r;

	*n = (struct netc){ .loop = loop, .children = children, .log_fd = log_fd };
	n->last = &n->first;
	n->program = xstrdup(program);
	r = uv_idle_init(loop, &n->failing);
	n->failing.data = n;
	return r < 0 ? err_sys(e, -r, "prepare the network worker") : 0;
}

void netc_close(struct netc *n)
{
	if (n->is_closed)
		return;
	n->is_closed = true;
	hangup(n);
	fail_all(n, ECANCELED, "the supervisor ends");
	uv_close((uv_handle_t *)&n->failing, NULL);
	free(n->program);
	n->program = NULL;
}

void netc_hold(struct netc *n)
{
	n->holds++;
}

void netc_release(struct netc *n)
{
	n->holds--;
	maybe_end(n);
}

void netc_warm(struct netc *n)
{
	AUTO(err) struct err *e = NULL;

	if (!n->link && start_worker(n, &e) < 0)
		log_write(LOG_ERROR, "%s", err_text(e));
}

void netc_call(struct netc *n, struct json *request, netc_reply_fn done, void *ctx)
{
	struct net_call *c = xcalloc(1, sizeof(*c));

	c->id = ++n->next_id;
	c->done = done;
	c->ctx = ctx;
	json_set_int(request, "id", c->id);
	c->text = json_print(request, false);
	json_free(request);
	*n->last = c;
	n->last = &c->next;
	if (!n->unsent)
		n->unsent = c;
	netc_warm(n);
	if (n->link)
		send_more(n);
	else
		(void)uv_idle_start(&n->failing, on_failing);
}
