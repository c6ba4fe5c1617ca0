/*
 * compose/supervise/pause.h - freezes and thaws a container through `compose-runtime pause|resume`.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  done gets the runtime's own words.
 * Thread:  loop.
 * Source:  runtime reference 2.12 "Freeze".
 */
#ifndef COMPOSE_SUPERVISE_PAUSE_H
#define COMPOSE_SUPERVISE_PAUSE_H

#include "compose/supervise/container.h"

/* e NULL: done. Borrowed. done may be NULL; it is called from the loop, later. */
typedef void (*pause_fn)(void *ctx, struct err *e);
void pause_set(struct container *c, bool on, pause_fn done, void *ctx);

#endif
