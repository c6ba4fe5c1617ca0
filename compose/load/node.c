#include "compose/load/node.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/buf.h"

/* Open addressing over the members of one mapping; made when a mapping outgrows a linear search.
 * Removal leaves GONE behind so that probing goes on past it. */
struct node_index {
	struct node **slots;
	size_t n_slots; /* a power of two */
	size_t n_used;  /* members and GONE */
};

enum { INDEX_FROM = 16 };

static struct node gone;
#define GONE (&gone)

static size_t hash_of(const char *key)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 0x100000001b3ULL;
	return (size_t)(h ^ (h >> 29));
}

static struct node **index_slot(const struct node_index *x, const char *key)
{
	size_t mask = x->n_slots - 1;

	for (size_t i = hash_of(key) & mask;; i = (i + 1) & mask) {
		struct node *n = x->slots[i];

		if (!n || (n != GONE && strcmp(n->key, key) == 0))
			return &x->slots[i];
	}
}

static void index_rebuild(struct arena *a, struct node *map)
{
	struct node_index *x = map->index ? map->index : arena_alloc(a, sizeof(*x));

	x->n_slots = 64;
	while (x->n_slots < map->n * 4)
		x->n_slots *= 2;
	x->slots = arena_alloc(a, x->n_slots * sizeof(struct node *));
	x->n_used = map->n;
	NODE_EACH(child, map)
		*index_slot(x, child->key) = child;
	map->index = x;
}

/* child has just been linked. */
static void index_add(struct arena *a, struct node *map, struct node *child)
{
	struct node_index *x = map->index;

	if (!x ? map->n < INDEX_FROM : (x->n_used + 1) * 4 < x->n_slots * 3) {
		if (!x)
			return;
		*index_slot(x, child->key) = child;
		x->n_used++;
		return;
	}
	index_rebuild(a, map);
}

struct node *node_new(struct arena *a, enum node_kind kind, const struct srcpos *pos)
{
	struct node *n = arena_alloc(a, sizeof(*n));

	n->kind = kind;
	if (pos)
		n->pos = *pos;
	if (kind == NODE_NULL)
		n->text = "";
	return n;
}

struct node *node_str(struct arena *a, const char *text, const struct srcpos *pos)
{
	struct node *n = node_new(a, NODE_STR, pos);

	n->text = arena_strdup(a, text);
	return n;
}

struct node *node_int(struct arena *a, int64_t v, const struct srcpos *pos)
{
	struct node *n = node_new(a, NODE_INT, pos);

	n->i = v;
	n->text = arena_printf(a, "%" PRId64, v);
	return n;
}

struct node *node_bool(struct arena *a, bool v, const struct srcpos *pos)
{
	struct node *n = node_new(a, NODE_BOOL, pos);

	n->b = v;
	n->text = v ? "true" : "false";
	return n;
}

static void link_last(struct node *parent, struct node *child)
{
	child->parent = parent;
	child->next = NULL;
	child->prev = parent->last;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
	parent->n++;
}

struct node *node_copy(struct arena *a, const struct node *n)
{
	struct node *copy = arena_alloc(a, sizeof(*copy));

	*copy = *n;
	copy->parent = copy->first = copy->last = copy->next = copy->prev = NULL;
	copy->index = NULL;
	copy->key = NULL;
	copy->n = 0;
	NODE_EACH(child, n) {
		struct node *c = node_copy(a, child);

		c->key = child->key;
		link_last(copy, c);
	}
	if (n->kind == NODE_MAP && copy->n >= INDEX_FROM)
		index_rebuild(a, copy);
	return copy;
}

static uint32_t tag_of(const char *key, size_t n)
{
	uint32_t len = n < 0xffff ? (uint32_t)n : 0xffff;

	return n ? len << 16 | (uint32_t)(unsigned char)key[n - 1] << 8 | (unsigned char)key[0] : 0;
}

struct node *node_find(const struct node *map, const char *key, size_t n)
{
	uint32_t tag;

	if (map->index)
		return *index_slot(map->index, key);
	tag = tag_of(key, n);
	for (struct node *child = map->first; child; child = child->next)
		if (child->key_tag == tag && strcmp(child->key, key) == 0)
			return child;
	return NULL;
}

struct node *node_at(const struct node *map, ...)
{
	struct node *n = (struct node *)map;
	const char *key;
	va_list ap;

	va_start(ap, map);
	while (n && (key = va_arg(ap, const char *)))
		n = node_get(n, key);
	va_end(ap);
	return n;
}

void node_set(struct arena *a, struct node *map, const char *key, struct node *value)
{
	struct node *old = node_get(map, key);

	if (old)
		node_replace(old, value);
	else
		node_add(a, map, arena_strdup(a, key), value);
}

void node_add(struct arena *a, struct node *map, const char *key, struct node *value)
{
	value->key = key;
	value->key_tag = tag_of(key, strlen(key));
	link_last(map, value);
	index_add(a, map, value);
}

void node_remove(struct node *child)
{
	struct node *parent = child->parent;

	if (!parent)
		return;
	if (parent->index) {
		struct node **slot = index_slot(parent->index, child->key);

		if (*slot == child)
			*slot = GONE;
	}
	*(child->prev ? &child->prev->next : &parent->first) = child->next;
	*(child->next ? &child->next->prev : &parent->last) = child->prev;
	parent->n--;
	child->parent = child->next = child->prev = NULL;
}

