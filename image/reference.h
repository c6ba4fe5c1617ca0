/*
 * image/reference.h - names of images: parsing, normalising, showing.
 *
 * "busybox" and "docker.io/library/busybox:latest" are the same reference; the second form is the
 * canonical one and the only one written to disk.
 *
 * Owns:    reference_done() frees the members; *_format return memory for free(3).
 * Units:   none.
 * Errors:  -EINVAL with the wording people know; *ret is untouched then.
 * Thread:  any.
 * Source:  distribution/reference grammar; docker normalisation rules.
 */
#ifndef IMAGE_REFERENCE_H
#define IMAGE_REFERENCE_H

#include <stdbool.h>

#include "base/err.h"

struct reference {
	char *domain; /* "docker.io", "localhost:5000" */
	char *path;   /* "library/busybox" */
	char *tag;    /* NULL only when there is a digest */
	char *digest; /* "sha256:<64 hex>" or NULL */
};
#define REFERENCE_INIT                                                                             \
	{                                                                                          \
		0                                                                                  \
	}

/* Adds docker.io, library/ and :latest where they are implied. */
int reference_parse(const char *s, struct reference *ret, struct err **e);
void reference_done(struct reference *r);
static inline void reference_autop(struct reference *r)
{
	reference_done(r);
}

/* "docker.io/library/busybox:latest" */
char *reference_format(const struct reference *r);
/* As shown to people: "busybox:latest". */
char *reference_format_familiar(const struct reference *r);
/* As above without tag and digest: "busybox". */
char *reference_format_repository(const struct reference *r);
/* Parse and format in one step; NULL with *e filled when s is no reference. */
char *reference_canonical(const char *s, struct err **e);
/* The familiar form of a canonical text; a copy of the text when it does not parse. */
char *reference_familiar(const char *canonical);

/* "sha256:" with 64 or "sha512:" with 128 lower-case hex digits. */
bool digest_is_valid(const char *s);
/* n lower-case hex digits and nothing else; n == 0 takes any count above 0. */
bool text_is_hex(const char *s, size_t n);

#endif
