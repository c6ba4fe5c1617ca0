/*
 * compose/load/emit.h - a project tree as text, byte for byte what docker compose prints.
 *
 * Two kinds of tree: bound ones are printed by their rows (order of members, what is left out); raw
 * ones (config --no-interpolate) show everything, sorted.
 *
 * Owns:    texts are for free(3); lists of members are released by their maker.
 * Units:   none.
 * Errors:  none.
 * Thread:  any one thread at a time per tree.
 * Source:  reference "Key order", "Omission rules", "YAML emitter"; golden output of docker compose v5.
 */
#ifndef COMPOSE_LOAD_EMIT_H
#define COMPOSE_LOAD_EMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "compose/load/attr.h"
#include "compose/load/node.h"

/* A YAML document that ends with a newline; JSON of two blanks' indentation without one. "$" is not
 * doubled. */
char *emit_yaml(const struct node *root, bool raw);
char *emit_json(const struct node *root, bool raw);

enum emit_style {
	EMIT_YAML,
	EMIT_JSON,
	EMIT_HASH, /* as JSON, without what may change while a container stays */
};

/* One member shown; n is NULL where JSON has null or {} for what is absent. */
struct shown {
	const char *key;
	const struct node *n;
	const struct attr *row; /* NULL below free-form values and in raw trees */
};

/* The members of mapping n to be shown, in order. row NULL = raw. *ret is for free(3). */
size_t emit_members(const struct node *n, const struct attr *row, enum emit_style style,
		    struct shown **ret);
/* The row that members and items below a shown value have: NULL for free-form ones. */
const struct attr *emit_item_row(const struct attr *row);

/* One value and what is below, as JSON on one line. */
void emit_json_compact(struct buf *out, const struct node *n, const struct attr *row,
		       enum emit_style style);
/* A JSON string with its quotes, escaped as Go's encoder does. */
void emit_json_string(struct buf *out, const char *text);
/* A YAML scalar as a key or value would show it, without block styles. */
void emit_yaml_inline(struct buf *out, const char *text);

/* The order of names in YAML: numbers in names count as numbers. */
int natural_compare(const char *a, const char *b);

#endif
