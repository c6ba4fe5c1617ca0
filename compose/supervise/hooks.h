/*
 * compose/supervise/hooks.h - post_start and pre_stop: programs run inside a container, one after the
 * other, with exec.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  the first hook that ends with another status than 0 ends the list:
 *          "SERVICE hook exited with status N: last line".
 * Thread:  loop.
 * Source:  cli reference 4.4.
 */
#ifndef COMPOSE_SUPERVISE_HOOKS_H
#define COMPOSE_SUPERVISE_HOOKS_H

#include "compose/supervise/container.h"

/* Takes e. Called from the loop, or at once when there are no hooks. */
typedef void (*hooks_fn)(void *ctx, struct err *e);
/* which: "post_start" or "pre_stop". The container must not go away before done. */
void hooks_run(struct container *c, const char *which, hooks_fn done, void *ctx);

#endif
