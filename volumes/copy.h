/*
 * volumes/copy.h - copies a directory tree with everything the kernel knows about it.
 *
 * Owns:    nothing; both descriptors stay open.
 * Units:   bytes.
 * Errors:  -errno with the path below the source; the target may then be half filled.
 * Thread:  pool.
 * Source:  copy_file_range(2), ioctl_ficlone(2), xattr(7).
 */
#ifndef VOLUMES_COPY_H
#define VOLUMES_COPY_H

#include "base/err.h"

/* Copies the children of directory src into directory dst (both opened for reading), then gives dst the
 * owner, mode, times and extended attributes of src. Hard links inside the tree stay links, sparse
 * files stay sparse, symbolic links are copied as they are, other file systems are not entered. */
int tree_copy(int src, int dst, struct err **e);

#endif
