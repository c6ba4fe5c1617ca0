/*
 * The guardian of a supervisor.
 *
 * Normally it sleeps in sigtimedwait until the supervisor ends with 0, and ends as well.
 * When the supervisor dies it is started again at once; one that keeps dying within a second waits
 * 100 ms, then twice as long each time, up to ten seconds.
 * Descriptor 3, when there is one, is the first supervisor's alone: a client waits at its other end.
 * A guardian made by a supervisor whose first one died adopts it: the supervisor holds the other end of
 * descriptor 3 and writes a byte when it ends well; end of file without one is its death.
 * SIGTERM is passed on, and then a death by it is an end, not a failure.
 * Between signals it makes shims when the supervisor orders one: a fork of this process, which is
 * loaded already, is a shim a few milliseconds earlier than a program would be.
 */
#include "runtime/shim_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/cgroup.h"
#include "runtime/shim_proto.h"
#include "runtime/shim_run.h"
#include "runtime/shim_text.h"
#include "runtime/signals.h"

#define QUICK_DEATH_NS 1000000000
#define DELAY_FIRST_NS 100000000
#define DELAY_MAX_NS   10000000000

/* Descriptors of our own lie above all that a supervisor or shim inherits. */
enum { HANDED_FD = 3, ORDER_ARGS = 32, LIFTED_FD = SHIM_FD_PARKED + SHIM_MAX_PARKED };

struct guard {
	char **argv;
	char *title, *title_end; /* where the arguments behind our own name lie */
	sigset_t watched, before;
	int signals; /* signalfd of the watched ones */
	int orders;  /* from the supervisor; -1 = none */
	pid_t pid;
	int64_t started, delay;
	bool ending;
};

static int lift(int *fd)
{
	int up = fcntl(*fd, F_DUPFD_CLOEXEC, LIFTED_FD), r = up < 0 ? -errno : 0;

	close(*fd);
	*fd = up;
	return r;
}

static void close_orders(struct guard *g)
{
	if (g->orders >= 0)
		close(g->orders);
	g->orders = -1;
}

/* Without the socket the supervisor starts shims as programs. */
static int start(struct guard *g)
{
	int pair[2] = { -1, -1 };

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	(void)lift(&pair[0]);
	g->started = mono_now();
	g->pid = fork();
	if (g->pid == 0) {
		(void)sigprocmask(SIG_SETMASK, &g->before, NULL);
		if (dup2(pair[1], SHIM_FD_ORDERS) < 0)
			_exit(127);
		if (pair[1] == SHIM_FD_ORDERS)
			(void)fcntl(SHIM_FD_ORDERS, F_SETFD, 0);
		execvp(g->argv[0], g->argv);
		_exit(127);
	}
	close(pair[1]);
	g->orders = pair[0];
	if (g->pid < 0) {
		close_orders(g);
		return -ENOMEM;
	}
	return 0;
}

/* ---- orders ---- */

struct order {
	char text[SHIM_ORDER_MAX];
	size_t n;
	int fds[SHIM_ORDER_FDS];
	unsigned n_fds;
};
static struct order order __attribute__((aligned(4096)));

