/*
 * Steps 11 and 12: short forms become long forms.
 *
 * The row of a value says which short form it may have; every function here turns one of them into a
 * mapping or list and leaves alone what is long already, for the accumulated tree is walked again after
 * each file. Values made here stand at the place of the short form.
 */
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "compose/load/attr.h"
#include "compose/load/mounts.h"
#include "compose/load/ports.h"
#include "compose/load/steps.h"

static struct node *fresh(struct loader *l, enum node_kind kind, const struct node *old)
{
	struct node *n = node_new(l->arena, kind, &old->pos);
	struct origin *o;

	if (!node_is_scalar(old) || old->kind == NODE_NULL) {
		n->origin = old->origin;
		return n;
	}
	o = arena_alloc(l->arena, sizeof(*o));
	*o = (struct origin){ old->pos, "short form", old->text, old->origin };
	n->origin = o;
	return n;
}

/* New members stand where the short form stood. */
static void put(struct loader *l, struct node *map, const char *key, struct node *value)
{
	value->key_pos = map->pos;
	if (!value->origin)
		value->origin = map->origin;
	node_set(l->arena, map, key, value);
}

static void put_str(struct loader *l, struct node *map, const char *key, const char *text)
{
	put(l, map, key, node_str(l->arena, text, &map->pos));
}

static void put_bool(struct loader *l, struct node *map, const char *key, bool value)
{
	put(l, map, key, node_bool(l->arena, value, &map->pos));
}

static struct diag *complain(struct loader *l, const struct node *n, const char *text)
{
	struct srcpos pos = node_pos_in(n, text);

	return diag_add(l->diags, DIAG_ERROR, &pos, "%s: %s", node_path(l->arena, n), text);
}

/* A value whose meaning is still open stays as it is. */
static bool stays_short(const struct loader *l, const struct node *n)
{
	return l->opt && l->opt->no_interpolate && n->text && strchr(n->text, '$');
}

static void refuse(struct loader *l, struct node *n, const struct attr *a, struct err *e)
{
	if (!stays_short(l, n)) {
		struct diag *g = complain(l, n, err_text(e));

		diag_expect(g, "%s", attr_expects(a));
		node_remove(n);
	}
	err_free(e);
}

/* "x" -> {key: x} */
static struct node *wrap_in_map(struct loader *l, struct node *n, const char *key)
{
	struct node *map;

	if (n->kind != NODE_STR)
		return n;
	map = fresh(l, NODE_MAP, n);
	node_replace(n, map);
	put(l, map, key, n);
	return map;
}

static struct node *wrap_in_list(struct loader *l, struct node *n)
{
	struct node *list;

	if (n->kind != NODE_STR)
		return n;
	list = fresh(l, NODE_LIST, n);
	node_replace(n, list);
	node_append(list, n);
	return list;
}

static struct node *to_text(struct loader *l, struct node *n)
{
	struct node *text;

	if (n->kind != NODE_BOOL)
		return n;
	text = node_str(l->arena, n->b ? "true" : "false", &n->pos);
	text->quoted = true;
	node_replace(n, text);
	return text;
}

/* Bases of extends come here before anything checked them. */
static bool is_list_of_scalars(const struct node *n)
{
	if (n->kind != NODE_LIST)
		return false;
	NODE_EACH(item, n) {
		if (!node_is_scalar(item))
			return false;
	}
	return true;
}

/* [a, b] -> {a: MADE, b: MADE} */
static struct node *list_to_map(struct loader *l, struct node *n,
				struct node *(*made)(struct loader *, struct node *))
{
	struct node *map;

	if (!is_list_of_scalars(n))
		return n;
	map = fresh(l, NODE_MAP, n);
	NODE_EACH(item, n) {
		struct node *value = made(l, item);

		value->key_pos = item->pos;
		node_set(l->arena, map, item->text, value);
	}
	node_replace(n, map);
	return map;
}

static struct node *made_null(struct loader *l, struct node *item)
{
	return node_new(l->arena, NODE_NULL, &item->pos);
}

static struct node *made_empty_map(struct loader *l, struct node *item)
{
	return node_new(l->arena, NODE_MAP, &item->pos);
}

static struct node *depends_on(struct loader *l, struct node *n)
{
	struct node *map = list_to_map(l, n, made_empty_map);

	NODE_EACH(entry, map) {
		if (entry->kind != NODE_MAP)
			continue;
		if (!node_get(entry, "condition"))
			put_str(l, entry, "condition", "service_started");
		if (!node_get(entry, "required"))
			put_bool(l, entry, "required", true);
	}
	return map;
}

static struct node *env_file(struct loader *l, struct node *n)
{
	struct node *list = wrap_in_list(l, n);

	if (list->kind != NODE_LIST)
		return list;
	NODE_EACH(item, list) {
		struct node *map = wrap_in_map(l, item, "path");

		if (map->kind == NODE_MAP && !node_get(map, "required"))
			put_bool(l, map, "required", true);
	}
	return list;
}

