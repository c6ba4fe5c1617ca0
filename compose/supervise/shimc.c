#include "compose/supervise/shimc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/mem.h"
#include "base/strv.h"

enum { FDS_MAX = 253 };

void shimc_init(struct shimc *s, const struct shimc_ops *ops, void *owner)
{
	*s = (struct shimc){ .fd = -1, .pidfd = -1, .netns = -1, .ops = ops, .owner = owner };
}

/*
 * The poll handle lives on the heap apart from the rest: a container can be launched again before
 * libuv has called back for the closing of the previous conversation's handle.
 */
struct shim_link {
	uv_poll_t poll;
	struct shimc *s; /* NULL once hung up */
};

static void on_link_closed(uv_handle_t *h)
{
	free(h->data);
}

void shimc_hangup(struct shimc *s)
{
	struct shim_link *l = s->link;

	if (l) {
		l->s = NULL;
		(void)uv_poll_stop(&l->poll);
		uv_close((uv_handle_t *)&l->poll, on_link_closed);
		s->link = NULL;
	}
	fd_close(&s->fd);
	fd_close(&s->pidfd);
	fd_close(&s->netns);
}

static void lost(struct shimc *s)
{
	int pidfd = TAKE_FD(s->pidfd);

	shimc_hangup(s);
	s->ops->on_lost(s, pidfd);
}

static void take_parked(struct shimc *s, const struct shim_parked *p, int *fds, size_t n)
{
	size_t parked = p->count < n ? p->count : n;
	size_t own = n - parked;

	/* In front of the parked ones: the pidfd, then the network namespace if there is one. */
	if (own > 0) {
		fd_close(&s->pidfd);
		s->pidfd = fds[0];
	}
	if (own > 1) {
		fd_close(&s->netns);
		s->netns = fds[1];
	}
	for (size_t i = 2; i < own; i++)
		close(fds[i]);
	s->ops->on_parked(s, fds + own, parked);
}

static void take_exited(struct shimc *s, const struct shim_exited *x)
{
	shimc_hangup(s);
	s->ops->on_exited(s, x->code, x->oom != 0, x->wall_ns);
}

static void take_failed(struct shimc *s, const uint8_t *body, size_t n)
{
	struct shim_failed f;
	AUTO(mem) char *text = NULL;

	memcpy(&f, body, sizeof(f));
	text = xstrndup((const char *)body + sizeof(f), n - sizeof(f));
	shimc_hangup(s);
	s->ops->on_failed(s, f.errnum, text);
}

/* Payload sizes the messages must at least have. */
static size_t payload_min(uint8_t type)
{
	switch (type) {
	case SHIM_CREATED:
		return sizeof(struct shim_created);
	case SHIM_STARTED:
		return sizeof(struct shim_started);
	case SHIM_EXITED:
		return sizeof(struct shim_exited);
	case SHIM_FAILED:
		return sizeof(struct shim_failed);
	case SHIM_STATE:
		return sizeof(struct shim_state);
	case SHIM_PARKED:
		return sizeof(struct shim_parked);
	default:
		return 0;
	}
}

static void take_created(struct shimc *s, const struct shim_created *c, int *fds, size_t n)
{
	fd_close(&s->pidfd);
	s->pidfd = n ? fds[0] : -1;
	for (size_t i = 1; i < n; i++)
		close(fds[i]);
	s->ops->on_created(s, c->pid);
}

static void take(struct shimc *s, const uint8_t *p, size_t n, int *fds, size_t n_fds)
{
	union {
		struct shim_created created;
		struct shim_started started;
		struct shim_exited exited;
		struct shim_state state;
		struct shim_parked parked;
	} m = { 0 };
	uint8_t type = p[0];

	if (n - 1 < payload_min(type))
		return;
	memcpy(&m, p + 1, n - 1 < sizeof(m) ? n - 1 : sizeof(m));
	switch (type) {
	case SHIM_CREATED:
		take_created(s, &m.created, fds, n_fds);
		return;
	case SHIM_PARKED:
		take_parked(s, &m.parked, fds, n_fds);
		return;
	case SHIM_STARTED:
		s->ops->on_started(s, m.started.wall_ns);
		break;
	case SHIM_EXITED:
		take_exited(s, &m.exited);
		break;
	case SHIM_FAILED:
		take_failed(s, p + 1, n - 1);
		break;
	case SHIM_STATE:
		s->ops->on_state(s, &m.state);
		break;
	default:
		break;
	}
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
}

static void on_readable(uv_poll_t *h, int status, int events)
{
	struct shim_link *l = h->data;
	uint8_t packet[4096];
	int fds[FDS_MAX];
	size_t n_fds = 0;
	ssize_t n;

	(void)events;
	/* Each message may end the conversation, or start a new one of the same container. */
	while (l->s && l->s->fd >= 0) {
		n = status < 0 ? status
			       : sock_recv(l->s->fd, packet, sizeof(packet), fds, FDS_MAX, &n_fds);
		if (n == -EAGAIN || n == -EINTR)
			return;
		if (n <= 0) {
			lost(l->s);
			return;
		}
		take(l->s, packet, (size_t)n, fds, n_fds);
	}
}

static int watch(struct shimc *s, uv_loop_t *loop, int fd, struct err **e)
{
	struct shim_link *l = xcalloc(1, sizeof(*l));
	int r = fd_set_nonblock(fd, true);

	if (r == 0)
		r = uv_poll_init(loop, &l->poll, fd);
	if (r < 0) {
		free(l);
		return err_sys(e, -r, "watch a shim");
	}
	l->poll.data = l;
	l->s = s;
	s->link = l;
	s->fd = fd;
	return uv_poll_start(&l->poll, UV_READABLE, on_readable);
}

