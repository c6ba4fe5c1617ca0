/*
 * Step 10: does the tree have the shape the rows allow?
 *
 * Tree and table are walked side by side. Every mistake is reported where it stands; what is wrong is
 * taken out when the walk is over, so that positions in lists stay true while messages are written and
 * later steps only meet values of legal shape.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "compose/load/attr.h"
#include "compose/load/hints.h"
#include "compose/load/floats.h"
#include "compose/load/schema_path.h"
#include "compose/load/steps.h"

struct validator {
	struct loader *l;
	struct node **rejected;
	size_t n_rejected, cap_rejected;
};

static void reject(struct validator *v, struct node *n)
{
	ARRAY_RESERVE(v->rejected, v->n_rejected, v->cap_rejected);
	v->rejected[v->n_rejected++] = n;
	if (n->parent)
		n->parent->is_damaged = true;
}

static const char *path_of(struct validator *v, const struct node *n)
{
	return schema_path(v->l->arena, n);
}

/* ---- kinds ---- */

static bool form_allowed(const struct node *n, unsigned forms)
{
	switch (n->kind) {
	case NODE_NULL:
		return forms & NIL;
	case NODE_BOOL:
		return forms & BOOL;
	case NODE_INT:
		return forms & (INT | NUM);
	case NODE_FLOAT:
		return (forms & NUM) || ((forms & INT) && float_is_whole(n->f));
	case NODE_STR:
		return forms & STR;
	case NODE_LIST:
		return forms & LIST;
	case NODE_MAP:
		return forms & MAP;
	}
	return false;
}

/* "boolean, null or string": alternatives in alphabetical order, named as JSON schema does. */
static void add_form_names(struct buf *b, unsigned forms)
{
	static const struct {
		unsigned form;
		const char *name;
	} names[] = {
		{ LIST, "array" },  { BOOL, "boolean" }, { INT, "integer" }, { MAP, "mapping" },
		{ NIL, "null" },    { NUM, "number" },	 { STR, "string" },
	};
	size_t left = (size_t)__builtin_popcount(forms), total = left;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!(forms & names[i].form))
			continue;
		if (left != total)
			buf_addstr(b, left == 1 ? " or " : ", ");
		buf_addstr(b, names[i].name);
		left--;
	}
}

static void report_form(struct validator *v, struct node *n, const struct attr *a)
{
	AUTO(buf) struct buf names = BUF_INIT;
	struct diag *g;

	add_form_names(&names, a->forms);
	g = diag_add(v->l->diags, DIAG_ERROR, &n->pos, "%s must be a %s", path_of(v, n),
		     buf_str(&names));
	diag_expect(g, "%s", attr_expects(a));
	hint_shape(g, n, a);
	reject(v, n);
}

/* ---- scalars ---- */

/* Raw trees keep ${...}: what a value will be is not known yet. */
static bool is_open(const struct validator *v, const struct node *n)
{
	return v->l->opt && v->l->opt->no_interpolate && strchr(n->text, '$');
}

static void check_words(struct validator *v, struct node *n, const struct attr *a)
{
	AUTO(buf) struct buf list = BUF_INIT;
	struct diag *g;
	size_t count = 0;

	for (; a->words[count]; count++) {
		if (strcmp(a->words[count], n->text) == 0)
			return;
		buf_addf(&list, "%s'%s'", count ? ", " : "", a->words[count]);
	}
	g = diag_add(v->l->diags, DIAG_ERROR, &n->pos, "%s value must be one of %s", path_of(v, n),
		     buf_str(&list));
	diag_suggest(g, n->text, a->words, count);
	reject(v, n);
}

static void check_range(struct validator *v, struct node *n, const struct attr *a)
{
	double value = n->kind == NODE_INT ? (double)n->i : n->f;
	const char *bound = NULL, *relation = NULL;

	if (a->min && value < strtod(a->min, NULL)) {
		bound = a->min;
		relation = "greater";
	} else if (a->max && value > strtod(a->max, NULL)) {
		bound = a->max;
		relation = "less";
	}
	if (!bound)
		return;
	diag_add(v->l->diags, DIAG_ERROR, &n->pos, "%s must be %s than or equal to %s",
		 path_of(v, n), relation, bound);
	reject(v, n);
}

static void check_text(struct validator *v, struct node *n, const struct attr *a)
{
	const char *wrong = a->check(n->text);
	struct diag *g;

	if (!wrong)
		return;
	g = starts_with(wrong, "does not match") ?
		    diag_add(v->l->diags, DIAG_ERROR, &n->pos, "%s '%s' %s", path_of(v, n),
			     n->text, wrong) :
		    diag_add(v->l->diags, DIAG_ERROR, &n->pos, "%s: %s: %s", path_of(v, n), wrong,
			     n->text);
	if (a->expect)
		diag_expect(g, "%s", a->expect);
	reject(v, n);
}

