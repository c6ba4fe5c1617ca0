/* config --resolve-image-digests, --lock-image-digests: images by content, as the local store has them. */
#include "base/buf.h"
#include "compose/cmd/config.h"
#include "compose/load/node.h"
#include "compose/supervise/place.h"
#include "image/reference.h"
#include "image/store.h"

struct pinner {
	struct loaded *p;
	struct image_store *store;
};

/* "postgres:16" -> "postgres:16@sha256:..." */
static int pin(struct pinner *w, struct node *image, struct err **e)
{
	AUTO(reference) struct reference ref = REFERENCE_INIT;
	AUTO(image) struct image *found = NULL;
	AUTO(mem) char *canonical = NULL, *familiar = NULL;
	int r;

	if (!node_is(image, NODE_STR) || !*image->text)
		return 0;
	r = reference_parse(image->text, &ref, e);
	if (r < 0)
		return err_wrap(e, "resolve digest for %s", image->text);
	if (ref.digest)
		return 0;
	canonical = reference_format(&ref);
	familiar = reference_format_familiar(&ref);
	r = image_find(w->store, canonical, &found, e);
	if (r < 0) {
		err_hint(e, "digests are taken from the images that are here: pull it first");
		return err_wrap(e, "failed to resolve digest for %s", canonical);
	}
	node_origin(w->p->arena, image, "resolved to a digest", NULL);
	image->text = arena_printf(w->p->arena, "%s@%s", familiar, found->digest);
	return 0;
}

static int pin_hooks(struct pinner *w, const struct node *service, struct err **e)
{
	int r = 0;

	NODE_EACH(hook, node_get(service, "pre_start")) {
		if (r == 0)
			r = pin(w, node_get(hook, "image"), e);
	}
	return r;
}

static int pin_mounts(struct pinner *w, const struct node *service, struct err **e)
{
	int r = 0;

	NODE_EACH(mount, node_get(service, "volumes")) {
		if (r == 0 && streq(node_text(node_get(mount, "type")), "image"))
			r = pin(w, node_get(mount, "source"), e);
	}
	return r;
}

static int pin_service(struct pinner *w, const struct node *service, struct err **e)
{
	int r = 0;

	/* What is built here has no digest yet. */
	if (!node_get(service, "build"))
		r = pin(w, node_get(service, "image"), e);
	if (r == 0)
		r = pin_hooks(w, service, e);
	return r < 0 ? r : pin_mounts(w, service, e);
}

/* Leaves only what the lock file says: the image of every service, and image mounts. */
static void keep_images(struct loaded *p)
{
	NODE_EACH(section, p->root) {
		if (!streq(section->key, "services"))
			node_remove(section);
	}
	NODE_EACH(service, node_get(p->root, "services")) {
		NODE_EACH(member, service) {
			if (!streq(member->key, "image") && !streq(member->key, "volumes"))
				node_remove(member);
		}
		NODE_EACH(mount, node_get(service, "volumes")) {
			if (!streq(node_text(node_get(mount, "type")), "image"))
				node_remove(mount);
		}
	}
}

int config_pin_images(struct loaded *p, bool lock, struct err **e)
{
	AUTO(image_store) struct image_store *store = NULL;
	struct pinner w = { .p = p };
	int r = image_store_open(place_root(), &store, e);

	if (r < 0)
		return r;
	w.store = store;
	NODE_EACH(service, node_get(p->root, "services")) {
		if (r == 0)
			r = pin_service(&w, service, e);
	}
	if (r == 0 && lock)
		keep_images(p);
	return r;
}
