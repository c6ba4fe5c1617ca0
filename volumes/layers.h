/*
 * volumes/layers.h - the merged, read-only view of an image's layers as one directory descriptor.
 *
 * Owns:    the caller closes *ret; nothing stays mounted anywhere visible.
 * Units:   none.
 * Errors:  -errno with what was mounted.
 * Thread:  pool.
 * Source:  fsopen(2), fsmount(2); Documentation/filesystems/overlayfs.rst "lowerdir+".
 */
#ifndef VOLUMES_LAYERS_H
#define VOLUMES_LAYERS_H

#include "base/err.h"
#include "base/strv.h"

/* layers: absolute directories, bottom -> top, at least one. scratch: an existing private directory, for
 * kernels that must mount somewhere for a moment. */
int layers_open(const struct strv *layers, const char *scratch, int *ret, struct err **e);

#endif
