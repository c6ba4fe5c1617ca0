/*
 * base/err.h - one failure, from the cause (inner) to what was being attempted (outer).
 *
 * Owns:    the caller owns *e once a function has failed; err_free() releases it.
 * Units:   error numbers are errno values, positive in the struct, negative when returned.
 * Errors:  none of these fail; e == NULL means the caller does not want the text.
 * Thread:  any; one error belongs to one thread at a time.
 * Source:  message grammar: lower case, no full stop, what was being attempted and its object.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>
#include <stdio.h>

#include "base/mem.h"

struct err;

/* A place in a file a person wrote. file is borrowed; line and col count from 1, 0 = unknown. */
struct srcpos {
	const char *file;
	unsigned line, col;
};

/* Fills *e (which must be NULL or unset by a previous failure) and returns -errnum. */
int err_set(struct err **e, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Same, with ": strerror(errnum)" behind the text. */
int err_sys(struct err **e, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Same as err_set with EINVAL, remembering where in which file. The file name is copied. */
int err_at(struct err **e, const struct srcpos *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Puts "TEXT: " in front of what is there; returns the same negative code. */
int err_wrap(struct err **e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What would fix it; printed on a line of its own. A later hint replaces an earlier one. */
void err_hint(struct err **e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Rebuilds an error that came over a socket. hint may be NULL. */
int err_make(struct err **e, int errnum, const char *text, const char *hint);

/* Positive errno, 0 for NULL. */
int err_code(const struct err *e);
/* The whole chain on one line; "" for NULL. Valid as long as e. */
const char *err_text(const struct err *e);
/* NULL when there is none. */
const char *err_hint_text(const struct err *e);
/* Position given to err_at, or NULL. */
const struct srcpos *err_pos(const struct err *e);

void err_free(struct err *e);
static inline void err_autop(struct err **e)
{
	err_free(*e);
}

#endif
