/*
 * compose/load/floats.h - numbers printed with as few digits as name them.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  none.
 * Thread:  any.
 * Source:  Go strconv.FormatFloat(v, 'g', -1, 64) and encoding/json.
 */
#ifndef COMPOSE_LOAD_FLOATS_H
#define COMPOSE_LOAD_FLOATS_H

#include <stdbool.h>
#include <stdint.h>

/* The double whose decimal text is the shortest that names the 32-bit number nearest to v. */
double float32_shortest(double v);

/* v has no fraction and fits an int64_t. */
static inline bool float_is_whole(double v)
{
	return v > -9e18 && v < 9e18 && (double)(int64_t)v == v;
}

enum { FLOAT_TEXT_MAX = 40 };
/* As Go's %v and its YAML encoder: 0.5, 2, 1e+06, .inf. */
void float_format_yaml(double v, char ret[FLOAT_TEXT_MAX]);
/* As Go's JSON encoder: 0.5, 2, 1000000, 1e+21. */
void float_format_json(double v, char ret[FLOAT_TEXT_MAX]);

#endif
