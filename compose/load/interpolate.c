/* Step 4: variables in every string value of a document, then the types the attribute table wants.
 */
#include <string.h>

#include "base/buf.h"
#include "compose/load/cast.h"
#include "compose/load/rules.h"
#include "compose/load/steps.h"
#include "compose/load/subst.h"

struct pass {
	struct loader *l;
	const struct node *n; /* being interpolated */
	const char *used;     /* the last variable out of a file, for the origin */
	const struct srcpos *used_pos;
};

static const char *get(void *ctx, const char *name)
{
	struct pass *p = ctx;
	const struct srcpos *pos = env_pos(p->l->env, name);

	if (pos) {
		p->used = arena_strdup(p->l->arena, name);
		p->used_pos = pos;
	}
	return env_get(p->l->env, name);
}

static void unset(void *ctx, const char *name, size_t offset)
{
	struct pass *p = ctx;
	struct srcpos pos = node_pos_at(p->n, offset);

	diag_add(p->l->diags, DIAG_WARNING, &pos,
		 "The \"%s\" variable is not set. Defaulting to a blank string.", name);
}

/* "services.web.ports[0]", or "top level" for a document that is one string. */
static const char *path_of(struct loader *l, const struct node *n)
{
	const char *path = node_path(l->arena, n);

	return *path ? path : "top level";
}

static void report(struct loader *l, const struct node *n, const struct subst_failure *f)
{
	struct srcpos pos = node_pos_at(n, f->offset);
	struct diag *g;

	if (!f->why) {
		g = diag_add(
			l->diags, DIAG_ERROR, &pos,
			"error while interpolating %s: required variable %s is missing a value%s%s",
			path_of(l, n), buf_str(&f->name), f->message.n ? ": " : "",
			buf_str(&f->message));
		diag_hint(g, "set %s in the environment or in an env file", buf_str(&f->name));
		return;
	}
	g = diag_add(l->diags, DIAG_ERROR, &pos, "invalid interpolation format for %s: %s",
		     path_of(l, n), f->why);
	diag_expect(g, "$NAME, ${NAME}, ${NAME:-default}, ${NAME:?message} or ${NAME:+alternate}");
	diag_hint(g, "write $$ for a dollar sign that begins no variable");
}

static void note_origin(struct pass *p, struct node *n, const char *template)
{
	struct arena *a = p->l->arena;
	const char *how = arena_concat(a, "interpolated from \"", template, "\"", NULL);

	if (p->used)
		how = arena_printf(a, "%s, %s is set at %s:%u", how, p->used, p->used_pos->file,
				   p->used_pos->line);
	node_origin(a, n, how, NULL);
}

static bool interpolate_string(struct loader *l, struct node *n)
{
	struct pass p = { .l = l, .n = n };
	const struct subst_lookup lookup = { get, unset, &p };
	AUTO(buf) struct buf out = BUF_INIT;
	struct subst_failure f;
	const char *template = n->text;
	bool ok = subst_eval(&lookup, str_of(template), &out, &f) == 0;

	if (!ok) {
		report(l, n, &f);
		diags_mute(l->diags, &n->pos, n->is_exact ? strlen(n->text) : 1);
	} else {
		n->text = arena_strndup(l->arena, buf_str(&out), out.n);
		note_origin(&p, n, template);
		/* Columns of the file say nothing about the new text. */
		n->is_exact = n->is_literal = false;
	}
	subst_failure_done(&f);
	return ok;
}

static void walk(struct loader *l, struct node *n, const struct attr *row)
{
	if (n->kind == NODE_STR) {
		enum cast_kind cast = attr_cast(row);

		if (strchr(n->text, '$') && !interpolate_string(l, n))
			return;
		if (cast != CAST_NONE)
			cast_node(l->diags, l->arena, n, cast);
		return;
	}
	NODE_EACH(child, n)
		if (child->kind >= NODE_STR)
			walk(l, child,
			     n->kind == NODE_MAP ? attr_child(row, child->key) : attr_item(row));
}

void step_interpolate(struct loader *l, struct node *doc)
{
	walk(l, doc, attr_root());
}
