#include "compose/supervise/orphan.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "base/log.h"
#include "compose/supervise/guardian.h"

/* linux/pidfd.h of Linux 6.15; older headers do not have it, older kernels answer ENOTTY. */
struct pidfd_info_v1 {
	uint64_t mask, cgroupid;
	uint32_t pid, tgid, ppid;
	uint32_t ids[8];
	int32_t exit_code;
};
#define PIDFD_INFO_EXIT_BIT (1ULL << 3)
#define PIDFD_GET_INFO_V1   _IOWR(0xFF, 11, struct pidfd_info_v1)

/* Until the guardian, if it is the one that reaps, has said how a process ended. */
enum { REPORT_MS = 1000 };

struct orphan {
	uv_poll_t poll;
	uv_timer_t late;
	unsigned n_open; /* handles */
	struct container *c;
	int pidfd;
	int status; /* as of waitpid(2), -1 = not reaped by us */
	bool is_ended;
};

static void on_closed(uv_handle_t *h)
{
	struct orphan *o = h->data;

	if (--o->n_open == 0)
		free(o);
}

static int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int exit_code_of(int pidfd)
{
	struct pidfd_info_v1 info = { .mask = PIDFD_INFO_EXIT_BIT };

	if (ioctl(pidfd, PIDFD_GET_INFO_V1, &info) < 0 || !(info.mask & PIDFD_INFO_EXIT_BIT))
		return 255;
	return code_of(info.exit_code);
}

/* The exit is told once what the shim would have cleaned up is gone: cgroup and state directory. */
struct departed {
	struct sup *sup;
	char *id;
	int code;
	orphan_done_fn done;
};

static void tell(struct container *c, int code)
{
	c->shim.ops->on_exited(&c->shim, code, false, clock_wall_ns());
}

static void on_deleted(void *ctx, int status)
{
	struct departed *d = ctx;
	struct container *c = container_by_id(d->sup, d->id);

	(void)status;
	if (c)
		d->done(c, d->code);
	free(d->id);
	free(d);
}

void orphan_discard(struct container *c, int code, orphan_done_fn done)
{
	struct sup *s = c->sup;
	struct departed *d = xmalloc(sizeof(*d));
	AUTO(mem) char *root = xasprintf("%s/containers", s->run);
	char *const argv[] = { (char *)"compose-runtime", (char *)"--root", root, (char *)"delete",
			       (char *)"--force",         c->rec.id,        NULL };
	AUTO(err) struct err *e = NULL;

	*d = (struct departed){ s, xstrdup(c->rec.id), code, done };
	if (child_spawn(&s->children,
			&(struct child_spec){ .path = s->runtime,
					      .argv = argv,
					      .fds = (int[]){ -1, -1, s->log_fd },
					      .n_fds = 3 },
			on_deleted, d, &e) >= 0)
		return;
	log_write(LOG_ERROR, "container %s: %s", c->rec.name, err_text(e));
	free(d->id);
	free(d);
	done(c, code);
}

static void over(struct container *c, int code)
{
	c->orphan = NULL;
	orphan_discard(c, code, tell);
}

static void conclude(struct orphan *o, int code)
{
	struct container *c = o->c;

	(void)uv_timer_stop(&o->late);
	(void)uv_poll_stop(&o->poll);
	fd_close(&o->pidfd);
	uv_close((uv_handle_t *)&o->poll, on_closed);
	uv_close((uv_handle_t *)&o->late, on_closed);
	over(c, code);
}

static void on_late(uv_timer_t *h)
{
	struct orphan *o = h->data;

	conclude(o, exit_code_of(o->pidfd));
}

static void on_ended(uv_poll_t *h, int status, int events)
{
	struct orphan *o = h->data;
	int code = exit_code_of(o->pidfd), reaped;

	(void)status;
	(void)events;
	/* Its end is seen before our SIGCHLD is: then nobody has waited for it yet. */
	if (code == 255 && o->status < 0 &&
	    waitpid(o->c->rec.pid, &reaped, WNOHANG) == o->c->rec.pid)
		o->status = reaped;
	if (o->status >= 0)
		code = code_of(o->status);
	if (code == 255 && o->status < 0 && guardian_orders(o->c->sup) >= 0) {
		o->is_ended = true;
		(void)uv_poll_stop(h);
		(void)uv_timer_start(&o->late, on_late, REPORT_MS, 0);
		return;
	}
	conclude(o, code);
}

void orphan_reaped(struct sup *s, int pid, int status)
{
	struct map_entry *entry;

	MAP_EACH(entry, &s->containers) {
		struct container *c = entry->value;

		if (!c->orphan || c->rec.pid != pid)
			continue;
		c->orphan->status = status;
		if (c->orphan->is_ended)
			conclude(c->orphan, code_of(status));
		return;
	}
}

void orphan_watch(struct container *c, int pidfd)
{
	struct orphan *o;

	if (pidfd < 0) {
		over(c, 255);
		return;
	}
	o = xcalloc(1, sizeof(*o));
	o->c = c;
	o->pidfd = pidfd;
	o->status = -1;
	o->poll.data = o->late.data = o;
	o->n_open = 2;
	c->orphan = o;
	(void)uv_timer_init(&c->sup->loop, &o->late);
	(void)uv_poll_init(&c->sup->loop, &o->poll, pidfd);
	(void)uv_poll_start(&o->poll, UV_READABLE, on_ended);
}

int orphan_kill(struct container *c, int signal)
{
	if (!c->orphan)
		return -ESRCH;
	return syscall(SYS_pidfd_send_signal, c->orphan->pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

int orphan_find(const char *id, int pid)
{
	AUTO(mem) char *path = xasprintf("/proc/%d/cgroup", pid);
	AUTO(buf) struct buf text = BUF_INIT;
	int pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	if (pidfd < 0)
		return -1;
	/* Looked at after the pidfd was opened: the number cannot have been reused since. */
	if (file_read(AT_FDCWD, path, 1 << 16, &text, NULL) == 0 && strstr(buf_str(&text), id))
		return pidfd;
	close(pidfd);
	return -1;
}
