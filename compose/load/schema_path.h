/*
 * compose/load/schema_path.h - the place of a value as messages about its shape write it.
 *
 * Owns:    the text is the arena's.
 * Units:   list positions count from 0.
 * Errors:  none.
 * Thread:  any one thread at a time per arena.
 * Source:  docker compose's messages: "services.web.ports.0 must be a string".
 */
#ifndef COMPOSE_LOAD_SCHEMA_PATH_H
#define COMPOSE_LOAD_SCHEMA_PATH_H

#include "compose/load/node.h"

/* "services.web.ports.0"; "" for the root. */
const char *schema_path(struct arena *a, const struct node *n);
/* Position of an item in its list. */
size_t node_index_of(const struct node *item);

#endif
