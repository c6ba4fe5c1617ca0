/*
 * Normally: events come in, a stack of open collections turns them into nodes. A node is linked to
 * its parent when it begins, so that a complaint can name its path. An alias is a deep copy of its
 * anchor's node, which is complete by then. A mapping's merge keys are flattened when it ends.
 *
 * When it fails: a mistake of content (duplicate key, key that is no string, bad merge value) is
 * reported and the rest is read; a syntax error or a limit ends the reading.
 */
#include "compose/load/yaml.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>

#include "base/map.h"
#include "base/mem.h"
#include "compose/load/base64.h"
#include "compose/load/scalar.h"
#include "compose/load/yaml_error.h"

struct frame {
	struct node *node;
	/* Mappings only: */
	const char *key; /* read, its value is to come */
	struct srcpos key_pos;
	bool is_merge;   /* that key is << */
	bool is_ignored; /* that key is a duplicate or unusable: the value is built, then forgotten
			  */
	struct node *merge; /* the value of << */
};

struct reader {
	struct arena *a;
	struct diags *d;
	const char *file, *text;
	size_t n_text;
	yaml_parser_t parser;
	struct frame stack[YAML_DEPTH_MAX];
	size_t depth;
	struct map anchors; /* name -> node, of this document */
	struct node *doc;
	struct yaml_docs docs;
	size_t cap_docs, n_values, n_aliased;
	bool failed;
};

static struct srcpos pos_of(const struct reader *r, const yaml_mark_t *m)
{
	return (struct srcpos){ r->file, (unsigned)m->line + 1, (unsigned)m->column + 1 };
}

static struct diag *complain(struct reader *r, const struct srcpos *pos, const char *text)
{
	r->failed = true;
	return diag_add(r->d, DIAG_ERROR, pos, "%s", text);
}

/* ---- counting ---- */

static int count(struct reader *r, const struct srcpos *pos)
{
	if (++r->n_values <= YAML_VALUES_MAX)
		return 0;
	complain(r, pos, arena_printf(r->a, "the file has more than %d values", YAML_VALUES_MAX));
	return -E2BIG;
}

/* Copies what an alias stands for; depth counts from the root. */
static struct node *expand(struct reader *r, const struct node *n, size_t depth,
			   const struct srcpos *pos)
{
	struct node *copy;

	if (depth > YAML_DEPTH_MAX || ++r->n_aliased > YAML_ALIASED_MAX) {
		complain(r, pos,
			 depth > YAML_DEPTH_MAX
				 ? arena_printf(r->a, "aliases nest values more than %d deep",
						YAML_DEPTH_MAX)
				 : arena_printf(r->a,
						"document contains excessive aliasing: more than "
						"%d values",
						YAML_ALIASED_MAX));
		return NULL;
	}
	copy = node_new(r->a, n->kind, &n->pos);
	copy->quoted = n->quoted;
	copy->is_exact = n->is_exact;
	copy->is_literal = n->is_literal;
	copy->text = n->text;
	copy->i = n->i;
	copy->tag = n->tag;
	NODE_EACH(child, n) {
		struct node *c = expand(r, child, depth + 1, pos);

		if (!c)
			return NULL;
		c->key_pos = child->key_pos;
		if (n->kind == NODE_MAP)
			node_add(r->a, copy, child->key, c);
		else
			node_append(copy, c);
	}
	return copy;
}

/* ---- placing a finished or begun value ---- */

static void place_in_map(struct reader *r, struct frame *f, struct node *n)
{
	n->key_pos = f->key_pos;
	if (f->is_merge)
		f->merge = n;
	if (f->is_merge || f->is_ignored) {
		/* Not linked, but node_path() can still name it. */
		n->key = f->key;
		n->parent = f->node;
	} else {
		node_add(r->a, f->node, f->key, n);
	}
	f->key = NULL;
	f->is_merge = f->is_ignored = false;
}

static void place(struct reader *r, struct node *n)
{
	struct frame *f = r->depth ? &r->stack[r->depth - 1] : NULL;

	if (!f)
		r->doc = n;
	else if (f->node->kind == NODE_LIST)
		node_append(f->node, n);
	else
		place_in_map(r, f, n);
}

static int push(struct reader *r, struct node *n, const char *anchor, bool is_key)
{
	if (r->depth == YAML_DEPTH_MAX) {
		complain(r, &n->pos,
			 arena_printf(r->a, "values are nested more than %d deep", YAML_DEPTH_MAX));
		return -E2BIG;
	}
	if (is_key)
		n->parent = r->stack[r->depth - 1].node;
	else
		place(r, n);
	if (anchor)
		map_set(&r->anchors, anchor, n);
	r->stack[r->depth++] = (struct frame){ .node = n };
	return 0;
}

