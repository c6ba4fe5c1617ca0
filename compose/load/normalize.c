/*
 * Steps 14, 17 and 20: what a file may leave out is put in.
 *
 * Defaults that do not depend on anything but the row are marked ATTR_INJECT there; what depends on
 * other values has a function here. Values put in stand at the place of the mapping they belong to.
 */
#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "compose/load/attr.h"
#include "compose/load/steps.h"

static void put(struct loader *l, struct node *map, const char *key, struct node *value)
{
	value->key_pos = map->pos;
	node_origin(l->arena, value, "default", NULL);
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

static bool is_true(const struct node *n)
{
	return node_is(n, NODE_BOOL) && n->b;
}

/* An empty text is as good as none: neither is printed, and what is printed must mean the same. */
static bool is_unset(const struct node *map, const char *key)
{
	const struct node *n = node_get(map, key);

	return !n || (n->kind == NODE_STR && !*n->text);
}

/* ---- 14: defaults ---- */

static void inject(struct loader *l, struct node *map, const struct attr_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct attr *row = &set->rows[i];

		if (!(row->flags & ATTR_INJECT) || !is_unset(map, row->name))
			continue;
		if (row->kind == KIND_BOOL)
			put_bool(l, map, row->name, streq(row->dflt, "true"));
		else
			put_str(l, map, row->name, row->dflt);
	}
}

static void inject_below(struct loader *l, struct node *n, const struct attr *a)
{
	if (!a)
		return;
	if (n->kind == NODE_LIST && a->item) {
		NODE_EACH(item, n)
			inject_below(l, item, a->item);
	}
	if (n->kind != NODE_MAP || !a->members)
		return;
	if (a->members->injects)
		inject(l, n, a->members);
	NODE_EACH(child, n) {
		if (!node_is_scalar(child))
			inject_below(l, child, attr_in_set(a->members, child->key));
	}
}

static void default_secret_targets(struct loader *l, struct node *service)
{
	NODE_EACH(secret, node_get(service, "secrets")) {
		const char *source = node_text(node_get(secret, "source"));

		if (source && is_unset(secret, "target"))
			put_str(l, secret, "target",
				arena_printf(l->arena, "/run/secrets/%s", source));
	}
}

static void default_device_counts(struct loader *l, struct node *devices)
{
	NODE_EACH(device, devices) {
		if (node_is(device, NODE_MAP) && !node_get(device, "count") &&
		    !node_get(device, "device_ids"))
			put_str(l, device, "count", "all");
	}
}

void step_defaults(struct loader *l, struct node *root)
{
	NODE_EACH(service, node_get(root, "services")) {
		default_secret_targets(l, service);
		default_device_counts(l, node_get(service, "gpus"));
		default_device_counts(l, node_at(service, "deploy", "resources", "reservations",
						 "devices", NULL));
	}
	inject_below(l, root, attr_root());
}

/* ---- 17: values that only the environment knows ---- */

/* Records which variable a value came from. */
static struct node *from_env(struct loader *l, const char *name, const char *text,
			     const struct srcpos *pos)
{
	struct node *n = node_str(l->arena, text, pos);

	node_origin(l->arena, n, arena_printf(l->arena, "environment variable %s", name), NULL);
	return n;
}

static void resolve_items(struct loader *l, struct node *list)
{
	NODE_EACH(item, list) {
		const char *value;

		if (item->kind != NODE_STR || strchr(item->text, '='))
			continue;
		value = env_get(l->env, item->text);
		if (value)
			node_replace(item, from_env(l, item->text,
						    arena_printf(l->arena, "%s=%s", item->text, value),
						    &item->pos));
	}
}

/* The value goes into `content`: shown for no one, but known to whoever makes the file. A place
 * without a line tells it from what a file says. */
static void resolve_content(struct loader *l, struct node *entries)
{
	NODE_EACH(entry, entries) {
		const char *name = node_text(node_get(entry, "environment"));
		const char *value = name ? env_get(l->env, name) : NULL;

		if (value)
			node_set(l->arena, entry, "content", node_str(l->arena, value, NULL));
	}
}

void step_environment(struct loader *l, struct node *root)
{
	NODE_EACH(service, node_get(root, "services")) {
		struct node *environment = node_get(service, "environment");

		if (node_is(environment, NODE_LIST) && !(l->opt && l->opt->no_env_resolution))
			resolve_items(l, environment);
	}
	if (l->opt && l->opt->no_interpolate)
		return; /* a raw tree shows what the files say */
	resolve_content(l, node_get(root, "secrets"));
	resolve_content(l, node_get(root, "configs"));
}

/* ---- 20: normal form ---- */

static bool is_empty(const struct node *n)
{
	return !n || n->kind == NODE_NULL || n->n == 0;
}

/* A service that says nothing about networks joins `default`. */
static void join_default(struct loader *l, struct node *service)
{
	struct node *networks;

	if (node_get(service, "provider") || node_get(service, "network_mode") ||
	    !is_empty(node_get(service, "networks")))
		return;
	networks = node_new(l->arena, NODE_MAP, &service->pos);
	put(l, service, "networks", networks);
	put(l, networks, "default", node_new(l->arena, NODE_NULL, &service->pos));
}

