/*
 * compose/ui/table.h - rows of text laid out in elastic columns, padded with blanks.
 *
 * Owns:    copies of all cells; table_done() releases them.
 * Units:   terminal columns.
 * Errors:  none.
 * Thread:  any one thread at a time.
 * Source:  cli reference section 8 "Table layout": width = max(min, longest cell + gap), the last
 *          cell of a row is not padded.
 */
#ifndef COMPOSE_UI_TABLE_H
#define COMPOSE_UI_TABLE_H

#include "base/buf.h"
#include "base/strv.h"

struct table {
	size_t min, gap;
	struct strv cells;
	size_t *row_ends; /* index behind the last cell of each row */
	size_t n_rows, cap_rows;
};

void table_init(struct table *t, size_t min, size_t gap);
void table_done(struct table *t);
static inline void table_autop(struct table *t)
{
	table_done(t);
}
void table_cell(struct table *t, const char *text);
void table_cellf(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void table_end_row(struct table *t);
/* Several cells and the end of the row: arguments up to NULL. */
void table_row(struct table *t, ...) __attribute__((sentinel));
/* A row out of text whose cells are separated by tabs. */
void table_tabbed(struct table *t, const char *line);
void table_format(const struct table *t, struct buf *out);

#endif
