/*
 * base/buf.h - a growing byte string, always NUL-terminated; and the read-only view parsers cut from.
 *
 * Invariants: p is never NULL after the first call that may grow; p[n] == '\0'; n <= max.
 *
 * Owns:    buf_done() frees p; buf_take() hands it to the caller. struct str borrows.
 * Units:   bytes; n does not count the terminating NUL.
 * Errors:  growth past max aborts when max is the default (a bug), or sets `overflow` and drops the
 *          bytes when the owner set a max of its own for outside data.
 * Thread:  any one thread at a time.
 * Source:  curl docs/internals/DYNBUF.md (the idea of a declared maximum).
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"

struct buf {
	char *p;
	size_t n, cap;
	size_t max;    /* 0 = 1 GiB */
	bool overflow; /* bytes were dropped because of max */
};
#define BUF_INIT { 0 }

/* Declares the maximum for data that comes from outside. */
static inline void buf_limit(struct buf *b, size_t max)
{
	b->max = max;
}
void buf_add(struct buf *b, const void *p, size_t n);
void buf_addstr(struct buf *b, const char *s);
void buf_addch(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* Room for n more bytes at p + n; the caller then adds to n itself and calls buf_commit(). */
char *buf_space(struct buf *b, size_t n);
void buf_commit(struct buf *b, size_t n);
/* Removes the first n bytes. */
void buf_consume(struct buf *b, size_t n);
/* Keeps the memory. */
void buf_reset(struct buf *b);
/* The string, "" when nothing was ever added. Borrowed. */
const char *buf_str(const struct buf *b);
/* The string for free(3), never NULL; the buf is empty afterwards. */
char *buf_take(struct buf *b);
void buf_done(struct buf *b);
static inline void buf_autop(struct buf *b)
{
	buf_done(b);
}

/* A view of n bytes, not necessarily NUL-terminated. */
struct str {
	const char *p;
	size_t n;
};
static inline struct str str_of(const char *s)
{
	return (struct str){ s, s ? strlen(s) : 0 };
}
bool str_eq(struct str a, const char *b);
/* Cuts everything before the first c off s and returns it; c itself is dropped. No c: returns all
 * of s and leaves s empty with p == NULL. */
struct str str_cut(struct str *s, char c);
/* Without leading and trailing blanks, tabs, CR, LF. */
struct str str_trim(struct str s);
static inline char *str_dup(struct str s)
{
	return xstrndup(s.p ? s.p : "", s.n);
}
bool starts_with(const char *s, const char *prefix);
bool ends_with(const char *s, const char *suffix);
/* NULL-safe equality: two NULLs are equal. */
bool streq(const char *a, const char *b);

#endif
