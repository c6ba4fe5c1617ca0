/* config --variables: a table, or the same as JSON or YAML. */
#include <string.h>

#include "compose/cmd/config.h"
#include "compose/load/emit.h"

enum { COLUMN_MIN = 20, COLUMN_GAP = 3, COLUMNS = 4 };

struct table {
	const char *cell[COLUMNS];
};

static struct table row_of(const struct variable *v)
{
	return (struct table){ { v->name, v->required ? "true" : "false", v->dflt, v->alternate } };
}

static void widen(size_t *widths, const struct table *row)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		size_t n = strlen(row->cell[i]) + COLUMN_GAP;

		if (n > widths[i])
			widths[i] = n;
	}
}

static void add_row(const size_t *widths, const struct table *row, struct buf *out)
{
	for (size_t i = 0; i < COLUMNS; i++)
		buf_addf(out, "%-*s", i + 1 < COLUMNS ? (int)widths[i] : 0, row->cell[i]);
	buf_addch(out, '\n');
}

static void add_table(const struct variable *v, size_t n, struct buf *out)
{
	static const struct table header = { { "NAME", "REQUIRED", "DEFAULT VALUE",
					       "ALTERNATE VALUE" } };
	size_t widths[COLUMNS] = { COLUMN_MIN, COLUMN_MIN, COLUMN_MIN, COLUMN_MIN };

	widen(widths, &header);
	for (size_t i = 0; i < n; i++) {
		struct table row = row_of(&v[i]);

		widen(widths, &row);
	}
	add_row(widths, &header, out);
	for (size_t i = 0; i < n; i++) {
		struct table row = row_of(&v[i]);

		add_row(widths, &row, out);
	}
}

static void add_json(const struct variable *v, size_t n, struct buf *out)
{
	buf_addstr(out, n ? "{\n" : "{}");
	for (size_t i = 0; i < n; i++) {
		buf_addstr(out, "    ");
		emit_json_string(out, v[i].name);
		buf_addstr(out, ": {\n        \"Name\": ");
		emit_json_string(out, v[i].name);
		buf_addstr(out, ",\n        \"DefaultValue\": ");
		emit_json_string(out, v[i].dflt);
		buf_addstr(out, ",\n        \"PresenceValue\": ");
		emit_json_string(out, v[i].alternate);
		buf_addf(out, ",\n        \"Required\": %s\n    }%s\n",
			 v[i].required ? "true" : "false", i + 1 < n ? "," : "");
	}
	if (n)
		buf_addch(out, '}');
}

static void add_yaml(const struct variable *v, size_t n, struct buf *out)
{
	if (!n)
		buf_addstr(out, "{}\n");
	for (size_t i = 0; i < n; i++) {
		emit_yaml_inline(out, v[i].name);
		buf_addstr(out, ":\n    name: ");
		emit_yaml_inline(out, v[i].name);
		buf_addstr(out, "\n    defaultvalue: ");
		emit_yaml_inline(out, v[i].dflt);
		buf_addstr(out, "\n    presencevalue: ");
		emit_yaml_inline(out, v[i].alternate);
		buf_addf(out, "\n    required: %s\n", v[i].required ? "true" : "false");
	}
}

void config_list_variables(const struct loaded *p, const char *format, struct buf *out)
{
	size_t n;
	struct variable *v = variables_extract(p->arena, p->root, &n);

	if (streq(format, "json"))
		add_json(v, n, out);
	else if (streq(format, "yaml"))
		add_yaml(v, n, out);
	else
		add_table(v, n, out);
}
