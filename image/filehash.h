/*
 * image/filehash.h - digests of file contents, remembered between builds.
 *
 * A digest is remembered under device, inode, size, both times and mode. An entry younger than two
 * seconds when it is stored is not trusted later: the file could change again within one tick.
 *
 * Owns:    filehash_free() releases.
 * Units:   digests as "sha256:<64 hex>".
 * Errors:  a memory that cannot be read or written costs time only.
 * Thread:  one.
 * Source:  the racy entries of git's index (the idea).
 */
#ifndef IMAGE_FILEHASH_H
#define IMAGE_FILEHASH_H

#include <sys/stat.h>

#include "image/digest.h"

struct filehash;

/* name: what this memory is about, e.g. the context's path. */
struct filehash *filehash_open(int root_fd, const char *name);
/* -errno when the file cannot be read. fd is at the start of a regular file. */
int filehash_get(struct filehash *h, int fd, const struct stat *st, char ret[DIGEST_TEXT_SIZE]);
/* Writes what was used since filehash_open(), when it changed. */
void filehash_save(struct filehash *h);
void filehash_free(struct filehash *h);
static inline void filehash_autop(struct filehash **h)
{
	filehash_free(*h);
}

#endif
