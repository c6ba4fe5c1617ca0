/*
 * image/dockerfile.h - text of a Dockerfile -> instructions with their lines. No I/O, no expansion.
 *
 * Owns:    dockerfile_free() releases everything; pointers into it die with it.
 * Units:   lines count from 1.
 * Errors:  -EINVAL with a position (err_pos) and BuildKit's wording.
 * Thread:  any.
 * Source:  Dockerfile reference; moby/buildkit frontend/dockerfile/parser (behaviour).
 */
#ifndef IMAGE_DOCKERFILE_H
#define IMAGE_DOCKERFILE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "base/strv.h"

enum instr_kind {
	INSTR_ADD,
	INSTR_ARG,
	INSTR_CMD,
	INSTR_COPY,
	INSTR_ENTRYPOINT,
	INSTR_ENV,
	INSTR_EXPOSE,
	INSTR_FROM,
	INSTR_HEALTHCHECK,
	INSTR_LABEL,
	INSTR_MAINTAINER,
	INSTR_ONBUILD,
	INSTR_RUN,
	INSTR_SHELL,
	INSTR_STOPSIGNAL,
	INSTR_USER,
	INSTR_VOLUME,
	INSTR_WORKDIR,
	INSTR_KINDS,
};

struct heredoc {
	char *name;
	char *text;      /* lines as written, each with its newline */
	bool expand;     /* the delimiter was not quoted */
	bool strip_tabs; /* <<- */
};

struct instr {
	enum instr_kind kind;
	unsigned line, end_line;
	char *shown;       /* "RUN apk add clang": joined, one line, with flags */
	struct strv flags; /* "name=value", "name" for a bare boolean */
	char *text;        /* what follows the flags */
	bool is_json;
	struct strv args; /* as the instruction's form says: words, JSON strings, key and value in
			   * turn for ENV and LABEL, or the one text */
	struct heredoc *heredocs;
	size_t n_heredocs, cap_heredocs;
};

struct dockerfile {
	char *name; /* for messages */
	char escape;
	struct instr *v;
	size_t n, cap;
	struct strv lines;    /* of the text, for excerpts */
	struct strv warnings; /* "Dockerfile:3: text" */
};

int dockerfile_parse(const char *name, const char *text, size_t n, struct dockerfile **ret,
		     struct err **e);
void dockerfile_free(struct dockerfile *d);
static inline void dockerfile_autop(struct dockerfile **d)
{
	dockerfile_free(*d);
}
/* One instruction without a file: ONBUILD triggers, --change. line is for messages. */
int dockerfile_parse_line(const char *text, char escape, unsigned line, struct instr *ret,
			  struct err **e);
void instr_done(struct instr *i);

/* "RUN" */
const char *instr_name(enum instr_kind kind);
/* Value of a flag; "" for a bare boolean; NULL when not given. */
const char *instr_flag(const struct instr *i, const char *name);
/* "true" and "false" in any case; dflt when not given. */
bool instr_flag_bool(const struct instr *i, const char *name, bool dflt);

/* The lines around first..last with their numbers and markers, as BuildKit shows them. lines may
 * come from a text that did not parse. */
void dockerfile_excerpt(FILE *to, const char *name, const struct strv *lines, unsigned first,
			unsigned last);
/* Lines of a text, as kept in struct dockerfile. */
void dockerfile_lines(const char *text, size_t n, struct strv *ret);

#endif
