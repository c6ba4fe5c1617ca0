/*
 * image/store_write.h - the writing side of the store: blobs, layers, references.
 *
 * Blobs and layers appear under their final name only when whole. index.json changes under
 * ROOT/images/store.lock. Whoever adds holds the gate shared, whoever sweeps holds it alone.
 *
 * Owns:    descriptors returned are the caller's; closing the gate's opens it again.
 * Units:   bytes; digests as "sha256:<64 hex>".
 * Errors:  as told by the file system; half-written things are removed.
 * Thread:  any; they block.
 * Source:  image-spec image-layout.md; flock(2).
 */
#ifndef IMAGE_STORE_WRITE_H
#define IMAGE_STORE_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "image/layer.h"
#include "image/store.h"

/* Opens the store and makes what is missing of it. */
int store_create(const char *root, struct image_store **ret, struct err **e);

/* The gate: alone = wait until nobody adds. Who comes first clears up what dead processes left
 * unfinished. Returns a descriptor. */
int store_gate(const struct image_store *s, bool alone, struct err **e);
/* Alone or not at all: -EWOULDBLOCK while somebody adds. */
int store_gate_try(const struct image_store *s);

/* A document that is kept byte for byte. ret_digest is for free(3). */
int store_blob_put(const struct image_store *s, const void *p, size_t n, char **ret_digest,
		   struct err **e);

/* A blob that is still being written. */
struct store_part {
	const struct image_store *store;
	char *path; /* below ROOT/images; NULL once it is a blob */
	int fd;
};
int store_part_open(const struct image_store *s, struct store_part *ret, struct err **e);
int store_part_commit(struct store_part *p, const char *digest, struct err **e);
/* Removes it unless committed. */
void store_part_done(struct store_part *p);
static inline void store_part_autop(struct store_part *p)
{
	store_part_done(p);
}

/* A layer that is still being written: a directory below ROOT/layers with an empty "fs" in it. */
struct store_layer {
	const struct image_store *store;
	char *name; /* below ROOT/layers; NULL once committed */
	int fs_fd;
};
int store_layer_open(const struct image_store *s, struct store_layer *ret, struct err **e);
/* Key is the hex part of the diff or chain ID. Another process may have been faster: then its
 * directory stays and ours goes. */
int store_layer_commit(struct store_layer *l, const char *key, const char *diff_id,
		       const struct layer_meta *m, struct err **e);
void store_layer_done(struct store_layer *l);
static inline void store_layer_autop(struct store_layer *l)
{
	store_layer_done(l);
}

/* What a reference points at. */
struct store_descriptor {
	const char *media_type, *digest;
	uint64_t size;
	const char *platform; /* "linux/amd64" or NULL */
};
/* Points canonical references at d; the image a reference pointed at before stays as a dangling
 * one. Without references the image itself is dangling. */
int store_tag(const struct image_store *s, const struct strv *refs,
	      const struct store_descriptor *d, struct err **e);
/* The reference is gone; the image stays as a dangling one when keep_dangling. -ENOENT when there
 * is no such reference. */
int store_untag(const struct image_store *s, const char *canonical, bool keep_dangling,
		struct err **e);
/* Drops every descriptor of that digest. */
int store_drop(const struct image_store *s, const char *digest, struct err **e);

/* Starts a process of its own that waits for the disk and then marks the layers as synced, so that
 * nobody else waits. */
void store_sync_later(const struct image_store *s);

#endif