static struct node *gpus(struct loader *l, struct node *n)
{
	struct node *list, *map;

	if (n->kind != NODE_STR)
		return n;
	list = fresh(l, NODE_LIST, n);
	map = node_new(l->arena, NODE_MAP, &n->pos);
	node_replace(n, list);
	node_append(list, map);
	put(l, map, "count", n);
	return list;
}

/* [k=v] -> {k: v}; without "=" is an error. */
static struct node *pairs(struct loader *l, struct node *n)
{
	struct node *map;

	if (!is_list_of_scalars(n))
		return n;
	map = fresh(l, NODE_MAP, n);
	NODE_EACH(item, n) {
		struct str value = str_of(item->text), key = str_cut(&value, '=');

		if (!value.p) {
			struct diag *g = diag_add(l->diags, DIAG_ERROR, &item->pos,
						  "%s: invalid value %s, expected key=value",
						  node_path(l->arena, n), item->text);
			diag_expect(g, "NAME=VALUE");
			continue;
		}
		put(l, map, arena_strndup(l->arena, key.p, key.n),
		    node_str(l->arena, value.p, &item->pos));
	}
	node_replace(n, map);
	return map;
}

/* [default, id=path] -> {default: null, id: path} */
static struct node *ssh(struct loader *l, struct node *n)
{
	struct node *map;

	if (!is_list_of_scalars(n))
		return n;
	map = fresh(l, NODE_MAP, n);
	NODE_EACH(item, n) {
		struct str value = str_of(item->text), key = str_cut(&value, '=');

		if (!value.p && !streq(item->text, "default")) {
			struct diag *g = diag_add(l->diags, DIAG_ERROR, &item->pos,
						  "%s: invalid ssh key \"%s\"",
						  node_path(l->arena, n), item->text);
			diag_expect(g, "default, or ID=PATH");
			continue;
		}
		put(l, map, arena_strndup(l->arena, key.p, key.n),
		    value.p ? node_str(l->arena, value.p, &item->pos) :
			      node_new(l->arena, NODE_NULL, &item->pos));
	}
	node_replace(n, map);
	return map;
}

static void clean_target(struct loader *l, struct node *mount)
{
	struct node *target = node_get(mount, "target");
	AUTO(mem) char *clean = NULL;

	if (!node_is(target, NODE_STR) || !*target->text)
		return;
	clean = path_clean(target->text);
	if (!streq(clean, target->text))
		target->text = arena_strdup(l->arena, clean);
}

static void put_bind(struct loader *l, struct node *map, const struct mount_short *m)
{
	bool is_bind = streq(m->type, "bind");
	struct node *bind;

	if (!is_bind && !m->propagation && !m->selinux)
		return;
	bind = node_new(l->arena, NODE_MAP, &map->pos);
	if (m->selinux)
		put_str(l, bind, "selinux", m->selinux);
	if (m->propagation)
		put_str(l, bind, "propagation", m->propagation);
	if (is_bind)
		put_bool(l, bind, "create_host_path", true);
	put(l, map, "bind", bind);
}

static struct node *mount(struct loader *l, struct node *n, const struct attr *a)
{
	struct err *e = NULL;
	struct mount_short m;
	struct node *map;

	if (n->kind == NODE_MAP) {
		clean_target(l, n);
		return n;
	}
	if (n->kind != NODE_STR)
		return n;
	if (mount_parse(l->arena, n->text, &m, &e) < 0) {
		refuse(l, n, a, e);
		return NULL;
	}
	map = fresh(l, NODE_MAP, n);
	put_str(l, map, "type", m.type);
	if (m.source)
		put_str(l, map, "source", m.source);
	put_str(l, map, "target", m.target);
	if (m.read_only)
		put_bool(l, map, "read_only", true);
	put_bind(l, map, &m);
	if (m.has_volume) {
		struct node *volume = node_new(l->arena, NODE_MAP, &map->pos);

		if (m.nocopy)
			put_bool(l, volume, "nocopy", true);
		put(l, map, "volume", volume);
	}
	clean_target(l, map);
	node_replace(n, map);
	return map;
}

static struct node *device(struct loader *l, struct node *n, const struct attr *a)
{
	struct err *e = NULL;
	struct device_short d;
	struct node *map;

	if (n->kind != NODE_STR)
		return n;
	if (device_parse(l->arena, n->text, &d, &e) < 0) {
		refuse(l, n, a, e);
		return NULL;
	}
	map = fresh(l, NODE_MAP, n);
	put_str(l, map, "source", d.source);
	put_str(l, map, "target", d.target);
	put_str(l, map, "permissions", d.permissions);
	node_replace(n, map);
	return map;
}

static struct node *port_map(struct loader *l, const struct node *n, const struct port_mapping *p)
{
	struct node *map = fresh(l, NODE_MAP, n);

