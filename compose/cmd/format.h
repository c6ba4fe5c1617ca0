/*
 * compose/cmd/format.h - rows printed the way --format says: table, table TEMPLATE, json, TEMPLATE.
 *
 * Owns:    rows stay the caller's.
 * Units:   none.
 * Errors:  template errors.
 * Thread:  any one thread at a time.
 * Source:  cli reference section 8.
 */
#ifndef COMPOSE_CMD_FORMAT_H
#define COMPOSE_CMD_FORMAT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

/* A column that templates can name; those with in_table make up the default table. */
struct column {
	const char *field, *title;
	bool in_table;
};

struct row_format {
	const struct column *columns; /* up to field NULL */
	const char *format;           /* NULL = table */
	const char *labels_field;     /* member of a row that answers .Label, left out of json; or NULL */
};

/* rows is an array of objects whose members are the fields, alphabetical; appends to out. */
int rows_format(const struct row_format *f, const struct json *rows, struct buf *out,
		struct err **e);

#endif
