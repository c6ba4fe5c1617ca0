/*
 * compose/supervise/recover.h - a new supervisor finds out what is there, and finishes or undoes what
 * its predecessor began.
 *
 * Owns:    containers found become the supervisor's.
 * Units:   none.
 * Errors:  a file that does not parse is moved aside as NAME.bad-N and logged; the rest goes on.
 * Thread:  loop; blocks on small local files before the first request is served.
 * Source:  reliability reference R1-R5; DESIGN "State on disk".
 */
#ifndef COMPOSE_SUPERVISE_RECOVER_H
#define COMPOSE_SUPERVISE_RECOVER_H

#include "compose/supervise/container.h"

/* Finds everything; done is called from the loop once every shim has answered or had its time. */
void recover_all(struct sup *s, void (*done)(struct sup *s));
/* Has what belongs to containers that are gone removed from the networks, and the rules put right. */
void recover_networks(struct sup *s);
/* The shim of an adopted container answers the query. */
void recover_state(struct container *c, const struct shim_state *st);
/* The shim died: what became of the container. Takes pidfd, -1 = unknown. */
void recover_lost(struct container *c, int pidfd);

#endif
