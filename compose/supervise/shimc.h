/*
 * compose/supervise/shimc.h - our end of the conversation with the shim of one container.
 *
 * Normally: shimc_spawn(), on_created, shimc_start(), on_started, and much later on_exited. When the
 * program cannot be made or executed: on_failed. When the shim itself dies: on_lost. After on_exited,
 * on_failed or on_lost nothing more comes.
 *
 * Owns:    struct shimc is embedded by its owner, who may free it after shimc_hangup(): the loop's
 *          handle has memory of its own. pidfd and netns belong to it.
 * Units:   wall-clock nanoseconds.
 * Errors:  -errno; -ENOTCONN after the conversation ended.
 * Thread:  loop.
 * Source:  ARCHITECTURE.md "Contract: shim".
 */
#ifndef COMPOSE_SUPERVISE_SHIMC_H
#define COMPOSE_SUPERVISE_SHIMC_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "compose/supervise/child.h"
#include "runtime/shim_proto.h"

struct shimc;
struct shimc_ops {
	void (*on_created)(struct shimc *s, int pid);
	void (*on_started)(struct shimc *s, int64_t wall_ns);
	void (*on_exited)(struct shimc *s, int code, bool oom, int64_t wall_ns);
	void (*on_failed)(struct shimc *s, int errnum, const char *text);
	void (*on_state)(struct shimc *s, const struct shim_state *st);
	/* The parked descriptors now belong to the callee. */
	void (*on_parked)(struct shimc *s, int *fds, size_t n);
	/* pidfd (-1: unknown) now belongs to the callee. */
	void (*on_lost)(struct shimc *s, int pidfd);
};

struct shimc {
	struct shim_link *link; /* the loop's handle, NULL: none */
	int fd;                 /* -1: no conversation */
	int pidfd;              /* of the container's init, -1 until known */
	int netns;              /* -1: none, or not asked for */
	const struct shimc_ops *ops;
	void *owner;
};

struct shim_args {
	const char *program, *runtime;
	int orders; /* a guardian's socket (runtime/shim_proto.h), -1 = start the program */
	int config; /* the image for SHIM_FD_CONFIG, -1 = the runtime reads the bundle */
	const char *id, *bundle, *run_dir;
	bool tty, stdin_open;
	const char *log; /* NULL = no log */
	int64_t log_max_size;
	int log_max_files;
	int netns; /* -1 = the host's */
	const int *parked;
	size_t n_parked;
	int stderr_fd;
};

void shimc_init(struct shimc *s, const struct shimc_ops *ops, void *owner);
/* Takes nothing: the caller closes its descriptors afterwards; netns is kept as a copy. */
int shimc_spawn(struct shimc *s, uv_loop_t *loop, struct children *children,
		const struct shim_args *args, struct err **e);
/* -ENOENT or -ECONNREFUSED: no shim there. */
int shimc_connect(struct shimc *s, uv_loop_t *loop, const char *run_dir, struct err **e);
int shimc_start(struct shimc *s);
int shimc_kill(struct shimc *s, int signal);
int shimc_query(struct shimc *s);
int shimc_give(struct shimc *s);
/* Ends the conversation; the container does not notice. The struct may be used again at once. */
void shimc_hangup(struct shimc *s);

#endif
