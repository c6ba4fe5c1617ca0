/*
 * base/num.h - numbers, durations and byte sizes as text. Each parser takes the whole string or fails.
 *
 * Owns:    *_format return memory for free(3).
 * Units:   durations in nanoseconds, sizes in bytes.
 * Errors:  -EINVAL not of the notation, -ERANGE outside the range; *ret is untouched then.
 * Thread:  any.
 * Source:  Go time.ParseDuration; docker/go-units RAMInBytes, HumanSize, BytesSize, HumanDuration.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdint.h>

/* Decimal, optional leading '-' (or '+' for num_parse). No blanks. */
int num_parse(const char *s, int64_t min, int64_t max, int64_t *ret);
int num_parse_u64(const char *s, uint64_t max, uint64_t *ret);
/* "1h30m", "1.5s", "300ms", "-2us", "0". A bare number other than 0 is -EINVAL. */
int duration_parse(const char *s, int64_t *ret_ns);
/* As Go prints a time.Duration: "1m30s", "500ms", "0s". */
char *duration_format(int64_t ns);
/* "64m", "1.5 GiB", "1024", "2gb": binary multiples, case-insensitive, optional b/ib behind. */
int bytes_parse(const char *s, int64_t *ret);
/* Decimal units, precision significant digits: "12.3MB". */
char *bytes_format_decimal(double v, int precision);
/* Binary units, four digits: "12.5MiB". */
char *bytes_format_binary(double v);
/* "Less than a second", "5 seconds", "About a minute", "3 hours" ... */
char *duration_format_human(int64_t ns);

#endif
