/* JSON as Go's encoding/json writes it, with or without line breaks. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "compose/load/emit.h"
#include "compose/load/floats.h"

struct writer {
	struct buf *out;
	enum emit_style style;
	bool raw, pretty;
	unsigned depth;
};

static void add_escape(struct buf *out, unsigned char c)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *at = c ? strchr(plain, c) : NULL;

	if (at)
		buf_addf(out, "\\%c", letters[at - plain]);
	else
		buf_addf(out, "\\u%04x", c);
}

void emit_json_string(struct buf *out, const char *text)
{
	buf_addch(out, '"');
	for (const char *s = text; *s;) {
		unsigned char c = (unsigned char)*s;

		if (c == 0xc2 && (unsigned char)s[1] == 0x85) {
			/* So does "next line" in YAML, which this has to be as well. */
			buf_addstr(out, "\\u0085");
			s += 2;
			continue;
		}
		if (c == 0xe2 && (unsigned char)s[1] == 0x80 && ((unsigned char)s[2] | 1) == 0xa9) {
			/* Line and paragraph separators end lines in JavaScript. */
			buf_addf(out, "\\u202%c", (unsigned char)s[2] == 0xa8 ? '8' : '9');
			s += 3;
			continue;
		}
		if (c < 0x20 || c == 0x7f || strchr("\"\\<>&", c))
			add_escape(out, c);
		else
			buf_addch(out, *s);
		s++;
	}
	buf_addch(out, '"');
}

static void add_newline(struct writer *w)
{
	if (!w->pretty)
		return;
	buf_addch(w->out, '\n');
	for (unsigned i = 0; i < w->depth; i++)
		buf_addstr(w->out, "  ");
}

static void write_value(struct writer *w, const struct node *n, const struct attr *row);

/* A value that is not there: a mapping's place is shown empty, anything else as null. */
static void write_absent(struct writer *w, const struct attr *row)
{
	if (row && row->members && row->kind == KIND_OBJECT) {
		struct node empty = { .kind = NODE_MAP };

		write_value(w, &empty, row);
	} else {
		buf_addstr(w->out, row && row->kind == KIND_NAMES ? "{}" : "null");
	}
}

static void write_map(struct writer *w, const struct node *n, const struct attr *row)
{
	struct shown *v;
	size_t count = emit_members(n, w->raw ? NULL : row, w->style, &v);

	buf_addch(w->out, '{');
	w->depth++;
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_addch(w->out, ',');
		add_newline(w);
		emit_json_string(w->out, v[i].key);
		buf_addstr(w->out, w->pretty ? ": " : ":");
		if (v[i].n)
			write_value(w, v[i].n, v[i].row);
		else
			write_absent(w, v[i].row);
	}
	w->depth--;
	if (count)
		add_newline(w);
	buf_addch(w->out, '}');
	free(v);
}

static void write_list(struct writer *w, const struct node *n, const struct attr *row)
{
	buf_addch(w->out, '[');
	w->depth++;
	NODE_EACH(item, n) {
		if (item->prev)
			buf_addch(w->out, ',');
		add_newline(w);
		write_value(w, item, emit_item_row(row));
	}
	w->depth--;
	if (n->n)
		add_newline(w);
	buf_addch(w->out, ']');
}

static void write_value(struct writer *w, const struct node *n, const struct attr *row)
{
	char number[FLOAT_TEXT_MAX];

	switch (n->kind) {
	case NODE_NULL:
		buf_addstr(w->out, "null");
		break;
	case NODE_BOOL:
		buf_addstr(w->out, n->b ? "true" : "false");
		break;
	case NODE_INT:
		buf_addf(w->out, "%" PRId64, n->i);
		break;
	case NODE_FLOAT:
		float_format_json(n->f, number);
		buf_addstr(w->out, number);
		break;
	case NODE_STR:
		emit_json_string(w->out, n->text);
		break;
	case NODE_LIST:
		write_list(w, n, row);
		break;
	case NODE_MAP:
		write_map(w, n, row);
		break;
	}
}

char *emit_json(const struct node *root, bool raw)
{
	struct buf out = BUF_INIT;
	struct writer w = { &out, EMIT_JSON, raw, /* pretty= */ true, 0 };

	write_value(&w, root, raw ? NULL : attr_root());
	return buf_take(&out);
}

void emit_json_compact(struct buf *out, const struct node *n, const struct attr *row,
		       enum emit_style style)
{
	struct writer w = { out, style, /* raw= */ false, /* pretty= */ false, 0 };

	write_value(&w, n, row);
}