	put_str(l, map, "mode", "ingress");
	if (p->host_ip)
		put_str(l, map, "host_ip", p->host_ip);
	put(l, map, "target", node_int(l->arena, p->target, &n->pos));
	if (p->published)
		put_str(l, map, "published", p->published);
	put_str(l, map, "protocol", p->protocol);
	return map;
}

/* A short text may stand for 65536 ports, and a file for any number of such texts. */
enum { PORTS_BYTES_MAX = 64 * 1024 * 1024, PORTS_ALWAYS = 256 };

static size_t ports_max(const struct loader *l)
{
	return arena_used(l->arena) < PORTS_BYTES_MAX ? 65536 : PORTS_ALWAYS;
}

/* One item becomes one mapping or more, at its place in the list. */
static struct node *port(struct loader *l, struct node *n, const struct attr *a)
{
	struct port_mapping *v;
	struct err *e = NULL;
	size_t count;

	if (!node_is_scalar(n) || n->kind == NODE_NULL)
		return n;
	if (port_mappings_parse(l->arena, n->text, ports_max(l), &v, &count, &e) < 0) {
		refuse(l, n, a, e);
		return NULL;
	}
	for (size_t i = 0; i + 1 < count; i++)
		node_insert_before(n, port_map(l, n, &v[i]));
	node_replace(n, port_map(l, n, &v[count - 1]));
	return NULL; /* nothing below is short */
}

/* external: {name: real} */
static struct node *external(struct loader *l, struct node *n)
{
	struct node *old = node_get(n, "external"), *name, *inner;
	const char *path;

	if (!node_is(old, NODE_MAP))
		return n;
	path = node_path(l->arena, n);
	inner = node_get(old, "name");
	name = node_get(n, "name");
	diag_add(l->diags, DIAG_WARNING, &old->key_pos,
		 "%s: external.name is deprecated. Please set name and external: true", path);
	if (inner && name && !streq(inner->text, name->text))
		diag_add(l->diags, DIAG_ERROR, &inner->pos,
			 "%s: name and external.name conflict; only use name", path);
	if (inner && !name) {
		struct srcpos key_pos = inner->key_pos;

		node_remove(inner);
		inner->key_pos = key_pos;
		node_set(l->arena, n, "name", inner);
	}
	node_set(l->arena, n, "external", node_bool(l->arena, true, &old->pos));
	return n;
}

static struct node *lengthen(struct loader *l, struct node *n, const struct attr *a)
{
	switch (a->brief) {
	case SHORT_CONTEXT:
		return wrap_in_map(l, n, "context");
	case SHORT_SOURCE:
		return wrap_in_map(l, n, "source");
	case SHORT_SERVICE:
		return wrap_in_map(l, n, "service");
	case SHORT_PATH:
		return wrap_in_map(l, n, "path");
	case SHORT_TEXT:
		return to_text(l, n);
	case SHORT_PAIRS:
		return pairs(l, n);
	case SHORT_SSH:
		return ssh(l, n);
	case SHORT_DEPENDS_ON:
		return depends_on(l, n);
	case SHORT_ENV_FILE:
		return env_file(l, n);
	case SHORT_LIST:
		return wrap_in_list(l, n);
	case SHORT_GPUS:
		return gpus(l, n);
	case SHORT_NAMES:
		return list_to_map(l, n, made_null);
	case SHORT_MOUNT:
		return mount(l, n, a);
	case SHORT_DEVICE:
		return device(l, n, a);
	case SHORT_PORT:
		return port(l, n, a);
	case SHORT_EXTERNAL:
		return external(l, n);
	case SHORT_NONE:
		break;
	}
	return n;
}

/* Null and empty items say nothing (step 12). */
static void prune_items(struct node *list)
{
	if (list->kind != NODE_LIST)
		return;
	NODE_EACH(item, list) {
		if (item->kind == NODE_NULL || (item->kind == NODE_STR && !*item->text))
			node_remove(item);
	}
}

static void walk(struct loader *l, struct node *n, const struct attr *a)
{
	if (!a)
		return;
	if (a->brief)
		n = lengthen(l, n, a);
	if (!n)
		return;
	if (a->flags & ATTR_PRUNE)
		prune_items(n);
	if (n->kind == NODE_LIST && a->item) {
		/* From the end: positions in messages stay those of the file while items come and go. */
		for (struct node *item = n->last, *before; item; item = before) {
			before = item->prev;
			walk(l, item, a->item);
		}
	} else if (n->kind == NODE_MAP && a->members) {
		NODE_EACH(child, n)
			walk(l, child, attr_in_set(a->members, child->key));
	}
}

void step_canonical(struct loader *l, struct node *root)
{
	walk(l, root, attr_root());
}

void canonical_service(struct loader *l, struct node *service)
{
	walk(l, service, attr_child(attr_child(attr_root(), "services"), ""));
}
