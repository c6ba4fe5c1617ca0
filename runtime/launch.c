#include "runtime/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdio.h"
#include "runtime/cred.h"
#include "runtime/hooks.h"
#include "runtime/mount.h"
#include "runtime/runtime.h"
#include "runtime/tty.h"

static pid_t clone_into(unsigned flags, int cgroup, int *ret_pidfd)
{
	struct clone_args args = {
		.flags = flags | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)ret_pidfd,
		/* A sibling signals its parent as its maker does. */
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
	};

	if (cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup;
	}
	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static unsigned new_namespaces(const struct spec *s)
{
	unsigned flags = 0;

	for (int t = 0; t < NS_TYPES; t++)
		if (s->ns[t].present && !s->ns[t].path)
			flags |= ns_clone_flag((enum ns_type)t);
	/* The cgroup namespace starts where the process is: only once it sits in its cgroups. */
	return flags & ~ns_clone_flag(NS_CGROUP);
}

static bool has_offsets(const struct spec *s)
{
	return json_len(s->time_offsets) > 0;
}

/* Some namespaces only take effect for children, or must be joined with powers that a new user
 * namespace takes away: then a helper joins them and makes the init as its sibling. */
static bool needs_helper(const struct spec *s)
{
	bool joins = false;

	for (int t = 0; t < NS_TYPES; t++)
		joins |= s->ns[t].path != NULL;
	return s->ns[NS_PID].path || s->ns[NS_USER].path || s->ns[NS_TIME].path || has_offsets(s) ||
	       (joins && s->ns[NS_USER].present);
}

static int write_offsets(const struct spec *s, struct err **e)
{
	if (!has_offsets(s))
		return 0;
	if (unshare((int)ns_clone_flag(NS_TIME)) < 0)
		return err_sys(e, errno, "create the time namespace");
	JSON_EACH(o, s->time_offsets) {
		AUTO(mem) char *line = xasprintf("%s %lld %lld", json_key(o),
						 (long long)json_int(o, "secs", 0),
						 (long long)json_int(o, "nanosecs", 0));
		int r = file_put(AT_FDCWD, "/proc/self/timens_offsets", line, e);

		if (r < 0)
			return r;
	}
	return 0;
}

static void helper_main(struct launch *l, int ours) __attribute__((noreturn));
static void helper_main(struct launch *l, int ours)
{
	AUTO(err) struct err *e = NULL;
	unsigned flags = new_namespaces(l->spec);
	int pidfd = -1;
	pid_t pid;
	int r = ns_join(l->spec, ~0u, &e);

	if (r == 0)
		r = write_offsets(l->spec, &e);
	if (r < 0) {
		(void)sync_send(ours, SYNC_ERROR, err_code(e), err_text(e));
		_exit(1);
	}
	if (has_offsets(l->spec))
		flags &= ~ns_clone_flag(NS_TIME);
	pid = clone_into(flags | CLONE_PARENT, l->entry.v2, &pidfd);
	if (pid == 0)
		init_main(l, ours);
	if (pid < 0)
		(void)sync_send(ours, SYNC_ERROR, errno, "create the container's first process");
	else
		(void)sync_send(ours, SYNC_PID, pid, NULL);
	_exit(0);
}

static int clone_by_helper(struct launch *l, int ours, int theirs, struct err **e)
{
	pid_t helper = fork();
	int r, pid = 0;

	if (helper < 0)
		return err_sys(e, errno, "fork");
	if (helper == 0) {
		close(ours);
		helper_main(l, theirs);
	}
	r = sync_recv(ours, SYNC_PID, &pid, e);
	while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return r == -ECONNRESET ? err_set(e, EIO, "the namespace helper died") : r;
	l->pid = pid;
	l->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	return l->pidfd < 0 ? err_sys(e, errno, "open the container's first process") : 0;
}

static int clone_init(struct launch *l, struct err **e)
{
	int pair[2], r = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, errno, "create a socket pair");
	if (needs_helper(l->spec)) {
		r = clone_by_helper(l, pair[0], pair[1], e);
	} else {
		l->pid = clone_into(new_namespaces(l->spec), l->entry.v2, &l->pidfd);
		if (l->pid == 0) {
			close(pair[0]);
			init_main(l, pair[1]);
		}
		if (l->pid < 0)
			r = err_sys(e, errno, "create the container's first process");
	}
	close(pair[1]);
	if (r < 0) {
		close(pair[0]);
		l->pid = 0;
		return r;
	}
	l->channel = pair[0];
	return 0;
}

static int write_map(pid_t pid, const char *file, const struct spec_idmap *map, size_t n,
		     struct err **e)
{
	AUTO(mem) char *path = xasprintf("/proc/%d/%s", (int)pid, file);
	AUTO(buf) struct buf b = BUF_INIT;

	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%u %u %u\n", map[i].container, map[i].host, map[i].size);
	return file_put(AT_FDCWD, path, buf_str(&b), e);
}

static int write_maps(const struct launch *l, struct err **e)
{
	const struct spec *s = l->spec;
	int r;

	if (!s->ns[NS_USER].present || s->ns[NS_USER].path)
		return 0;
	if (geteuid() != 0) {
		AUTO(mem) char *path = xasprintf("/proc/%d/setgroups", (int)l->pid);

		(void)file_put(AT_FDCWD, path, "deny", NULL);
	}
	r = write_map(l->pid, "uid_map", s->uid_maps, s->n_uid_maps, e);
	if (r == 0)
		r = write_map(l->pid, "gid_map", s->gid_maps, s->n_gid_maps, e);
	return r;
}