static void check_scalar(struct validator *v, struct node *n, const struct attr *a)
{
	if (is_open(v, n))
		return;
	if (n->kind == NODE_STR && a->words)
		check_words(v, n, a);
	else if (a->check && (n->kind == NODE_STR || (n->kind == NODE_INT && a->kind == KIND_TEXT)))
		check_text(v, n, a);
	else if (n->kind == NODE_INT || n->kind == NODE_FLOAT)
		check_range(v, n, a);
}

/* ---- mappings and lists ---- */

static void check_node(struct validator *v, struct node *n, const struct attr *a);

static void report_unknown(struct validator *v, struct node *child, const struct attr_set *set)
{
	const char *path = path_of(v, child->parent);
	AUTO(mem) const char **names = xcalloc(set->n + 1, sizeof(*names));
	size_t n = 0;
	struct diag *g;

	for (size_t i = 0; i < set->n; i++) {
		if (!(set->rows[i].flags & ATTR_INTERNAL))
			names[n++] = set->rows[i].name;
	}
	g = diag_add(v->l->diags, DIAG_ERROR, child->key_pos.line ? &child->key_pos : &child->pos,
		     "%s%sadditional properties '%s' not allowed", path, *path ? " " : "",
		     child->key);
	hint_unknown(g, child);
	if (n)
		diag_suggest(g, child->key, names, n);
	reject(v, child);
}

static bool name_is_strict(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && !strchr("._-", *name))
			return false;
	}
	return true;
}

/* Values the loader itself put there have no place in a file. */
static bool is_hidden(const struct attr *row, const struct node *n)
{
	return (row->flags & ATTR_INTERNAL) && n->pos.line;
}

static void check_required(struct validator *v, struct node *n, const struct attr_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		if ((set->rows[i].flags & ATTR_REQUIRED) && !node_get(n, set->rows[i].name))
			diag_add(v->l->diags, DIAG_ERROR,
				 n->key_pos.line ? &n->key_pos : &n->pos,
				 "%s missing property '%s'", path_of(v, n), set->rows[i].name);
	}
}

static void check_map(struct validator *v, struct node *n, const struct attr_set *set)
{
	if (!set)
		return;
	NODE_EACH(child, n) {
		const struct attr *row = attr_in_set(set, child->key);

		if (!row || is_hidden(row, child) || (set->strict && !name_is_strict(child->key)))
			report_unknown(v, child, set);
		else
			check_node(v, child, row);
	}
	check_required(v, n, set);
}

static void check_distinct(struct validator *v, struct node *list)
{
	AUTO(map) struct map seen = MAP_INIT;
	uintptr_t at = 0;

	NODE_EACH(item, list) {
		uintptr_t before;

		at++;
		if (!node_is_scalar(item))
			continue;
		before = (uintptr_t)map_get(&seen, item->text);
		if (!before) {
			map_set(&seen, item->text, (void *)at);
			continue;
		}
		diag_add(v->l->diags, DIAG_ERROR, &item->pos, "%s items at %zu and %zu are equal",
			 path_of(v, list), (size_t)before - 1, (size_t)at - 1);
		reject(v, item);
	}
}

static void check_list(struct validator *v, struct node *n, const struct attr *a)
{
	if (!a->item)
		return;
	NODE_EACH(item, n)
		check_node(v, item, a->item);
	if ((a->flags & ATTR_SET) && a->unique == UNIQUE_NONE)
		check_distinct(v, n);
}

static void check_node(struct validator *v, struct node *n, const struct attr *a)
{
	if (a->forms == ANY)
		return;
	if (!form_allowed(n, a->forms)) {
		report_form(v, n, a);
		return;
	}
	if (n->kind == NODE_MAP)
		check_map(v, n, a->members);
	else if (n->kind == NODE_LIST)
		check_list(v, n, a);
	else
		check_scalar(v, n, a);
}

static void drop_version(struct validator *v, struct node *root)
{
	struct node *version = node_get(root, "version");

	if (!version)
		return;
	if (version->kind == NODE_STR)
		diag_add(v->l->diags, DIAG_WARNING, &version->pos,
			 "the attribute `version` is obsolete, it will be ignored, please remove it "
			 "to avoid potential confusion");
	else
		report_form(v, version, attr_child(attr_root(), "version"));
	node_remove(version);
}

void step_validate(struct loader *l, struct node *root, const char *file)
{
	struct validator v = { .l = l };

	(void)file; /* every value knows its own place */
	drop_version(&v, root);
	v.n_rejected = 0;
	check_node(&v, root, attr_root());
	for (size_t i = 0; i < v.n_rejected; i++) {
		if (v.rejected[i]->parent)
			node_remove(v.rejected[i]);
	}
	free(v.rejected);
}
