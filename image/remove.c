#include "image/remove.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fdio.h"
#include "base/path.h"
#include "image/manifest.h"
#include "image/reference.h"
#include "image/users.h"

bool image_is_used(const struct image_store *s, const struct image *im)
{
	AUTO(mem) char *user = im->is_complete ? image_user_find(s, &im->layers) : NULL;

	return user != NULL;
}

static int refuse_if_used(const struct image_store *s, const struct image *im, const char *name,
			  struct err **e)
{
	AUTO(mem) char *user = im->is_complete ? image_user_find(s, &im->layers) : NULL;
	AUTO(mem) char *familiar = NULL;

	if (!user)
		return 0;
	familiar = reference_familiar(name);
	return err_set(e, EBUSY,
		       "conflict: unable to remove repository reference \"%s\" (must force) - "
		       "container %s is using its referenced image %.12s",
		       familiar, user, im->id + 7);
}

static void add_condemned(const struct image_store *s, const struct image *im, struct strv *ret)
{
	AUTO(manifest_layers) struct manifest_layers l = { 0 };

	strv_add(ret, im->id);
	strv_add(ret, im->digest);
	strv_add(ret, im->manifest);
	if (manifest_layers_read(s, im, &l, NULL) == 0)
		for (size_t i = 0; i < l.n; i++)
			strv_add(ret, l.v[i].digest);
}

/* Another descriptor, of another manifest perhaps, has the same ID. */
static bool id_is_left(const struct image_store *s, const char *id)
{
	AUTO(image) struct image *im = NULL;

	return image_find(s, id, &im, NULL) == 0;
}

static int untag(const struct image_store *s, const char *canonical, struct strv *lines,
		 struct err **e)
{
	AUTO(mem) char *familiar = reference_familiar(canonical);
	int r = store_untag(s, canonical, /* keep_dangling= */ true, e);

	if (r == 0)
		strv_addf(lines, "Untagged: %s", familiar);
	return r;
}

static int delete_image(const struct image_store *s, const struct image *im, struct strv *lines,
			struct err **e)
{
	AUTO(strv) struct strv condemned = STRV_INIT;
	int r;

	add_condemned(s, im, &condemned);
	r = store_drop(s, im->digest, e);
	if (r < 0 || id_is_left(s, im->id))
		return r;
	strv_addf(lines, "Deleted: %s", im->id);
	return image_sweep(s, &condemned, e);
}

/* The name given is a reference of the image, not its ID. */
static const char *matched_ref(const struct image *im, const char *name)
{
	AUTO(mem) char *canonical = reference_canonical(name, NULL);

	for (size_t i = 0; canonical && i < im->refs.n; i++)
		if (streq(im->refs.v[i], canonical))
			return im->refs.v[i];
	return NULL;
}

static bool has_several_repositories(const struct image *im)
{
	AUTO(mem) char *first = NULL;

	for (size_t i = 0; i < im->refs.n; i++) {
		AUTO(reference) struct reference r = REFERENCE_INIT;
		AUTO(mem) char *repository = NULL;

		if (reference_parse(im->refs.v[i], &r, NULL) < 0)
			continue;
		repository = reference_format_repository(&r);
		if (first && !streq(first, repository))
			return true;
		if (!first)
			first = TAKE_PTR(repository);
	}
	return false;
}

static int remove_found(const struct image_store *s, const struct image *im, const char *name,
			bool force, struct strv *lines, struct err **e)
{
	const char *ref = matched_ref(im, name);
	int r = 0;

	if (ref && im->refs.n > 1)
		return untag(s, ref, lines, e);
	if (!ref && !force && has_several_repositories(im))
		return err_set(e, EBUSY,
			       "conflict: unable to delete %.12s (must be forced) - image is "
			       "referenced in multiple repositories",
			       im->id + 7);
	if (!force)
		r = refuse_if_used(s, im, ref ? ref : im->refs.n ? im->refs.v[0] : name, e);
	for (size_t i = 0; r == 0 && i < im->refs.n; i++)
		r = untag(s, im->refs.v[i], lines, e);
	return r < 0 ? r : delete_image(s, im, lines, e);
}

int image_remove(const struct image_store *s, const char *name, bool force, struct strv *lines,
		 struct err **e)
{
	AUTO(image) struct image *im = NULL;
	int r = image_find(s, name, &im, e);

	return r < 0 ? r : remove_found(s, im, name, force, lines, e);
}
