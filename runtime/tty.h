/*
 * runtime/tty.h - the terminal of a container: opened from its own devpts, master handed out.
 *
 * Owns:    struct tty's descriptors; tty_done() closes them.
 * Units:   rows and columns of characters.
 * Errors:  as usual.
 * Thread:  the set-up process only.
 * Source:  pty(7), ioctl_tty(2) TIOCGPTPEER; runtime-spec config.md "terminal".
 */
#ifndef RUNTIME_TTY_H
#define RUNTIME_TTY_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct tty {
	int master, peer;
};
#define TTY_INIT { .master = -1, .peer = -1 }

/* devpts_fd is the root of the devpts to use; the peer gets uid as owner. Sizes of 0 are left. */
int tty_open(int devpts_fd, uid_t uid, uint16_t rows, uint16_t cols, struct tty *ret,
	     struct err **e);
/* Connects to a SOCK_STREAM socket; done while host paths can be reached. */
int tty_socket(const char *path, struct err **e);
/* Sends the master over it. */
int tty_send(const struct tty *t, int socket, struct err **e);
/* New session, controlling terminal, standard streams. */
int tty_take(const struct tty *t, struct err **e);
void tty_done(struct tty *t);

#endif
