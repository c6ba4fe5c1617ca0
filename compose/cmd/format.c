#include "compose/cmd/format.h"

#include <errno.h>
#include <string.h>

#include "compose/ui/jsontext.h"
#include "compose/ui/table.h"
#include "compose/ui/template.h"

enum { MIN_WIDTH = 10, GAP = 3 };

static void add_value(struct table *t, const struct json *v)
{
	AUTO(buf) struct buf text = BUF_INIT;

	if (json_text(v)) {
		table_cell(t, json_text(v));
	} else {
		jsontext_add(&text, v);
		table_cell(t, buf_str(&text));
	}
}

static void default_table(const struct row_format *f, const struct json *rows, struct buf *out)
{
	AUTO(table) struct table t;

	table_init(&t, MIN_WIDTH, GAP);
	for (const struct column *c = f->columns; c->field; c++)
		if (c->in_table)
			table_cell(&t, c->title);
	table_end_row(&t);
	JSON_EACH (row, rows) {
		for (const struct column *c = f->columns; c->field; c++)
			if (c->in_table)
				add_value(&t, json_get(row, c->field));
		table_end_row(&t);
	}
	table_format(&t, out);
}

static struct json *titles(const struct row_format *f)
{
	struct json *j = json_new_obj();

	for (const struct column *c = f->columns; c->field; c++)
		json_set_str(j, c->field, c->title);
	return j;
}

static struct json *take_labels(const struct row_format *f, struct json *row)
{
	struct json *labels;

	if (!f->labels_field)
		return NULL;
	labels = json_dup(json_get(row, f->labels_field));
	json_del(row, f->labels_field);
	return labels;
}

static int exec_row(const struct row_format *f, const struct template *t, const struct json *row,
		    struct buf *out, struct err **e)
{
	AUTO(json) struct json *copy = json_dup(row);
	AUTO(json) struct json *labels = take_labels(f, copy);
	const struct template_data data = { .root = copy, .labels = labels };

	return template_exec(t, &data, out, e);
}

static int template_rows(const struct row_format *f, const struct template *t,
			 const struct json *rows, struct buf *out, struct err **e)
{
	JSON_EACH (row, rows) {
		int r = exec_row(f, t, row, out, e);

		if (r < 0)
			return r;
		buf_addch(out, '\n');
	}
	return 0;
}

static void tabbed_lines(struct table *t, const char *text)
{
	struct str rest = str_of(text);

	while (rest.p) {
		AUTO(mem) char *line = str_dup(str_cut(&rest, '\n'));

		if (rest.p || *line)
			table_tabbed(t, line);
	}
}

static int template_table(const struct row_format *f, const struct template *t,
			  const struct json *rows, struct buf *out, struct err **e)
{
	AUTO(json) struct json *header = titles(f);
	AUTO(buf) struct buf text = BUF_INIT;
	AUTO(table) struct table table;
	const struct template_data data = { .root = header, .header = true };
	int r = template_exec(t, &data, &text, e);

	if (r < 0)
		return r;
	buf_addch(&text, '\n');
	r = template_rows(f, t, rows, &text, e);
	if (r < 0)
		return r;
	table_init(&table, MIN_WIDTH, GAP);
	tabbed_lines(&table, buf_str(&text));
	table_format(&table, out);
	return 0;
}

static void json_rows(const struct row_format *f, const struct json *rows, struct buf *out)
{
	JSON_EACH (row, rows) {
		AUTO(json) struct json *copy = json_dup(row);

		json_free(take_labels(f, copy));
		jsontext_add(out, copy);
		buf_addch(out, '\n');
	}
}

int rows_format(const struct row_format *f, const struct json *rows, struct buf *out,
		struct err **e)
{
	AUTO(template) struct template *t = NULL;
	const char *format = f->format;
	bool is_table = false;
	int r;

	if (!format || !*format || streq(format, "table")) {
		default_table(f, rows, out);
		return 0;
	}
	if (streq(format, "json")) {
		json_rows(f, rows, out);
		return 0;
	}
	if (starts_with(format, "table ")) {
		is_table = true;
		format += strlen("table ");
	}
	r = template_parse(format, &t, e);
	if (r < 0)
		return r;
	return is_table ? template_table(f, t, rows, out, e) : template_rows(f, t, rows, out, e);
}
