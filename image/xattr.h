/*
 * image/xattr.h - which extended attributes travel with files, and carrying them over.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  -errno; a file system without such attributes (ENOTSUP) is no error.
 * Thread:  any.
 * Source:  xattr(7); kernel overlayfs.rst; what container engines keep.
 */
#ifndef IMAGE_XATTR_H
#define IMAGE_XATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/strv.h"

/* type: S_IFREG ... of the file. */
bool xattr_is_allowed(const char *name, mode_t type);
/* Names of the allowed attributes of dirfd/name, sorted; links are not followed. */
int xattr_list(int dirfd, const char *name, mode_t type, struct strv *ret);
/* Appends the value. */
int xattr_get(int dirfd, const char *name, const char *attr, struct buf *ret);
/* From an open file or directory to dirfd/name. */
int xattr_copy(int from_fd, int to_dirfd, const char *to_name);

#endif
