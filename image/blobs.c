#include "image/blobs.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fdio.h"
#include "image/manifest.h"
#include "image/pack.h"

static int fill_one(const struct image_store *s, const char *dir, const char *digest,
		    struct err **e)
{
	AUTO(store_part) struct store_part part = { .fd = -1 };
	struct pack_opts o = { .max_mtime = -1 };
	AUTO(fd) int fs = dir_open(AT_FDCWD, dir, e);
	struct pack_result res;
	int r = fs < 0 ? fs : store_part_open(s, &part, e);

	if (r < 0)
		return r;
	o.out_fd = part.fd;
	r = pack_layer(fs, &o, &res, e);
	if (r < 0)
		return r;
	if (!streq(res.diff_id, digest))
		return err_set(e, EBADMSG, "layer %s has changed: its tar is now %s", digest,
			       res.diff_id);
	return store_part_commit(&part, digest, e);
}

int image_fill_blobs(const struct image_store *s, const struct image *im, struct err **e)
{
	AUTO(manifest_layers) struct manifest_layers l = { 0 };
	AUTO(fd) int gate = store_gate(s, /* alone= */ false, e);
	int r = gate < 0 ? gate : manifest_layers_read(s, im, &l, e);

	for (size_t i = 0; r == 0 && i < l.n; i++) {
		AUTO(mem) char *path = xasprintf("blobs/sha256/%s", l.v[i].digest + 7);
		AUTO(mem) char *name = NULL, *dir = NULL;
		uint64_t size = 0;

		if (faccessat(s->images_fd, path, F_OK, 0) == 0)
			continue;
		name = image_layer_name(s, &im->diff_ids, i, &size);
		if (!name || !streq(l.v[i].digest, im->diff_ids.v[i]))
			return err_set(e, ENOENT, "layer %s is not in the store", l.v[i].digest);
		dir = xasprintf("%s/layers/%s/fs", s->root, name);
		r = fill_one(s, dir, l.v[i].digest, e);
	}
	return r;
}
