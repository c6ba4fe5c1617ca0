/*
 * image/layer.h - what is recorded about one unpacked layer (ROOT/layers/<hex>/meta.json).
 *
 * A layer that was not yet synced to disk carries the boot ID it was made in: after a crash such a
 * layer may be half written, so it does not count any more.
 *
 * Owns:    nothing.
 * Units:   size in bytes of file content.
 * Errors:  -ENOENT not there, not readable, or left by another boot.
 * Thread:  any.
 * Source:  syncfs(2); proc(5) sys/kernel/random/boot_id.
 */
#ifndef IMAGE_LAYER_H
#define IMAGE_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct layer_meta {
	uint64_t size;
	uint64_t n_files;
	uint64_t tar_size; /* of the layer's tar; 0 when its blob is in the store */
	bool is_self_contained;
	bool is_synced;
};

int layer_meta_read(int layers_fd, const char *name, struct layer_meta *ret);
/* name is a directory below layers_fd. diff_id is kept for people who look. */
int layer_meta_write(int layers_fd, const char *name, const char *diff_id,
		     const struct layer_meta *m, struct err **e);
/* Marks every layer made in this boot as synced; call after syncfs(2). */
int layer_mark_synced(int layers_fd, struct err **e);

#endif
