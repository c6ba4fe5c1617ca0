#include "runtime/container.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/path.h"
#include "runtime/hooks.h"
#include "runtime/launch.h"
#include "runtime/make.h"
#include "runtime/relay.h"
#include "runtime/runtime.h"

enum { CONFIG_MAX = 16 << 20 };

/* Relative paths in the configuration mean the bundle. */
static int load_config(struct making *m, struct err **e)
{
	int r;

	if (m->o->bundle && chdir(m->o->bundle) < 0)
		return err_sys(e, errno, "enter bundle %s", m->o->bundle);
	m->bundle = path_abs(m->o->bundle ? m->o->bundle : ".");
	r = file_read(AT_FDCWD, m->o->config ? m->o->config : "config.json", CONFIG_MAX, &m->text,
		      e);
	return r < 0 ? r : spec_parse(buf_str(&m->text), m->text.n, &m->spec, e);
}

static int make(struct making *m, const char *console_socket, struct err **e)
{
	int r = load_config(m, e);

	return r < 0 ? r : make_container(m, console_socket, e);
}

static int check_options(const struct container_options *o, struct err **e)
{
	return state_check_id(o->id, e);
}

int container_create(const struct container_options *o, struct err **e)
{
	AUTO(making) struct making m = MAKING_INIT;
	int r = check_options(o, e);

	m.o = o;
	return r < 0 ? r : make(&m, o->console_socket, e);
}