static int host_hooks(const struct launch *l, struct err **e)
{
	AUTO(mem) char *creating = state_text(l->state, "creating");
	int r = hooks_run(l->spec, HOOK_PRESTART, creating, l->bundle, e);

	if (r == 0)
		r = hooks_run(l->spec, HOOK_CREATE_RUNTIME, creating, l->bundle, e);
	return r;
}

/* What became of an init that closed the channel without a word. */
static int died(const struct launch *l, struct err **e)
{
	siginfo_t info = { 0 };

	if (waitid(P_PIDFD, (id_t)l->pidfd, &info, WEXITED | WNOWAIT) == 0 &&
	    info.si_code != CLD_EXITED)
		return err_set(e, EIO, "the container's first process was killed by signal %d%s",
			       info.si_status,
			       info.si_status == SIGKILL ? " (memory limit too low?)" : "");
	return err_set(e, EIO, "the container's first process died during set-up");
}

static int converse(struct launch *l, struct err **e)
{
	const struct spec *s = l->spec;
	bool hooks = hooks_any(s, HOOK_PRESTART) || hooks_any(s, HOOK_CREATE_RUNTIME);
	bool userns = s->ns[NS_USER].present;
	int r = limits_apply(&s->process, l->pid, l->proc_fd, userns, e);

	if (r == 0)
		r = write_maps(l, e);
	/* An init that has failed already has left its reason in the channel; it is read below. */
	if (r == 0)
		(void)sync_send(l->channel, SYNC_GO, l->pid, NULL);
	if (r == 0 && hooks) {
		r = sync_recv(l->channel, SYNC_HOOKS, NULL, e);
		if (r == -ECONNRESET)
			r = died(l, e);
		l->state->pid = l->pid;
		if (r == 0)
			r = host_hooks(l, e);
		if (r == 0)
			(void)sync_send(l->channel, SYNC_HOOKS_DONE, 0, NULL);
	}
	if (r == 0) {
		r = sync_recv(l->channel, SYNC_READY, NULL, e);
		if (r == -ECONNRESET)
			r = died(l, e);
	}
	return r;
}

static int open_sources(struct launch *l, struct err **e)
{
	const struct spec *s = l->spec;

	if (!s->n_mounts)
		return 0;
	l->sources = xmalloc(s->n_mounts * sizeof(int));
	for (size_t i = 0; i < s->n_mounts; i++)
		l->sources[i] = -1;
	for (size_t i = 0; i < s->n_mounts; i++) {
		AUTO(err) struct err *first = NULL;

		l->sources[i] = rootfs_open_source(s, i, &first);
		if (first)
			return err_make(e, err_code(first), err_text(first), NULL);
	}
	return 0;
}

static int open_host_files(struct launch *l, struct err **e)
{
	const char *listener = json_str(l->spec->seccomp, "listenerPath", NULL);

	l->fifo = openat(l->state->dir, RUNTIME_FIFO_NAME, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	if (l->fifo < 0)
		return err_sys(e, errno, "open " RUNTIME_FIFO_NAME);
	if (l->console_socket) {
		l->console = tty_socket(l->console_socket, e);
		if (l->console < 0)
			return l->console;
	}
	if (listener && *listener) {
		l->notify = tty_socket(listener, e);
		if (l->notify < 0)
			return l->notify;
	}
	if (l->cgroup) {
		int r = cgroup_entry_open(l->cgroup, NULL, &l->entry, e);

		if (r < 0)
			return r;
	}
	return open_sources(l, e);
}

static void close_host_files(struct launch *l)
{
	fd_close(&l->fifo);
	fd_close(&l->console);
	fd_close(&l->notify);
	cgroup_entry_done(&l->entry);
	for (size_t i = 0; l->sources && i < l->spec->n_mounts; i++)
		fd_close(&l->sources[i]);
	free(TAKE_PTR(l->sources));
}

int launch_init(struct launch *l, struct err **e)
{
	int r;

	l->pid = 0;
	l->pidfd = l->channel = l->fifo = l->console = l->notify = -1;
	l->entry = (struct cgroup_entry)CGROUP_ENTRY_INIT;
	/* Born non-dumpable: nothing already inside a joined namespace may trace it. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	r = open_host_files(l, e);
	if (r == 0)
		r = clone_init(l, e);
	close_host_files(l);
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (r < 0)
		return r;
	r = converse(l, e);
	if (r < 0) {
		launch_abort(l);
		return r;
	}
	fd_close(&l->channel);
	l->state->pid = l->pid;
	l->state->start_time = process_start_time(l->pid);
	return 0;
}

void launch_abort(struct launch *l)
{
	if (l->pid > 0) {
		(void)kill(l->pid, SIGKILL);
		while (waitpid(l->pid, NULL, __WALL) < 0 && errno == EINTR)
			;
	}
	l->pid = 0;
	launch_done(l);
}

void launch_done(struct launch *l)
{
	fd_close(&l->pidfd);
	fd_close(&l->channel);
}