/* ---- tags ---- */

#define CORE "tag:yaml.org,2002:"

/* Our own two tags are kept; all others act here or are ignored. */
static const char *kept_tag(const char *tag)
{
	if (!tag)
		return NULL;
	return strcmp(tag, "!reset") == 0      ? "!reset"
	       : strcmp(tag, "!override") == 0 ? "!override"
					       : NULL;
}

static const char *core_name(const char *tag)
{
	return tag && strncmp(tag, CORE, sizeof(CORE) - 1) == 0 ? tag + sizeof(CORE) - 1 : NULL;
}

static bool fits(const char *type, struct scalar *s, const char *text)
{
	if (strcmp(type, "int") == 0)
		return s->kind == NODE_INT;
	if (strcmp(type, "bool") == 0)
		return s->kind == NODE_BOOL;
	if (strcmp(type, "null") == 0)
		return s->kind == NODE_NULL;
	if (strcmp(type, "float") == 0) {
		if (s->kind == NODE_INT)
			*s = (struct scalar){ .kind = NODE_FLOAT, .f = (double)s->i };
		return s->kind == NODE_FLOAT;
	}
	(void)text;
	s->kind = NODE_STR;
	return true;
}

static void apply_core_tag(struct reader *r, struct node *n, const char *type)
{
	struct scalar s = scalar_resolve(n->text);

	if (strcmp(type, "binary") == 0) {
		char *bytes = base64_decode(r->a, n->text);

		n->kind = NODE_STR;
		if (bytes)
			n->text = bytes;
		else
			complain(r, &n->pos, "!!binary value is not base64 text");
		return;
	}
	if (!fits(type, &s, n->text))
		complain(r, &n->pos,
			 arena_printf(r->a, "cannot decode !!str `%s` as a !!%s", n->text, type));
	n->kind = s.kind;
	n->i = 0;
	if (s.kind == NODE_FLOAT)
		n->f = s.f;
	else if (s.kind == NODE_INT)
		n->i = s.i;
	else if (s.kind == NODE_BOOL)
		n->b = s.b;
}

static void resolve(struct reader *r, struct node *n, const char *tag, bool is_plain)
{
	const char *type = core_name(tag);

	if (type) {
		apply_core_tag(r, n, type);
	} else if (is_plain && (!tag || kept_tag(tag))) {
		struct scalar s = scalar_resolve(n->text);

		n->kind = s.kind;
		if (s.kind == NODE_INT)
			n->i = s.i;
		else if (s.kind == NODE_FLOAT)
			n->f = s.f;
		else if (s.kind == NODE_BOOL)
			n->b = s.b;
	}
}

/* ---- keys ---- */

static char *path_here(struct reader *r)
{
	const struct node *n = r->depth ? r->stack[r->depth - 1].node : NULL;
	const char *path = n ? node_path(r->a, n) : "";

	return *path ? arena_printf(r->a, "in %s", path) : arena_strdup(r->a, "at top level");
}

static struct diag *bad_key(struct reader *r, const struct srcpos *pos, const char *what)
{
	return complain(r, pos, arena_printf(r->a, "non-string key %s: %s", path_here(r), what));
}

static void take_key(struct reader *r, struct frame *f, const yaml_event_t *e,
		     const struct srcpos *pos)
{
	const char *text = arena_strndup(r->a, (char *)e->data.scalar.value, e->data.scalar.length);
	const char *tag = (char *)e->data.scalar.tag, *type = core_name(tag);
	bool is_plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	struct node *old;

	f->key = text;
	f->key_pos = *pos;
	f->is_merge = (is_plain && !tag && strcmp(text, "<<") == 0) ||
		      (type && strcmp(type, "merge") == 0);
	if (f->is_merge) {
		f->is_ignored = f->merge != NULL;
		old = f->merge;
	} else {
		old = node_get(f->node, text);
	}
	if (old) {
		struct diag *g =
			complain(r, pos,
				 arena_printf(r->a, "mapping key \"%s\" already defined at line %u",
					      text, old->key_pos.line));

		diag_hint(g, f->is_merge ? "merge several mappings with one key: <<: [*a, *b]"
					 : "keep one of the two");
		f->is_ignored = true;
		f->is_merge = false;
	} else if (!f->is_merge && is_plain && !(type && strcmp(type, "str") == 0) &&
		   scalar_resolve(text).kind != NODE_STR) {
		struct diag *g = bad_key(r, pos, *text ? text : "null");

		if (*text)
			diag_hint(g, "write it as \"%s\" if it is meant as text", text);
		else
			diag_expect(g, "a key in front of the colon");
	}
}

