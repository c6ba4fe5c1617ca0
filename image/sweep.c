#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "base/map.h"
#include "image/cache.h"
#include "image/manifest.h"
#include "image/remove.h"
#include "image/users.h"

#define BLOB_MIN_AGE_NS (600LL * 1000000000LL)

static char in_use[] = "in use";

struct marks {
	struct map blobs;  /* "sha256:<hex>" */
	struct map layers; /* names below ROOT/layers */
};

static void mark_image(const struct image_store *s, const struct image *im, struct marks *m)
{
	AUTO(manifest_layers) struct manifest_layers l = { 0 };

	(void)map_set(&m->blobs, im->id, in_use);
	(void)map_set(&m->blobs, im->digest, in_use);
	(void)map_set(&m->blobs, im->manifest, in_use);
	if (manifest_layers_read(s, im, &l, NULL) == 0)
		for (size_t i = 0; i < l.n; i++)
			(void)map_set(&m->blobs, l.v[i].digest, in_use);
	for (size_t i = 0; i < im->diff_ids.n; i++) {
		uint64_t size = 0;
		AUTO(mem) char *name = image_layer_name(s, &im->diff_ids, i, &size);

		if (name)
			(void)map_set(&m->layers, name, in_use);
	}
}

static int mark_all(const struct image_store *s, struct marks *m, struct err **e)
{
	AUTO(image_list) struct image_list l = { 0 };
	int r = image_list(s, &l, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < l.n; i++)
		mark_image(s, l.v[i], m);
	image_users_mark(s, &m->layers);
	return cache_mark(s, &m->layers, e);
}

static bool is_old(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       clock_wall_ns() - st.st_mtim.tv_sec * 1000000000LL > BLOB_MIN_AGE_NS;
}

/* Another program may be writing here: what is young and not ours to judge stays. */
static int sweep_blobs(const struct image_store *s, const struct marks *m,
		       const struct strv *condemned, struct err **e)
{
	AUTO(strv) struct strv names = STRV_INIT;
	AUTO(fd) int dir = dir_open(s->images_fd, "blobs/sha256", e);
	int r = dir < 0 ? dir : dir_list(dir, ".", &names, e);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		AUTO(mem) char *digest = xasprintf("sha256:%s", names.v[i]);

		if (!map_has(&m->blobs, digest) &&
		    ((condemned && strv_has(condemned, digest)) || is_old(dir, names.v[i])))
			r = tree_remove(dir, names.v[i], e);
	}
	return r;
}

/* Unfinished layers have nobody who works on them: the gate is ours alone. */
static int sweep_layers(const struct image_store *s, const struct marks *m, struct err **e)
{
	AUTO(strv) struct strv names = STRV_INIT;
	int r = dir_list(s->layers_fd, ".", &names, e);

	for (size_t i = 0; r == 0 && i < names.n; i++)
		if (!map_has(&m->layers, names.v[i]))
			r = tree_remove(s->layers_fd, names.v[i], e);
	return r;
}

static int sweep_ingest(const struct image_store *s, struct err **e)
{
	AUTO(strv) struct strv names = STRV_INIT;
	AUTO(fd) int dir = dir_open(s->images_fd, "ingest", e);
	int r = dir < 0 ? dir : dir_list(dir, ".", &names, e);

	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = tree_remove(dir, names.v[i], e);
	return r;
}

static const char wanted_name[] = "sweep.wanted";

static int sweep(const struct image_store *s, const struct strv *condemned, struct err **e)
{
	struct marks m = { 0 };
	int r = mark_all(s, &m, e);

	if (r == 0)
		r = sweep_blobs(s, &m, condemned, e);
	if (r == 0)
		r = sweep_layers(s, &m, e);
	if (r == 0)
		r = sweep_ingest(s, e);
	map_done(&m.blobs);
	map_done(&m.layers);
	return r < 0 ? err_wrap(e, "sweep the image store") : 0;
}

int image_sweep(const struct image_store *s, const struct strv *condemned, struct err **e)
{
	AUTO(fd) int gate = store_gate_try(s);

	if (gate == -EWOULDBLOCK)
		return file_write(s->images_fd, wanted_name, "", 0, 0600, /* durable= */ false, e);
	if (gate < 0)
		return err_sys(e, -gate, "lock %s/images/gc.lock", s->root);
	return sweep(s, condemned, e);
}

int image_sweep_if_wanted(const struct image_store *s, struct err **e)
{
	if (unlinkat(s->images_fd, wanted_name, 0) < 0)
		return errno == ENOENT ? 0 :
					 err_sys(e, errno, "remove %s/images/%s", s->root, wanted_name);
	return image_sweep(s, NULL, e);
}
