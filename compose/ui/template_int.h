/*
 * compose/ui/template_int.h - what parsing and executing templates share; private to template*.c.
 *
 * Owns:    a node owns its children and strings.
 * Units:   none.
 * Errors:  none.
 * Thread:  any one thread at a time.
 * Source:  Go text/template/parse.
 */
#ifndef COMPOSE_UI_TEMPLATE_INT_H
#define COMPOSE_UI_TEMPLATE_INT_H

#include "base/strv.h"
#include "compose/ui/template.h"

enum tnode_kind {
	T_TEXT,     /* text */
	T_ACTION,   /* args: pipeline; path: variables it is assigned to */
	T_IF,       /* args: condition; body, other */
	T_RANGE,    /* as T_IF; path: variables for index and item */
	T_WITH,
	T_ELSE,     /* only while parsing */
	T_END,      /* only while parsing */
	T_PIPE,     /* args: one call; path: fields behind its parentheses */
	T_FIELD,    /* path; args: method arguments */
	T_VARIABLE, /* text: name; path */
	T_FUNCTION, /* text: name; args */
	T_STRING,   /* text */
	T_NUMBER,   /* number */
	T_BOOL,     /* number */
	T_NIL,
};

struct tnode {
	enum tnode_kind kind;
	char *text;
	double number;
	struct strv path;
	struct tnode *args; /* list */
	struct tnode *body, *other; /* lists */
	struct tnode *next;
};

struct template {
	struct tnode *list;
};

void tnode_free(struct tnode *n);

/* ---- executing ---- */

struct variable {
	const char *name;
	const struct json *value;
};

struct run {
	const struct template_data *data;
	struct buf *out;
	struct err **e;
	struct variable *vars;
	size_t n_vars, cap_vars;
	struct json **made; /* values functions made; freed when the run ends */
	size_t n_made, cap_made;
};

/* Registers a new value with the run. */
const struct json *run_own(struct run *r, struct json *j);
/* As Go's fmt "%v". */
void value_print(struct buf *out, const struct json *j);
bool value_is_true(const struct json *j);
/* The functions of templates: args evaluated, in order. *ret is owned by run or borrowed. */
int template_call(struct run *r, const char *name, const struct json **args, size_t n,
		  const struct json **ret);
bool template_has_function(const char *name);

#endif
