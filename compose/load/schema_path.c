#include "compose/load/schema_path.h"

size_t node_index_of(const struct node *item)
{
	size_t i = 0;

	while ((item = item->prev))
		i++;
	return i;
}

const char *schema_path(struct arena *a, const struct node *n)
{
	const char *above;

	if (!n->parent)
		return "";
	above = schema_path(a, n->parent);
	if (n->parent->kind == NODE_LIST)
		return arena_printf(a, "%s.%zu", above, node_index_of(n));
	return *above ? arena_concat(a, above, ".", n->key, NULL) : n->key;
}