/* A collection as a key: most often a template like {{ x }} that was meant as text. */
static void skip_key(struct reader *r, struct frame *f, const struct srcpos *pos, const char *what)
{
	diag_hint(bad_key(r, pos, what), "if the braces are meant as text, quote the whole value");
	diags_mute(r->d, &f->node->pos, 1);
	f->key = "";
	f->key_pos = *pos;
	f->is_ignored = true;
}

static bool wants_key(const struct reader *r)
{
	const struct frame *f = r->depth ? &r->stack[r->depth - 1] : NULL;

	return f && f->node->kind == NODE_MAP && !f->key;
}

/* ---- merge keys ---- */

static void merge_from(struct reader *r, struct node *into, struct node *from)
{
	NODE_EACH(child, from)
		/* A copy: from may carry an anchor of its own. */
		if (!node_get(into, child->key))
			node_add(r->a, into, child->key, node_copy(r->a, child));
}

static void flatten(struct reader *r, struct frame *f)
{
	struct node *m = f->merge;
	bool ok = m->kind == NODE_MAP || m->kind == NODE_LIST;

	if (m->kind == NODE_MAP)
		merge_from(r, f->node, m);
	NODE_EACH(item, m->kind == NODE_LIST ? m : NULL) {
		if (item->kind == NODE_MAP)
			merge_from(r, f->node, item);
		else
			ok = false;
	}
	/* An alias would send people to its anchor, which may be right where it is used otherwise.
	 */
	if (!ok)
		diag_expect(complain(r, &m->key_pos,
				     "map merge requires map or sequence of maps as the value"),
			    "<<: *anchor, or <<: [*first, *second]");
}

/* ---- events ---- */

static void note_style(struct node *n, const yaml_event_t *e)
{
	yaml_scalar_style_t style = e->data.scalar.style;
	size_t chars = 0;

	n->quoted = style != YAML_PLAIN_SCALAR_STYLE;
	n->is_literal = style == YAML_LITERAL_SCALAR_STYLE;
	if (n->is_literal || style == YAML_FOLDED_SCALAR_STYLE ||
	    e->start_mark.line != e->end_mark.line)
		return;
	for (const char *p = n->text; *p; p++)
		chars += ((unsigned char)*p & 0xc0) != 0x80;
	n->is_exact = e->end_mark.column - e->start_mark.column == chars + (n->quoted ? 2 : 0) &&
		      !e->data.scalar.tag && !e->data.scalar.anchor;
}

static int on_scalar(struct reader *r, const yaml_event_t *e)
{
	struct srcpos pos = pos_of(r, &e->start_mark);
	const char *tag = (char *)e->data.scalar.tag, *anchor = (char *)e->data.scalar.anchor;
	bool is_key = wants_key(r);
	struct node *n;

	if (memchr(e->data.scalar.value, 0, e->data.scalar.length)) {
		complain(r, &pos, "a value must not contain a NUL byte");
		return -EINVAL;
	}
	if (count(r, &pos) < 0)
		return -E2BIG;
	if (is_key)
		take_key(r, &r->stack[r->depth - 1], e, &pos);
	if (is_key && !anchor)
		return 0;
	n = node_new(r->a, NODE_STR, &pos);
	n->text = arena_strndup(r->a, (char *)e->data.scalar.value, e->data.scalar.length);
	note_style(n, e);
	n->tag = kept_tag(tag);
	resolve(r, n, tag, !n->quoted);
	if (anchor)
		map_set(&r->anchors, anchor, n);
	if (!is_key)
		place(r, n);
	return 0;
}

static int on_collection(struct reader *r, const yaml_event_t *e, enum node_kind kind)
{
	bool is_map = kind == NODE_MAP, is_key = wants_key(r);
	const char *anchor =
		(char *)(is_map ? e->data.mapping_start.anchor : e->data.sequence_start.anchor);
	struct srcpos pos = pos_of(r, &e->start_mark);
	struct node *n = node_new(r->a, kind, &pos);

	n->tag =
		kept_tag((char *)(is_map ? e->data.mapping_start.tag : e->data.sequence_start.tag));
	if (count(r, &pos) < 0)
		return -E2BIG;
	if (is_key)
		skip_key(r, &r->stack[r->depth - 1], &pos, is_map ? "a mapping" : "a list");
	return push(r, n, anchor, is_key);
}

static void unknown_anchor(struct reader *r, const struct srcpos *pos, const char *name)
{
	const char **names = arena_alloc(r->a, (r->anchors.n + 1) * sizeof(*names));
	struct map_entry *e;
	size_t n = 0;

	MAP_EACH(e, &r->anchors)
		names[n++] = e->key;
	diag_suggest(complain(r, pos, arena_printf(r->a, "unknown anchor '%s' referenced", name)),
		     name, names, n);
}

