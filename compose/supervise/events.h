/*
 * compose/supervise/events.h - what happened to containers, for those who listen.
 *
 * Owns:    extra is borrowed; nothing is kept when nobody listens.
 * Units:   none.
 * Errors:  none.
 * Thread:  loop.
 * Source:  cli reference 7.20.
 */
#ifndef COMPOSE_SUPERVISE_EVENTS_H
#define COMPOSE_SUPERVISE_EVENTS_H

#include "compose/supervise/container.h"

/* extra: pairs of attribute name and value, ending with NULL. */
void events_emit(struct container *c, const char *action, ...) __attribute__((sentinel));
/* "die": exit code, how long it ran, whether the policy starts it again. */
void events_die(struct container *c, int code, int64_t ran_ns, bool will_restart);

#endif
