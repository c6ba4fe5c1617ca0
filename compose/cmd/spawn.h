/*
 * compose/cmd/spawn.h - one of our other programs run in the foreground.
 *
 * Owns:    argv and descriptors stay the caller's.
 * Units:   none.
 * Errors:  -ENOENT when the program is not installed.
 * Thread:  main thread. A child dies with us (SIGTERM) unless it is detached.
 * Source:  ARCHITECTURE.md "Programs and processes".
 */
#ifndef COMPOSE_CMD_SPAWN_H
#define COMPOSE_CMD_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct spawn {
	const char *program; /* "compose-image" */
	char *const *argv;   /* with argv[0], NULL-terminated */
	int in, out, err;    /* what become descriptors 0 to 2; 0, 1, 2 = inherited */
	bool detached;       /* a session of its own; survives us */
};
#define SPAWN_INIT { .in = 0, .out = 1, .err = 2 }

int spawn_start(const struct spawn *s, pid_t *ret, struct err **e);
/* Text as a file in memory, for a child to read; returns the descriptor (close-on-exec). */
int memory_file(const char *name, const char *text, struct err **e);
/* Waits; the exit status as a shell sees it: 128 + signal for signals. */
int spawn_wait(pid_t pid);
/* Replaces this process. Returns only on failure. */
int spawn_exec(const struct spawn *s, struct err **e);

#endif
