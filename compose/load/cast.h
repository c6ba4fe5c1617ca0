/*
 * compose/load/cast.h - a string becomes the number or boolean its attribute wants.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  into d, the node is left a string; booleans of YAML 1.1 are taken with a warning.
 * Thread:  any one thread at a time per arena.
 * Source:  reference "Type cast after interpolation".
 */
#ifndef COMPOSE_LOAD_CAST_H
#define COMPOSE_LOAD_CAST_H

#include "compose/load/diag.h"
#include "compose/load/node.h"
#include "compose/load/rules.h"

void cast_node(struct diags *d, struct arena *a, struct node *n, enum cast_kind kind);

#endif
