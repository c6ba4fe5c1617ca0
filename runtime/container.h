/*
 * runtime/container.h - the operations of the OCI runtime on one container.
 *
 * Owns:    nothing after return; a container lives in its state directory.
 * Units:   none.
 * Errors:  a failed create leaves nothing behind; "does not exist", "already exists" and "not running"
 *          are ENOENT, EEXIST and ESRCH.
 * Thread:  a single-threaded process.
 * Source:  runtime-spec runtime.md "Operations".
 */
#ifndef RUNTIME_CONTAINER_H
#define RUNTIME_CONTAINER_H

#include <stdbool.h>

#include "base/err.h"

struct container_options {
	const char *root;	   /* directory of all state directories */
	const char *id;
	const char *bundle;	   /* NULL = "." */
	const char *config;	   /* NULL = BUNDLE/config.json */
	const char *console_socket; /* NULL = none */
	const char *pid_file;	   /* NULL = none */
	const char *seccomp_cache; /* NULL = none */
	const char *tiny_init;	   /* the program for annotation compose.init */
	const int *streams;	   /* the three standard streams; NULL = the caller's own */
	const int *private_fds;	   /* the caller's, which the init closes at once; -1s are skipped */
	size_t n_private_fds;
	unsigned preserve_fds;
	bool no_pivot, no_new_keyring, no_cgroup, no_subreaper;
	bool detach, keep; /* run only */
};

int container_create(const struct container_options *o, struct err **e);
int container_start(const char *root, const char *id, struct err **e);
/* create, start and, unless detach, wait: returns the exit code. */
int container_run(const struct container_options *o, struct err **e);
/* all = every process of its cgroup. */
int container_kill(const char *root, const char *id, int sig, bool all, struct err **e);
/* force: kill first, and an unknown id is success. */
int container_delete(const char *root, const char *id, bool force, struct err **e);

/* Releases a created container through its fifo; 0 once the program runs. */
int container_release(int state_dir, int pidfd, struct err **e);

#endif
