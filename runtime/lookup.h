/*
 * runtime/lookup.h - which file a command name means inside the container, and why it cannot be run.
 *
 * Owns:    lookup_program() returns memory for free(3).
 * Units:   none.
 * Errors:  ENOENT (exit code 127), EACCES (126), with the texts people look for.
 * Thread:  the process inside the container's root.
 * Source:  Go os/exec LookPath, whose messages engines pass on.
 */
#ifndef RUNTIME_LOOKUP_H
#define RUNTIME_LOOKUP_H

#include "base/err.h"

/* path is the value of $PATH, NULL for none. */
int lookup_program(const char *name, const char *path, char **ret, struct err **e);
/* The text for an execve that failed with errnum after the look-up succeeded. */
int lookup_exec_error(const char *name, int errnum, struct err **e);
/* 126, 127 or 128 for the error of a start. */
int lookup_exit_code(int errnum);

#endif
