/*
 * compose/load/node.h - one value of a compose file, still knowing where it was written.
 *
 * Links, key and index are changed only through the functions here. The untyped tree every loading
 * step works on: parsed, interpolated, merged, made canonical, checked, printed. Mappings keep the
 * order of the file; printing decides the order shown.
 *
 * Owns:    every node and string belongs to the arena of its tree; nothing is freed one by one.
 * Units:   lines and columns from 1.
 * Errors:  lookups return NULL for absence.
 * Thread:  any one thread at a time per arena.
 * Source:  YAML 1.2 core schema; the reference's "YAML layer".
 */
#ifndef COMPOSE_LOAD_NODE_H
#define COMPOSE_LOAD_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"

enum node_kind { NODE_NULL, NODE_BOOL, NODE_INT, NODE_FLOAT, NODE_STR, NODE_LIST, NODE_MAP };

/* Where a value came from and what it replaced: the chain that `config --explain` prints. */
struct origin {
	struct srcpos pos; /* of the value */
	const char *how;   /* "file", "default", "interpolated from ${X}", "env file", ... */
	const char *text;  /* the value it had there: scalar text, or the word for its kind */
	const struct origin *before; /* what this one overrode, or NULL */
};

/* What a lookup and a walk touch comes first: one cache line. */
struct node {
	enum node_kind kind;
	bool quoted;      /* the scalar was written with quotes or as a block */
	bool is_exact;    /* text stands in the file character by character, on one line */
	bool is_literal;  /* text stands in the file line by line, below pos (a | block) */
	bool is_damaged;  /* mappings: something wrong was reported and is missing here, so what
			   * seems to  be missing may be no second mistake */
	uint32_t key_tag; /* of key: first and last character and length, to tell most keys apart */
	uint32_t n;       /* children */
	const char *key;  /* of this member in its parent mapping, else NULL */
	struct node *next, *first;
	struct node *parent; /* NULL at the root */
	const char *text; /* scalars: the source text (after interpolation); never NULL for them */
	union {
		bool b;
		int64_t i;
		double f;
	};
	struct node *prev, *last;
	/* Mappings of many members: key to member; kept by the functions below. */
	struct node_index *index;
	struct srcpos pos;           /* of the value; pos.file lives in the arena */
	struct srcpos key_pos;       /* of the key in front of it, for members of a mapping */
	const char *tag;             /* "!reset", "!override" until they are applied, else NULL */
	const struct origin *origin; /* NULL until something recorded more than pos says */
};

/* New nodes carry pos (copied); they have no parent yet. */
struct node *node_new(struct arena *a, enum node_kind kind, const struct srcpos *pos);
struct node *node_str(struct arena *a, const char *text, const struct srcpos *pos);
struct node *node_int(struct arena *a, int64_t v, const struct srcpos *pos);
struct node *node_bool(struct arena *a, bool v, const struct srcpos *pos);
/* A deep copy, without parent and key. */
struct node *node_copy(struct arena *a, const struct node *n);

/* The member called key, which has n bytes; map is a mapping. */
struct node *node_find(const struct node *map, const char *key, size_t n);
/* The member called key, or NULL; also NULL when map is NULL or not a mapping. */
static inline struct node *node_get(const struct node *map, const char *key)
{
	/* The length of a literal is known when compiling. */
	return map && map->kind == NODE_MAP ? node_find(map, key, strlen(key)) : NULL;
}
/* Several steps: node_at(root, "services", "web", NULL). */
struct node *node_at(const struct node *map, ...) __attribute__((sentinel));
/* Replaces the member's value in place (its position in the order is kept) or appends. */
void node_set(struct arena *a, struct node *map, const char *key, struct node *value);
/* Appends a member that is known not to be there; key lives in the arena already. */
void node_add(struct arena *a, struct node *map, const char *key, struct node *value);
/* Unlinks child from its parent. */
void node_remove(struct node *child);
/* Removes the member called key if it is there. */
void node_del(struct node *map, const char *key);
void node_append(struct node *list, struct node *item);
/* Puts fresh where old stood (same key, same place). */
void node_replace(struct node *old, struct node *fresh);
/* The current child may be removed or replaced during the walk. */
#define NODE_EACH(child, parent)                                                                   \
	for (struct node *child = (parent) ? (parent)->first : NULL, *child##_next = NULL;         \
	     child && ((child##_next = child->next), true); child = child##_next)

static inline bool node_is(const struct node *n, enum node_kind kind)
{
	return n && n->kind == kind;
}
static inline bool node_is_scalar(const struct node *n)
{
	return n && n->kind < NODE_LIST;
}
/* Text of a string scalar, NULL for anything else. */
const char *node_text(const struct node *n);
/* "services.web.ports[0]": from the root to n, in the arena. */
char *node_path(struct arena *a, const struct node *n);
/* Puts item in front of at, which has a parent list. */
void node_insert_before(struct node *at, struct node *item);
/* Records on n how it came to be (not with NULL), and what it replaced with all that one's history
 * (not with NULL). */
void node_origin(struct arena *a, struct node *n, const char *how, const struct node *old);
/* The place in the file of the offset-th byte of a scalar's text: exact where the file still says
 * what text says, else as near as is known. col 0 = only the line is known. */
struct srcpos node_pos_at(const struct node *n, size_t offset);
/* The place of the piece of a scalar's text that message ends with ("invalid hostPort: 80a0"); that
 * of the scalar when there is none. */
struct srcpos node_pos_in(const struct node *n, const char *message);
/* The word users know the kind by: "string", "number", "boolean", "list", "mapping", "null". */
const char *node_kind_name(enum node_kind kind);

#endif
