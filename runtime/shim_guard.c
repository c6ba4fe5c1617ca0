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
 */
#include "runtime/shim_guard.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/shim_text.h"

#define QUICK_DEATH_NS 1000000000
#define DELAY_FIRST_NS 100000000
#define DELAY_MAX_NS   10000000000

enum { HANDED_FD = 3 };

struct guard {
	char **argv;
	sigset_t watched, before;
	pid_t pid;
	int64_t started, delay;
	bool ending;
};

static int start(struct guard *g)
{
	g->started = mono_now();
	g->pid = fork();
	if (g->pid < 0)
		return -errno;
	if (g->pid == 0) {
		(void)sigprocmask(SIG_SETMASK, &g->before, NULL);
		execvp(g->argv[0], g->argv);
		_exit(127);
	}
	return 0;
}

/* Waits for a signal, or until the timeout; 0 for none. */
static int next_signal(const struct guard *g, int64_t timeout_ns)
{
	struct timespec ts = { timeout_ns / 1000000000, timeout_ns % 1000000000 };
	int sig;

	do
		sig = sigtimedwait(&g->watched, NULL, timeout_ns < 0 ? NULL : &ts);
	while (sig < 0 && errno == EINTR);
	return sig < 0 ? 0 : sig;
}

/* True once the child has ended; the status is then in *status. */
static bool ended(const struct guard *g, int *status)
{
	return waitpid(g->pid, status, WNOHANG) == g->pid;
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
	return status;
}

/* True when the supervisor adopted ended well. */
static bool adopted_ended_well(void)
{
	char word;
	ssize_t n;

	do
		n = read(HANDED_FD, &word, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

int shim_guard(char **argv, bool adopt)
{
	struct guard g = { .argv = argv };

	if (!argv[0])
		return 2;
	if (adopt) {
		bool well = adopted_ended_well();

		(void)close(HANDED_FD);
		if (well)
			return 0;
	}
	sigemptyset(&g.watched);
	sigaddset(&g.watched, SIGCHLD);
	sigaddset(&g.watched, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &g.watched, &g.before) < 0)
		return 1;
	sigdelset(&g.before, SIGCHLD);
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
