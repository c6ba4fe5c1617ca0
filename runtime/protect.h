/*
 * runtime/protect.h - our own program file cannot be written to from inside a container.
 *
 * A process that enters a container can be reached there as /proc/PID/exe, or be executed again by a
 * program named /proc/self/exe. So it runs from a read-only view of its file: a detached mount, which
 * costs a few system calls, or a sealed copy in memory where mounts are not allowed.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  as usual; without protection nothing is entered.
 * Thread:  main, before anything else.
 * Source:  CVE-2019-5736.
 */
#ifndef RUNTIME_PROTECT_H
#define RUNTIME_PROTECT_H

#include "base/err.h"

/* Returns 0 in a protected process, else starts it again (argv[0] becomes the full path) and does not
 * return. */
int protect_self(char **argv, struct err **e);
/* The file beside our own program, for free(3); argv0 as main() got it. */
char *protect_beside(const char *argv0, const char *name);

#endif
