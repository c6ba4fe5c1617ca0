/*
 * compose/load/check.h - what the rules over the whole project share. See compose/load/steps.h for the step.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  into l->diags.
 * Thread:  any one thread at a time.
 * Source:  reference "Consistency".
 */
#ifndef COMPOSE_LOAD_CHECK_H
#define COMPOSE_LOAD_CHECK_H

#include "compose/load/steps.h"

struct check {
	struct loader *l;
	const struct node *root;
	const struct node *services; /* enabled ones, or NULL */
	const struct node *disabled; /* mapping, or NULL */
};

/* "dev, test": the profiles that would enable a disabled service. */
const char *check_profiles_of(struct check *c, const char *service);
/* Dependencies must not lead back to where they start. (check_cycles.c) */
void check_cycles(struct check *c);

#endif
