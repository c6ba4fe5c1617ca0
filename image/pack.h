/*
 * image/pack.h - an overlay layer directory becomes the tar of a layer, the same bytes every time.
 *
 * Our own writer, not libarchive's: the digest of a layer is its name, and it must not change with
 * the version of a library. The tar is not kept; this can make it again.
 *
 * Owns:    nothing.
 * Units:   bytes; digests as "sha256:<64 hex>".
 * Errors:  with the path.
 * Thread:  pool; blocks; hashing runs in a thread of its own.
 * Source:  image-spec layer.md; pax(1) ustar and pax headers.
 */
#ifndef IMAGE_PACK_H
#define IMAGE_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "image/digest.h"

struct pack_result {
	char diff_id[DIGEST_TEXT_SIZE];
	uint64_t tar_size;
	uint64_t size, n_files;
};

struct pack_opts {
	int out_fd;        /* -1 = only the digest is wanted */
	int64_t max_mtime; /* seconds; later times become this one; < 0 = no limit */
	const volatile bool *cancelled;
};

int pack_layer(int fs_fd, const struct pack_opts *o, struct pack_result *ret, struct err **e);

#endif
