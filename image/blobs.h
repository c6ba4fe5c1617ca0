/*
 * image/blobs.h - layer blobs that the store leaves out: those of layers built here.
 *
 * A built layer is kept unpacked only; its tar is made again, byte for byte, when another program
 * is to read the store.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  -EBADMSG when the tree no longer gives the tar it once gave.
 * Thread:  pool; blocks.
 * Source:  image-spec image-layout.md (blobs may be missing).
 */
#ifndef IMAGE_BLOBS_H
#define IMAGE_BLOBS_H

#include "image/store.h"

int image_fill_blobs(const struct image_store *s, const struct image *im, struct err **e);

#endif