static void add_option(struct strv *v, const char *name, const char *value)
{
	strv_add(v, name);
	strv_add(v, value);
}

static void make_argv(struct strv *v, const struct shim_args *a)
{
	AUTO(mem) char *size = xasprintf("%lld", (long long)a->log_max_size);
	AUTO(mem) char *files = xasprintf("%d", a->log_max_files);
	AUTO(mem) char *parked = xasprintf("%zu", a->n_parked);

	strv_add(v, a->program);
	strv_add(v, "run");
	add_option(v, "--id", a->id);
	add_option(v, "--bundle", a->bundle);
	add_option(v, "--run", a->run_dir);
	if (a->runtime)
		add_option(v, "--runtime", a->runtime);
	if (a->tty)
		strv_add(v, "--tty");
	if (a->stdin_open)
		strv_add(v, "--stdin");
	if (a->log) {
		add_option(v, "--log", a->log);
		add_option(v, "--log-max-size", size);
		add_option(v, "--log-max-files", files);
	}
	if (a->n_parked)
		add_option(v, "--park", parked);
	if (a->config >= 0)
		strv_add(v, "--config");
}

/* The guardian makes a shim without loading its program. */
static int order(const struct shim_args *a, const struct strv *argv, int theirs, struct err **e)
{
	AUTO(buf) struct buf text = BUF_INIT;
	struct shim_order head = { .has_netns = a->netns >= 0 };
	int fds[SHIM_ORDER_FDS] = { a->stderr_fd, theirs };
	size_t n = 2;
	int r;

	buf_add(&text, &head, sizeof(head));
	for (size_t i = 0; i < argv->n; i++)
		buf_add(&text, argv->v[i], strlen(argv->v[i]) + 1);
	if (a->netns >= 0)
		fds[n++] = a->netns;
	fds[n++] = a->config;
	if (text.n > SHIM_ORDER_MAX || n + a->n_parked > SHIM_ORDER_FDS)
		return err_set(e, E2BIG, "too much for one order");
	for (size_t i = 0; i < a->n_parked; i++)
		fds[n++] = a->parked[i];
	r = sock_send(a->orders, text.p, text.n, fds, n);
	return r < 0 ? err_sys(e, -r, "order a shim") : 0;
}

static int start_program(const struct shim_args *a, const struct strv *argv, int theirs,
			 struct children *children, struct err **e)
{
	AUTO(mem) int *fds = xmalloc((SHIM_FD_PARKED + a->n_parked) * sizeof(int));

	fds[0] = fds[1] = -1;
	fds[2] = a->stderr_fd;
	fds[SHIM_FD_SUPERVISOR] = theirs;
	fds[SHIM_FD_NETNS] = a->netns;
	fds[SHIM_FD_CONFIG] = a->config;
	for (size_t i = 0; i < a->n_parked; i++)
		fds[SHIM_FD_PARKED + i] = a->parked[i];
	return child_spawn(children,
			   &(struct child_spec){ .path = a->program,
						 .argv = argv->v,
						 .fds = fds,
						 .n_fds = SHIM_FD_PARKED + a->n_parked },
			   NULL, NULL, e);
}

int shimc_spawn(struct shimc *s, uv_loop_t *loop, struct children *children,
		const struct shim_args *a, struct err **e)
{
	AUTO(strv) struct strv argv = STRV_INIT;
	AUTO(fd) int theirs = -1;
	int pair[2], r = -1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, errno, "make a socket pair");
	theirs = pair[1];
	make_argv(&argv, a);
	/* A guardian that just died, or whose queue is full, is not waited for. */
	if (a->orders >= 0 && a->config >= 0)
		r = order(a, &argv, theirs, NULL);
	if (r < 0)
		r = start_program(a, &argv, theirs, children, e);
	if (r >= 0)
		r = watch(s, loop, pair[0], e);
	if (r < 0) {
		close(pair[0]);
		return r;
	}
	s->netns = a->netns >= 0 ? fcntl(a->netns, F_DUPFD_CLOEXEC, 0) : -1;
	return 0;
}

int shimc_connect(struct shimc *s, uv_loop_t *loop, const char *run_dir, struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s/%s", run_dir, SHIM_SOCKET_NAME);
	int fd = sock_connect(AT_FDCWD, path, SOCK_SEQPACKET, e);
	int r;

	if (fd < 0)
		return fd;
	r = watch(s, loop, fd, e);
	if (r < 0)
		close(fd);
	return r;
}

static int send_message(struct shimc *s, uint8_t type, const void *body, size_t n)
{
	uint8_t packet[16];

	if (s->fd < 0)
		return -ENOTCONN;
	packet[0] = type;
	if (n)
		memcpy(packet + 1, body, n);
	return sock_send(s->fd, packet, n + 1, NULL, 0);
}

int shimc_start(struct shimc *s)
{
	return send_message(s, SHIM_START, NULL, 0);
}

int shimc_kill(struct shimc *s, int signal)
{
	struct shim_kill k = { .signal = signal };

	return send_message(s, SHIM_KILL, &k, sizeof(k));
}

int shimc_query(struct shimc *s)
{
	return send_message(s, SHIM_QUERY, NULL, 0);
}

int shimc_give(struct shimc *s)
{
	return send_message(s, SHIM_GIVE, NULL, 0);
}
