/*
 * compose/supervise/child.h - starts programs without copying the supervisor's memory, and learns their
 * exit status.
 *
 * posix_spawn(3) borrows our memory until exec, which a fork of a process with pool threads cannot do
 * cheaply. One SIGCHLD watcher reaps; it costs nothing while no child ends.
 *
 * Owns:    struct children is the caller's. Descriptors in fds stay the caller's.
 * Units:   none.
 * Errors:  -errno from posix_spawn(3), the program named.
 * Thread:  loop.
 * Source:  posix_spawn(3), libuv signal.
 */
#ifndef COMPOSE_SUPERVISE_CHILD_H
#define COMPOSE_SUPERVISE_CHILD_H

#include <uv.h>

#include "base/err.h"

/* status as of waitpid(2). Not called after children_close(). */
typedef void (*child_exit_fn)(void *ctx, int status);

/* A descendant nobody here has started: it was orphaned, and we are its subreaper. */
typedef void (*child_stray_fn)(void *ctx, int pid, int status);

struct child;
struct children {
	uv_signal_t signal;
	struct child *list;
	child_stray_fn on_stray; /* NULL: reaped and forgotten */
	void *stray_ctx;
	bool is_open;
};

int children_open(struct children *c, uv_loop_t *loop, struct err **e);
/* Children go on without being watched. */
void children_close(struct children *c);

struct child_spec {
	const char *path;
	char *const *argv;
	char *const *envp; /* NULL = ours */
	const int *fds;    /* fds[i] becomes descriptor i; -1 = /dev/null for 0-2, closed above */
	size_t n_fds;
	bool own_group;   /* its own process group: signals to the group reach all of it */
	bool own_session; /* its own session: it outlives us undisturbed */
};
/* on_exit may be NULL: reaped and forgotten. Returns the pid. */
int child_spawn(struct children *c, const struct child_spec *spec, child_exit_fn on_exit, void *ctx,
		struct err **e);
/* Somebody else reaped a descendant of ours. */
void children_stray(struct children *c, int pid, int status);
/* Nobody is interested in this one any more: it is still reaped. */
void child_forget(struct children *c, int pid);

#endif
