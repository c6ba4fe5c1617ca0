/* What `config` lists instead of printing the file. */
#include <errno.h>
#include <string.h>

#include "base/map.h"
#include "compose/cmd/config.h"
#include "compose/load/emit.h"
#include "compose/load/hash.h"
#include "compose/load/node.h"

static const struct node *services_of(const struct loaded *p)
{
	return node_get(p->root, "services");
}

static void sorted_keys(const struct node *map, struct strv *ret)
{
	NODE_EACH(child, map)
		strv_add(ret, child->key);
	strv_sort(ret);
}

static void add_lines(const struct strv *lines, struct buf *out)
{
	for (size_t i = 0; i < lines->n; i++)
		buf_addf(out, "%s\n", lines->v[i]);
}

/* A service is listed when all it depends on is; the walk goes down by name. */
static void list_service(const struct node *services, const char *name, struct map *listed,
			 struct buf *out)
{
	AUTO(strv) struct strv needs = STRV_INIT;
	const struct node *service = node_get(services, name);

	if (!service || map_has(listed, name))
		return;
	map_set(listed, name, (void *)service);
	sorted_keys(node_get(service, "depends_on"), &needs);
	for (size_t i = 0; i < needs.n; i++)
		list_service(services, needs.v[i], listed, out);
	buf_addf(out, "%s\n", name);
}

void config_list_services(const struct loaded *p, struct buf *out)
{
	AUTO(strv) struct strv names = STRV_INIT;
	AUTO(map) struct map listed = MAP_INIT;

	sorted_keys(services_of(p), &names);
	for (size_t i = 0; i < names.n; i++)
		list_service(services_of(p), names.v[i], &listed, out);
}

void config_list_keys(const struct loaded *p, const char *top, struct buf *out)
{
	AUTO(strv) struct strv names = STRV_INIT;

	sorted_keys(node_get(p->root, top), &names);
	add_lines(&names, out);
}

void config_list_images(const struct loaded *p, struct buf *out)
{
	AUTO(strv) struct strv names = STRV_INIT;

	sorted_keys(services_of(p), &names);
	for (size_t i = 0; i < names.n; i++) {
		const struct node *service = node_get(services_of(p), names.v[i]);
		const char *image = node_text(node_get(service, "image"));
		AUTO(strv) struct strv images = STRV_INIT;

		if (node_get(service, "provider"))
			continue;
		if (image)
			strv_add(&images, image);
		else
			strv_addf(&images, "%s-%s", p->name, names.v[i]);
		NODE_EACH(hook, node_get(service, "pre_start")) {
			const char *own = node_text(node_get(hook, "image"));

			if (own)
				strv_add_unique(&images, own);
		}
		add_lines(&images, out);
	}
}

void config_list_models(const struct loaded *p, struct buf *out)
{
	AUTO(strv) struct strv models = STRV_INIT;

	NODE_EACH(model, node_get(p->root, "models")) {
		const char *reference = node_text(node_get(model, "model"));

		if (reference)
			strv_add(&models, reference);
	}
	strv_sort(&models);
	add_lines(&models, out);
}

static void add_profiles(const struct node *services, struct strv *ret, struct map *seen)
{
	NODE_EACH(service, services) {
		NODE_EACH(profile, node_get(service, "profiles")) {
			if (map_has(seen, profile->text))
				continue;
			map_set(seen, profile->text, (void *)profile);
			strv_add(ret, profile->text);
		}
	}
}

void config_list_profiles(const struct loaded *p, struct buf *out)
{
	AUTO(strv) struct strv profiles = STRV_INIT;
	AUTO(map) struct map seen = MAP_INIT;

	add_profiles(services_of(p), &profiles, &seen);
	add_profiles(p->disabled, &profiles, &seen);
	strv_sort(&profiles);
	add_lines(&profiles, out);
}

void config_list_environment(const struct loaded *p, struct buf *out)
{
	AUTO(strv) struct strv lines = STRV_INIT;

	env_list(p->env, &lines);
	add_lines(&lines, out);
}

int config_list_hashes(const struct loaded *p, const char *which, struct buf *out, struct err **e)
{
	AUTO(strv) struct strv names = STRV_INIT;
	char hash[HASH_TEXT];

	if (streq(which, "*")) {
		sorted_keys(services_of(p), &names);
	} else {
		strv_split(&names, which, ',');
		strv_sort(&names);
	}
	for (size_t i = 0; i < names.n; i++) {
		const struct node *service = node_get(services_of(p), names.v[i]);

		if (!service)
			return err_set(e, ENOENT, "no such service: %s", names.v[i]);
		config_hash(HASH_SERVICE, service, hash);
		buf_addf(out, "%s %s\n", names.v[i], hash);
	}
	return 0;
}
