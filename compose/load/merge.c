/*
 * Step 8: one tree over another, by the rule of each row. Nodes are moved, never copied; the base
 * keeps its order, what only the later tree has comes behind it.
 *
 * Where kinds do not go together the mistake is reported at the later value and the base is kept.
 */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "compose/load/rules.h"
#include "compose/load/steps.h"

static struct node *conflict(struct loader *l, struct node *base, const struct node *over)
{
	struct diag *g = diag_add(l->diags, DIAG_ERROR, &over->pos, "cannot override %s",
				  node_path(l->arena, over));

	diag_expect(g, "a %s, as at %s:%u", node_kind_name(base->kind), base->pos.file,
		    base->pos.line);
	diag_hint(g, "use !override to replace the earlier value as a whole");
	return base;
}

static struct node *detach(struct node *n)
{
	node_remove(n);
	return n;
}

/* ---- plain merging ---- */

static void merge_members(struct loader *l, const struct attr *row, struct node *base,
			  struct node *over)
{
	base->is_damaged |= over->is_damaged;
	NODE_EACH(child, over) {
		const char *key = child->key;
		struct node *old = node_get(base, key), *result;

		if (!old) {
			node_add(l->arena, base, key, detach(child));
			continue;
		}
		result = merge_value(l, attr_child(row, key), old, child);
		if (result->parent != base)
			node_replace(node_get(base, key), detach(result));
	}
}

static struct node *append(struct node *base, struct node *over)
{
	NODE_EACH(item, over)
		node_append(base, detach(item));
	return base;
}

static struct node *take_over(struct loader *l, struct node *base, struct node *over)
{
	node_origin(l->arena, over, NULL, base);
	return over;
}

static struct node *merge_default(struct loader *l, const struct attr *row, struct node *base,
				  struct node *over)
{
	if (over->kind == NODE_NULL)
		return base;
	if (base->kind == NODE_NULL || (node_is_scalar(base) && node_is_scalar(over)))
		return take_over(l, base, over);
	if (base->kind == NODE_MAP && over->kind == NODE_MAP) {
		merge_members(l, row, base, over);
		return base;
	}
	if (base->kind == NODE_LIST && over->kind == NODE_LIST)
		return append(base, over);
	return conflict(l, base, over);
}

/* ---- lifting to one shape; the result stands where n stood ---- */

static struct node *as_map(struct loader *l, struct node *n)
{
	struct node *map = node_new(l->arena, NODE_MAP, &n->pos);

	map->key_pos = n->key_pos;
	return map;
}

static struct node *lift_build(struct loader *l, struct node *n)
{
	struct node *map;

	if (n->kind != NODE_STR)
		return n;
	map = as_map(l, n);
	node_replace(n, map);
	n->key_pos = n->pos;
	node_add(l->arena, map, "context", n);
	return map;
}

/* [a, b] to {a: VALUE, b: VALUE}; value makes one for an item. */
static struct node *lift_names(struct loader *l, struct node *n,
			       struct node *(*value)(struct loader *l, const struct node *item))
{
	struct node *map;

	if (n->kind != NODE_LIST)
		return n;
	NODE_EACH(item, n)
		if (!node_is_scalar(item))
			return n;
	map = as_map(l, n);
	NODE_EACH(item, n) {
		struct node *v = value(l, item);

		v->key_pos = item->pos;
		node_set(l->arena, map, item->text, v);
	}
	node_replace(n, map);
	return map;
}

static struct node *no_options(struct loader *l, const struct node *item)
{
	return node_new(l->arena, NODE_NULL, &item->pos);
}

static struct node *started(struct loader *l, const struct node *item)
{
	struct node *v = node_new(l->arena, NODE_MAP, &item->pos);

	node_add(l->arena, v, "condition", node_str(l->arena, "service_started", &item->pos));
	node_add(l->arena, v, "required", node_bool(l->arena, true, &item->pos));
	return v;
}

/* ---- sequences ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp((*(struct node *const *)a)->text, (*(struct node *const *)b)->text);
}

static struct node *pair(struct loader *l, const struct node *member, const struct node *value)
{
	const char *text = value->kind == NODE_NULL
				   ? member->key
				   : arena_printf(l->arena, "%s=%s", member->key, value->text);
	struct node *n = node_str(l->arena, text, &value->pos);

	n->key_pos = member->key_pos;
	/* The place of the name, which is the beginning of the text. */
	if (member->key_pos.line)
		n->pos = member->key_pos;
	n->origin = value->origin;
	return n;
}

