/*
 * runtime/shim_guard.h - the two parents this program can be: of a supervisor, and of a container's
 * program as its pid 1.
 *
 * Owns:    nothing.
 * Units:   exit codes.
 * Errors:  exit codes.
 * Thread:  shim.
 * Source:  ARCHITECTURE.md "Programs and processes"; runtime/launch.h for the report of a failed start.
 */
#ifndef RUNTIME_SHIM_GUARD_H
#define RUNTIME_SHIM_GUARD_H

#include <sys/types.h>

/* argv: PROGRAM ARGS... Restarts it whenever it dies otherwise than with 0. adopted: one runs already, our
 * parent, and holds the other end of descriptor 3; 0 = none. guard_word: the argument "guard"; from there to the end of the last
 * argument a shim made here writes its own arguments. */
int shim_guard(char *guard_word, char **argv, pid_t adopted);
/* argv: REPORT-FD PROGRAM ARG0 ARGS... */
int shim_init(char **argv);

#endif
