/*
 * Step 7: a service that extends another is that one's copy, overridden by its own attributes.
 *
 * A base in the same document is looked up among its services (included ones too). A base in
 * another file comes from that file's services as they are written there: merged over its
 * documents, long forms made, relative paths turned towards our directory, nothing included,
 * nothing checked. Each such file is read once per set and kept in l->extended.
 */
#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "compose/load/rules.h"
#include "compose/load/set.h"

/* A file read for its services. */
struct extended {
	struct extended *next;
	const char *path;
	struct node *root; /* NULL: it could not be read, which was reported */
	struct node *mask;
};

/* The services one file (or document) offers. */
struct scope {
	const char *file; /* absolute, or "-" */
	struct node *root;
	const struct node *mask;
};

/* The services being extended, innermost first. */
struct chain {
	const struct chain *outer;
	const char *file, *service;
	unsigned depth;
};

enum { DEPTH_MAX = 500 };

static bool resolve(struct loader *l, const struct scope *s, const char *name,
		    const struct chain *outer);

/* ---- other files ---- */

/* dir as seen from base: the part below it, "." for base itself, else dir. */
static const char *dir_from(struct arena *a, const char *base, const char *dir)
{
	size_t n = strlen(base);

	if (strcmp(base, dir) == 0)
		return ".";
	if (strncmp(base, dir, n) == 0 && (dir[n] == '/' || n == 1))
		return arena_strdup(a, dir + n + (n != 1));
	return dir;
}

static void read_extended(struct loader *l, struct extended *x, const struct srcpos *at)
{
	AUTO(mem) char *dir = path_dir(x->path);
	const char *from = dir_from(l->arena, l->working_dir, dir);
	struct source src;
	struct node *services;

	if (!source_read(l, x->path, at, &src))
		return;
	x->root = node_new(l->arena, NODE_MAP, &(struct srcpos){ src.shown, 1, 1 });
	for (size_t i = 0; i < src.docs.n; i++) {
		struct node *doc = src.docs.v[i];

		if (doc->kind != NODE_MAP)
			continue;
		x->mask = tags_collect(l, doc);
		if (!l->opt->no_interpolate && !l->opt->variables_only)
			step_interpolate(l, doc);
		tags_apply(x->mask, x->root);
		step_merge(l, x->root, doc);
	}
	services = node_get(x->root, "services");
	NODE_EACH(service, node_is(services, NODE_MAP) ? services : NULL) {
		if (service->kind != NODE_MAP || l->opt->variables_only)
			continue;
		canonical_service(l, service);
		paths_service(l, service, from);
	}
}

static const struct extended *extended_file(struct loader *l, const char *path,
					    const struct srcpos *at)
{
	struct extended *x;

	for (x = l->extended; x; x = x->next)
		if (strcmp(x->path, path) == 0)
			return x;
	x = arena_alloc(l->arena, sizeof(*x));
	x->path = path;
	x->next = l->extended;
	l->extended = x;
	read_extended(l, x, at);
	return x;
}

/* The scope `file: NAME` means. False when it cannot be read. */
static bool other_scope(struct loader *l, const struct scope *s, const struct node *file,
			struct scope *ret)
{
	AUTO(mem)
	char *dir = strcmp(s->file, "-") == 0 ? xstrdup(l->working_dir) : path_dir(s->file);
	const char *name = set_file_name(l, file);
	AUTO(mem) char *path = NULL;
	const struct extended *x;

	if (!name)
		return false;
	if (source_is_remote(name)) {
		source_refuse_remote(l, name, &file->pos);
		return false;
	}
	path = path_join(dir, name);
	x = extended_file(l, arena_strdup(l->arena, path), &file->pos);
	*ret = (struct scope){ .file = x->path, .root = x->root, .mask = x->mask };
	return x->root != NULL;
}

/* ---- complaints ---- */

static void not_found(struct loader *l, const struct node *at, const char *name, const char *base,
		      const struct scope *mine, const struct scope *theirs)
{
	const struct node *services = node_get(theirs->root, "services");
	const char **names =
		arena_alloc(l->arena, ((services ? services->n : 0) + 1) * sizeof(*names));
	const char *in =
		mine->file == theirs->file ? "" : arena_printf(l->arena, " in %s", theirs->file);
	struct diag *g;
	size_t n = 0;

	if (services && services->is_damaged)
		return;
	if (!services && *in) {
		diag_add(l->diags, DIAG_ERROR, &at->pos,
			 "cannot extend service \"%s\" in %s: no services section", name,
			 theirs->file);
		return;
	}
	NODE_EACH(s, services)
		if (strcmp(s->key, name) != 0)
			names[n++] = s->key;
	g = diag_add(l->diags, DIAG_ERROR, &at->pos,
		     "cannot extend service \"%s\" in %s: service \"%s\" not found%s", name,
		     mine->file, base, in);
	diag_suggest(g, base, names, n);
}

static void add_chain(struct buf *b, const struct chain *c)
{
	if (c->outer)
		add_chain(b, c->outer);
	buf_addf(b, "\n  %s%s in %s", c->outer ? "extends " : "", c->service, c->file);
}

/* Is (file, service) being extended already, or the chain too long? Then that is reported. */
static bool is_endless(struct loader *l, const struct chain *c, const struct node *at)
{
	if (c->depth > DEPTH_MAX) {
		diag_add(l->diags, DIAG_ERROR, &at->pos,
			 "services extend each other more than %d deep", DEPTH_MAX);
		return true;
	}
	for (const struct chain *o = c->outer; o; o = o->outer) {
		AUTO(buf) struct buf text = BUF_INIT;

		if (strcmp(o->service, c->service) != 0 || strcmp(o->file, c->file) != 0)
			continue;
		add_chain(&text, c);
		diag_add(l->diags, DIAG_ERROR, &at->pos, "Circular reference:%s", buf_str(&text));
		return true;
	}
	return false;
}

