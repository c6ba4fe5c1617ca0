#include "compose/load/set.h"

#include <string.h>

static bool is_raw(const struct loader *l)
{
	return l->opt->no_interpolate || l->opt->variables_only;
}

static void load_document(struct loader *l, struct node *acc, struct node *doc,
			  const struct source *s)
{
	struct node *mask;

	if (doc->kind != NODE_MAP) {
		diag_expect(diag_add(l->diags, DIAG_ERROR, &doc->pos,
				     "top-level object must be a mapping"),
			    "services:, networks:, volumes:, ...");
		return;
	}
	mask = tags_collect(l, doc);
	if (!is_raw(l))
		step_interpolate(l, doc);
	step_include(l, doc, mask);
	tags_apply(mask, acc);
	step_extends(l, doc, mask, s->path);
	step_merge(l, acc, doc);
	if (l->opt->variables_only)
		return;
	step_unicity(l, acc);
	step_validate(l, acc, s->shown);
	step_canonical(l, acc);
	step_unicity(l, acc);
}

struct node *set_load(struct loader *l, const struct source *sources, size_t n)
{
	struct srcpos start = { n ? sources[0].shown : NULL, 1, 1 };
	struct node *acc = node_new(l->arena, NODE_MAP, &start);

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < sources[i].docs.n; j++)
			load_document(l, acc, sources[i].docs.v[j], &sources[i]);
	return acc;
}

void set_finish(struct loader *l, struct node *root, bool with_paths)
{
	if (l->opt->variables_only)
		return;
	step_defaults(l, root);
	step_structure(l, root);
	if (with_paths)
		step_paths(l, root, l->working_dir);
	step_environment(l, root);
}

const char *set_file_name(struct loader *l, const struct node *n)
{
	struct node *map, *copy;

	if (!node_is(n, NODE_STR))
		return NULL;
	if (!is_raw(l) || !strchr(n->text, '$'))
		return n->text;
	map = node_new(l->arena, NODE_MAP, &n->pos);
	copy = node_copy(l->arena, n);
	node_add(l->arena, map, "file", copy);
	step_interpolate(l, map);
	return copy->text;
}
