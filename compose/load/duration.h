/*
 * compose/load/duration.h - durations as compose files write them: Go's, and days and weeks.
 *
 * Owns:    nothing.
 * Units:   nanoseconds.
 * Errors:  -EINVAL with Go's wording in *e; *ret_ns is untouched then.
 * Thread:  any.
 * Source:  reference "Scalar mini-grammars": [+-]?(DEC unit)+ or 0, units ns us ms s m h d w.
 */
#ifndef COMPOSE_LOAD_DURATION_H
#define COMPOSE_LOAD_DURATION_H

#include <stdint.h>

#include "base/err.h"

int compose_duration_parse(const char *text, int64_t *ret_ns, struct err **e);

#endif
