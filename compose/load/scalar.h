/*
 * compose/load/scalar.h - which type a plain YAML scalar has.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  none; what is of no other type is a string.
 * Thread:  any.
 * Source:  YAML 1.2.2 section 10.3 "Core Schema", widened as Go's yaml does it: 017 and 0b1 are
 * integers, underscores may part digits, 08 is the float 8, integers beyond 64 bits are floats.
 */
#ifndef COMPOSE_LOAD_SCALAR_H
#define COMPOSE_LOAD_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

#include "compose/load/node.h"

struct scalar {
	enum node_kind kind; /* NODE_NULL, NODE_BOOL, NODE_INT, NODE_FLOAT or NODE_STR */
	union {
		bool b;
		int64_t i;
		double f;
	};
};

struct scalar scalar_resolve(const char *text);
/* 2024-01-31 and the like: strings here, but other readers make timestamps of them. */
bool scalar_is_date(const char *text);

#endif
