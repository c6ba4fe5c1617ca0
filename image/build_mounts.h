/*
 * image/build_mounts.h - the mounts of one RUN: binds from context and stages, caches, tmpfs,
 * secrets.
 *
 * Owns:    build_mounts_done() removes what was made for them (secret files, scripts, attached
 * trees). Units:   none. Errors:  as image/build.h. Thread:  one. Trees of several layers are
 * attached in the caller's mount namespace: have an own one. Source:  Dockerfile reference "RUN
 * --mount".
 */
#ifndef IMAGE_BUILD_MOUNTS_H
#define IMAGE_BUILD_MOUNTS_H

#include "image/build_priv.h"

struct build_mounts {
	struct build_mount *v;
	size_t n, cap;
	struct strv keys;     /* what counts for the cache: never a secret */
	struct strv env;      /* KEY=VALUE of secrets that go into the environment */
	struct strv files;    /* temporary files to remove */
	struct strv attached; /* directories with a tree mounted on them */
	struct err *missing;  /* why a secret cannot be had: matters only when the step is run */
	int *fds;             /* locks held, trees kept open */
	size_t n_fds, cap_fds;
};

int build_mounts_open(struct build *b, struct stage *st, const struct instr *i,
		      struct build_mounts *ret, struct err **e);
/* A program with this text at target. */
int build_mounts_add_script(struct build_mounts *m, const char *target, const char *text,
			    struct err **e);
void build_mounts_add_env(const struct build_mounts *m, struct strv *env);
void build_mounts_done(struct build_mounts *m);

#endif
