/*
 * runtime/relay.h - the foreground of run and exec: bytes between our terminal and the container's,
 * signals forwarded, the exit status brought home.
 *
 * Owns:    nothing; the terminal's settings are restored on return.
 * Units:   exit codes 0 to 255, 128 + signal.
 * Errors:  as usual.
 * Thread:  a single-threaded process; blocks every signal while it runs.
 * Source:  termios(3), signalfd(2).
 */
#ifndef RUNTIME_RELAY_H
#define RUNTIME_RELAY_H

#include <sys/types.h>

#include "base/err.h"

/* Waits for child pid; master is the container's terminal or -1. Returns the exit code. */
int relay_until_exit(pid_t pid, int master, struct err **e);
/* Receives one descriptor over a listening console socket. */
int relay_accept_master(int listener, struct err **e);

#endif
