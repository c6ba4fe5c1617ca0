/* Steps 9 and 13: of list items with one identity the last content stays, at the place of the
 * first. */
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "compose/load/rules.h"
#include "compose/load/steps.h"

static const char *member_text(const struct node *item, const char *key)
{
	const struct node *n = node_get(item, key);

	return node_is_scalar(n) && n->kind != NODE_NULL ? n->text : NULL;
}

static const char *text_before(struct arena *a, const char *text, char end)
{
	const char *p = strchr(text, end);

	return p ? arena_strndup(a, text, (size_t)(p - text)) : text;
}

static const char *port_key(struct arena *a, const struct node *item)
{
	const char *ip = member_text(item, "host_ip"), *published = member_text(item, "published");
	const char *target = member_text(item, "target"), *protocol = member_text(item, "protocol");

	return arena_printf(a, "%s:%s:%s/%s", ip ? ip : "0.0.0.0", published ? published : "",
			    target ? target : "", protocol ? protocol : "tcp");
}

/* Where a short "source:target:options" text mounts. */
static const char *short_target(struct arena *a, const char *text)
{
	const char *p = strchr(text, ':');

	return p ? text_before(a, p + 1, ':') : text;
}

static const char *file_key(struct arena *a, const struct node *item, const char *dir)
{
	const char *target = member_text(item, "target"), *source = member_text(item, "source");

	if (item->kind == NODE_STR)
		source = item->text;
	if (target)
		return target;
	return source ? arena_printf(a, "%s%s", dir, source) : NULL;
}

/* What identifies item; NULL for what has no identity here and is left alone. */
static const char *key_of(struct arena *a, const struct node *item, enum unique_key by)
{
	const char *text = node_is_scalar(item) ? item->text : NULL;

	switch (by) {
	case UNIQUE_NONE:
		return NULL;
	case UNIQUE_EXACT:
	case UNIQUE_EXPOSE:
		return text;
	case UNIQUE_NAME:
		return text ? text_before(a, text, '=') : NULL;
	case UNIQUE_PATH:
		return text ? text : member_text(item, "path");
	case UNIQUE_PORT:
		return text ? text : port_key(a, item);
	case UNIQUE_VOLUME:
	case UNIQUE_DEVICE:
		if (text)
			return short_target(a, text);
		return member_text(item, "target");
	case UNIQUE_SECRET:
		return file_key(a, item, "/run/secrets/");
	case UNIQUE_CONFIG:
		return file_key(a, item, "/");
	}
	return NULL;
}

/* A mapping that lacks what it is told apart by is of no use to later steps either. */
static bool is_incomplete(struct loader *l, const struct node *item, enum unique_key by)
{
	bool is_port = by == UNIQUE_PORT;
	struct diag *g;

	if (item->kind != NODE_MAP || (!is_port && by != UNIQUE_VOLUME) || node_get(item, "target"))
		return false;
	if (item->is_damaged)
		return true; /* a target that is gone was complained about */
	g = diag_add(l->diags, DIAG_ERROR, &item->pos, "service %s %s is missing a %s",
		     is_port ? "ports" : "volume", node_path(l->arena, item),
		     is_port ? "target port" : "mount target");
	diag_expect(g, is_port ? "target: CONTAINER_PORT" : "target: /PATH/IN/CONTAINER");
	return true;
}

static void drop_incomplete(struct loader *l, struct node *list, enum unique_key by)
{
	AUTO(mem) struct node **bad = NULL;
	size_t n = 0, cap = 0;

	/* Taken out only after the last message, so that positions in the list stay true. */
	NODE_EACH(item, list) {
		if (!is_incomplete(l, item, by))
			continue;
		ARRAY_RESERVE(bad, n, cap);
		bad[n++] = item;
	}
	for (size_t i = 0; i < n; i++)
		node_remove(bad[i]);
}

static void collapse(struct loader *l, struct node *list, enum unique_key by)
{
	struct map seen = MAP_INIT;

	if (list->n < 2)
		return;
	NODE_EACH(item, list) {
		const char *key = key_of(l->arena, item, by);
		struct node *first = key ? map_get(&seen, key) : NULL;

		if (!key)
			continue;
		if (first) {
			node_origin(l->arena, item, NULL, first);
			node_remove(item);
			node_replace(first, item);
		}
		map_set(&seen, key, item);
	}
	map_done(&seen);
}

static void walk(struct loader *l, struct node *n, const struct attr *row)
{
	enum unique_key by = n->kind == NODE_LIST ? attr_unique(row) : UNIQUE_NONE;

	if (!row)
		return;
	if (by != UNIQUE_NONE) {
		drop_incomplete(l, n, by);
		collapse(l, n, by);
	}
	NODE_EACH(child, n)
		if (!node_is_scalar(child))
			walk(l, child,
			     n->kind == NODE_MAP ? attr_child(row, child->key) : attr_item(row));
}

void step_unicity(struct loader *l, struct node *root)
{
	walk(l, root, attr_root());
}
