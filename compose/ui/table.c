#include "compose/ui/table.h"

#include <string.h>

#include "compose/ui/width.h"

void table_init(struct table *t, size_t min, size_t gap)
{
	memset(t, 0, sizeof(*t));
	t->min = min;
	t->gap = gap;
}

void table_done(struct table *t)
{
	strv_done(&t->cells);
	free(t->row_ends);
	memset(t, 0, sizeof(*t));
}

void table_cell(struct table *t, const char *text)
{
	strv_add(&t->cells, text ? text : "");
}

void table_cellf(struct table *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strv_take(&t->cells, xvasprintf(fmt, ap));
	va_end(ap);
}

void table_end_row(struct table *t)
{
	ARRAY_RESERVE(t->row_ends, t->n_rows, t->cap_rows);
	t->row_ends[t->n_rows++] = t->cells.n;
}

void table_row(struct table *t, ...)
{
	va_list ap;
	const char *cell;

	va_start(ap, t);
	while ((cell = va_arg(ap, const char *)))
		table_cell(t, cell);
	va_end(ap);
	table_end_row(t);
}

void table_tabbed(struct table *t, const char *line)
{
	struct str rest = str_of(line);

	while (rest.p)
		strv_take(&t->cells, str_dup(str_cut(&rest, '\t')));
	table_end_row(t);
}

/* Width of column col: over the rows in which it is not the last cell. */
static size_t column_width(const struct table *t, size_t col)
{
	size_t first = 0, width = t->min;

	for (size_t row = 0; row < t->n_rows; first = t->row_ends[row++]) {
		size_t need;

		if (first + col + 1 >= t->row_ends[row])
			continue;
		need = text_width(t->cells.v[first + col]) + t->gap;
		if (need > width)
			width = need;
	}
	return width;
}

static size_t count_columns(const struct table *t)
{
	size_t first = 0, n = 0;

	for (size_t row = 0; row < t->n_rows; first = t->row_ends[row++])
		if (t->row_ends[row] - first > n)
			n = t->row_ends[row] - first;
	return n;
}

void table_format(const struct table *t, struct buf *out)
{
	size_t first = 0, n = count_columns(t);
	AUTO(mem) size_t *width = xcalloc(n + 1, sizeof(size_t));

	for (size_t col = 0; col < n; col++)
		width[col] = column_width(t, col);
	for (size_t row = 0; row < t->n_rows; first = t->row_ends[row++]) {
		for (size_t i = first; i < t->row_ends[row]; i++) {
			const char *cell = t->cells.v[i];

			buf_addstr(out, cell);
			if (i + 1 < t->row_ends[row])
				buf_addf(out, "%*s", (int)(width[i - first] - text_width(cell)), "");
		}
		buf_addch(out, '\n');
	}
}