/* False when the other end is closed. */
static bool receive(int sock)
{
	static union {
		char bytes[CMSG_SPACE(SHIM_ORDER_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = order.text, .iov_len = sizeof(order.text) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.bytes,
			      .msg_controllen = sizeof(control.bytes) };
	ssize_t n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *cm = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;

	order.n = order.n_fds = 0;
	if (n <= 0)
		return n < 0 && (errno == EINTR || errno == EAGAIN);
	if (cm && cm->cmsg_level == SOL_SOCKET && cm->cmsg_type == SCM_RIGHTS) {
		order.n_fds = (unsigned)((cm->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(order.fds, CMSG_DATA(cm), order.n_fds * sizeof(int));
	}
	if (!(msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) && order.text[n - 1] == '\0')
		order.n = (size_t)n;
	return true;
}

/* Puts the descriptors where a shim looks for them, by way of numbers that are not among those. */
static int arrange(bool has_netns)
{
	static const int first[] = { STDERR_FILENO, SHIM_FD_SUPERVISOR, SHIM_FD_NETNS,
				     SHIM_FD_CONFIG };
	unsigned at = 0, wanted = 0;

	for (unsigned i = 0; i < order.n_fds; i++) {
		order.fds[i] = fcntl(order.fds[i], F_DUPFD_CLOEXEC, LIFTED_FD);
		if (order.fds[i] < 0)
			return -errno;
	}
	for (; at < order.n_fds; wanted++) {
		int target = wanted < 4 ? first[wanted] : SHIM_FD_PARKED + (int)wanted - 4;

		if (target == SHIM_FD_NETNS && !has_netns)
			(void)close(target);
		else if (dup2(order.fds[at++], target) < 0)
			return -errno;
	}
	return 0;
}

/* For ps: as much of the command line as fits where the guardian's own arguments are. */
static void show(const struct guard *g, char **argv)
{
	char *at = g->title, *end = g->title_end;

	for (; *argv && at < end; argv++)
		for (const char *s = *argv; at < end && (*at++ = *s) != '\0'; s++)
			;
	while (at < end)
		*at++ = '\0';
	g->title_end[-1] = '\0';
}

static void be_the_shim(const struct guard *g) __attribute__((noreturn));
static void be_the_shim(const struct guard *g)
{
	char *argv[ORDER_ARGS];
	int argc = 0;
	struct shim_order head;

	memcpy(&head, order.text, sizeof(head));
	for (size_t at = sizeof(head); at < order.n && argc < ORDER_ARGS - 1;
	     at += strlen(order.text + at) + 1)
		argv[argc++] = order.text + at;
	argv[argc] = NULL;
	if (argc < 2 || arrange(head.has_netns) < 0)
		_exit(126);
	show(g, argv + 1);
	(void)sigprocmask(SIG_SETMASK, &g->before, NULL);
	_exit(shim_run(argc - 2, argv + 2));
}

/* Whatever goes wrong is seen at the other end of the shim's socket, which then closes. */
static void take_order(struct guard *g)
{
	if (!receive(g->orders)) {
		close_orders(g);
		return;
	}
	cgroup_remember_mounts();
	if (order.n > sizeof(struct shim_order) && fork() == 0)
		be_the_shim(g);
	for (unsigned i = 0; i < order.n_fds; i++)
		close(order.fds[i]);
	(void)madvise(&order, sizeof(order) & ~(size_t)4095, MADV_DONTNEED);
}

/* ---- signals ---- */

/* Waits for a signal, or until the timeout; 0 for none. Orders are taken meanwhile. */
static int next_signal(struct guard *g, int64_t timeout_ns)
{
	struct timespec ts = { timeout_ns / 1000000000, timeout_ns % 1000000000 };
	struct pollfd p[2] = { { .fd = g->signals, .events = POLLIN },
			       { .fd = g->orders, .events = POLLIN } };
	struct signalfd_siginfo info;

	if (ppoll(p, 2, timeout_ns < 0 ? NULL : &ts, NULL) <= 0)
		return 0;
	if (p[1].revents)
		take_order(g);
	return read(g->signals, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}

/* A shim, about which nobody asks, or what was left when one was killed. */
static void tell_stray(const struct guard *g, pid_t pid, int status)
{
	struct shim_stray s = { .pid = pid, .status = status };

	if (g->orders >= 0)
		(void)send(g->orders, &s, sizeof(s), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* True once the supervisor has ended; the status is then in *status. Shims are children, too. */
static bool ended(const struct guard *g, int *status)
{
	bool found = false;
	int one;
	pid_t pid;

	while ((pid = waitpid(-1, &one, WNOHANG)) > 0) {
		if (pid != g->pid) {
			tell_stray(g, pid, one);
			continue;
		}
		*status = one;
		found = true;
	}
	return found;
}

static void pause_before_restart(struct guard *g)
{
	int64_t until = mono_now() + g->delay, left;

	while (!g->ending && (left = until - mono_now()) > 0)
		if (next_signal(g, left) == SIGTERM)
			g->ending = true;
}

static void after_death(struct guard *g)
{
	if (mono_now() - g->started >= QUICK_DEATH_NS)
		g->delay = 0;
	pause_before_restart(g);
	g->delay = g->delay ? g->delay * 2 : DELAY_FIRST_NS;
	if (g->delay > DELAY_MAX_NS)
		g->delay = DELAY_MAX_NS;
}

static int await_death(struct guard *g)
{
	int status;

	while (!ended(g, &status)) {
		if (next_signal(g, -1) != SIGTERM)
			continue;
		g->ending = true;
		(void)kill(g->pid, SIGTERM);
	}
	close_orders(g);
	return status;
}

/* Of the end of HANDED_FD a dying supervisor lets go before its locks: a successor started in between would
 * take it for one that serves. */
static void await_end_of(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	/* With another parent it is gone already, and the number may be another process's. */
	while (fd >= 0 && getppid() == pid && poll(&p, 1, -1) < 0 && errno == EINTR)
		;
	if (fd >= 0)
		(void)close(fd);
}

/* A supervisor adopted is no child but our parent: it ends when the other end of HANDED_FD closes. True when
 * it ended well. */
static bool adopted_ended_well(struct guard *g)
{
	struct pollfd p[3] = { { .fd = HANDED_FD, .events = POLLIN },
			       { .events = POLLIN },
			       { .events = POLLIN } };
	struct signalfd_siginfo info;
	char word;
	ssize_t n = -1;
	int status;

	while (n < 0) {
		p[1].fd = g->orders;
		p[2].fd = g->signals;
		if (poll(p, 3, -1) < 0)
			continue;
		if (p[1].revents)
			take_order(g);
		if (p[2].revents && read(g->signals, &info, sizeof(info)) == sizeof(info)) {
			if (info.ssi_signo == SIGTERM)
				_exit(0);
			(void)ended(g, &status);
		}
		if (p[0].revents)
			n = read(HANDED_FD, &word, 1);
	}
	return n == 1;
}

static int open_signals(struct guard *g)
{
	sigemptyset(&g->watched);
	sigaddset(&g->watched, SIGCHLD);
	sigaddset(&g->watched, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &g->watched, &g->before) < 0)
		return -errno;
	sigdelset(&g->before, SIGCHLD);
	g->signals = signalfd(-1, &g->watched, SFD_CLOEXEC | SFD_NONBLOCK);
	return g->signals < 0 ? -errno : lift(&g->signals);
}

int shim_guard(char *guard_word, char **argv, pid_t adopted)
{
	struct guard g = { .argv = argv, .orders = -1 };
	char **last;

	if (!argv[0])
		return 2;
	for (last = argv; last[1]; last++)
		;
	g.title = guard_word;
	g.title_end = *last + strlen(*last) + 1;
	signals_attend(); /* once, for every shim and container made here */
	if (open_signals(&g) < 0)
		return 1;
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (adopted) {
		bool well;

		g.orders = SHIM_FD_ORDERS;
		(void)lift(&g.orders);
		well = adopted_ended_well(&g);
		(void)close(HANDED_FD);
		close_orders(&g);
		if (well)
			return 0;
		await_end_of(adopted);
	}
	while (!g.ending) {
		int status = 1;

		/* Without memory for a process now, there may be some later. */
		int r = start(&g);

		(void)close(HANDED_FD);
		if (r == 0)
			status = await_death(&g);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			return 0;
		if (!g.ending)
			after_death(&g);
	}
	return 0;
}
