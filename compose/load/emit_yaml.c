/* YAML in block style: mappings by two blanks, lists inside them by two more, no folding. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "compose/load/emit.h"
#include "compose/load/floats.h"
#include "compose/load/yaml_style.h"

enum { INDENT = 2, SIMPLE_KEY_MAX = 128 };

struct writer {
	struct buf *out;
	bool raw;
};

static void add_indent(struct writer *w, unsigned indent)
{
	if (!indent)
		return;
	memset(buf_space(w->out, indent), ' ', indent);
	buf_commit(w->out, indent);
}

static void write_scalar(struct writer *w, const struct node *n, unsigned indent)
{
	char number[FLOAT_TEXT_MAX];
	enum yaml_style style;

	switch (n->kind) {
	case NODE_BOOL:
		buf_addstr(w->out, n->b ? "true" : "false");
		break;
	case NODE_INT:
		buf_addf(w->out, "%" PRId64, n->i);
		break;
	case NODE_FLOAT:
		float_format_yaml(n->f, number);
		buf_addstr(w->out, number);
		break;
	case NODE_STR:
		style = yaml_style_of(n->text, /* is_key= */ false);
		if (style == YAML_LITERAL) {
			yaml_add_literal(w->out, n->text, indent);
			return;
		}
		yaml_add_scalar(w->out, n->text, style);
		break;
	default:
		buf_addstr(w->out, "null");
		break;
	}
	buf_addch(w->out, '\n');
}

static void write_key(struct writer *w, const char *key, unsigned indent)
{
	size_t start = w->out->n;
	AUTO(mem) char *text = NULL;

	emit_yaml_inline(w->out, key);
	if (w->out->n - start > SIMPLE_KEY_MAX) {
		/* Too long to be seen as a key by the colon that follows it. */
		text = xstrdup(w->out->p + start);
		w->out->n = start;
		buf_addf(w->out, "? %s\n", text);
		add_indent(w, indent);
	}
	buf_addch(w->out, ':');
}

static void write_map(struct writer *w, const struct shown *v, size_t count, unsigned indent,
		      bool first_indented);
static void write_list(struct writer *w, const struct node *n, const struct attr *row,
		       unsigned indent, bool first_indented);

/* Behind "key:" or "-": on the same line when it is short, else below. inner is where nested blocks go. */
static void write_value(struct writer *w, const struct node *n, const struct attr *row,
			unsigned inner, bool in_list)
{
	if (n && n->kind == NODE_MAP) {
		struct shown *v;
		size_t count = emit_members(n, w->raw ? NULL : row, EMIT_YAML, &v);

		if (!count)
			buf_addstr(w->out, " {}\n");
		else
			buf_addch(w->out, in_list ? ' ' : '\n');
		if (count)
			write_map(w, v, count, inner, in_list);
		free(v);
		return;
	}
	if (n && n->kind == NODE_LIST && n->n) {
		buf_addch(w->out, in_list ? ' ' : '\n');
		write_list(w, n, emit_item_row(row), inner, in_list);
		return;
	}
	buf_addch(w->out, ' ');
	if (!n)
		buf_addstr(w->out, "{}\n");
	else if (n->kind == NODE_LIST)
		buf_addstr(w->out, "[]\n");
	else
		write_scalar(w, n, inner);
}

static void write_map(struct writer *w, const struct shown *v, size_t count, unsigned indent,
		      bool first_indented)
{
	for (size_t i = 0; i < count; i++) {
		if (i || !first_indented)
			add_indent(w, indent);
		write_key(w, v[i].key, indent);
		write_value(w, v[i].n, v[i].row, indent + INDENT, /* in_list= */ false);
	}
}

static void write_list(struct writer *w, const struct node *n, const struct attr *row,
		       unsigned indent, bool first_indented)
{
	NODE_EACH(item, n) {
		if (item->prev || !first_indented)
			add_indent(w, indent);
		buf_addch(w->out, '-');
		write_value(w, item, row, indent + INDENT, /* in_list= */ true);
	}
}

char *emit_yaml(const struct node *root, bool raw)
{
	struct buf out = BUF_INIT;
	struct writer w = { &out, raw };
	struct shown *v;
	size_t count = emit_members(root, raw ? NULL : attr_root(), EMIT_YAML, &v);

	if (!count)
		buf_addstr(&out, "{}\n");
	write_map(&w, v, count, 0, false);
	free(v);
	return buf_take(&out);
}

void emit_yaml_inline(struct buf *out, const char *text)
{
	yaml_add_scalar(out, text, yaml_style_of(text, /* is_key= */ true));
}
