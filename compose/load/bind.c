/*
 * Step 22: every value gets the one type `config` shows.
 *
 * Scalars change in place; strings that stand for lists, and lists that stand for mappings, are
 * replaced. A value that cannot be read is reported and taken out.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/strv.h"
#include "compose/load/attr.h"
#include "compose/load/cast.h"
#include "compose/load/command.h"
#include "compose/load/duration.h"
#include "compose/load/floats.h"
#include "compose/load/steps.h"

/* ---- changing and refusing ---- */

static void set_str(struct loader *l, struct node *n, const char *text)
{
	n->kind = NODE_STR;
	n->text = arena_strdup(l->arena, text);
}

static void set_int(struct loader *l, struct node *n, int64_t v)
{
	n->kind = NODE_INT;
	n->i = v;
	n->text = arena_printf(l->arena, "%" PRId64, v);
}

static void report(struct loader *l, const struct node *n, const struct attr *a, const char *what)
{
	struct srcpos pos = node_pos_in(n, what);
	struct diag *g = diag_add(l->diags, DIAG_ERROR, &pos, "%s: %s", node_path(l->arena, n), what);

	diag_expect(g, "%s", attr_expects(a));
}

static void refuse(struct loader *l, struct node *n, const struct attr *a, const char *what)
{
	report(l, n, a, what);
	node_remove(n);
}

static void refuse_err(struct loader *l, struct node *n, const struct attr *a, struct err *e)
{
	refuse(l, n, a, err_text(e));
	err_free(e);
}

/* ---- scalars ---- */

/* What was written, so that 1.10 and 0755 stay what they are; booleans in their usual spelling. */
static void bind_text(struct loader *l, struct node *n, const struct attr *a)
{
	if (n->kind == NODE_BOOL)
		set_str(l, n, n->b ? "true" : "false");
	else if (n->kind == NODE_NULL && (a->flags & ATTR_EMPTY_NULL))
		set_str(l, n, "");
	else if (n->kind == NODE_INT || n->kind == NODE_FLOAT)
		n->kind = NODE_STR;
}

static void bind_bool(struct loader *l, struct node *n, const struct attr *a)
{
	(void)a;
	if (n->kind != NODE_STR)
		return;
	cast_node(l->diags, l->arena, n, CAST_BOOL);
	if (n->kind == NODE_STR)
		node_remove(n);
}

static void bind_int(struct loader *l, struct node *n, const struct attr *a)
{
	int64_t v;

	if (n->kind == NODE_INT)
		return;
	if (n->kind == NODE_FLOAT && float_is_whole(n->f)) {
		set_int(l, n, (int64_t)n->f);
		return;
	}
	if (n->kind == NODE_STR && num_parse(n->text, INT64_MIN, INT64_MAX, &v) == 0) {
		set_int(l, n, v);
		return;
	}
	refuse(l, n, a, arena_printf(l->arena, "invalid number: '%s'", n->text));
}

/* The number as 32 bits hold it, so that it is printed with no more digits than it has. */
static void bind_cpus(struct loader *l, struct node *n, const struct attr *a)
{
	char *end = NULL;
	double v;

	if (n->kind == NODE_INT)
		v = (double)n->i;
	else if (n->kind == NODE_FLOAT)
		v = n->f;
	else
		v = strtod(n->text, &end);
	if ((end && (end == n->text || *end)) || !isfinite(v)) {
		refuse(l, n, a, arena_printf(l->arena, "invalid number: '%s'", n->text));
		return;
	}
	n->kind = NODE_FLOAT;
	n->f = float32_shortest(v);
}

static const char *bytes_problem(struct loader *l, const char *text)
{
	size_t digits = strspn(text, "0123456789. ");
	const char *unit = text + digits;

	if (!digits || !*unit || *text == ' ')
		return arena_printf(l->arena, "invalid size: '%s'", text);
	return arena_printf(l->arena, "invalid suffix: '%s'", unit);
}

static void bind_bytes(struct loader *l, struct node *n, const struct attr *a)
{
	int64_t v;

	if (n->kind == NODE_INT) {
		v = n->i;
	} else if (n->kind == NODE_FLOAT && n->f > -9e18 && n->f < 9e18) {
		v = (int64_t)n->f;
	} else if (n->kind != NODE_STR || (num_parse(n->text, INT64_MIN, INT64_MAX, &v) < 0 &&
					   bytes_parse(n->text, &v) < 0)) {
		refuse(l, n, a, bytes_problem(l, n->text));
		return;
	}
	set_str(l, n, arena_printf(l->arena, "%" PRId64, v));
}

static void bind_duration(struct loader *l, struct node *n, const struct attr *a)
{
	AUTO(mem) char *text = NULL;
	struct err *e = NULL;
	int64_t ns;

	if (compose_duration_parse(n->text, &ns, &e) < 0) {
		refuse_err(l, n, a, e);
		return;
	}
	text = duration_format(ns);
	set_str(l, n, text);
}

