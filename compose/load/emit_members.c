/* What of a mapping is shown, and in which order. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "compose/load/emit.h"

const struct attr *emit_item_row(const struct attr *row)
{
	return row ? row->item : NULL;
}

static int by_natural_key(const void *a, const void *b)
{
	return natural_compare(((const struct shown *)a)->key, ((const struct shown *)b)->key);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct shown *)a)->key, ((const struct shown *)b)->key);
}

static void sort(struct shown *v, size_t n, enum emit_style style)
{
	if (n > 1)
		qsort(v, n, sizeof(*v), style == EMIT_YAML ? by_natural_key : by_key);
}

/* What the loader put there for itself: the value of a variable. */
static bool is_private(const struct node *n, const struct attr *row)
{
	return streq(row->name, "content") && !n->pos.line;
}

static bool is_shown_empty(const struct node *n, const struct attr *row, enum emit_style style)
{
	struct shown *v;
	size_t count = emit_members(n, row, style, &v);

	free(v);
	return count == 0;
}

static bool is_left_out_map(const struct node *n, const struct attr *row, enum emit_style style)
{
	if (row->kind != KIND_OBJECT)
		return n->n == 0 && !(row->flags & ATTR_ALWAYS);
	return (row->flags & ATTR_VALUE) && style == EMIT_YAML && is_shown_empty(n, row, style);
}

static bool is_left_out(const struct node *n, const struct attr *row, enum emit_style style)
{
	bool keep = row->flags & (ATTR_KEEP_ZERO | ATTR_ALWAYS);

	switch (n->kind) {
	case NODE_NULL:
		return !(row->flags & ATTR_HOLLOW);
	case NODE_BOOL:
		return (row->flags & ATTR_OMIT_TRUE) ? n->b : !n->b && !keep;
	case NODE_INT:
		return n->i == 0 && !keep;
	case NODE_FLOAT:
		return n->f == 0 && !keep;
	case NODE_STR:
		if (row->kind == KIND_BYTES)
			return streq(n->text, "0");
		if (row->kind == KIND_DURATION)
			return streq(n->text, "0s") && !keep;
		return !*n->text && !(row->flags & ATTR_KEEP_EMPTY);
	case NODE_LIST:
		return n->n == 0 && !(row->flags & ATTR_KEEP_EMPTY);
	case NODE_MAP:
		return is_left_out_map(n, row, style);
	}
	return false;
}

/* A row without a value, where the text has something all the same. */
static bool is_shown_absent(const struct attr *row, const struct attr *of, enum emit_style style)
{
	if (of == attr_root())
		return (row->flags & ATTR_ALWAYS) != 0;
	return style == EMIT_JSON && (row->flags & (ATTR_JSON_NULL | ATTR_VALUE));
}

static size_t add_extensions(const struct node *n, struct shown *v)
{
	size_t count = 0;

	NODE_EACH(child, n) {
		if (attr_is_extension(child->key))
			v[count++] = (struct shown){ child->key, child, NULL };
	}
	return count;
}

static size_t fixed_members(const struct node *n, const struct attr *of, enum emit_style style,
			    struct shown *v)
{
	const struct attr_set *set = of->members;
	size_t count = 0, first_x;

	for (size_t i = 0; i < set->n; i++) {
		const struct attr *row = &set->rows[i];
		const struct node *child = node_get(n, row->name);

		if ((row->flags & (ATTR_GONE | ATTR_INTERNAL)) ||
		    (style == EMIT_HASH && (row->flags & ATTR_NO_HASH)))
			continue;
		if (child && (is_private(child, row) || is_left_out(child, row, style)))
			child = NULL;
		if (child || is_shown_absent(row, of, style))
			v[count++] = (struct shown){ row->name, child, row };
	}
	first_x = count;
	if (style == EMIT_YAML || (style == EMIT_JSON && of == attr_root()))
		count += add_extensions(n, v + count);
	if (of == attr_root() && style == EMIT_JSON)
		sort(v, count, style);
	else
		sort(v + first_x, count - first_x, style);
	return count;
}

size_t emit_members(const struct node *n, const struct attr *row, enum emit_style style,
		    struct shown **ret)
{
	const struct attr_set *set = row ? row->members : NULL;
	struct shown *v = xcalloc((set ? set->n : 0) + n->n + 1, sizeof(*v));
	size_t count = 0;

	*ret = v;
	if (set && !set->any)
		return fixed_members(n, row, style, v);
	NODE_EACH(child, n)
		v[count++] = (struct shown){ child->key, child, set ? set->any : NULL };
	sort(v, count, style);
	return count;
}
