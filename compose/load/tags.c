/* Steps 2 and 6: !reset and !override. Both name a place that is emptied in what was loaded before;
 * a !reset value itself is dropped, an !override value stays and is merged with nothing. */
#include "compose/load/steps.h"

#include <string.h>

static bool is_tagged(const struct node *n, const char *tag)
{
	return n->tag && strcmp(n->tag, tag) == 0;
}

/* The place of n in the mask, made together with the way to it. NULL below a list: positions in a
 * list of one file say nothing about the list of another. */
static struct node *place_in(struct loader *l, struct node *mask, const struct node *n)
{
	struct node *parent, *m;

	if (!n->parent)
		return mask;
	parent = n->parent->kind == NODE_MAP ? place_in(l, mask, n->parent) : NULL;
	if (!parent)
		return NULL;
	m = node_get(parent, n->key);
	if (!m) {
		m = node_new(l->arena, NODE_MAP, &n->pos);
		node_add(l->arena, parent, n->key, m);
	}
	return m;
}

static void collect(struct loader *l, struct node **mask, struct node *n)
{
	struct node *place;

	/* The whole document has nothing around it that could be named. */
	if (n->tag && n->parent) {
		if (!*mask)
			*mask = node_new(l->arena, NODE_MAP, &n->pos);
		place = place_in(l, *mask, n);
		if (place)
			place->kind = NODE_NULL;
		if (is_tagged(n, "!reset")) {
			node_remove(n);
			return;
		}
	}
	n->tag = NULL;
	NODE_EACH(child, n)
		collect(l, mask, child);
}

struct node *tags_collect(struct loader *l, struct node *doc)
{
	struct node *mask = NULL;

	collect(l, &mask, doc);
	return mask;
}

void tags_apply(const struct node *mask, struct node *root)
{
	if (!node_is(root, NODE_MAP))
		return;
	NODE_EACH(m, mask) {
		struct node *n = node_get(root, m->key);

		if (!n)
			continue;
		if (m->kind == NODE_NULL)
			node_remove(n);
		else
			tags_apply(m, n);
	}
}