static void bind_micros(struct loader *l, struct node *n, const struct attr *a)
{
	struct err *e = NULL;
	int64_t v;

	if (n->kind != NODE_STR || num_parse(n->text, INT64_MIN, INT64_MAX, &v) == 0) {
		bind_int(l, n, a);
		return;
	}
	if (compose_duration_parse(n->text, &v, &e) < 0) {
		refuse_err(l, n, a, e);
		return;
	}
	set_int(l, n, v / 1000);
}

static void bind_mode(struct loader *l, struct node *n, const struct attr *a)
{
	int64_t mode = -1;

	if (n->kind == NODE_INT) {
		mode = n->i;
	} else if (n->kind == NODE_STR && *n->text && n->text[0] != '-' && n->text[0] != '+') {
		char *end;

		errno = 0;
		mode = strtol(n->text[1] == 'o' ? n->text + 2 : n->text, &end, 8);
		if (*end || errno)
			mode = -1;
	}
	if (mode < 0 || mode > 07777) {
		refuse(l, n, a, arena_printf(l->arena, "invalid file mode: '%s'", n->text));
		return;
	}
	set_str(l, n, arena_printf(l->arena, "0%" PRIo64, mode));
}

static void bind_count(struct loader *l, struct node *n, const struct attr *a)
{
	int64_t v;

	if (n->kind == NODE_STR && strcasecmp(n->text, "all") == 0)
		set_int(l, n, -1);
	else if (n->kind == NODE_STR && num_parse(n->text, INT64_MIN, INT64_MAX, &v) == 0)
		set_int(l, n, v);
	else if (n->kind != NODE_INT)
		refuse(l, n, a,
		       arena_printf(l->arena,
				    "invalid value \"%s\", the only value allowed is 'all' or a number",
				    n->text));
}

/* ---- lists ---- */

static struct node *list_in_place_of(struct loader *l, struct node *n)
{
	struct node *list = node_new(l->arena, NODE_LIST, &n->pos);

	list->origin = n->origin;
	node_replace(n, list);
	return list;
}

static void bind_node(struct loader *l, struct node *n, const struct attr *a);

static void bind_list(struct loader *l, struct node *n, const struct attr *a)
{
	struct node *list = n;

	if (n->kind == NODE_NULL) {
		node_remove(n);
		return;
	}
	if (node_is_scalar(n)) {
		list = list_in_place_of(l, n);
		node_append(list, n);
	}
	/* From the end: refusing one does not change the position of those still to come. */
	for (struct node *item = list->last, *before; item && a->item; item = before) {
		before = item->prev;
		bind_node(l, item, a->item);
	}
}

static void bind_command(struct loader *l, struct node *n, const struct attr *a)
{
	AUTO(strv) struct strv words = STRV_INIT;
	struct err *e = NULL;
	struct node *list;

	if (n->kind != NODE_STR)
		return;
	if (command_split(n->text, &words, &e) < 0) {
		refuse_err(l, n, a, e);
		return;
	}
	list = list_in_place_of(l, n);
	for (size_t i = 0; i < words.n; i++)
		node_append(list, node_str(l->arena, words.v[i], &n->pos));
}

static void bind_test(struct loader *l, struct node *n, const struct attr *a)
{
	struct node *list;

	(void)a;
	if (n->kind != NODE_STR)
		return;
	list = list_in_place_of(l, n);
	node_append(list, node_str(l->arena, "CMD-SHELL", &n->pos));
	node_append(list, n);
}

/* ---- lists that stand for mappings ---- */

static bool ends_with_blank(struct str s)
{
	return s.n && strchr(" \t\r\n\v\f", s.p[s.n - 1]);
}

static void bind_pair_list(struct loader *l, struct node *n, const struct attr *a)
{
	struct node *map = node_new(l->arena, NODE_MAP, &n->pos);

	map->origin = n->origin;
	NODE_EACH(item, n) {
		struct str value = str_of(item->text), name = str_cut(&value, '=');
		struct node *bound;

		if (!(a->flags & ATTR_EMPTY_NULL) && ends_with_blank(name)) {
			report(l, item, a,
			       arena_printf(l->arena,
					    "environment variable %.*s is declared with a trailing space",
					    (int)name.n, name.p));
			continue;
		}
		if (value.p || (a->flags & ATTR_EMPTY_NULL))
			bound = node_str(l->arena, value.p ? value.p : "", &item->pos);
		else
			bound = node_new(l->arena, NODE_NULL, &item->pos);
		bound->origin = item->origin;
		bound->key_pos = item->pos;
		node_set(l->arena, map, arena_strndup(l->arena, name.p, name.n), bound);
	}
	node_replace(n, map);
}

static void bind_pairs(struct loader *l, struct node *n, const struct attr *a)
{
	if (n->kind == NODE_LIST) {
		bind_pair_list(l, n, a);
		return;
	}
	NODE_EACH(child, n)
		bind_text(l, child, a);
}

/* build.ssh: {default: null, id: path} -> [default, id=path] */
static void bind_ssh(struct loader *l, struct node *n, const struct attr *a)
{
	AUTO(strv) struct strv lines = STRV_INIT;
	struct node *list;

	(void)a;
	if (n->kind != NODE_MAP)
		return;
	NODE_EACH(child, n) {
		if (child->kind == NODE_NULL)
			strv_add(&lines, child->key);
		else
			strv_addf(&lines, "%s=%s", child->key, child->text);
	}
	strv_sort(&lines);
	list = list_in_place_of(l, n);
	for (size_t i = 0; i < lines.n; i++)
		node_append(list, node_str(l->arena, lines.v[i], &n->pos));
}

