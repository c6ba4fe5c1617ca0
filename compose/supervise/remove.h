/*
 * compose/supervise/remove.h - takes a container away for good, for `down`, `rm` and `run --rm`.
 *
 * Owns:    done takes e. The container is forgotten when done is called without an error.
 * Units:   none.
 * Errors:  what could not be removed; the container is still there then.
 * Thread:  loop; the work itself is done in the pool.
 * Source:  compose/supervise/bundle.h.
 */
#ifndef COMPOSE_SUPERVISE_REMOVE_H
#define COMPOSE_SUPERVISE_REMOVE_H

#include "compose/supervise/container.h"

typedef void (*remove_fn)(void *ctx, struct err *e);
/* The container is in CT_REMOVING and no write of its record is in flight. */
void remove_begin(struct container *c, bool with_volumes, remove_fn done, void *ctx);

#endif
