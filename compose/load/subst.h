/*
 * compose/load/subst.h - the grammar of $NAME and ${NAME:-word}, and its evaluation on one text.
 *
 *	"$$"                  -> "$"
 *	"$" NAME              -> value or ""              NAME = [A-Za-z_][A-Za-z0-9_]*
 *	"${" NAME "}"         -> value or ""
 *	"${" NAME op word "}"    op = ":-" "-" ":?" "?" ":+" "+"; word is a text of its own
 *
 * Any other "$" is itself; any other "${" is a mistake. The closing brace is the first one that
 * brings the count of all braces back to zero. Words are evaluated only when they are used.
 *
 * Owns:    nothing.
 * Units:   offsets in bytes of the text given.
 * Errors:  subst_eval() -EINVAL with *f filled; *out may have grown.
 * Thread:  any.
 * Source:  reference "Interpolation and env files"; compose-spec 12-interpolation.md.
 */
#ifndef COMPOSE_LOAD_SUBST_H
#define COMPOSE_LOAD_SUBST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum {
	SUBST_DEPTH_MAX = 100,
	SUBST_BYTES_MAX = 4 * 1024 * 1024 /* of one result */
};

enum subst_kind {
	SUBST_TEXT,   /* text up to the next piece */
	SUBST_DOLLAR, /* $$ */
	SUBST_VAR,
	SUBST_INVALID, /* "${" that fits nothing; why says so */
	SUBST_END
};

/* One piece of a text. */
struct subst {
	enum subst_kind kind;
	struct str text; /* SUBST_TEXT */
	struct str name;
	char op;       /* '-' '?' '+', 0 = none */
	bool or_empty; /* the operator had a colon: empty counts as unset */
	struct str word;
	size_t offset; /* of the piece in the whole text */
	const char *why;
};

/* Cuts the next piece off *rest; base is where the whole text starts, for offsets. */
struct subst subst_next(struct str *rest, const char *base);

struct subst_lookup {
	/* NULL = unset. name is NUL-terminated. */
	const char *(*get)(void *ctx, const char *name);
	/* A variable without operator is unset; may be NULL. */
	void (*unset)(void *ctx, const char *name, size_t offset);
	void *ctx;
};

struct subst_failure {
	size_t offset;
	const char *why;    /* static text; NULL = a required variable has no value */
	struct buf name;    /* of that variable */
	struct buf message; /* what the file says about it, may be empty */
};

int subst_eval(const struct subst_lookup *l, struct str text, struct buf *out,
	       struct subst_failure *f);
void subst_failure_done(struct subst_failure *f);

#endif