static void declare_default_network(struct loader *l, struct node *root)
{
	struct node *networks = node_get(root, "networks");
	bool used = false;

	NODE_EACH(service, node_get(root, "services")) {
		if (node_at(service, "networks", "default", NULL)) {
			used = true;
			break;
		}
	}
	if (!used || node_get(networks, "default"))
		return;
	if (!node_is(networks, NODE_MAP)) {
		networks = node_new(l->arena, NODE_MAP, &root->pos);
		put(l, root, "networks", networks);
	}
	put(l, networks, "default", node_new(l->arena, NODE_NULL, &root->pos));
}

/* Names without a value are taken from the environment; those it does not know are dropped or left. */
static void resolve_pairs(struct loader *l, struct node *n, bool drop)
{
	NODE_EACH(item, n) {
		bool is_list = n->kind == NODE_LIST;
		const char *name = is_list ? item->text : item->key, *value;

		if (is_list ? item->kind != NODE_STR || strchr(name, '=') : item->kind != NODE_NULL)
			continue;
		value = env_get(l->env, name);
		if (value)
			node_replace(item,
				     from_env(l, name,
					      is_list ? arena_printf(l->arena, "%s=%s", name, value) :
							value,
					      &item->pos));
		else if (drop)
			node_remove(item);
	}
}

static void normalize_build(struct loader *l, struct node *build)
{
	struct node *context = node_get(build, "context");

	if (!node_is(build, NODE_MAP))
		return;
	if (!context || context->kind == NODE_NULL || !*context->text)
		put_str(l, build, "context", l->working_dir);
	if (is_unset(build, "dockerfile") && is_unset(build, "dockerfile_inline"))
		put_str(l, build, "dockerfile", "Dockerfile");
	resolve_pairs(l, node_get(build, "args"), /* drop= */ true);
}

/* Adds an edge unless the file says something about that dependency already. */
static void imply(struct loader *l, struct node *service, const char *name, bool restart,
		  const struct node *why)
{
	struct node *depends_on = node_get(service, "depends_on"), *entry;

	if (!node_is(depends_on, NODE_MAP)) {
		depends_on = node_new(l->arena, NODE_MAP, &why->pos);
		put(l, service, "depends_on", depends_on);
	}
	if (node_get(depends_on, name))
		return;
	entry = node_new(l->arena, NODE_MAP, &why->pos);
	put_str(l, entry, "condition", "service_started");
	if (restart)
		put_bool(l, entry, "restart", true);
	put_bool(l, entry, "required", true);
	put(l, depends_on, name, entry);
	entry->key_pos = why->pos;
}

static void imply_from_list(struct loader *l, struct node *service, const char *key, bool restart)
{
	NODE_EACH(item, node_get(service, key)) {
		struct str rest = str_of(item->text), name = str_cut(&rest, ':');

		if (item->kind != NODE_STR || (!restart && str_eq(name, "container")))
			continue;
		imply(l, service, arena_strndup(l->arena, name.p, name.n), restart, item);
	}
}

static void imply_dependencies(struct loader *l, struct node *service)
{
	static const char *const shared[] = { "network_mode", "ipc", "pid", "uts", "cgroup" };

	imply_from_list(l, service, "links", /* restart= */ true);
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		const struct node *mode = node_get(service, shared[i]);

		if (node_is(mode, NODE_STR) && starts_with(mode->text, "service:"))
			imply(l, service, mode->text + strlen("service:"), /* restart= */ true, mode);
	}
	imply_from_list(l, service, "volumes_from", /* restart= */ false);
}

static void inherit_hook_image(struct loader *l, struct node *service)
{
	const struct node *image = node_get(service, "image");

	if (!node_is(image, NODE_STR))
		return;
	NODE_EACH(hook, node_get(service, "pre_start")) {
		if (node_is(hook, NODE_MAP) && is_unset(hook, "image"))
			put_str(l, hook, "image", image->text);
	}
}

static void normalize_service(struct loader *l, struct node *service)
{
	struct node *policy = node_get(service, "pull_policy");

	if (!node_is(service, NODE_MAP))
		return;
	join_default(l, service);
	if (policy && streq(node_text(policy), "if_not_present"))
		policy->text = "missing";
	normalize_build(l, node_get(service, "build"));
	if (!l->opt || !l->opt->no_env_resolution)
		resolve_pairs(l, node_get(service, "environment"), /* drop= */ false);
	imply_dependencies(l, service);
	inherit_hook_image(l, service);
}

static void name_entries(struct loader *l, struct node *entries)
{
	NODE_EACH(entry, entries) {
		struct node *map = entry;

		if (entry->kind == NODE_NULL) {
			map = node_new(l->arena, NODE_MAP, &entry->pos);
			node_replace(entry, map);
		}
		if (map->kind != NODE_MAP || !is_unset(map, "name"))
			continue;
		if (is_true(node_get(map, "external")))
			put_str(l, map, "name", map->key);
		else
			put_str(l, map, "name",
				arena_printf(l->arena, "%s_%s", l->project_name, map->key));
	}
}

void step_normalize(struct loader *l, struct node *root)
{
	static const char *const named[] = { "networks", "volumes", "configs", "secrets" };

	NODE_EACH(service, node_get(root, "services"))
		normalize_service(l, service);
	declare_default_network(l, root);
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		name_entries(l, node_get(root, named[i]));
}
