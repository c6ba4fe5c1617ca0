/*
 * runtime/shim_text.h - text without stdio or the heap, for a process whose every page is counted.
 *
 * Owns:    nothing: the caller's array is filled and stays NUL-terminated.
 * Units:   bytes.
 * Errors:  what does not fit is cut off; text_full() tells.
 * Thread:  shim.
 * Source:  RFC 3339; Go time.RFC3339Nano.
 */
#ifndef RUNTIME_SHIM_TEXT_H
#define RUNTIME_SHIM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *p;
	size_t n, cap;
};
#define TEXT_OF(array) { .p = (array), .cap = sizeof(array) }

void text_str(struct text *t, const char *s);
void text_bytes(struct text *t, const char *s, size_t n);
void text_int(struct text *t, int64_t v);
/* "2026-01-02T03:04:05.123456789Z" without trailing zeros of the fraction. */
void text_time(struct text *t, int64_t wall_ns);
bool text_full(const struct text *t);

/* The whole string as a number from 0 to max; -EINVAL. */
int text_parse(const char *s, int64_t max, int64_t *ret);
int64_t wall_now(void);
int64_t mono_now(void);
/* Continues short writes; -errno. */
int write_whole(int fd, const void *p, size_t n);
/* Reads a small file into buf, NUL-terminated; bytes read or -errno. */
long read_small(int dirfd, const char *name, char *buf, size_t cap);

#endif
