/*
 * compose/supervise/list.h - containers as JSON text.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  none.
 * Thread:  loop.
 * Source:  ARCHITECTURE.md "A container in `list`".
 */
#ifndef COMPOSE_SUPERVISE_LIST_H
#define COMPOSE_SUPERVISE_LIST_H

#include "compose/supervise/container.h"

void list_container(struct container *c, struct buf *out);

#endif