/* The other end of the fifo writes nothing and is closed by execve, or writes why there was none. */
static int read_verdict(int fifo, int pidfd, struct buf *out, struct err **e)
{
	bool gone = false;

	for (;;) {
		struct pollfd p[2] = { { .fd = fifo, .events = POLLIN },
				       { .fd = gone ? -1 : pidfd, .events = POLLIN } };
		ssize_t n;

		if (poll(p, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_sys(e, errno, "wait for the program to start");
		}
		if (p[0].revents) {
			n = read(fifo, buf_space(out, 4096), 4096);
			if (n < 0 && (errno == EAGAIN || errno == EINTR))
				continue;
			if (n <= 0)
				return n < 0 ? err_sys(e, errno, "read " RUNTIME_FIFO_NAME) : 0;
			buf_commit(out, (size_t)n);
		} else if (p[1].revents) {
			/* One last look: what it wrote before it died is still in the fifo. */
			n = read(fifo, buf_space(out, 4096), 4096);
			if (n > 0) {
				buf_commit(out, (size_t)n);
				gone = true;
				continue;
			}
			return out->n ? 0 : err_set(e, ESRCH, "the container died before it started");
		}
	}
}

int container_release(int state_dir, int pidfd, struct err **e)
{
	AUTO(fd) int fifo = openat(state_dir, RUNTIME_FIFO_NAME, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	AUTO(buf) struct buf b = BUF_INIT;
	int32_t number;
	int r;

	if (fifo < 0)
		return err_sys(e, errno, "open " RUNTIME_FIFO_NAME);
	r = read_verdict(fifo, pidfd, &b, e);
	if (r < 0)
		return r;
	if (b.n >= sizeof(number)) {
		memcpy(&number, b.p, sizeof(number));
		return err_set(e, number > 0 ? number : EIO, "%s", b.p + sizeof(number));
	}
	if (unlinkat(state_dir, RUNTIME_FIFO_NAME, 0) < 0 && errno != ENOENT)
		return err_sys(e, errno, "remove " RUNTIME_FIFO_NAME);
	return 0;
}

static int load_spec(const struct state *s, struct spec **ret, struct err **e)
{
	AUTO(buf) struct buf b = BUF_INIT;
	int r = file_read(s->dir, RUNTIME_CONFIG_NAME, CONFIG_MAX, &b, e);

	return r < 0 ? r : spec_parse(buf_str(&b), b.n, ret, e);
}

static int poststart(const struct state *s, const struct spec *spec, struct err **e)
{
	AUTO(mem) char *text = NULL;
	int r;

	if (!hooks_any(spec, HOOK_POSTSTART))
		return 0;
	text = state_text(s, "running");
	r = hooks_run(spec, HOOK_POSTSTART, text, s->bundle, e);
	return r;
}

int container_start(const char *root, const char *id, struct err **e)
{
	AUTO(state) struct state s = STATE_INIT;
	AUTO(spec) struct spec *spec = NULL;
	AUTO(fd) int pidfd = -1;
	enum state_status status;
	int r = state_load(root, id, &s, e);

	if (r < 0)
		return r;
	status = state_status(&s);
	if (status != STATE_CREATED)
		return err_set(e, EINVAL, "cannot start container \"%s\": it is %s", id,
			       state_status_name(status));
	pidfd = state_pidfd(&s, e);
	if (pidfd < 0)
		return pidfd;
	r = load_spec(&s, &spec, e);
	if (r == 0)
		r = container_release(s.dir, pidfd, e);
	if (r < 0)
		return r;
	r = poststart(&s, spec, e);
	/* The program runs, but the container as a whole could not be started. */
	if (r < 0)
		(void)container_delete(root, id, /* force= */ true, NULL);
	return r;
}

static void await_end(int pidfd, int timeout_ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	(void)poll(&p, 1, timeout_ms);
}

static int signal_init(const struct state *s, int sig, struct err **e)
{
	AUTO(fd) int pidfd = state_pidfd(s, e);

	if (pidfd < 0)
		return pidfd;
	if (syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) < 0)
		return err_sys(e, errno, "signal container \"%s\"", s->id);
	return 0;
}

int container_kill(const char *root, const char *id, int sig, bool all, struct err **e)
{
	AUTO(state) struct state s = STATE_INIT;
	int r = state_load(root, id, &s, e);

	if (r < 0)
		return r;
	if (all && s.cgroup->n)
		return cgroup_signal(s.cgroup, sig, e);
	if (state_status(&s) == STATE_STOPPED)
		return err_set(e, ESRCH, "container \"%s\" not running", id);
	r = signal_init(&s, sig, e);
	/* A frozen process handles nothing, not even its end on version 1. */
	if (r == 0 && sig == SIGKILL && cgroup_is_frozen(s.cgroup))
		(void)cgroup_freeze(s.cgroup, false, NULL);
	return r;
}

static int destroy(struct state *s, struct err **e)
{
	AUTO(spec) struct spec *spec = NULL;
	int r = cgroup_remove(s->cgroup, e);

	if (r < 0)
		return r;
	if (load_spec(s, &spec, NULL) == 0 && hooks_any(spec, HOOK_POSTSTOP)) {
		AUTO(mem) char *text = state_text(s, "stopped");

		hooks_run_all(spec, HOOK_POSTSTOP, text, s->bundle);
	}
	return state_remove(s, e);
}

/* A process frozen in a version 1 group that is not ours would never die of a signal. */
static void thaw_foreign(pid_t pid)
{
	AUTO(mem) char *path = xasprintf("/proc/%d/cgroup", (int)pid);
	AUTO(buf) struct buf b = BUF_INIT;
	struct str rest;

	if (file_read(AT_FDCWD, path, 1 << 20, &b, NULL) < 0)
		return;
	rest = str_of(buf_str(&b));
	while (rest.n) {
		struct str line = str_cut(&rest, '\n');

		(void)str_cut(&line, ':');
		if (str_eq(str_cut(&line, ':'), "freezer") && line.n > 1) {
			AUTO(mem) char *file = xasprintf("/sys/fs/cgroup/freezer%.*s/freezer.state",
							 (int)line.n, line.p);

			(void)file_put(AT_FDCWD, file, "THAWED", NULL);
		}
	}
}

static void kill_everything(struct state *s)
{
	AUTO(fd) int pidfd = state_pidfd(s, NULL);

	if (cgroup_is_frozen(s->cgroup) && s->cgroup->n)
		(void)cgroup_freeze(s->cgroup, false, NULL);
	if (pidfd >= 0)
		(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	if (s->cgroup->n)
		(void)cgroup_signal(s->cgroup, SIGKILL, NULL);
	if (pidfd >= 0) {
		thaw_foreign(s->pid);
		await_end(pidfd, 10000);
	}
}

int container_delete(const char *root, const char *id, bool force, struct err **e)
{
	AUTO(state) struct state s = STATE_INIT;
	AUTO(err) struct err *first = NULL;
	enum state_status status;
	int r = state_load_any(root, id, &s, &first);

	if (r == -ENOENT && force)
		return 0;
	if (r < 0) {
		if (e)
			*e = TAKE_PTR(first);
		return r;
	}
	status = state_status(&s);
	if (status != STATE_STOPPED && status != STATE_CREATED && !force)
		return err_set(e, EBUSY, "cannot delete container \"%s\": it is %s", id,
			       state_status_name(status));
	/* Also when the init is gone: without a pid namespace of its own it may have left others. */
	if (status != STATE_STOPPED || force)
		kill_everything(&s);
	else if (s.cgroup->n)
		(void)cgroup_signal(s.cgroup, SIGKILL, NULL);
	return destroy(&s, e);
}

/* A private socket for the terminal of a container in the foreground. */
static int console_listener(struct making *m, char **ret_path, struct err **e)
{
	*ret_path = xasprintf("%s/.%s.console-%d", m->o->root, m->o->id, (int)getpid());
	return sock_listen(AT_FDCWD, *ret_path, SOCK_STREAM, e);
}

static int make_with_console(struct making *m, int *ret_master, struct err **e)
{
	AUTO(mem) char *path = NULL;
	AUTO(fd) int listener = -1;
	int r = dir_make(AT_FDCWD, m->o->root, 0700, e);

	if (r < 0)
		return r;
	listener = console_listener(m, &path, e);
	if (listener < 0)
		return listener;
	r = make(m, path, e);
	if (r == 0)
		*ret_master = relay_accept_master(listener, e);
	(void)unlink(path);
	return r == 0 && *ret_master < 0 ? *ret_master : r;
}

/* Only a look at whether a terminal is wanted; the real parse follows with its own errors. */
static bool wants_terminal(const struct container_options *o)
{
	AUTO(json) struct json *j = NULL;
	AUTO(mem) char *path = path_join(o->bundle ? o->bundle : ".",
					 o->config ? o->config : "config.json");

	if (json_parse_file(AT_FDCWD, path, CONFIG_MAX, &j, NULL) < 0)
		return false;
	return json_bool(json_get(j, "process"), "terminal", false);
}

static int finish_run(struct making *m, int master, struct err **e)
{
	int code = relay_until_exit(m->launch.pid, master, e);
	AUTO(err) struct err *late = NULL;

	if (!m->o->keep) {
		state_done(&m->state);
		if (container_delete(m->o->root, m->o->id, /* force= */ true, &late) < 0)
			dprintf(STDERR_FILENO, "warning: %s, continuing\n", err_text(late));
	}
	return code;
}

int container_run(const struct container_options *o, struct err **e)
{
	AUTO(making) struct making m = MAKING_INIT;
	bool own_console = !o->console_socket && !o->detach && wants_terminal(o);
	AUTO(fd) int master = -1;
	int r = check_options(o, e);

	m.o = o;
	if (r < 0)
		return r;
	if (!o->detach && !o->no_subreaper)
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (own_console)
		r = make_with_console(&m, &master, e);
	else
		r = make(&m, o->console_socket, e);
	if (r < 0)
		return r;
	r = container_release(m.state.dir, m.launch.pidfd, e);
	if (r == 0)
		r = poststart(&m.state, m.spec, e);
	if (r < 0) {
		make_undo(&m);
		return r;
	}
	return o->detach ? 0 : finish_run(&m, master, e);
}
