/*
 * compose/program/image_spawn.h - starting the programs a build needs (runtime, network worker).
 *
 * Owns:    descriptors are borrowed; the child is the caller's to wait for.
 * Units:   none.
 * Errors:  a program that cannot be executed is told here, not by an exit code.
 * Thread:  one.
 * Source:  fork(2), execve(2).
 */
#ifndef COMPOSE_PROGRAM_IMAGE_SPAWN_H
#define COMPOSE_PROGRAM_IMAGE_SPAWN_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* fds[i] becomes descriptor i of the child, -1 is /dev/null for 0..2 and closed above; nothing else
 * stays open. The child leads a process group of its own: Ctrl-C is for us to handle. */
int image_spawn(const char *program, char *const argv[], const int *fds, size_t n_fds, pid_t *ret,
		struct err **e);
/* Exit code, 128 + signal. */
int image_wait(pid_t pid);

#endif
