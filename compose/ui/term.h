/*
 * compose/ui/term.h - the terminal: its size, raw mode, and how it is put back on every way out.
 *
 * Owns:    the saved modes of at most one terminal per process.
 * Units:   rows and columns.
 * Errors:  -errno.
 * Thread:  main thread; term_restore() may be called from a signal handler.
 * Source:  termios(3), ioctl_tty(2), cfmakeraw(3).
 */
#ifndef COMPOSE_UI_TERM_H
#define COMPOSE_UI_TERM_H

#include <stdbool.h>
#include <stdint.h>

struct term_size {
	uint16_t rows, cols;
};

/* 24x80 when fd is not a terminal or does not know its size. */
struct term_size term_size(int fd);
/* -errno when fd is not a terminal. */
int term_size_get(int fd, struct term_size *ret);
/* Remembers the modes of fd and makes it raw. */
int term_raw(int fd);
/* Remembers the modes of fd; from now on keys come one by one and are not shown. Signals stay. */
int term_keys(int fd);
/* Puts the modes back; nothing when they were not changed. */
void term_restore(void);
/* Opens /dev/null on each of the descriptors 0 to 2 that is closed. */
void stdio_ensure(void);

#endif
