/* `config --variables`: which variables the files ask for, with the defaults written beside them.
 */
#include <string.h>

#include "base/map.h"
#include "compose/load/load.h"
#include "compose/load/subst.h"

static void scan(struct arena *a, struct map *found, struct str text, int depth);

static void note(struct arena *a, struct map *found, const struct subst *s, int depth)
{
	const char *name = arena_strndup(a, s->name.p, s->name.n);
	struct variable *v = map_get(found, name);

	if (!v) {
		v = arena_alloc(a, sizeof(*v));
		*v = (struct variable){ .name = name, .dflt = "", .alternate = "" };
		map_set(found, name, v);
	}
	/* Several places may ask for one variable: what any of them says counts, the first default
	 * wins. */
	v->required |= s->op == '?';
	if (s->op == '-' && !*v->dflt)
		v->dflt = arena_strndup(a, s->word.p, s->word.n);
	if (s->op == '+' && !*v->alternate)
		v->alternate = arena_strndup(a, s->word.p, s->word.n);
	if (s->op && depth < SUBST_DEPTH_MAX)
		scan(a, found, s->word, depth + 1);
}

static void scan(struct arena *a, struct map *found, struct str text, int depth)
{
	const char *base = text.p;

	for (;;) {
		struct subst s = subst_next(&text, base);

		if (s.kind == SUBST_END || s.kind == SUBST_INVALID)
			return;
		if (s.kind == SUBST_VAR)
			note(a, found, &s, depth);
	}
}

static void walk(struct arena *a, struct map *found, const struct node *n)
{
	if (n->kind == NODE_STR && strchr(n->text, '$'))
		scan(a, found, str_of(n->text), 0);
	NODE_EACH(child, n)
		walk(a, found, child);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct variable *)a)->name, ((const struct variable *)b)->name);
}

struct variable *variables_extract(struct arena *a, const struct node *root, size_t *ret_n)
{
	struct map found = MAP_INIT;
	struct map_entry *e;
	struct variable *v;
	size_t n = 0;

	if (root)
		walk(a, &found, root);
	v = arena_alloc(a, (found.n + 1) * sizeof(*v));
	MAP_EACH(e, &found)
		v[n++] = *(struct variable *)e->value;
	map_done(&found);
	qsort(v, n, sizeof(*v), by_name);
	*ret_n = n;
	return v;
}
