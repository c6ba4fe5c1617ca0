/*
 * compose/load/diag.h - all that is wrong with the files of one load, collected, sorted, printed.
 *
 * Owns:    copies of all text; the source lines are read again when printing.
 * Units:   lines and columns from 1.
 * Errors:  collecting never fails; after DIAG_MAX records further ones are only counted.
 * Thread:  any one thread at a time.
 * Source:  DESIGN: an error shows file:line:col, the line and a caret, what was expected.
 */
#ifndef COMPOSE_LOAD_DIAG_H
#define COMPOSE_LOAD_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum diag_level { DIAG_ERROR, DIAG_WARNING };

struct diag {
	enum diag_level level;
	struct srcpos pos; /* pos.file NULL when no file is at fault */
	char *message;     /* "services.web.ports[0]: invalid host port \"80a0\"" */
	char *expected;    /* or NULL */
	char *hint;        /* "did you mean \"image\"?", or NULL */
};

enum { DIAG_MAX = 200 };

struct diags {
	struct diag *v;
	size_t n, cap;
	size_t n_errors, n_dropped;
	struct muted *muted; /* places whose value is known to be unusable */
	size_t n_muted, cap_muted;
	/* Text of files that cannot be opened again (stdin), by name: char * values. */
	struct map *sources;
};

struct diags *diags_new(void);
void diags_free(struct diags *d);
static inline void diags_autop(struct diags **d)
{
	diags_free(*d);
}
/* Adds an error or warning; returns it so that expected and hint can be set with diag_expect(),
 * diag_hint(), which ignore the NULL returned for a record that is not kept. */
struct diag *diag_add(struct diags *d, enum diag_level level, const struct srcpos *pos,
		      const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void diag_expect(struct diag *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void diag_hint(struct diag *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Sets the hint `did you mean "X"?` when a candidate is near enough to word. */
void diag_suggest(struct diag *g, const char *word, const char *const *candidates, size_t n);
/* Drops later errors in these columns of a line: their value could not be made out, which was
 * reported. */
void diags_mute(struct diags *d, const struct srcpos *pos, size_t width);
/* Remembers the text of a file that cannot be read again. */
void diags_source(struct diags *d, const char *file, const char *text);
/* Some error was added. */
static inline bool diags_failed(const struct diags *d)
{
	return d->n_errors > 0;
}
/* By file, line, column; duplicates removed. */
void diags_sort(struct diags *d);
/* The errors (and warnings) for people, with source line and caret. color = ANSI. For free(3). */
char *diags_format(struct diags *d, enum diag_level level, bool color);
/* One JSON array, for editors: file, line, column, severity, message, expected, hint. For
 * free(3). */
char *diags_format_json(struct diags *d);

#endif
