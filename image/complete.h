/*
 * image/complete.h - unpacking the layers of an image that another program put into the store.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  -EBADMSG a layer does not match its diff ID; layers finished before stay.
 * Thread:  pool; blocks.
 * Source:  image-spec layer.md, config.md (diff_ids).
 */
#ifndef IMAGE_COMPLETE_H
#define IMAGE_COMPLETE_H

#include <stdbool.h>

#include "image/store.h"

/* The caller looks the image up again afterwards. Hold the gate. */
int image_complete(const struct image_store *s, const struct image *im,
		   const volatile bool *cancelled, struct err **e);

#endif
