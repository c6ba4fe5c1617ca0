/*
 * image/unpack_tree.h - one tar entry after the other becomes a file, with the rules of layers.
 *
 * Only image/unpack.c uses this; it is apart because reading the archive and writing the tree are
 * two matters.
 *
 * Owns:    unpack_tree_done() releases; descriptors of the job are borrowed.
 * Units:   size in bytes of file content.
 * Errors:  with the entry's name.
 * Thread:  one.
 * Source:  image-spec layer.md; openat2(2); kernel overlayfs.rst "whiteouts and opaque
 * directories".
 */
#ifndef IMAGE_UNPACK_TREE_H
#define IMAGE_UNPACK_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "image/unpack.h"

struct archive;
struct archive_entry;

struct unpack_dir {
	char *path;
	struct timespec mtime;
};

struct unpack_link {
	char *path, *target;
};

struct unpack_tree {
	const struct unpack_job *job;
	char *parent_path; /* of parent_fd; NULL = none yet */
	int parent_fd;     /* entries come sorted: the last directory is mostly the next one too */
	struct unpack_dir *dirs; /* times are set when nothing is created in them any more */
	size_t n_dirs, cap_dirs;
	struct unpack_link *links; /* hard links whose target has not come yet */
	size_t n_links, cap_links;
	uint64_t size;
	bool needed_lower; /* attributes or data were taken from the layers below */
};

void unpack_tree_init(struct unpack_tree *t, const struct unpack_job *job);
void unpack_tree_done(struct unpack_tree *t);
int unpack_tree_add(struct unpack_tree *t, struct archive *a, struct archive_entry *entry,
		    struct err **e);
/* Late links, then times of directories. */
int unpack_tree_finish(struct unpack_tree *t, struct err **e);

#endif
