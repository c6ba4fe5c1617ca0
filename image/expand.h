/*
 * image/expand.h - variables in Dockerfile words: $A, ${A:-b}, quotes and escapes.
 *
 * Owns:    results are for free(3).
 * Units:   none.
 * Errors:  -EINVAL, text: failed to process "WORD": REASON.
 * Thread:  any.
 * Source:  Dockerfile reference "Environment replacement"; POSIX sh parameter expansion.
 */
#ifndef IMAGE_EXPAND_H
#define IMAGE_EXPAND_H

#include "base/err.h"
#include "base/strv.h"

struct expand {
	char escape;            /* '\\' or '`' */
	const struct strv *env; /* KEY=VALUE; the last one of a key counts */
	struct strv *missing;   /* may be NULL: names that were not set */
};

/* One word, quotes removed. */
int expand_word(const struct expand *x, const char *word, char **ret, struct err **e);
/* The same, then cut at blanks that were not quoted. */
int expand_words(const struct expand *x, const char *word, struct strv *ret, struct err **e);
/* Body of a here-document: quotes mean nothing. */
int expand_text(const struct expand *x, const char *text, char **ret, struct err **e);
/* Cuts at blanks outside quotes; quotes and escapes stay in the words. */
void expand_split(const char *text, char escape, struct strv *ret);

#endif
