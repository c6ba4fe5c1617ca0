/*
 * compose/load/hints.h - what people most often meant when a value has the wrong shape.
 *
 * Owns:    nothing; the hint is set on g when there is something worth saying.
 * Units:   none.
 * Errors:  none.
 * Thread:  any one thread at a time per diags.
 * Source:  the mistakes people make with indentation, dashes and colons.
 */
#ifndef COMPOSE_LOAD_HINTS_H
#define COMPOSE_LOAD_HINTS_H

#include "compose/load/attr.h"
#include "compose/load/diag.h"

/* n is of no kind its row accepts. */
void hint_shape(struct diag *g, const struct node *n, const struct attr *row);
/* The member is unknown in its mapping. */
void hint_unknown(struct diag *g, const struct node *member);

#endif
