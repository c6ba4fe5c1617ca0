/* Steps 23, 25 and 26: which services, and which networks, volumes, ... they leave in use. */
#include <fnmatch.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "compose/load/steps.h"

static bool is_pattern(const char *s)
{
	return strpbrk(s, "*?[") != NULL;
}

static bool matches(const char *wanted, const char *name)
{
	return strcmp(wanted, name) == 0 || (is_pattern(wanted) && fnmatch(wanted, name, 0) == 0);
}

static bool is_named(const struct loader *l, const char *name)
{
	for (size_t i = 0; i < l->opt->n_services; i++)
		if (matches(l->opt->services[i], name))
			return true;
	return false;
}

/* ---- profiles ---- */

struct profiles {
	const char **v;
	size_t n, cap;
};

static void activate(struct profiles *p, const char *name)
{
	ARRAY_RESERVE(p->v, p->n, p->cap);
	p->v[p->n++] = name;
}

static bool is_active(const struct profiles *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->v[i], name) == 0 || strcmp(p->v[i], "*") == 0)
			return true;
	return false;
}

static bool is_enabled(const struct profiles *p, const struct node *service)
{
	const struct node *list = node_get(service, "profiles");

	if (!node_is(list, NODE_LIST) || !list->n)
		return true;
	NODE_EACH(one, list)
		if (node_is_scalar(one) && is_active(p, one->text))
			return true;
	return false;
}

void step_profiles(struct loader *l, struct node *root, struct node *disabled)
{
	struct node *services = node_get(root, "services");
	struct profiles active = { 0 };

	for (size_t i = 0; i < l->n_profiles; i++)
		activate(&active, l->profiles[i]);
	/* Who names a service wants it, and with it all that shares its profiles. */
	NODE_EACH(service, services) {
		if (!is_named(l, service->key))
			continue;
		NODE_EACH(one, node_get(service, "profiles"))
			if (node_is_scalar(one))
				activate(&active, one->text);
	}
	NODE_EACH(service, services) {
		const char *key = service->key;

		if (is_enabled(&active, service))
			continue;
		node_remove(service);
		node_add(l->arena, disabled, key, service);
	}
	free(active.v);
}

/* ---- selection ---- */

static void keep(const struct loader *l, const struct node *services, const char *name,
		 struct map *kept)
{
	const struct node *service = node_get(services, name);

	if (!service || map_has(kept, name))
		return;
	map_set(kept, name, (void *)service);
	if (l->opt->no_dependencies)
		return;
	NODE_EACH(dep, node_get(service, "depends_on"))
		if (dep->key)
			keep(l, services, dep->key, kept);
}

static void refuse_unknown(struct loader *l, const char *wanted, const struct node *services,
			   const struct node *disabled)
{
	size_t n = 0, room = (services ? services->n : 0) + (disabled ? disabled->n : 0);
	const char **names = arena_alloc(l->arena, (room + 1) * sizeof(*names));

	NODE_EACH(s, services)
		names[n++] = s->key;
	NODE_EACH(s, disabled)
		names[n++] = s->key;
	diag_suggest(diag_add(l->diags, DIAG_ERROR, NULL, "no such service: %s", wanted), wanted,
		     names, n);
}

static void drop_references(const struct node *service, const struct map *kept)
{
	NODE_EACH(dep, node_get(service, "depends_on"))
		if (dep->key && !map_has(kept, dep->key))
			node_remove(dep);
}

void step_select(struct loader *l, struct node *root, struct node *disabled)
{
	struct node *services = node_get(root, "services");
	struct map kept = MAP_INIT;

	if (!l->opt->n_services)
		return;
	for (size_t i = 0; i < l->opt->n_services; i++) {
		bool found = false;

		NODE_EACH(service, services) {
			if (!matches(l->opt->services[i], service->key))
				continue;
			found = true;
			keep(l, services, service->key, &kept);
		}
		if (!found)
			refuse_unknown(l, l->opt->services[i], services, disabled);
	}
	NODE_EACH(service, services) {
		const char *key = service->key;

		if (map_has(&kept, key)) {
			drop_references(service, &kept);
			continue;
		}
		/* Still in the file: its containers are not orphans. */
		node_remove(service);
		node_add(l->arena, disabled, key, service);
	}
	map_done(&kept);
}

/* ---- pruning ---- */

/* Names used by the services, per section. */
struct used {
	struct map networks, volumes, secrets, configs, models;
};

static void use(struct map *m, const char *name)
{
	static char yes;

	if (name)
		map_set(m, name, &yes);
}

static void use_keys(struct map *m, const struct node *map)
{
	NODE_EACH(child, map)
		use(m, child->key ? child->key : child->text);
}

static void use_sources(struct map *m, const struct node *list)
{
	NODE_EACH(item, list)
		use(m, node_is(item, NODE_STR) ? item->text : node_text(node_get(item, "source")));
}

static void use_mounts(struct map *m, const struct node *list)
{
	NODE_EACH(item, list) {
		const char *type = node_text(node_get(item, "type"));

		if (type && strcmp(type, "volume") == 0)
			use(m, node_text(node_get(item, "source")));
	}
}

static void use_of_service(struct used *u, const struct node *service)
{
	use_keys(&u->networks, node_get(service, "networks"));
	use_keys(&u->models, node_get(service, "models"));
	use_mounts(&u->volumes, node_get(service, "volumes"));
	use_sources(&u->secrets, node_get(service, "secrets"));
	use_sources(&u->secrets, node_at(service, "build", "secrets", NULL));
	use_sources(&u->configs, node_get(service, "configs"));
	NODE_EACH(hook, node_get(service, "pre_start")) {
		use_sources(&u->secrets, node_get(hook, "secrets"));
		use_mounts(&u->volumes, node_get(hook, "volumes"));
	}
}

static void prune(struct node *root, const char *section, const struct map *used)
{
	struct node *map = node_get(root, section);

	NODE_EACH(child, node_is(map, NODE_MAP) ? map : NULL)
		if (!map_has(used, child->key))
			node_remove(child);
}

void step_prune(struct loader *l, struct node *root)
{
	struct used u = { MAP_INIT, MAP_INIT, MAP_INIT, MAP_INIT, MAP_INIT };

	if (l->opt->all_resources)
		return;
	NODE_EACH(service, node_get(root, "services"))
		use_of_service(&u, service);
	prune(root, "networks", &u.networks);
	prune(root, "volumes", &u.volumes);
	prune(root, "secrets", &u.secrets);
	prune(root, "configs", &u.configs);
	prune(root, "models", &u.models);
	map_done(&u.networks);
	map_done(&u.volumes);
	map_done(&u.secrets);
	map_done(&u.configs);
	map_done(&u.models);
}
