/*
 * image/unpack.h - a tar, perhaps compressed, becomes a directory: as an overlay layer, or as files
 * added to a tree.
 *
 * All work is below one descriptor; links are resolved inside it, ".." stops at it, and nothing is
 * ever written through a link that leads out.
 *
 * Owns:    nothing; descriptors are borrowed.
 * Units:   bytes; digests as "sha256:<64 hex>".
 * Errors:  what the archive did wrong, with the entry's name; the half-filled directory is the
 *          caller's to remove.
 * Thread:  pool (blocks); hashing runs in a thread of its own.
 * Source:  image-spec layer.md; pax(1); kernel Documentation/filesystems/overlayfs.rst.
 */
#ifndef IMAGE_UNPACK_H
#define IMAGE_UNPACK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "image/digest.h"

enum unpack_compression { UNPACK_PLAIN, UNPACK_GZIP, UNPACK_ZSTD, UNPACK_BZIP2, UNPACK_XZ };

enum unpack_mode {
	UNPACK_LAYER, /* whiteouts become overlay whiteouts */
	UNPACK_ADD,   /* into an existing tree; a whiteout name is an error */
};

struct unpack_job {
	enum unpack_mode mode;
	int in_fd;    /* the tar, anything readable */
	int root_fd;  /* directory to fill */
	int blob_fd;  /* >= 0: keep what can be a layer blob: gzip and zstd as they come, else the
			 tar */
	int lower_fd; /* merged layers below, -1 = none: gives implied directories their attributes
		       */
	bool is_lowest; /* nothing can be below: whiteouts mean nothing */
	bool has_owner; /* UNPACK_ADD: everything belongs to uid:gid */
	uid_t uid;
	gid_t gid;
	const volatile bool *cancelled; /* looked at between entries; NULL = never */
};

struct unpack_result {
	enum unpack_compression compression;
	char diff_id[DIGEST_TEXT_SIZE];
	char blob[DIGEST_TEXT_SIZE]; /* digest of what blob_fd got */
	uint64_t blob_size, tar_size;
	uint64_t size, n_files;
	bool is_self_contained;
};

int unpack(const struct unpack_job *job, struct unpack_result *ret, struct err **e);
/* By the first bytes. */
enum unpack_compression unpack_sniff(const void *p, size_t n);
/* Whether the first n bytes of a file are those of a tar, compressed or not. n >= 512 if the file
 * is that long. */
bool unpack_is_archive(const void *p, size_t n);
/* Name of the entry as path below the root: no leading "/", no ".", ".." stops at the root. "" is
 * the root itself. For free(3); NULL when it is longer than the limit. */
char *unpack_clean_path(const char *name);

#endif
