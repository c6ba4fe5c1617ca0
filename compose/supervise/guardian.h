/*
 * compose/supervise/guardian.h - the supervisor's view of its guardian: when it dies, another is made.
 *
 * A process cannot be given a new parent, so the new guardian watches the supervisor through a pipe: a
 * byte means that the supervisor ended because nothing was left to do, end of file that it died.
 *
 * Owns:    guardian_close() releases everything.
 * Units:   none.
 * Errors:  logged: a supervisor without a guardian still serves.
 * Thread:  loop.
 * Source:  DESIGN "The processes"; `compose-shim guard --adopt`.
 */
#ifndef COMPOSE_SUPERVISE_GUARDIAN_H
#define COMPOSE_SUPERVISE_GUARDIAN_H

#include "compose/supervise/sup.h"

/* Watches the parent process. */
/* orders: the socket of struct shim_order, which is taken; -1 = the guardian has none. */
void guardian_open(struct sup *s, int orders);
/* Where shims can be ordered, -1 for nowhere at the moment. Borrowed. */
int guardian_orders(const struct sup *s);
/* The supervisor ends well: the guardian shall too. */
void guardian_close(struct sup *s);

#endif
