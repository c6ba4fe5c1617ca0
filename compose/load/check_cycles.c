/*
 * Dependency cycles among the enabled services.
 *
 * A depth-first walk in the order of names, so that the same file always gives the same message; the
 * stack is a list of its own, for a chain may be as long as the file has services.
 */
#include "compose/load/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"

enum color { WHITE, ON_PATH, DONE };

struct vertex {
	const struct node *service;
	struct vertex **edges;
	size_t n_edges, next_edge;
	enum color color;
};

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct vertex *const *)a)->service->key,
		      (*(struct vertex *const *)b)->service->key);
}

static void add_edges(struct arena *a, struct map *vertices, struct vertex *v)
{
	const struct node *depends_on = node_get(v->service, "depends_on");

	if (!depends_on || !depends_on->n)
		return;
	v->edges = arena_alloc(a, depends_on->n * sizeof(struct vertex *));
	NODE_EACH(entry, depends_on) {
		struct vertex *to = map_get(vertices, entry->key);

		if (to)
			v->edges[v->n_edges++] = to;
	}
	if (v->n_edges > 1)
		qsort(v->edges, v->n_edges, sizeof(struct vertex *), by_name);
}

/* path[from] to path[n - 1] and back. The message stands at the edge that closes the circle. */
static void report(struct check *c, struct vertex **path, size_t from, size_t n)
{
	AUTO(buf) struct buf text = BUF_INIT;
	const struct node *last = path[n - 1]->service, *first = path[from]->service;
	const struct node *edge = node_get(node_get(last, "depends_on"), first->key);

	for (size_t i = from; i < n; i++)
		buf_addf(&text, "%s -> ", path[i]->service->key);
	buf_addstr(&text, first->key);
	diag_add(c->l->diags, DIAG_ERROR, edge->key_pos.line ? &edge->key_pos : &edge->pos,
		 "dependency cycle detected: %s", buf_str(&text));
}

/* Walks from one service; true when a cycle was found. */
static bool visit(struct check *c, struct vertex *start, struct vertex **path)
{
	size_t n = 0;

	path[n++] = start;
	start->color = ON_PATH;
	while (n) {
		struct vertex *v = path[n - 1], *to;

		if (v->next_edge == v->n_edges) {
			v->color = DONE;
			n--;
			continue;
		}
		to = v->edges[v->next_edge++];
		if (to->color == ON_PATH) {
			size_t from = 0;

			while (path[from] != to)
				from++;
			report(c, path, from, n);
			return true;
		}
		if (to->color == WHITE) {
			to->color = ON_PATH;
			path[n++] = to;
		}
	}
	return false;
}

void check_cycles(struct check *c)
{
	AUTO(map) struct map vertices = MAP_INIT;
	struct arena *a = c->l->arena;
	struct vertex **sorted, **path;
	size_t n = 0;

	if (!c->services || !c->services->n)
		return;
	sorted = arena_alloc(a, c->services->n * sizeof(*sorted));
	path = arena_alloc(a, c->services->n * sizeof(*path));
	NODE_EACH(service, c->services) {
		struct vertex *v = arena_alloc(a, sizeof(*v));

		v->service = service;
		map_set(&vertices, service->key, v);
		sorted[n++] = v;
	}
	for (size_t i = 0; i < n; i++)
		add_edges(a, &vertices, sorted[i]);
	qsort(sorted, n, sizeof(*sorted), by_name);
	for (size_t i = 0; i < n; i++) {
		if (sorted[i]->color == WHITE && visit(c, sorted[i], path))
			return;
	}
}

const char *check_profiles_of(struct check *c, const char *service)
{
	AUTO(buf) struct buf b = BUF_INIT;

	NODE_EACH(profile, node_get(node_get(c->disabled, service), "profiles"))
		buf_addf(&b, "%s%s", b.n ? ", " : "", profile->text);
	return arena_strdup(c->l->arena, buf_str(&b));
}
