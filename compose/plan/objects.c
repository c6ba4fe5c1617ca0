/*
 * Networks and volumes of the selected services.
 *
 * Normally each is there already, or one step creates it. An external one must exist. One of ours whose
 * declaration changed: a network is replaced at once, since nothing is lost by it; a volume is kept
 * unless somebody agreed to lose its data.
 */
#include <errno.h>

#include "base/buf.h"
#include "compose/plan/build.h"
#include "compose/plan/hash.h"

const char *object_name(struct builder *b, const char *section, const char *key)
{
	const struct json *object = json_path(b->project, section, key, NULL);
	const char *name = json_str(object, "name", NULL);

	return name ? name : arena_printf(b->a, "%s_%s", b->name, key);
}

ssize_t build_object_step(const struct builder *b, enum step_kind kind, const char *name)
{
	for (size_t i = 0; i < b->p->n_steps; i++)
		if (b->p->steps[i].kind == kind && streq(b->p->steps[i].target, name))
			return (ssize_t)i;
	return -1;
}

bool build_volume_is_renewed(const struct builder *b, const char *name)
{
	return build_object_step(b, STEP_VOLUME_REMOVE, name) >= 0;
}

static const struct seen_object *find(const struct seen_object *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (streq(v[i].name, name))
			return &v[i];
	return NULL;
}

static bool is_attached(const struct seen_container *c, const char *network)
{
	return in_list(c->networks, c->n_networks, network);
}

static bool is_mounted(const struct seen_container *c, const char *volume)
{
	return in_list(c->volumes, c->n_volumes, volume);
}

/* Whether a selected service mentions the key of that section. */
static bool is_used(struct builder *b, const char *section, const char *key)
{
	for (size_t i = 0; i < b->m.n; i++) {
		const struct json *service = b->m.v[i].json;

		if (!b->m.v[i].is_selected)
			continue;
		if (streq(section, "networks") && json_get(json_get(service, section), key))
			return true;
		if (!streq(section, "volumes"))
			continue;
		JSON_EACH(mount, json_get(service, "volumes"))
			if (streq(json_str(mount, "type", ""), "volume") &&
			    streq(json_str(mount, "source", NULL), key))
				return true;
	}
	return false;
}

/* What is attached stops, the network is made anew, and what was up starts again later. */
static void replace_network(struct builder *b, const char *name, const char *key,
			    struct object_steps *out)
{
	struct ids stops = { 0 };
	size_t gone, made;

	for (size_t i = 0; i < b->seen->n_containers; i++) {
		const struct seen_container *c = &b->seen->containers[i];
		size_t stop;

		if (!seen_is_up(c) || !is_attached(c, name))
			continue;
		stop = build_step(b, (struct step){ .kind = STEP_STOP,
						    .target = c->name,
						    .id = c->id,
						    .service = c->service,
						    .number = c->number,
						    .reason = "its network changed" });
		ids_add(b, &stops, stop);
	}
	gone = build_step(b, (struct step){ .kind = STEP_NETWORK_REMOVE,
					    .target = name,
					    .key = key,
					    .reason = "configuration changed" });
	build_need_all(b, gone, &stops);
	made = build_step(b, (struct step){ .kind = STEP_NETWORK_CREATE,
					    .target = name,
					    .key = key,
					    .reason = "configuration changed" });
	build_need(b, made, gone);
	ids_add(b, &out->networks, made);
	ids_add(b, &out->before_start, made);
}

static int external_network(const struct seen_object *there, const char *name, struct err **e)
{
	/* These exist without a declaration: they are modes, not networks. */
	if (there || streq(name, "host") || streq(name, "none") || streq(name, "bridge"))
		return 0;
	return err_set(e, ENOENT, "network %s declared as external, but could not be found", name);
}

static int build_network(struct builder *b, const struct json *network, struct object_steps *out,
			 struct err **e)
{
	const char *key = json_key(network);
	const char *name = object_name(b, "networks", key);
	const struct seen_object *there = find(b->seen->networks, b->seen->n_networks, name);
	char hash[65];

