#include "compose/program/image_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdio.h"

enum { MAX_FDS = 8 };

/* First out of the way of each other, then each to its place. */
static int place_fds(const int *fds, size_t n_fds)
{
	int moved[MAX_FDS];

	for (size_t i = 0; i < n_fds; i++) {
		int fd = fds[i];

		if (fd < 0 && i <= 2)
			fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		moved[i] = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 64);
		if (fd >= 0 && moved[i] < 0)
			return -errno;
	}
	for (size_t i = 0; i < n_fds; i++)
		if (moved[i] >= 0 && dup2(moved[i], (int)i) < 0)
			return -errno;
	for (size_t i = 0; i < n_fds; i++)
		if (moved[i] < 0)
			(void)close((int)i);
	return 0;
}

/* In the child: only what is allowed between fork and exec. */
static void run_child(const char *program, char *const argv[], const int *fds, size_t n_fds,
		      int report)
{
	int keep = (int)n_fds > 3 ? (int)n_fds : 3;
	sigset_t none;
	int code;

	(void)setpgid(0, 0);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	code = place_fds(fds, n_fds);
	if (code == 0) {
		(void)close_range((unsigned)keep, ~0U, CLOSE_RANGE_CLOEXEC);
		(void)execv(program, argv);
		code = -errno;
	}
	(void)!write(report, &code, sizeof(code));
	_exit(127);
}

int image_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 128;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int image_spawn(const char *program, char *const argv[], const int *fds, size_t n_fds, pid_t *ret,
		struct err **e)
{
	int pair[2], code = 0;
	ssize_t n;
	pid_t pid;

	if (!program)
		return err_set(e, ENOENT, "program %s: not found", argv[0]);
	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(e, errno, "start %s", program);
	pid = fork();
	if (pid == 0)
		run_child(program, argv, fds, n_fds, fcntl(pair[1], F_DUPFD_CLOEXEC, 128));
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return err_sys(e, errno, "start %s", program);
	}
	n = fd_read_full(pair[0], &code, sizeof(code));
	close(pair[0]);
	if (n == (ssize_t)sizeof(code)) {
		(void)image_wait(pid);
		return err_sys(e, -code, "start %s", program);
	}
	*ret = pid;
	return 0;
}
