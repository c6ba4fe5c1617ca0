/*
 * runtime/exec.h - another process in a running container.
 *
 * Owns:    nothing after return.
 * Units:   exit codes 0 to 255.
 * Errors:  before the program runs; err_code ENOENT and EACCES mean 127 and 126.
 * Thread:  a single-threaded process, which has joined the container's namespaces afterwards.
 * Source:  runtime-spec config.md "process"; setns(2) with a pidfd.
 */
#ifndef RUNTIME_EXEC_H
#define RUNTIME_EXEC_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"

struct exec_options {
	const char *root, *id;
	const char *console_socket, *pid_file; /* NULL = none */
	const char *seccomp_cache;
	const char *sub_cgroup; /* below the container's; NULL = none */
	unsigned preserve_fds;
	bool detach, ignore_paused;
};

/* process is an OCI process object, complete. Returns the exit code, 0 when detached. */
int container_exec(const struct exec_options *o, const struct json *process, struct err **e);
/* The container's own process object to start from, for exec by flags. Caller frees. */
int container_process(const char *root, const char *id, struct json **ret, struct err **e);

#endif
