/*
 * base/clock.h - time: monotonic for deadlines, wall clock only for what is shown.
 *
 * Owns:    *_format return memory for free(3).
 * Units:   nanoseconds; wall time counts from 1970-01-01 UTC.
 * Errors:  time_parse_rfc3339: -EINVAL, -ERANGE.
 * Thread:  any.
 * Source:  clock_gettime(2) CLOCK_BOOTTIME; RFC 3339; Go time.RFC3339Nano.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Goes on while the machine sleeps; never set. */
int64_t clock_mono_ns(void);
int64_t clock_wall_ns(void);
/* "2026-01-02T03:04:05.123456789Z"; fixed = nine digits, else trailing zeros are cut. */
char *time_format_rfc3339(int64_t wall_ns, bool fixed);
/* Days since 1970-01-01 to year, month and day of the Gregorian calendar. */
void time_civil(int64_t days, int64_t *y, unsigned *m, unsigned *d);
/* 0 to 9 fraction digits, 'Z' or an offset. -ERANGE outside of what 64 bits of nanoseconds reach. */
int time_parse_rfc3339(const char *s, int64_t *ret_wall_ns);

#endif
