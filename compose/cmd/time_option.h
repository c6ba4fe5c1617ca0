/*
 * compose/cmd/time_option.h - the moments --since and --until name.
 *
 * Owns:    nothing.
 * Units:   wall-clock nanoseconds.
 * Errors:  -EINVAL.
 * Thread:  any.
 * Source:  cli reference 7.4.
 */
#ifndef COMPOSE_CMD_TIME_OPTION_H
#define COMPOSE_CMD_TIME_OPTION_H

#include <stdint.h>

#include "base/err.h"

/* RFC 3339, a date or time without zone (UTC), seconds since 1970 with a fraction, or an age. */
int time_option_parse(const char *text, int64_t *ret_ns, struct err **e);

#endif
