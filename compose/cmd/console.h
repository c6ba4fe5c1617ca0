/*
 * compose/cmd/console.h - our terminal connected to the pty of a process in a container.
 *
 * Owns:    nothing; descriptors stay the caller's.
 * Units:   none.
 * Errors:  -errno with e filled. The terminal's modes are put back on every way out.
 * Thread:  main thread.
 * Source:  pty(7), ioctl_tty(2) TIOCSWINSZ.
 */
#ifndef COMPOSE_CMD_CONSOLE_H
#define COMPOSE_CMD_CONSOLE_H

#include <stdbool.h>

#include "compose/cmd/detach.h"

struct console {
	int master;   /* of the pty */
	int ended_fd; /* becomes readable when the process has ended (a pidfd) */
	struct detach detach;
};

/* Sets the pty's size to that of our terminal. */
void console_resize(int master);
/* Carries bytes both ways until the process has ended and all its output was shown, or until the
 * detach keys are typed (*ret_detached). */
int console_run(struct console *c, bool *ret_detached, struct err **e);

#endif
