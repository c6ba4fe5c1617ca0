/*
 * Pid 1 of a container whose program does not want to be one: it starts the program, passes every
 * signal on to it, reaps whatever is left to it and ends with the program's status; the kernel then
 * ends the rest.
 */
#include "runtime/shim_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/shim_text.h"

extern char **environ;

static int exit_code_of(int errnum)
{
	if (errnum == ENOENT || errnum == ENOTDIR)
		return 127;
	return errnum == EACCES || errnum == ENOEXEC || errnum == EISDIR ? 126 : 128;
}

/* As the runtime reports a failed execve: a number whoever starts us maps to an exit code, a text. */
static void report(int fd, const char *program, int errnum)
{
	int code = exit_code_of(errnum);
	int32_t number = code == 127 ? ENOENT : code == 126 ? EACCES : errnum;
	const char *why = errnum == ENOENT ? "no such file or directory" :
			  errnum == EACCES ? "permission denied" :
			  errnum == ENOEXEC ? "exec format error" : "cannot be executed";

	(void)write_whole(fd, &number, sizeof(number));
	(void)write_whole(fd, "exec ", 5);
	(void)write_whole(fd, program, strlen(program));
	(void)write_whole(fd, ": ", 2);
	(void)write_whole(fd, why, strlen(why));
}

static void run_program(int fd, char **argv, const sigset_t *before) __attribute__((noreturn));
static void run_program(int fd, char **argv, const sigset_t *before)
{
	int saved;

	/* Its own process group, in front when there is a terminal, so that keys reach it alone. */
	(void)setpgid(0, 0);
	if (isatty(STDIN_FILENO)) {
		(void)signal(SIGTTOU, SIG_IGN);
		(void)tcsetpgrp(STDIN_FILENO, getpgrp());
		(void)signal(SIGTTOU, SIG_DFL);
	}
	(void)sigprocmask(SIG_SETMASK, before, NULL);
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	execve(argv[0], argv + 1, environ);
	saved = errno;
	report(fd, argv[0], saved);
	_exit(exit_code_of(saved));
}

static int reap(pid_t program)
{
	int status, code = -1;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == program)
			code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return code;
}

int shim_init(char **argv)
{
	sigset_t all, before;
	int64_t fd;
	pid_t pid;

	if (!argv[0] || !argv[1] || !argv[2] || text_parse(argv[0], 1 << 20, &fd) < 0)
		return 2;
	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, &before) < 0)
		return 128;
	if (getpid() != 1)
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	pid = fork();
	if (pid < 0) {
		report((int)fd, argv[1], errno);
		return 128;
	}
	if (pid == 0)
		run_program((int)fd, argv + 1, &before);
	close((int)fd);
	for (;;) {
		int sig = sigwaitinfo(&all, NULL);
		int code = sig == SIGCHLD ? reap(pid) : -1;

		if (code >= 0)
			return code;
		if (sig > 0 && sig != SIGCHLD)
			(void)kill(pid, sig);
	}
}
