/*
 * image/store.h - images on disk: an OCI image layout and the unpacked layers beside it; the
 * reading side, for every program. Writing is image/store_write.h.
 *
 * ROOT/images is a valid image layout that other programs may read in place; its index.json has one
 * descriptor per reference, annotated org.opencontainers.image.ref.name with the canonical
 * reference. ROOT/layers/<hex>/fs is a layer in overlay form, keyed by diff ID, or by chain ID when
 * its content had to be completed from the layers below (meta.json says so).
 *
 * Owns:    the caller owns what *_open, *_find and *_list return.
 * Units:   sizes in bytes of unpacked files.
 * Errors:  -ENOENT no such image; -ENODATA the image is known but a layer is not unpacked.
 * Thread:  any; readers take no lock: index.json is replaced as a whole.
 * Source:  image-spec image-layout.md, manifest.md, config.md.
 */
#ifndef IMAGE_STORE_H
#define IMAGE_STORE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strv.h"

struct image_store {
	char *root;    /* $COMPOSE_ROOT */
	int root_fd;   /* -1 while the directory does not exist */
	int images_fd; /* ROOT/images, -1 likewise */
	int layers_fd; /* ROOT/layers, -1 likewise */
};

struct image {
	char *id;             /* "sha256:<hex>" of the config document */
	char *digest;         /* of what the references point at: a manifest or an index */
	char *manifest;       /* of the manifest of the chosen platform */
	struct strv refs;     /* canonical, in index order */
	struct json *config;  /* the whole config document; run defaults are its member "config" */
	struct strv diff_ids; /* "sha256:<hex>", bottom -> top */
	struct strv layers; /* to mount: absolute directories, bottom -> top; empty when incomplete.
			     * A layer that comes twice is there once, at its upper place */
	char *created;      /* RFC 3339, NULL when unknown */
	char *platform;     /* "linux/amd64" */
	char *comment;      /* comment of the last history entry, NULL when there is none */
	uint64_t size;
	uint64_t manifest_size;
	bool is_complete; /* every layer is unpacked */
};

struct image_list {
	struct image **v;
	size_t n, cap;
};

/* A root that does not exist is an empty store. */
int image_store_open(const char *root, struct image_store **ret, struct err **e);
void image_store_free(struct image_store *s);
static inline void image_store_autop(struct image_store **s)
{
	image_store_free(*s);
}

/* name: a reference, an ID with or without "sha256:", a unique prefix of one, or a manifest digest.
 * The first match of that order counts. Error text: "No such image: NAME". */
int image_find(const struct image_store *s, const char *name, struct image **ret, struct err **e);
/* All images, one entry per ID, dangling ones included; newest first. */
int image_list(const struct image_store *s, struct image_list *ret, struct err **e);

void image_free(struct image *i);
static inline void image_autop(struct image **i)
{
	image_free(*i);
}
void image_list_done(struct image_list *l);
static inline void image_list_autop(struct image_list *l)
{
	image_list_done(l);
}

/* The run defaults ("config" of the document), or NULL. Borrowed. */
const struct json *image_run_config(const struct image *i);
/* Chain ID of the first n diff IDs as "sha256:<hex>", "" for n == 0. For free(3). */
char *image_chain_id(const struct strv *diff_ids, size_t n);
/* Reads a blob ("sha256:<hex>") of at most max bytes and checks its digest. */
int image_blob_read(const struct image_store *s, const char *digest, size_t max, struct buf *out,
		    struct err **e);
/* Directory name of layer i below ROOT/layers for free(3), NULL when it is not unpacked; adds its
 * size to *size. */
char *image_layer_name(const struct image_store *s, const struct strv *diff_ids, size_t i,
		       uint64_t *size);
/* Puts a layer directory on top. overlayfs refuses a directory that is in a stack twice (ELOOP),
 * and all that the lower one shows is hidden by the upper: it goes. */
void image_layers_push(struct strv *layers, const char *dir);
/* Parsed index.json; an empty index when there is no store yet. */
int image_index_read(const struct image_store *s, struct json **ret, struct err **e);
/* Canonical reference of one descriptor of index.json for free(3), NULL when it is dangling. */
char *image_descriptor_ref(const struct json *descriptor);

#endif
