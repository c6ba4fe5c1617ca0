#include "compose/supervise/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "base/log.h"
#include "base/strv.h"
#include "runtime/shim_proto.h"

#define TOO_QUICK_NS 1000000000LL

struct guardian {
	struct sup *sup;
	uv_poll_t poll; /* our first one: the parent's pidfd */
	int pidfd;
	int pipe;              /* write end, to a later one; -1 while the parent lives */
	struct orders *orders; /* NULL: none can be given */
	int64_t made_ns;
	bool is_watching, is_closed;
};

/* Our end of the guardian's socket. The handle outlives the conversation until libuv has closed it. */
struct orders {
	uv_poll_t poll;
	struct guardian *g; /* NULL once given up */
	int fd;
};

static void renew(struct guardian *g);

static void on_orders_closed(uv_handle_t *h)
{
	free(h->data);
}

static void drop_orders(struct guardian *g)
{
	struct orders *o = g->orders;

	g->orders = NULL;
	if (!o)
		return;
	o->g = NULL;
	(void)uv_poll_stop(&o->poll);
	uv_close((uv_handle_t *)&o->poll, on_orders_closed);
	close(o->fd);
}

static void on_stray(uv_poll_t *h, int status, int events)
{
	struct orders *o = h->data;
	struct shim_stray s;

	(void)events;
	while (o->g) {
		ssize_t n = status < 0 ? status : sock_recv(o->fd, &s, sizeof(s), NULL, 0, NULL);

		if (n == -EAGAIN || n == -EINTR)
			return;
		if (n <= 0)
			drop_orders(o->g);
		else if (n == sizeof(s))
			children_stray(&o->g->sup->children, s.pid, s.status);
	}
}

/* Takes the descriptor. */
static void open_orders(struct guardian *g, int fd)
{
	struct orders *o;

	if (fd < 0)
		return;
	o = xcalloc(1, sizeof(*o));
	if (fd_set_nonblock(fd, true) < 0 || fd_set_cloexec(fd, true) < 0 ||
	    uv_poll_init(&g->sup->loop, &o->poll, fd) < 0) {
		free(o);
		close(fd);
		return;
	}
	o->poll.data = o;
	o->g = g;
	o->fd = fd;
	g->orders = o;
	(void)uv_poll_start(&o->poll, UV_READABLE, on_stray);
}

int guardian_orders(const struct sup *s)
{
	return s->guardian && s->guardian->orders ? s->guardian->orders->fd : -1;
}

static void on_renewed_exit(void *ctx, int status)
{
	struct guardian *g = ctx;

	(void)status;
	if (g->is_closed)
		return;
	fd_close(&g->pipe);
	if (clock_mono_ns() - g->made_ns < TOO_QUICK_NS) {
		log_write(LOG_ERROR, "project %s: the guardian dies at once, going on without one",
			  g->sup->project);
		return;
	}
	renew(g);
}

static int spawn(struct guardian *g, int read_end, int orders, struct err **e)
{
	AUTO(strv) struct strv argv = STRV_INIT;
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n < 0)
		return err_sys(e, errno, "read /proc/self/exe");
	exe[n] = '\0';
	strv_add(&argv, g->sup->shim);
	strv_add(&argv, "guard");
	strv_add(&argv, "--adopt");
	strv_addf(&argv, "%d", (int)getpid());
	strv_add(&argv, "--");
	strv_add(&argv, exe);
	strv_add(&argv, "supervise");
	strv_add(&argv, g->sup->project);
	return child_spawn(
		&g->sup->children,
		&(struct child_spec){ .path = g->sup->shim,
				      .argv = argv.v,
				      .fds = (int[]){ -1, -1, g->sup->log_fd, read_end, orders },
				      .n_fds = 5,
				      .own_session = true },
		on_renewed_exit, g, e);
}

static void renew(struct guardian *g)
{
	AUTO(err) struct err *e = NULL;
	AUTO(fd) int read_end = -1;
	AUTO(fd) int theirs = -1;
	int ends[2], pair[2];

	drop_orders(g);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		close(ends[0]);
		close(ends[1]);
		return;
	}
	read_end = ends[0];
	theirs = pair[1];
	g->pipe = ends[1];
	g->made_ns = clock_mono_ns();
	if (spawn(g, read_end, theirs, &e) >= 0) {
		open_orders(g, pair[0]);
		log_write(LOG_WARN, "project %s: the guardian died, made a new one",
			  g->sup->project);
		return;
	}
	log_write(LOG_ERROR, "project %s: %s", g->sup->project, err_text(e));
	fd_close(&g->pipe);
	close(pair[0]);
}

static void on_poll_closed(uv_handle_t *h)
{
	(void)h; /* freed with the guardian, after the loop */
}

static void unwatch(struct guardian *g)
{
	if (!g->is_watching)
		return;
	g->is_watching = false;
	(void)uv_poll_stop(&g->poll);
	uv_close((uv_handle_t *)&g->poll, on_poll_closed);
	fd_close(&g->pidfd);
}

static void on_parent_died(uv_poll_t *h, int status, int events)
{
	struct guardian *g = h->data;

	(void)status;
	(void)events;
	unwatch(g);
	renew(g);
}

void guardian_open(struct sup *s, int orders)
{
	struct guardian *g = xcalloc(1, sizeof(*g));
	pid_t parent = getppid();

	g->sup = s;
	g->pipe = -1;
	s->guardian = g;
	open_orders(g, orders);
	g->pidfd = (int)syscall(SYS_pidfd_open, parent, 0);
	/* It may have died, and its number been reused, before we got hold of it. */
	if (g->pidfd >= 0 && getppid() != parent)
		fd_close(&g->pidfd);
	if (g->pidfd < 0) {
		renew(g);
		return;
	}
	(void)fcntl(g->pidfd, F_SETFD, FD_CLOEXEC);
	(void)uv_poll_init(&s->loop, &g->poll, g->pidfd);
	g->poll.data = g;
	g->is_watching = true;
	(void)uv_poll_start(&g->poll, UV_READABLE, on_parent_died);
}

void guardian_close(struct sup *s)
{
	struct guardian *g = s->guardian;

	if (!g)
		return;
	g->is_closed = true;
	drop_orders(g);
	if (g->pipe >= 0)
		(void)!write(g->pipe, "q", 1);
	fd_close(&g->pipe);
	unwatch(g);
}