/* ---- one service ---- */

static size_t count(const struct node *n)
{
	size_t total = 1;

	NODE_EACH(child, n)
		total += count(child);
	return total;
}

static bool within_budget(struct loader *l, const struct node *base, const struct node *at)
{
	struct load_budget *b = l->budget;

	if (!b || b->copied > LOAD_COPIED_MAX)
		return !b; /* said already */
	b->copied += count(base);
	if (b->copied <= LOAD_COPIED_MAX)
		return true;
	diag_add(l->diags, DIAG_ERROR, &at->pos, "extends copies more than %d values",
		 LOAD_COPIED_MAX);
	return false;
}

/* Puts base, whose own extends is resolved, below service. */
static bool apply(struct loader *l, const struct scope *s, struct node *service,
		  const struct node *base, const struct node *at)
{
	const struct attr *row = attr_child(attr_child(attr_root(), "services"), service->key);
	struct node *copy, *own, *services = service->parent;
	const char *key = service->key;

	if (base->kind != NODE_MAP)
		return true; /* nothing there to take over; a wrong kind is reported by the shape
				check */
	if (!within_budget(l, base, at))
		return false;
	copy = node_copy(l->arena, base);
	tags_apply(node_at(s->mask, "services", key, NULL), copy);
	node_del(copy, "extends");
	/* What stays is a complaint's place: the service is where it was written, not where its
	 * base was. */
	copy->pos = service->pos;
	copy->key_pos = service->key_pos;
	own = merge_value(l, row, copy, service);
	if (own != service)
		node_replace(node_get(services, key), own);
	return true;
}

/* A member that is a string, or is not there. Anything else is reported. */
static bool is_text(struct loader *l, const struct node *n, bool may_be_absent)
{
	if (!n || n->kind == NODE_STR || (may_be_absent && n->kind == NODE_NULL))
		return may_be_absent || n;
	/* Of `extends` itself the shape check knows more. */
	if (strcmp(n->key, "extends") != 0)
		diag_expect(diag_add(l->diags, DIAG_ERROR, &n->pos, "%s must be a string",
				     node_path(l->arena, n)),
			    "a string");
	return false;
}

/* What `extends` says. False when it says nothing usable: then the shape check complains, or we
 * did. */
static bool read_extends(struct loader *l, const struct node *service, const struct node *n,
			 const struct node **base, const struct node **file)
{
	*base = n->kind == NODE_MAP ? node_get(n, "service") : n;
	*file = node_get(n, "file");
	if (!*base && n->kind == NODE_MAP) {
		diag_expect(diag_add(l->diags, DIAG_ERROR, &n->pos,
				     "extends.%s.service is required", service->key),
			    "extends: {service: NAME, file: FILE}");
		diags_mute(l->diags, &n->pos, 1);
	}
	return is_text(l, *base, false) && is_text(l, *file, true);
}

static bool take_base(struct loader *l, const struct scope *s, struct node *service,
		      const struct node *extends, const struct chain *here)
{
	const struct node *base, *file, *found;
	struct scope other = *s;
	const char *name;

	if (!read_extends(l, service, extends, &base, &file))
		return false;
	name = set_file_name(l, base);
	if (file && file->kind == NODE_STR && !other_scope(l, s, file, &other))
		return false;
	if (!node_get(node_get(other.root, "services"), name)) {
		not_found(l, base, service->key, name, s, &other);
		return false;
	}
	if (is_endless(l, &(struct chain){ here, other.file, name, here->depth + 1 }, base) ||
	    !resolve(l, &other, name, here))
		return false;
	found = node_get(node_get(other.root, "services"), name);
	return found == service || apply(l, s, service, found, base);
}

/* Keys a later check must still see: only then `extends` stays. */
static bool has_other_keys(const struct node *extends)
{
	NODE_EACH(child, extends)
		if (strcmp(child->key, "service") != 0 && strcmp(child->key, "file") != 0)
			return true;
	return false;
}

static bool is_usable(const struct node *extends)
{
	return extends->kind == NODE_STR || (extends->kind == NODE_MAP && !has_other_keys(extends));
}

/* Makes service name of s complete. */
static bool resolve(struct loader *l, const struct scope *s, const char *name,
		    const struct chain *outer)
{
	const struct chain here = { outer, s->file, name, outer ? outer->depth + 1 : 0 };
	struct node *service = node_get(node_get(s->root, "services"), name);
	struct node *extends = node_get(service, "extends");
	bool ok;

	if (!extends || extends->kind == NODE_NULL)
		return true;
	ok = take_base(l, s, service, extends, &here);
	service = node_get(node_get(s->root, "services"), name);
	service->is_damaged |= !ok;
	extends = node_get(service, "extends");
	if (extends && is_usable(extends))
		node_remove(extends);
	return ok;
}

void step_extends(struct loader *l, struct node *doc, const struct node *mask, const char *file)
{
	const struct scope s = { .file = file, .root = doc, .mask = mask };
	struct node *services = node_get(doc, "services");
	const char **names;
	size_t n = 0;

	if (!node_is(services, NODE_MAP))
		return;
	/* Completing one service may replace the nodes of others: walk over names. */
	names = arena_alloc(l->arena, (services->n + 1) * sizeof(*names));
	NODE_EACH(service, services)
		names[n++] = service->key;
	for (size_t i = 0; i < n; i++)
		(void)resolve(l, &s, names[i], NULL);
}
