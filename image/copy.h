/*
 * image/copy.h - COPY and ADD: which files are meant, what their content is, putting them in place.
 *
 * Three steps, so that the middle one can answer from the cache: copy_find() resolves sources,
 * copy_digest() hashes them, copy_run() copies. All paths are resolved below descriptors.
 *
 * Owns:    copy_matches_done() releases; descriptors are borrowed.
 * Units:   paths relative to the root of the source; the destination is absolute in the target.
 * Errors:  with the words people know; a copy that fails leaves a layer that is thrown away.
 * Thread:  one per job; blocks.
 * Source:  Dockerfile reference "COPY"; moby/buildkit (behaviour).
 */
#ifndef IMAGE_COPY_H
#define IMAGE_COPY_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/strv.h"
#include "image/filehash.h"
#include "image/ignore.h"

struct copy_source {
	int root_fd;
	bool is_context;              /* owners on the host do not count: everything is 0:0 */
	const struct ignore *ignore;  /* .dockerignore; NULL for other stages */
	const struct ignore *exclude; /* --exclude; NULL = none */
	const char *where;            /* "build context", for messages */
};

struct copy_match {
	char *path; /* "" is the root; links to files are already followed */
	char *name; /* last component as it was written: the file's name in the target */
	bool is_dir;
	bool unpack; /* ADD of an archive */
};

struct copy_matches {
	struct copy_match *v;
	size_t n, cap;
	bool has_wildcard;
};
void copy_matches_done(struct copy_matches *m);
static inline void copy_matches_autop(struct copy_matches *m)
{
	copy_matches_done(m);
}

/* Adds what a source argument names: a path, or a pattern. */
int copy_find(const struct copy_source *s, const char *pattern, struct copy_matches *ret,
	      struct err **e);
/* Marks regular files that are archives: ADD unpacks them. */
int copy_mark_archives(const struct copy_source *s, struct copy_matches *m, struct err **e);
/* Digest over names, metadata and contents of all matches. */
int copy_digest(const struct copy_source *s, const struct copy_matches *m, struct filehash *hashes,
		char ret[DIGEST_TEXT_SIZE], struct err **e);

struct copy_target {
	int root_fd;      /* merged, writable */
	const char *path; /* absolute; a last '/' means a directory */
	bool has_owner;   /* --chown */
	uid_t uid;
	gid_t gid;
	const char *mode; /* --chmod, checked; NULL = keep */
	bool parents;     /* --parents: keep the source's path */
	const volatile bool *cancelled;
};
int copy_run(const struct copy_source *s, const struct copy_matches *m, const struct copy_target *t,
	     struct err **e);
/* One file with this content; for here-documents. */
int copy_text(const struct copy_target *t, const char *name, const char *text, size_t n,
	      struct err **e);
/* mkdir -p; directories made belong to uid:gid. */
int copy_make_dir(const struct copy_target *t, const char *path, mode_t mode, struct err **e);

#endif
