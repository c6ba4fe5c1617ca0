#include "compose/supervise/observe.h"

#include <fcntl.h>

#include "base/fdio.h"
#include "base/strv.h"
#include "compose/supervise/container.h"
#include "image/store.h"
#include "volumes/volume.h"

enum { NETWORK_MAX = 1 << 20 };

struct json *observe_networks(const char *root)
{
	AUTO(mem) char *dir = xasprintf("%s/networks", root);
	AUTO(strv) struct strv names = STRV_INIT;
	struct json *list = json_new_arr();

	if (dir_list(AT_FDCWD, dir, &names, NULL) < 0)
		return list;
	for (size_t i = 0; i < names.n; i++) {
		AUTO(mem) char *path = xasprintf("%s/%s/network.json", dir, names.v[i]);
		struct json *net = NULL;

		if (json_parse_file(AT_FDCWD, path, NETWORK_MAX, &net, NULL) == 0)
			json_push(list, net);
	}
	return list;
}

/* "target=digest,..." of mounts of type image. */
static void digest_of(struct observed *o, const struct image_store *store,
		      const struct json *service)
{
	AUTO(buf) struct buf text = BUF_INIT;

	JSON_EACH(m, json_get(service, "volumes")) {
		AUTO(image) struct image *image = NULL;

		if (!streq(json_str(m, "type", ""), "image") ||
		    image_find(store, json_str(m, "source", ""), &image, NULL) < 0)
			continue;
		buf_addf(&text, "%s%s=%s", text.n ? "," : "", json_str(m, "target", ""), image->id);
	}
	if (text.n)
		json_set_str(o->digests, json_key(service), text.p);
}

/* Many services share few images: each reference is looked up once. */
static void observe_images(struct observed *o, const char *root, const struct json *project)
{
	AUTO(image_store) struct image_store *store = NULL;
	AUTO(json) struct json *known = json_new_obj();

	if (image_store_open(root, &store, NULL) < 0)
		return;
	JSON_EACH(service, json_get(project, "services")) {
		AUTO(mem)
		char *dflt = xasprintf("%s-%s", json_str(project, "name", ""), json_key(service));
		const char *ref = json_str(service, "image", dflt);
		struct image *image = NULL;

		if (!json_get(known, ref)) {
			(void)image_find(store, ref, &image, NULL);
			json_set_str(known, ref, image ? image->id : NULL);
		}
		if (image) {
			ARRAY_RESERVE(o->found.v, o->found.n, o->found.cap);
			o->found.v[o->found.n++] = image;
		}
		if (json_str(known, ref, NULL))
			json_set_str(o->images, json_key(service), json_str(known, ref, NULL));
		digest_of(o, store, service);
	}
}

void observe_files(struct observed *o, const char *root, const struct json *project)
{
	o->images = json_new_obj();
	o->digests = json_new_obj();
	o->networks = observe_networks(root);
	if (volume_list(root, &o->volumes, NULL) < 0)
		o->volumes = json_new_arr();
	observe_images(o, root, project);
}

static const struct seen_object *objects_of(struct arena *a, const struct json *list,
					    const char *key_label, size_t *ret_n)
{
	struct seen_object *v = arena_alloc(a, (json_len(list) + 1) * sizeof(*v));
	size_t n = 0;

	JSON_EACH(o, list) {
		const struct json *labels = json_get(o, "labels");

		v[n++] = (struct seen_object){
			.name = json_str(o, "name", ""),
			.key = json_str(labels, key_label, NULL),
			.project = json_str(labels, "com.docker.compose.project", NULL),
			.hash = json_str(labels, "com.docker.compose.config-hash", NULL),
		};
	}
	*ret_n = n;
	return v;
}

static enum seen_state seen_state_of(const struct container *c)
{
	if (c->state == CT_PAUSED)
		return SEEN_PAUSED;
	if (c->state == CT_REMOVING)
		return SEEN_REMOVING;
	if (c->state == CT_STOPPING || c->state == CT_DOOMED)
		return SEEN_STOPPING;
	if (container_is_up(c))
		return c->state == CT_BACKOFF ? SEEN_RESTARTING : SEEN_RUNNING;
	return c->rec.started_ns ? SEEN_EXITED : SEEN_CREATED;
}

/* What steps keep is copied: the container may be gone while the plan still runs. */
static struct seen_container seen_of(struct arena *a, const struct container *c)
{
	const struct record *r = &c->rec;

	return (struct seen_container){
		.id = arena_strdup(a, r->id),
		.name = arena_strdup(a, r->name),
		.service = arena_strdup(a, r->service),
		.number = r->number,
		.oneoff = r->oneoff,
		.state = seen_state_of(c),
		.exit_code = r->exit_code,
		.created_ns = r->created_ns,
		.config_hash = r->config_hash,
		.image_id = r->image_id,
		.volume_digest = r->volume_digest,
		.depends_on = r->depends_on,
		.networks = (const char *const *)r->networks.v,
		.n_networks = r->networks.n,
		.volumes = (const char *const *)r->volumes.v,
		.n_volumes = r->volumes.n,
	};
}

void observe_containers(struct observed *o, const struct sup *s)
{
	struct seen_container *v;
	struct map_entry *entry;
	size_t n = 0;

	o->arena = arena_new();
	v = arena_alloc(o->arena, (s->containers.n + 1) * sizeof(*v));
	MAP_EACH(entry, &s->containers) {
		const struct container *c = entry->value;

		if (c->state != CT_REMOVING)
			v[n++] = seen_of(o->arena, c);
	}
	o->seen.containers = v;
	o->seen.n_containers = n;
	o->seen.networks = objects_of(o->arena, o->networks, "com.docker.compose.network",
				      &o->seen.n_networks);
	o->seen.volumes =
		objects_of(o->arena, o->volumes, "com.docker.compose.volume", &o->seen.n_volumes);
}

const struct image *observed_image(const struct observed *o, const char *service)
{
	const char *id = json_str(o->images, service, NULL);

	for (size_t i = 0; id && i < o->found.n; i++)
		if (streq(o->found.v[i]->id, id))
			return o->found.v[i];
	return NULL;
}

void observed_done(struct observed *o)
{
	image_list_done(&o->found);
	arena_free(o->arena);
	json_free(o->networks);
	json_free(o->volumes);
	json_free(o->images);
	json_free(o->digests);
	*o = (struct observed){ 0 };
}
