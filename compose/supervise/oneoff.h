/*
 * compose/supervise/oneoff.h - what makes a one-off container different from its service.
 *
 * Owns:    the result is the caller's.
 * Units:   none.
 * Errors:  none.
 * Thread:  loop.
 * Source:  cli reference 7.6 "run".
 */
#ifndef COMPOSE_SUPERVISE_ONEOFF_H
#define COMPOSE_SUPERVISE_ONEOFF_H

#include "compose/supervise/container.h"

/* The canonical service with the overrides of the request. */
struct json *oneoff_service(const struct json *service, const struct json *args);
/* A waiter's on_change: removes containers that were asked to go when they end. */
void oneoff_reap(struct waiter *w, struct container *c);

#endif
