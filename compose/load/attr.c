#include "compose/load/attr.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

/*
 * All fixed rows in one open-addressing table, keyed by set and name: looking up one of a hundred
 * service attributes costs one hash, and the sets stay constant.
 */
enum { SLOTS = 2048 };

static struct slot {
	const struct attr_set *set;
	const struct attr *row;
} slots[SLOTS];
static size_t n_slots;
static pthread_once_t indexed = PTHREAD_ONCE_INIT;

static size_t slot_hash(const struct attr_set *set, const char *name)
{
	uint64_t h = 14695981039346656037ULL ^ ((uintptr_t)set >> 3);

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 1099511628211ULL;
	return (size_t)(h ^ (h >> 32)) % SLOTS;
}

static struct slot *slot_find(const struct attr_set *set, const char *name)
{
	size_t i = slot_hash(set, name);

	while (slots[i].set && (slots[i].set != set || slots[i].row->name[0] != name[0] ||
				strcmp(slots[i].row->name, name) != 0))
		i = (i + 1) % SLOTS;
	return &slots[i];
}

static void index_set(const struct attr_set *set);

static void index_attr(const struct attr *a)
{
	if (a->item)
		index_attr(a->item);
	if (a->members)
		index_set(a->members);
}

static void index_set(const struct attr_set *set)
{
	if (set->n && slot_find(set, set->rows[0].name)->set)
		return; /* shared by several rows */
	for (size_t i = 0; i < set->n; i++) {
		*slot_find(set, set->rows[i].name) = (struct slot){ set, &set->rows[i] };
		n_slots++;
	}
	assert(n_slots < SLOTS / 2);
	for (size_t i = 0; i < set->n; i++)
		index_attr(&set->rows[i]);
	if (set->any)
		index_attr(set->any);
}

static void index_all(void)
{
	index_set(&attr_set_root);
}

const struct attr *attr_in_set(const struct attr_set *set, const char *key)
{
	const struct attr *row;

	if (!set || !key)
		return NULL;
	if (set->any)
		return set->any;
	pthread_once(&indexed, index_all);
	row = slot_find(set, key)->row;
	if (!row && !set->no_x && attr_is_extension(key))
		return &attr_any;
	return row;
}

static const struct attr root = { NULL, KIND_OBJECT, MAP, .members = &attr_set_root };

const struct attr *attr_root(void)
{
	return &root;
}

const struct attr *attr_child(const struct attr *a, const char *key)
{
	return a ? attr_in_set(a->members, key) : NULL;
}

const struct attr *attr_item(const struct attr *a)
{
	return a ? a->item : NULL;
}

const struct attr *attr_of_child(const struct attr *parent, const struct node *child)
{
	return child->parent && child->parent->kind == NODE_LIST ? attr_item(parent) :
								   attr_child(parent, child->key);
}

const struct attr *attr_find(const struct node *n)
{
	return n->parent ? attr_of_child(attr_find(n->parent), n) : attr_root();
}

enum merge_rule attr_merge(const struct attr *a)
{
	return a ? a->merge : MERGE_DEFAULT;
}

enum unique_key attr_unique(const struct attr *a)
{
	return a ? a->unique : UNIQUE_NONE;
}

enum cast_kind attr_cast(const struct attr *a)
{
	return a ? a->cast : CAST_NONE;
}

static const char *const kind_expects[] = {
	[KIND_STR] = "a string",
	[KIND_TEXT] = "a string or a number",
	[KIND_BOOL] = "true or false",
	[KIND_INT] = "a whole number",
	[KIND_CPUS] = "a number such as 0.5",
	[KIND_BYTES] = "a number of bytes, or one with a unit: 512m, 1.5g, 64kb",
	[KIND_DURATION] = "a duration such as 1m30s, 10s or 500ms",
	[KIND_MICROS] = "microseconds, or a duration such as 400ms",
	[KIND_MODE] = "a file mode such as 0440",
	[KIND_COUNT] = "a whole number, or all",
	[KIND_LIST] = "a list",
	[KIND_COMMAND] = "a string, or a list of strings",
	[KIND_TEST] = "a string, or a list that begins with CMD, CMD-SHELL or NONE",
	[KIND_PAIRS] = "a mapping of names to values, or a list of NAME=VALUE",
	[KIND_HOSTS] = "a list of HOST=ADDRESS, or a mapping of hosts to addresses",
	[KIND_SSH] = "a list of default and ID=PATH",
	[KIND_OBJECT] = "a mapping",
	[KIND_NAMES] = "a mapping",
	[KIND_ANY] = "a value",
};

const char *attr_expects(const struct attr *a)
{
	if (a->expect)
		return a->expect;
	if (a->kind == KIND_NAMES && (a->forms & LIST))
		return "a list of names, or a mapping from names to options";
	if (a->kind == KIND_LIST && (a->forms & STR))
		return "a string, or a list of strings";
	return kind_expects[a->kind];
}
