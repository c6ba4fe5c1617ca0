#include "runtime/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fdio.h"
#include "runtime/signals.h"

bool hooks_any(const struct spec *s, enum hook_kind kind)
{
	return s->hooks[kind].n > 0;
}

static void child(const struct spec_hook *h, int input, const char *cwd)
{
	signals_reset();
	if (dup2(input, STDIN_FILENO) < 0 || (cwd && chdir(cwd) < 0))
		_exit(126);
	(void)syscall(SYS_close_range, 3u, ~0u, 0u);
	execve(h->path, h->args, h->env);
	dprintf(STDERR_FILENO, "hook %s: %s\n", h->path, strerror(errno));
	_exit(127);
}

/* A file rather than a pipe: a hook that never reads must not stop us. */
static int input_of(const char *state, struct err **e)
{
	AUTO(fd) int fd = memfd_create("state", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return err_sys(e, errno, "create the hook's input");
	r = fd_write_all(fd, state, strlen(state));
	if (r < 0)
		return err_sys(e, -r, "write the hook's input");
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, errno, "rewind the hook's input");
	return TAKE_FD(fd);
}

static int await(const struct spec_hook *h, pid_t pid, struct err **e)
{
	AUTO(fd) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int64_t deadline = clock_mono_ns() + h->timeout_s * 1000000000;
	bool late = false;
	int status;

	while (h->timeout_s && pidfd >= 0) {
		struct pollfd p = { .fd = pidfd, .events = POLLIN };
		int64_t left_ms = (deadline - clock_mono_ns() + 999999) / 1000000;
		int n = poll(&p, 1, left_ms > 0 ? (int)left_ms : 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0) {
			late = true;
			(void)kill(pid, SIGKILL);
		}
		break;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(e, errno, "wait for hook %s", h->path);
	if (late)
		return err_set(e, ETIMEDOUT, "hook %s took longer than %lld s", h->path,
			       (long long)h->timeout_s);
	if (WIFSIGNALED(status))
		return err_set(e, EIO, "hook %s was killed by signal %d", h->path,
			       WTERMSIG(status));
	if (WEXITSTATUS(status))
		return err_set(e, EIO, "hook %s ended with status %d", h->path,
			       WEXITSTATUS(status));
	return 0;
}

static int run_one(const struct spec_hook *h, const char *state, const char *cwd, struct err **e)
{
	AUTO(fd) int input = input_of(state, e);
	pid_t pid;

	if (input < 0)
		return input;
	pid = fork();
	if (pid < 0)
		return err_sys(e, errno, "fork for hook %s", h->path);
	if (pid == 0)
		child(h, input, cwd);
	return await(h, pid, e);
}

int hooks_run(const struct spec *s, enum hook_kind kind, const char *state, const char *cwd,
	      struct err **e)
{
	for (size_t i = 0; i < s->hooks[kind].n; i++) {
		int r = run_one(&s->hooks[kind].v[i], state, cwd, e);

		if (r < 0)
			return r;
	}
	return 0;
}

void hooks_run_all(const struct spec *s, enum hook_kind kind, const char *state, const char *cwd)
{
	for (size_t i = 0; i < s->hooks[kind].n; i++) {
		AUTO(err) struct err *e = NULL;

		if (run_one(&s->hooks[kind].v[i], state, cwd, &e) < 0)
			dprintf(STDERR_FILENO, "warning: %s, continuing\n", err_text(e));
	}
}
