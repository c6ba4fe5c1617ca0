/*
 * compose/ui/logprefix.h - the coloured names in front of log lines.
 *
 * Owns:    copies of the names.
 * Units:   columns.
 * Errors:  none.
 * Thread:  any one thread at a time.
 * Source:  cli reference section 5.1: name padded to the longest name + 1, then " | "; colours in
 *          order of first appearance, which is that of the names when all are known.
 */
#ifndef COMPOSE_UI_LOGPREFIX_H
#define COMPOSE_UI_LOGPREFIX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct logname {
	char *name;
	const char *color; /* "36" */
};

struct logprefix {
	struct logname **v; /* pointers stay valid until done */
	size_t n, cap;
	size_t width; /* of the longest name */
	size_t n_colors;
	bool color;
	bool hidden; /* --no-log-prefix */
};

void logprefix_done(struct logprefix *p);
/* Finds or adds a name; colours go round in this order, the width grows for later lines. */
struct logname *logprefix_name(struct logprefix *p, const char *name);
/* Appends the prefix of one line. */
void logprefix_add(const struct logprefix *p, const struct logname *name, struct buf *out);
/* Appends a status line: "NAME TEXT\n" in the name's colour, erasing what a menu left on a
 * terminal. */
void logprefix_status(const struct logprefix *p, const struct logname *name, const char *text,
		      struct buf *out);

#endif