/* The members of map as "k=v" texts, sorted; false when a value has no text. */
static bool pairs_of(struct loader *l, const struct node *map, struct node *list)
{
	AUTO(mem) struct node **v = NULL;
	size_t n = 0, cap = 0;

	NODE_EACH(member, map) {
		if (member->kind == NODE_MAP)
			return false;
		NODE_EACH(item, member->kind == NODE_LIST ? member : NULL) {
			if (!node_is_scalar(item))
				return false;
			ARRAY_RESERVE(v, n, cap);
			v[n++] = pair(l, member, item);
		}
		if (member->kind == NODE_LIST)
			continue;
		ARRAY_RESERVE(v, n, cap);
		v[n++] = pair(l, member, member);
	}
	if (n)
		qsort(v, n, sizeof(*v), by_text);
	for (size_t i = 0; i < n; i++)
		node_append(list, v[i]);
	return true;
}

/* A mapping or a scalar as a list; NULL when that cannot be. */
static struct node *lift_sequence(struct loader *l, struct node *n)
{
	struct node *list;

	if (n->kind == NODE_LIST)
		return n;
	list = node_new(l->arena, NODE_LIST, &n->pos);
	if (n->kind == NODE_MAP && !pairs_of(l, n, list))
		return NULL;
	if (n->parent)
		node_replace(n, list);
	if (node_is_scalar(n))
		node_append(list, n);
	return list;
}

/* Items of base that over says again, word for word, go. */
static void drop_repeated(struct node *base, const struct node *over)
{
	struct map said = MAP_INIT;

	NODE_EACH(item, over)
		if (node_is_scalar(item))
			map_set(&said, item->text, item);
	NODE_EACH(old, base)
		if (node_is_scalar(old) && map_has(&said, old->text))
			node_remove(old);
	map_done(&said);
}

static struct node *merge_sequence(struct loader *l, struct node *base, struct node *over,
				   bool once)
{
	struct node *b, *o;

	if (over->kind == NODE_NULL)
		return base;
	if (base->kind == NODE_NULL)
		return take_over(l, base, over);
	o = lift_sequence(l, over);
	b = o ? lift_sequence(l, base) : NULL;
	if (!b)
		return conflict(l, base, over);
	if (once)
		drop_repeated(b, o);
	return append(b, o);
}

/* ---- special mappings ---- */

static const char *driver_of(const struct node *logging)
{
	return node_text(node_get(logging, "driver"));
}

static struct node *merge_logging(struct loader *l, const struct attr *row, struct node *base,
				  struct node *over)
{
	const char *b = driver_of(base), *o = driver_of(over);

	if (base->kind == NODE_MAP && over->kind == NODE_MAP && b && o && strcmp(b, o) != 0)
		return take_over(l, base, over);
	return merge_default(l, row, base, over);
}

static struct node *same_subnet(const struct node *list, const struct node *pool)
{
	const char *subnet = node_text(node_get(pool, "subnet"));

	NODE_EACH(item, list) {
		const char *s = node_text(node_get(item, "subnet"));

		if (item->kind == NODE_MAP && subnet && s && strcmp(s, subnet) == 0)
			return item;
	}
	return NULL;
}

static struct node *merge_ipam(struct loader *l, const struct attr *row, struct node *base,
			       struct node *over)
{
	if (base->kind != NODE_LIST || over->kind != NODE_LIST)
		return merge_default(l, row, base, over);
	NODE_EACH(pool, over) {
		struct node *old = same_subnet(base, pool);

		if (old && pool->kind == NODE_MAP)
			merge_members(l, attr_item(row), old, pool);
		else
			node_append(base, detach(pool));
	}
	return base;
}

struct node *merge_value(struct loader *l, const struct attr *row, struct node *base,
			 struct node *over)
{
	if (!base || !over)
		return over ? over : base;
	switch (attr_merge(row)) {
	case MERGE_DEFAULT:
		break;
	case MERGE_REPLACE:
		return take_over(l, base, over);
	case MERGE_BUILD:
		return merge_default(l, row, lift_build(l, base), lift_build(l, over));
	case MERGE_DEPENDS_ON:
		return merge_default(l, row, lift_names(l, base, started),
				     lift_names(l, over, started));
	case MERGE_NAMES:
		return merge_default(l, row, lift_names(l, base, no_options),
				     lift_names(l, over, no_options));
	case MERGE_LOGGING:
		return merge_logging(l, row, base, over);
	case MERGE_SEQUENCE:
		return merge_sequence(l, base, over, false);
	case MERGE_EXTRA_HOSTS:
		return merge_sequence(l, base, over, true);
	case MERGE_IPAM:
		return merge_ipam(l, row, base, over);
	}
	return merge_default(l, row, base, over);
}

void step_merge(struct loader *l, struct node *acc, struct node *doc)
{
	merge_members(l, attr_root(), acc, doc);
}