static int on_alias(struct reader *r, const yaml_event_t *e)
{
	const char *name = (char *)e->data.alias.anchor;
	struct srcpos pos = pos_of(r, &e->start_mark);
	const struct node *target = map_get(&r->anchors, name);
	struct node *copy;

	for (size_t i = 0; i < r->depth; i++)
		if (r->stack[i].node == target)
			target = NULL;
	if (!target && map_has(&r->anchors, name)) {
		complain(r, &pos, arena_printf(r->a, "anchor '%s' value contains itself", name));
		return -ELOOP;
	}
	if (!target) {
		unknown_anchor(r, &pos, name);
		return -EINVAL;
	}
	if (wants_key(r)) {
		bad_key(r, &pos, arena_printf(r->a, "*%s", name));
		return -EINVAL;
	}
	copy = expand(r, target, r->depth + 1, &pos);
	if (!copy)
		return -E2BIG;
	place(r, copy);
	return 0;
}

static void on_end(struct reader *r)
{
	struct frame *f = &r->stack[r->depth - 1];

	if (f->merge)
		flatten(r, f);
	r->depth--;
}

static void end_document(struct reader *r)
{
	ARRAY_RESERVE(r->docs.v, r->docs.n, r->cap_docs);
	r->docs.v[r->docs.n++] = r->doc;
	r->doc = NULL;
	map_done(&r->anchors);
}

static int on_event(struct reader *r, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return on_scalar(r, e);
	case YAML_MAPPING_START_EVENT:
		return on_collection(r, e, NODE_MAP);
	case YAML_SEQUENCE_START_EVENT:
		return on_collection(r, e, NODE_LIST);
	case YAML_ALIAS_EVENT:
		return on_alias(r, e);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		on_end(r);
		return 0;
	case YAML_DOCUMENT_END_EVENT:
		end_document(r);
		return 0;
	default:
		return 0;
	}
}

/* What stands at a place of the text that was read. */
static struct srcpos offset_pos(const char *file, const char *text, size_t n)
{
	struct srcpos pos = { file, 1, 1 };
	const char *line = text;

	for (const char *p; (p = memchr(line, '\n', n - (size_t)(line - text))); line = p + 1)
		pos.line++;
	pos.col = (unsigned)(text + n - line) + 1;
	return pos;
}

static void report_syntax(struct reader *r)
{
	const yaml_parser_t *y = &r->parser;
	size_t at = y->problem_mark.index;
	struct yaml_problem p = {
		.problem = y->problem ? y->problem : "unreadable",
		.context = y->context,
		.at = pos_of(r, &y->problem_mark),
		.byte = at < r->n_text ? r->text[at] : 0,
	};

	r->failed = true;
	if (y->context)
		p.context_at = pos_of(r, &y->context_mark);
	if (y->error == YAML_READER_ERROR)
		p.at = offset_pos(r->file, r->text,
				  y->problem_offset < r->n_text ? y->problem_offset : r->n_text);
	yaml_problem_report(r->d, &p);
}

/* Reads to the end of the stream, a syntax error, or a mistake after which nothing makes sense. */
static void read_stream(struct reader *r)
{
	bool done = false;

	while (!done) {
		yaml_event_t e;

		if (!yaml_parser_parse(&r->parser, &e)) {
			report_syntax(r);
			return;
		}
		done = e.type == YAML_STREAM_END_EVENT || on_event(r, &e) < 0;
		yaml_event_delete(&e);
	}
}

int yaml_read(struct arena *a, struct diags *d, const char *file, const char *text, size_t n,
	      struct yaml_docs *ret)
{
	AUTO(mem) struct reader *r = NULL;

	if (n > YAML_BYTES_MAX) {
		struct srcpos pos = offset_pos(file, text, YAML_BYTES_MAX);

		diag_add(d, DIAG_ERROR, &pos, "the file is larger than %d MiB",
			 YAML_BYTES_MAX >> 20);
		return -EFBIG;
	}
	r = xcalloc(1, sizeof(*r));
	*r = (struct reader){ .a = a, .d = d, .file = file, .text = text, .n_text = n };
	if (!yaml_parser_initialize(&r->parser))
		abort(); /* only out of memory */
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)text, n);
	read_stream(r);
	yaml_parser_delete(&r->parser);
	map_done(&r->anchors);
	ret->n = r->docs.n;
	ret->v = arena_alloc(a, (r->docs.n + 1) * sizeof(struct node *));
	if (ret->n)
		memcpy(ret->v, r->docs.v, ret->n * sizeof(struct node *));
	free(r->docs.v);
	return r->failed ? -EINVAL : 0;
}
