#include "runtime/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/fdio.h"

struct relay {
	pid_t pid;
	int master;
	bool input_open, raw;
	struct termios saved;
	int code; /* -1 until the child has ended */
};

static void copy_size(const struct relay *r)
{
	struct winsize size;

	if (r->master >= 0 && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		(void)ioctl(r->master, TIOCSWINSZ, &size);
}

static void set_raw(struct relay *r)
{
	struct termios raw;

	if (r->master < 0 || tcgetattr(STDIN_FILENO, &r->saved) < 0)
		return;
	raw = r->saved;
	cfmakeraw(&raw);
	r->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
	copy_size(r);
}

static void reap(struct relay *r)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != r->pid)
			continue;
		r->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
}

static void take_signal(struct relay *r, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD)
		reap(r);
	else if (info.ssi_signo == SIGWINCH && r->master >= 0)
		copy_size(r);
	else
		(void)kill(r->pid, (int)info.ssi_signo);
}

/* False at the end of the source; EIO is how a terminal says so. */
static bool copy_some(int from, int to)
{
	char bytes[8192];
	ssize_t n = read(from, bytes, sizeof(bytes));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	return n > 0 && fd_write_all(to, bytes, (size_t)n) == 0;
}

static void turn(struct relay *r, int signals)
{
	struct pollfd p[3] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = r->master, .events = POLLIN },
		{ .fd = r->master >= 0 && r->input_open ? STDIN_FILENO : -1, .events = POLLIN },
	};

	if (poll(p, 3, -1) < 0)
		return;
	if (p[1].revents && !copy_some(r->master, STDOUT_FILENO))
		r->master = -1; /* the caller's; only no longer looked at */
	if (p[2].revents && r->master >= 0 && !copy_some(STDIN_FILENO, r->master))
		r->input_open = false;
	if (p[0].revents)
		take_signal(r, signals);
}

static void drain(struct relay *r)
{
	if (r->master < 0 || fd_set_nonblock(r->master, true) < 0)
		return;
	for (;;) {
		struct pollfd p = { .fd = r->master, .events = POLLIN };

		if (poll(&p, 1, 0) <= 0 || !copy_some(r->master, STDOUT_FILENO))
			return;
	}
}

int relay_until_exit(pid_t pid, int master, struct err **e)
{
	struct relay r = { .pid = pid, .master = master, .input_open = true, .code = -1 };
	AUTO(fd) int signals = -1;
	sigset_t all, before;

	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, &before) < 0)
		return err_sys(e, errno, "block signals");
	signals = signalfd(-1, &all, SFD_CLOEXEC);
	if (signals < 0)
		return err_sys(e, errno, "open a signal descriptor");
	set_raw(&r);
	reap(&r); /* it may have ended before the signals were blocked */
	while (r.code < 0)
		turn(&r, signals);
	drain(&r);
	if (r.raw)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &r.saved);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return r.code;
}

int relay_accept_master(int listener, struct err **e)
{
	AUTO(fd) int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	size_t n_fds = 0;
	char name[64];
	int fd = -1;
	ssize_t n;

	if (peer < 0)
		return err_sys(e, errno, "accept on the console socket");
	n = sock_recv(peer, name, sizeof(name), &fd, 1, &n_fds);
	if (n < 0)
		return err_sys(e, (int)-n, "receive the terminal");
	return n_fds == 1 ? fd : err_set(e, EPROTO, "no terminal came over the console socket");
}
