#include "compose/cmd/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/mem.h"
#include "compose/supervise/place.h"

enum { FD_ABOVE = 10, EXIT_EXEC = 127 };

static int find(const struct spawn *s, char **ret, struct err **e)
{
	*ret = place_program(s->program);
	if (*ret)
		return 0;
	err_set(e, ENOENT, "find the program %s", s->program);
	err_hint(e, "it belongs beside compose or into its libexec directory; COMPOSE_LIBEXEC names another one");
	return -ENOENT;
}

/* Between fork and exec: only async-signal-safe calls. */
static void child_setup(const struct spawn *s, pid_t parent)
{
	int fds[3] = { s->in, s->out, s->err };

	if (s->detached)
		(void)setsid();
	else if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() != parent)
		_exit(EXIT_EXEC);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		if (fds[i] < 0 || fds[i] == (int)i)
			continue;
		fds[i] = fcntl(fds[i], F_DUPFD, FD_ABOVE);
	}
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		if (fds[i] >= 0 && fds[i] != (int)i && dup2(fds[i], (int)i) < 0)
			_exit(EXIT_EXEC);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		if (fds[i] >= FD_ABOVE)
			(void)close(fds[i]);
}

int spawn_start(const struct spawn *s, pid_t *ret, struct err **e)
{
	AUTO(mem) char *path = NULL;
	pid_t parent = getpid(), pid;
	sigset_t none;
	int r = find(s, &path, e);

	if (r < 0)
		return r;
	pid = fork();
	if (pid < 0)
		return err_sys(e, errno, "start %s", s->program);
	if (pid == 0) {
		child_setup(s, parent);
		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		(void)execv(path, s->argv);
		_exit(EXIT_EXEC);
	}
	*ret = pid;
	return 0;
}

int memory_file(const char *name, const char *text, struct err **e)
{
	AUTO(fd) int fd = memfd_create(name, MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return err_sys(e, errno, "make the file %s in memory", name);
	r = fd_write_all(fd, text, strlen(text));
	if (r < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, r < 0 ? -r : errno, "write the file %s in memory", name);
	return TAKE_FD(fd);
}

int spawn_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_EXEC;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int spawn_exec(const struct spawn *s, struct err **e)
{
	AUTO(mem) char *path = NULL;
	int r = find(s, &path, e);

	if (r < 0)
		return r;
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)execv(path, s->argv);
	return err_sys(e, errno, "execute %s", path);
}
