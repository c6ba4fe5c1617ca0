/*
 * image/import.h - a root file system in a tar becomes an image of one layer.
 *
 * Owns:    *ret_id is for free(3).
 * Units:   none.
 * Errors:  those of image/unpack.h and the store; nothing stays behind.
 * Thread:  pool; blocks.
 * Source:  docker import; image-spec config.md.
 */
#ifndef IMAGE_IMPORT_H
#define IMAGE_IMPORT_H

#include <stdbool.h>

#include "base/strv.h"
#include "image/store.h"

struct import_opts {
	int in_fd;
	const char *ref;            /* canonical; NULL = the image has no name */
	const char *message;        /* comment of its history; NULL = "Imported from -" */
	const struct strv *changes; /* Dockerfile instructions for its config */
	const volatile bool *cancelled;
};
int import_rootfs(const struct image_store *s, const struct import_opts *o, char **ret_id,
		  struct err **e);

#endif
