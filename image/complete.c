#include "image/complete.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fdio.h"
#include "image/manifest.h"
#include "image/mount.h"
#include "image/store_write.h"
#include "image/unpack.h"

/* The layers below, merged; -1 when there are none. */
static int open_below(const struct strv *below, struct err **e)
{
	struct mount_layers m = { .lower = below, .upper_fd = -1, .work_fd = -1 };

	if (!below->n)
		return -1;
	return below->n == 1 ? dir_open(AT_FDCWD, below->v[0], e) : mount_layers(&m, e);
}

static int check_diff_id(const struct unpack_result *res, const char *want, const char *digest,
			 struct err **e)
{
	if (streq(res->diff_id, want))
		return 0;
	return err_set(e, EBADMSG, "layer %s does not match its diff_id (expected %s, got %s)",
		       digest, want, res->diff_id);
}

static int unpack_one(const struct image_store *s, const struct image *im, size_t i,
		      const char *digest, const struct strv *below, const volatile bool *cancelled,
		      struct err **e)
{
	AUTO(store_layer) struct store_layer layer = { .fs_fd = -1 };
	AUTO(mem) char *path = xasprintf("blobs/sha256/%s", digest + 7);
	AUTO(mem) char *chain = image_chain_id(&im->diff_ids, i + 1);
	AUTO(fd) int in = openat(s->images_fd, path, O_RDONLY | O_CLOEXEC);
	AUTO(fd) int lower = -1;
	struct unpack_job job = {
		.mode = UNPACK_LAYER, .in_fd = in, .blob_fd = -1, .cancelled = cancelled
	};
	struct unpack_result res;
	struct layer_meta m = { 0 };
	int r;

	if (in < 0)
		return err_sys(e, errno, "open layer blob %s", digest);
	r = lower = open_below(below, e);
	if (r < 0 && below->n)
		return r;
	r = store_layer_open(s, &layer, e);
	if (r < 0)
		return r;
	job.root_fd = layer.fs_fd;
	job.lower_fd = lower;
	job.is_lowest = i == 0;
	r = unpack(&job, &res, e);
	if (r == 0)
		r = check_diff_id(&res, im->diff_ids.v[i], digest, e);
	if (r < 0)
		return r;
	m.size = res.size;
	m.n_files = res.n_files;
	m.is_self_contained = res.is_self_contained;
	return store_layer_commit(&layer, (m.is_self_contained ? im->diff_ids.v[i] : chain) + 7,
				  im->diff_ids.v[i], &m, e);
}

int image_complete(const struct image_store *s, const struct image *im,
		   const volatile bool *cancelled, struct err **e)
{
	AUTO(manifest_layers) struct manifest_layers l = { 0 };
	AUTO(strv) struct strv below = STRV_INIT;
	int r = manifest_layers_read(s, im, &l, e);

	for (size_t i = 0; r == 0 && i < l.n; i++) {
		uint64_t size = 0;
		AUTO(mem) char *name = image_layer_name(s, &im->diff_ids, i, &size), *dir = NULL;

		if (!name) {
			r = unpack_one(s, im, i, l.v[i].digest, &below, cancelled, e);
			name = r < 0 ? NULL : image_layer_name(s, &im->diff_ids, i, &size);
		}
		if (r == 0 && !name)
			r = err_set(e, EIO, "layer %s cannot be found after it was unpacked",
				    l.v[i].digest);
		if (r < 0)
			break;
		dir = xasprintf("%s/layers/%s/fs", s->root, name);
		image_layers_push(&below, dir);
	}
	return r < 0 ? err_wrap(e, "image %.19s", im->id) : 0;
}
