/*
 * runtime/signals.h - what a program inherits of signals through execve(2).
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  none.
 * Thread:  one thread.
 * Source:  signal(7), execve(2): handlers go, ignored signals and the mask stay.
 */
#ifndef RUNTIME_SIGNALS_H
#define RUNTIME_SIGNALS_H

/* No signal is ignored any more, here and in what is forked from here: there it need not be asked again,
 * so whoever ignores one afterwards has to put it back. */
void signals_attend(void);
/* The same, and none is blocked: a program begins as if nobody had touched signals before it. */
void signals_reset(void);

#endif
