/*
 * image/remove.h - taking images away, and sweeping what nothing refers to any more.
 *
 * Nothing is counted: what index.json, the containers' bundles and the build cache name is marked,
 * the rest goes.
 *
 * Owns:    lines are added to the caller's list.
 * Units:   none.
 * Errors:  -ENOENT no such image; -EBUSY a container uses it.
 * Thread:  pool; blocks.
 * Source:  docker rmi.
 */
#ifndef IMAGE_REMOVE_H
#define IMAGE_REMOVE_H

#include <stdbool.h>

#include "image/store.h"

/* lines: "Untagged: ...", "Deleted: ...". */
int image_remove(const struct image_store *s, const char *name, bool force, struct strv *lines,
		 struct err **e);
/* Whether a container was made from it. */
bool image_is_used(const struct image_store *s, const struct image *im);
/* Deletes unreferenced blobs and layers. condemned (may be NULL): blobs that need not be old. While
 * somebody adds to the store this is put off: whoever adds ends with image_sweep_if_wanted(). */
int image_sweep_if_wanted(const struct image_store *s, struct err **e);
int image_sweep(const struct image_store *s, const struct strv *condemned, struct err **e);

#endif
