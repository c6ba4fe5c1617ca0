/*
 * runtime/launch.h - from a checked configuration to a process that waits to be released.
 *
 * Two processes work together: the caller (host side) and the future init (container side). They talk
 * over a socket pair; whatever fails on the container side arrives as the caller's error, with its
 * text.
 *
 *	caller                              init
 *	plan, reserve, cgroup, filter
 *	clone ---------------------------->  join namespaces
 *	                                    enters its cgroups
 *	id maps, GO ----------------------->  mounts, devices, terminal
 *	createRuntime hooks <-------------- HOOKS (only when there are any)
 *	                                    pivot, user, cwd, program, credentials
 *	limits, state file <--------------- READY
 *	(create ends here)                  opens exec.fifo and waits for its other end
 *	                                    execve: the fifo closes, or carries the error
 *
 * Owns:    struct launch borrows everything but pidfd and channel, which launch_done() closes.
 * Units:   none.
 * Errors:  everything made is undone.
 * Thread:  a single-threaded process.
 * Source:  runtime-spec runtime.md "Lifecycle".
 */
#ifndef RUNTIME_LAUNCH_H
#define RUNTIME_LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "runtime/cgroup.h"
#include "runtime/seccomp.h"
#include "runtime/spec.h"
#include "runtime/state.h"

struct launch {
	const struct spec *spec;
	struct state *state;
	const struct cgroup *cgroup;
	const struct seccomp_program *seccomp;
	const char *bundle, *rootfs; /* absolute */
	const char *console_socket;  /* NULL = none */
	const char *tiny_init;	     /* host path of the small init */
	const int *streams;	     /* what the init gets as 0, 1, 2; NULL = the caller's own */
	const int *private_fds;	     /* what it closes at once; -1s are skipped */
	size_t n_private_fds;
	unsigned preserve_fds;
	bool no_pivot, no_new_keyring;
	int proc_fd;   /* the host's procfs */
	/* Opened on the host side, where nothing hides them; -1 = none. */
	int fifo;      /* O_PATH of exec.fifo */
	int console;   /* connected console socket */
	int notify;    /* connected socket of seccomp's listenerPath */
	struct cgroup_entry entry;
	int *sources;  /* bind sources opened before a user namespace hides them; NULL = none */

	/* Results. */
	pid_t pid;
	int pidfd;
	int channel; /* to the init; -1 afterwards */
};

/* Returns when the init is ready and waits. */
int launch_init(struct launch *l, struct err **e);
/* Kills and reaps an init that was launched. */
void launch_abort(struct launch *l);
void launch_done(struct launch *l);

/* The container side; never returns. channel is its end. */
void init_main(struct launch *l, int channel) __attribute__((noreturn));
/* Namespaces given by path; only those in the mask (1 << enum ns_type). */
int ns_join(const struct spec *s, unsigned mask, struct err **e);
unsigned ns_clone_flag(enum ns_type t);

/* The messages between the two. */
enum sync_kind { SYNC_GO, SYNC_HOOKS, SYNC_HOOKS_DONE, SYNC_PID, SYNC_READY, SYNC_ERROR };
int sync_send(int fd, enum sync_kind kind, int value, const char *text);
/* -ECONNRESET at end of file. An error message from the other side becomes e; otherwise value. */
int sync_recv(int fd, enum sync_kind want, int *ret_value, struct err **e);

/* The last words of a process that cannot be executed: int32 errnum and text, read by `start`. */
void report_failure(int fd, const struct err *e);

#endif
