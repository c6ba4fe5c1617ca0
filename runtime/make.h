/*
 * runtime/make.h - a container from its checked configuration up to an init that waits.
 *
 * The configuration is the caller's business: `compose-runtime` parses config.json, the shim gets the
 * trees ready made. What follows is the same.
 *
 * Owns:    making_done() frees everything but the container itself.
 * Units:   none.
 * Errors:  everything made is undone.
 * Thread:  a single-threaded process whose working directory is the bundle.
 * Source:  runtime-spec runtime.md "Lifecycle".
 */
#ifndef RUNTIME_MAKE_H
#define RUNTIME_MAKE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "runtime/container.h"
#include "runtime/launch.h"
#include "runtime/seccomp.h"
#include "runtime/spec.h"
#include "runtime/state.h"

/* A container on its way into being. */
struct making {
	const struct container_options *o;
	char *bundle, *rootfs;
	struct buf text; /* config.json as read; empty: the state directory gets a link to it */
	struct spec *spec;
	struct state state;
	struct cgroup *cgroup;
	struct seccomp_program filter;
	struct launch launch;
	int proc_fd;
	bool reserved, has_cgroup, launched;
};
#define MAKING_INIT { .state = STATE_INIT, .proc_fd = -1, .launch = { .pidfd = -1, .channel = -1 } }

/* m->o, m->bundle and m->spec are set. */
int make_container(struct making *m, const char *console_socket, struct err **e);
/* Takes a made container back. */
void make_undo(struct making *m);
void making_done(struct making *m);
static inline void making_autop(struct making *m)
{
	making_done(m);
}
/* Writes "PID" to a file named by a caller; NULL = none. */
int pid_file_write(const char *path, int pid, struct err **e);

#endif
