/*
 * image/manifest.h - a config document and its layers become an image in the store.
 *
 * Owns:    stored_image_done() frees the texts.
 * Units:   bytes.
 * Errors:  as image/store_write.h.
 * Thread:  any; blocks.
 * Source:  image-spec manifest.md, config.md.
 */
#ifndef IMAGE_MANIFEST_H
#define IMAGE_MANIFEST_H

#include "image/store_write.h"

#define MEDIA_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_CONFIG   "application/vnd.oci.image.config.v1+json"
#define MEDIA_LAYER    "application/vnd.oci.image.layer.v1.tar"

struct manifest_layer {
	char *media_type, *digest;
	uint64_t size;
};

struct manifest_layers {
	struct manifest_layer *v;
	size_t n, cap;
};
void manifest_layers_add(struct manifest_layers *l, const char *media_type, const char *digest,
			 uint64_t size);
void manifest_layers_done(struct manifest_layers *l);
static inline void manifest_layers_autop(struct manifest_layers *l)
{
	manifest_layers_done(l);
}
/* Those of an image that is in the store. */
int manifest_layers_read(const struct image_store *s, const struct image *im,
			 struct manifest_layers *ret, struct err **e);

struct stored_image {
	char *id;       /* digest of the config document */
	char *manifest; /* digest of the manifest */
	uint64_t manifest_size;
};
void stored_image_done(struct stored_image *i);
static inline void stored_image_autop(struct stored_image *i)
{
	stored_image_done(i);
}

/* Stores the two documents; no reference points at them yet. */
int manifest_put(const struct image_store *s, const struct json *config,
		 const struct manifest_layers *layers, struct stored_image *ret, struct err **e);
/* Points references (may be none) at it. */
int manifest_tag(const struct image_store *s, const struct stored_image *im,
		 const struct json *config, const struct strv *refs, struct err **e);

#endif
