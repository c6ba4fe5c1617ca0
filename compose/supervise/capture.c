/*
 * Normally: spawn, read, exit, done. On timeout: the group is killed, and the exit that follows reports
 * it. On cancel: the same without a report. Memory goes with the last of: child's exit, timer closed,
 * poll closed.
 */
#include "compose/supervise/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/fdio.h"

struct capture {
	struct sup *sup;
	uv_timer_t timer;
	uv_poll_t poll;
	int fd, pid;
	struct buf out;
	size_t output_max;
	bool timed_out, is_cancelled, has_exited;
	capture_fn done;
	void *ctx;
	unsigned holds;
};

static void unhold(struct capture *c)
{
	if (--c->holds > 0)
		return;
	buf_done(&c->out);
	free(c);
}

static void on_closed(uv_handle_t *h)
{
	unhold(h->data);
}

/* Keeps reading past the limit so that the program never blocks on a full pipe. */
static void drain(struct capture *c)
{
	char chunk[4096];
	ssize_t n;

	while (c->fd >= 0 && (n = read(c->fd, chunk, sizeof(chunk))) != 0) {
		size_t room = c->out.n < c->output_max ? c->output_max - c->out.n : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		buf_add(&c->out, chunk, (size_t)n < room ? (size_t)n : room);
	}
	if (c->fd >= 0)
		(void)uv_poll_stop(&c->poll);
}

static void on_readable(uv_poll_t *h, int status, int events)
{
	(void)status;
	(void)events;
	drain(h->data);
}

static void kill_group(struct capture *c)
{
	if (!c->has_exited)
		(void)kill(-c->pid, SIGKILL);
}

static void on_timeout(uv_timer_t *t)
{
	struct capture *c = t->data;

	c->timed_out = true;
	kill_group(c);
}

static void on_exit_status(void *ctx, int status)
{
	struct capture *c = ctx;

	drain(c);
	c->has_exited = true;
	uv_close((uv_handle_t *)&c->timer, on_closed);
	uv_close((uv_handle_t *)&c->poll, on_closed);
	fd_close(&c->fd);
	if (!c->is_cancelled)
		c->done(c->ctx, &(struct capture_result){ .status = status,
							  .timed_out = c->timed_out,
							  .output = buf_str(&c->out),
							  .n_output = c->out.n });
	unhold(c);
}

/* A pipe already holding the input; what fits into one is enough for our requests. */
static int input_fd(const char *input, struct err **e)
{
	AUTO(fd) int in = -1;
	int ends[2], r;

	if (!input)
		return -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, errno, "make a pipe");
	in = ends[0];
	(void)fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
	(void)fcntl(ends[1], F_SETFL, O_NONBLOCK);
	r = fd_write_all(ends[1], input, strlen(input));
	close(ends[1]);
	return r < 0 ? err_sys(e, -r, "write to a pipe") : TAKE_FD(in);
}

static int spawn(struct capture *c, const struct capture_spec *spec, int out, struct err **e)
{
	AUTO(fd) int in = input_fd(spec->input, e);

	if (in < 0 && spec->input)
		return -EIO;
	return child_spawn(&c->sup->children,
			   &(struct child_spec){ .path = spec->path,
						 .argv = spec->argv,
						 .fds = (int[]){ in, out, out },
						 .n_fds = 3,
						 .own_group = true },
			   on_exit_status, c, e);
}

int capture_start(struct sup *s, const struct capture_spec *spec, struct capture **ret,
		  struct err **e)
{
	struct capture *c = xcalloc(1, sizeof(*c));
	AUTO(fd) int out = -1;
	int ends[2], r;

	*c = (struct capture){ .sup = s,
			       .fd = -1,
			       .output_max = spec->output_max,
			       .done = spec->done,
			       .ctx = spec->ctx };
	if (pipe2(ends, O_CLOEXEC) < 0) {
		free(c);
		return err_sys(e, errno, "make a pipe");
	}
	c->fd = ends[0];
	out = ends[1];
	(void)fd_set_nonblock(c->fd, true);
	r = spawn(c, spec, out, e);
	if (r < 0) {
		fd_close(&c->fd);
		free(c);
		return r;
	}
	c->pid = r;
	c->holds = 3; /* exit, timer, poll */
	c->timer.data = c->poll.data = c;
	(void)uv_timer_init(&s->loop, &c->timer);
	(void)uv_poll_init(&s->loop, &c->poll, c->fd);
	(void)uv_poll_start(&c->poll, UV_READABLE, on_readable);
	if (spec->timeout_ns) {
		uv_update_time(&s->loop);
		(void)uv_timer_start(&c->timer, on_timeout,
				     (uint64_t)((spec->timeout_ns + 999999) / 1000000), 0);
	}
	if (ret)
		*ret = c;
	return 0;
}

void capture_cancel(struct capture *c)
{
	c->is_cancelled = true;
	kill_group(c);
}