/* ---- extra_hosts ---- */

/* "a,b" and "[::1]": each address gets a line of its own, without brackets. */
static void add_hosts(struct strv *lines, struct str host, const char *addresses)
{
	for (struct str rest = str_of(addresses); rest.p;) {
		struct str one = str_cut(&rest, ',');

		if (one.n >= 2 && one.p[0] == '[' && one.p[one.n - 1] == ']')
			one = (struct str){ one.p + 1, one.n - 2 };
		strv_addf(lines, "%.*s=%.*s", (int)host.n, host.p, (int)one.n, one.p);
	}
}

/* NULL, or what is wrong with the name. */
static const char *host_problem(struct loader *l, struct str host)
{
	if (host.n && !memchr(host.p, ':', host.n) && !memchr(host.p, '=', host.n))
		return NULL;
	return arena_printf(l->arena, "bad host name '%.*s'", (int)host.n, host.p);
}

static void bind_host_item(struct loader *l, struct node *item, const struct attr *a,
			   struct strv *lines)
{
	struct str rest = str_of(item->text), host;
	const char *wrong = NULL;

	host = str_cut(&rest, strchr(item->text, '=') ? '=' : ':');
	if (!rest.p)
		wrong = arena_printf(l->arena, "invalid additional host, missing IP: %s",
				     item->text);
	else
		wrong = host_problem(l, host);
	if (wrong)
		report(l, item, a, wrong);
	else
		add_hosts(lines, host, rest.p);
}

static void bind_host_member(struct loader *l, struct node *n, const struct attr *a,
			     struct strv *lines)
{
	struct str host = str_of(n->key);
	const char *wrong = host_problem(l, host);

	if (wrong) {
		report(l, n, a, wrong);
	} else if (n->kind == NODE_LIST) {
		NODE_EACH(address, n)
			add_hosts(lines, host, address->text);
	} else {
		add_hosts(lines, host, n->text);
	}
}

static void bind_hosts(struct loader *l, struct node *n, const struct attr *a)
{
	AUTO(strv) struct strv lines = STRV_INIT;
	struct node *list;

	NODE_EACH(child, n) {
		if (n->kind == NODE_LIST)
			bind_host_item(l, child, a, &lines);
		else
			bind_host_member(l, child, a, &lines);
	}
	strv_sort(&lines);
	list = list_in_place_of(l, n);
	for (size_t i = 0; i < lines.n; i++)
		if (!i || !streq(lines.v[i], lines.v[i - 1]))
			node_append(list, node_str(l->arena, lines.v[i], &n->pos));
}

/* ---- mappings ---- */

static void bind_members(struct loader *l, struct node *n, const struct attr *a)
{
	NODE_EACH(child, n) {
		const struct attr *row = attr_in_set(a->members, child->key);

		if (row)
			bind_node(l, child, row);
	}
}

/* A null mapping is no mapping, except where being there already says something. */
static void bind_object(struct loader *l, struct node *n, const struct attr *a)
{
	if (n->kind == NODE_MAP) {
		bind_members(l, n, a);
	} else if (n->kind == NODE_NULL && a->brief == SHORT_EXTERNAL) {
		node_replace(n, node_new(l->arena, NODE_MAP, &n->pos));
	} else if (n->kind == NODE_NULL && !(a->flags & ATTR_HOLLOW)) {
		node_remove(n);
	}
}

static void bind_int_or_members(struct loader *l, struct node *n, const struct attr *a)
{
	(n->kind == NODE_MAP ? bind_members : bind_int)(l, n, a);
}

typedef void (*bind_fn)(struct loader *l, struct node *n, const struct attr *a);

static const bind_fn by_kind[] = {
	[KIND_STR] = bind_text,
	[KIND_TEXT] = bind_text,
	[KIND_BOOL] = bind_bool,
	[KIND_INT] = bind_int_or_members,
	[KIND_CPUS] = bind_cpus,
	[KIND_BYTES] = bind_bytes,
	[KIND_DURATION] = bind_duration,
	[KIND_MICROS] = bind_micros,
	[KIND_MODE] = bind_mode,
	[KIND_COUNT] = bind_count,
	[KIND_LIST] = bind_list,
	[KIND_COMMAND] = bind_command,
	[KIND_TEST] = bind_test,
	[KIND_PAIRS] = bind_pairs,
	[KIND_HOSTS] = bind_hosts,
	[KIND_SSH] = bind_ssh,
	[KIND_OBJECT] = bind_object,
	[KIND_NAMES] = bind_members,
	[KIND_ANY] = NULL, /* taken as it is */
};

static void bind_node(struct loader *l, struct node *n, const struct attr *a)
{
	if (by_kind[a->kind])
		by_kind[a->kind](l, n, a);
}

void step_bind(struct loader *l, struct node *root)
{
	bind_node(l, root, attr_root());
}