void node_del(struct node *map, const char *key)
{
	struct node *n = node_get(map, key);

	if (n)
		node_remove(n);
}

void node_append(struct node *list, struct node *item)
{
	item->key = NULL;
	link_last(list, item);
}

void node_insert_before(struct node *at, struct node *item)
{
	struct node *parent = at->parent;

	item->key = NULL;
	item->parent = parent;
	item->next = at;
	item->prev = at->prev;
	*(at->prev ? &at->prev->next : &parent->first) = item;
	at->prev = item;
	parent->n++;
}

void node_replace(struct node *old, struct node *fresh)
{
	struct node *parent = old->parent;

	if (old == fresh)
		return;
	fresh->key = old->key;
	fresh->key_tag = old->key_tag;
	if (!fresh->key_pos.line)
		fresh->key_pos = old->key_pos;
	fresh->parent = parent;
	fresh->prev = old->prev;
	fresh->next = old->next;
	old->parent = old->prev = old->next = NULL;
	if (!parent)
		return;
	if (parent->index)
		*index_slot(parent->index, fresh->key) = fresh;
	*(fresh->prev ? &fresh->prev->next : &parent->first) = fresh;
	*(fresh->next ? &fresh->next->prev : &parent->last) = fresh;
}

const char *node_text(const struct node *n)
{
	return node_is(n, NODE_STR) ? n->text : NULL;
}

/* A chain is only walked for people; a value overridden a hundred times tells them no more. */
enum { ORIGIN_MAX = 32 };

static struct origin *origin_new(struct arena *a, const struct node *n, const char *how)
{
	struct origin *o = arena_alloc(a, sizeof(*o));

	o->pos = n->pos;
	o->how = how;
	if (!node_is_scalar(n))
		o->text = arena_printf(a, "%s of %u", node_kind_name(n->kind), n->n);
	else
		o->text = n->kind == NODE_NULL ? "null" : n->text;
	return o;
}

static const struct origin *origin_of(struct arena *a, const struct node *n)
{
	return n->origin ? n->origin : origin_new(a, n, "file");
}

/* The records of chain, copied, with more behind them. */
static const struct origin *origin_append(struct arena *a, const struct origin *chain,
					  const struct origin *more)
{
	const struct origin *top = NULL, **tail = &top;

	for (int depth = 0; chain && depth < ORIGIN_MAX; chain = chain->before, depth++) {
		struct origin *o = arena_alloc(a, sizeof(*o));

		*o = *chain;
		*tail = o;
		tail = &o->before;
	}
	*tail = more;
	return top;
}

void node_origin(struct arena *a, struct node *n, const char *how, const struct node *old)
{
	if (how) {
		struct origin *o = origin_new(a, n, how);

		o->before = n->origin;
		n->origin = o;
	}
	if (old)
		n->origin = origin_append(a, origin_of(a, n), origin_of(a, old));
}

static void path_add(struct buf *b, const struct node *n)
{
	if (!n->parent)
		return;
	path_add(b, n->parent);
	if (n->parent->kind == NODE_LIST) {
		size_t at = 0;

		for (const struct node *p = n->prev; p; p = p->prev)
			at++;
		buf_addf(b, "[%zu]", at);
		return;
	}
	if (b->n)
		buf_addch(b, '.');
	buf_addstr(b, n->key ? n->key : "");
}

char *node_path(struct arena *a, const struct node *n)
{
	AUTO(buf) struct buf b = BUF_INIT;

	path_add(&b, n);
	return arena_strdup(a, buf_str(&b));
}

struct srcpos node_pos_at(const struct node *n, size_t offset)
{
	struct srcpos pos = n->pos;

	for (size_t i = 0; i < offset && n->text && n->text[i]; i++) {
		if (n->is_exact)
			pos.col += ((unsigned char)n->text[i] & 0xc0) != 0x80;
		else if (n->is_literal)
			pos.line += n->text[i] == '\n';
	}
	if (n->is_exact)
		pos.col += n->quoted;
	if (n->is_literal) {
		pos.line++;
		pos.col = 0;
	}
	return pos;
}

struct srcpos node_pos_in(const struct node *n, const char *message)
{
	const char *piece = message, *at = NULL;
	size_t len;

	for (const char *p; (p = strstr(piece, ": ")); piece = p + 2)
		;
	len = strlen(piece);
	if (len >= 2 && strchr("'\"", piece[0]) && piece[len - 1] == piece[0]) {
		piece++;
		len -= 2;
	}
	if (!n->is_exact || !len || piece == message)
		return n->pos;
	/* The last one: what comes first in a text is usually looked at last. */
	for (const char *p = n->text; (p = memmem(p, strlen(p), piece, len)); p++)
		at = p;
	return at && len < strlen(n->text) ? node_pos_at(n, (size_t)(at - n->text)) : n->pos;
}

const char *node_kind_name(enum node_kind kind)
{
	static const char *const names[] = {
		[NODE_NULL] = "null",    [NODE_BOOL] = "boolean", [NODE_INT] = "number",
		[NODE_FLOAT] = "number", [NODE_STR] = "string",   [NODE_LIST] = "list",
		[NODE_MAP] = "mapping",
	};

	return names[kind];
}
