/*
 * image/copy_walk.h - what hashing and copying share: which names of a directory take part.
 *
 * Owns:    lists are the caller's; copy_place_autop() closes.
 * Units:   path is relative to the source's root, below to the match.
 * Errors:  with the path.
 * Thread:  one; blocks.
 * Source:  image/copy.h.
 */
#ifndef IMAGE_COPY_WALK_H
#define IMAGE_COPY_WALK_H

#include "image/copy.h"

struct copy_place {
	int dir_fd;
	const char *name; /* borrowed; "." for a directory itself */
};
static inline void copy_place_autop(struct copy_place *p)
{
	fd_close(&p->dir_fd);
}

int copy_open_match(const struct copy_source *s, const struct copy_match *m, struct copy_place *ret,
		    struct err **e);
/* Names in the directory that are neither ignored nor excluded, sorted. */
int copy_list(const struct copy_source *s, int dirfd, const char *path, const char *below,
	      struct strv *ret, struct err **e);
int copy_holds_wanted(const struct copy_source *s, int dirfd, const char *name, const char *path,
		      bool *ret, struct err **e);

#endif