	if (json_bool(network, "external", false))
		return external_network(there, name, e);
	if (!there) {
		ids_add(b, &out->networks,
			build_step(b, (struct step){ .kind = STEP_NETWORK_CREATE,
						     .target = name,
						     .key = key,
						     .reason = "missing" }));
		return 0;
	}
	if (!there->project || !streq(there->project, b->name)) {
		build_note(
			b, PLAN_WARNING,
			there->project
				? arena_printf(
					  b->a,
					  "a network with name %s exists but was not created for "
					  "project \"%s\".\nSet `external: true` to use an "
					  "existing network",
					  name, b->name)
				: arena_printf(
					  b->a,
					  "a network with name %s exists but was not created by "
					  "compose.\nSet `external: true` to use an existing "
					  "network",
					  name));
		return 0;
	}
	network_hash(network, hash);
	if (there->hash && !streq(there->hash, hash))
		replace_network(b, name, key, out);
	return 0;
}

/* Its containers go, then the volume, then a new one is made. */
static void renew_volume(struct builder *b, const char *name, const char *key,
			 struct object_steps *out)
{
	struct ids removed = { 0 };
	size_t gone, made;

	for (size_t i = 0; i < b->seen->n_containers; i++) {
		const struct seen_container *c = &b->seen->containers[i];
		struct step proto = { .kind = STEP_STOP,
				      .target = c->name,
				      .id = c->id,
				      .service = c->service,
				      .number = c->number,
				      .reason = "its volume is made anew" };
		size_t stop, rm;

		if (!is_mounted(c, name))
			continue;
		stop = build_step(b, proto);
		proto.kind = STEP_REMOVE;
		rm = build_step(b, proto);
		build_need(b, rm, stop);
		ids_add(b, &removed, rm);
	}
	gone = build_step(b, (struct step){ .kind = STEP_VOLUME_REMOVE,
					    .target = name,
					    .key = key,
					    .reason = "configuration changed" });
	build_need_all(b, gone, &removed);
	made = build_step(b, (struct step){ .kind = STEP_VOLUME_CREATE,
					    .target = name,
					    .key = key,
					    .reason = "configuration changed" });
	build_need(b, made, gone);
	ids_add(b, &out->volumes, made);
}

static void changed_volume(struct builder *b, const char *name, const char *key,
			   struct object_steps *out)
{
	if (in_list(b->opt->recreate_volumes, b->opt->n_recreate_volumes, name))
		renew_volume(b, name, key, out);
	else if (b->opt->ask_volumes)
		build_question(b, name);
}

static void foreign_volume(struct builder *b, const struct seen_object *there, const char *name)
{
	const char *who = there->project
				  ? arena_printf(b->a, "for project \"%s\" (expected \"%s\")",
						 there->project, b->name)
				  : "by Docker Compose";

	build_note(b, PLAN_WARNING,
		   arena_printf(b->a,
				"volume \"%s\" already exists but was %screated %s. Use `external: "
				"true` to use an existing volume",
				name, there->project ? "" : "not ", who));
}

static int build_volume(struct builder *b, const struct json *volume, struct object_steps *out,
			struct err **e)
{
	const char *key = json_key(volume);
	const char *name = object_name(b, "volumes", key);
	const struct seen_object *there = find(b->seen->volumes, b->seen->n_volumes, name);
	char hash[65];

	if (json_bool(volume, "external", false))
		return there ? 0 : err_set(e, ENOENT, "external volume \"%s\" not found", name);
	if (!there) {
		ids_add(b, &out->volumes,
			build_step(b, (struct step){ .kind = STEP_VOLUME_CREATE,
						     .target = name,
						     .key = key,
						     .reason = "missing" }));
		return 0;
	}
	if (!there->project || !streq(there->project, b->name)) {
		foreign_volume(b, there, name);
		return 0;
	}
	volume_hash(volume, hash);
	if (there->hash && !streq(there->hash, hash))
		changed_volume(b, name, key, out);
	return 0;
}

int build_objects(struct builder *b, struct object_steps *out, struct err **e)
{
	int r = 0;

	JSON_EACH(network, json_get(b->project, "networks")) {
		if (json_key(network) && is_used(b, "networks", json_key(network)))
			r = build_network(b, network, out, e);
		if (r < 0)
			return r;
	}
	JSON_EACH(volume, json_get(b->project, "volumes")) {
		if (json_key(volume) && is_used(b, "volumes", json_key(volume)))
			r = build_volume(b, volume, out, e);
		if (r < 0)
			return r;
	}
	return 0;
}
