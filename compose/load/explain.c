/* `config --explain`: a value and the chain of places it came from. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "compose/load/emit.h"
#include "compose/load/load.h"

/* "[3]" at path: the item and what follows it. */
static const struct node *item_at(const struct node *list, const char **path)
{
	char *end;
	unsigned long at = strtoul(*path + 1, &end, 10);

	if (*end != ']' || end == *path + 1)
		return NULL;
	*path = end + 1;
	NODE_EACH(item, list)
		if (at-- == 0)
			return item;
	return NULL;
}

/* Keys may hold dots: the longest member that fits wins. *path moves behind what was used. */
static const struct node *member_at(const struct node *map, const char **path)
{
	const struct node *best = NULL;
	size_t longest = 0;

	NODE_EACH(child, map) {
		size_t n = strlen(child->key);

		if (strncmp(*path, child->key, n) != 0 ||
		    !((*path)[n] == 0 || strchr(".[", (*path)[n])))
			continue;
		if (!best || n > longest) {
			best = child;
			longest = n;
		}
	}
	*path += longest;
	return best;
}

/* The value at path; NULL with *where the deepest one found and *rest what is not in it. */
static const struct node *find(const struct node *root, const char *path, const struct node **where,
			       const char **rest)
{
	const struct node *n = root;

	while (*path) {
		*where = n;
		*rest = path;
		if (*path == '.')
			path++;
		if (n->kind == NODE_LIST && *path == '[')
			n = item_at(n, &path);
		else
			n = n->kind == NODE_MAP ? member_at(n, &path) : NULL;
		if (!n)
			return NULL;
	}
	return n;
}

static void add_value(struct buf *b, const struct node *n)
{
	if (n->kind == NODE_STR)
		emit_json_string(b, n->text);
	else if (n->kind == NODE_NULL)
		buf_addstr(b, "null");
	else if (node_is_scalar(n))
		buf_addstr(b, n->text);
	else
		buf_addf(b, "%s of %u", node_kind_name(n->kind), n->n);
}

static void add_place(struct buf *b, const struct srcpos *pos)
{
	if (!pos->file || !*pos->file)
		return;
	buf_addf(b, "%s:%u:%u: ", pos->file, pos->line, pos->col);
}

/* Text that may have line breaks, on one line. */
static void add_line(struct buf *b, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			buf_addstr(b, "\\n");
		else if ((unsigned char)*text < 0x20)
			buf_addch(b, ' ');
		else
			buf_addch(b, *text);
	}
}

static void add_origin(struct buf *b, const struct origin *o, bool is_first, bool is_overridden)
{
	buf_addstr(b, is_first ? "  from " : is_overridden ? "  overrode " : "  which is ");
	add_place(b, &o->pos);
	add_line(b, o->text);
	if (strcmp(o->how, "file") != 0)
		buf_addf(b, " (%s)", o->how);
	buf_addch(b, '\n');
}

static bool same_place(const struct srcpos *a, const struct srcpos *b)
{
	return a->line == b->line && a->col == b->col && streq(a->file, b->file);
}

static void not_there(const struct node *where, const char *path, const char *rest, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_ERROR, NULL, "no value at %s", path);
	const char *word = *rest == '.' ? rest + 1 : rest;
	AUTO(mem) char *first = xstrndup(word, strcspn(word, ".["));
	AUTO(mem) const char **names = xcalloc((where ? where->n : 0) + 1, sizeof(*names));
	size_t n = 0;

	NODE_EACH(child, node_is(where, NODE_MAP) ? where : NULL)
		names[n++] = child->key;
	diag_suggest(g, first, names, n);
}

char *explain(const struct loaded *p, const char *path, struct diags *d)
{
	const struct node *where = p->root, *n;
	const char *rest = path;
	AUTO(buf) struct buf b = BUF_INIT;
	struct origin plain;
	const struct srcpos *last = NULL;

	n = find(p->root, path, &where, &rest);
	if (!n) {
		not_there(where, path, rest, d);
		return NULL;
	}
	buf_addf(&b, "%s = ", path);
	add_value(&b, n);
	buf_addch(&b, '\n');
	plain = (struct origin){ .pos = n->pos, .how = "file" };
	plain.text = node_is_scalar(n) ? n->text : node_kind_name(n->kind);
	for (const struct origin *o = n->origin ? n->origin : &plain; o; o = o->before) {
		add_origin(&b, o, !last, last && !same_place(last, &o->pos));
		last = &o->pos;
	}
	return buf_take(&b);
}
