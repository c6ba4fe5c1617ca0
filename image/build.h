/*
 * image/build.h - a Dockerfile and a context become an image.
 *
 * The builder knows nothing of containers: whoever calls it hands in the function that runs a
 * command on a stack of layers.
 *
 * Owns:    spec and operations are borrowed for the call; build_result_done() frees the result.
 * Units:   shm_size in bytes.
 * Errors:  "failed to solve: ..." as BuildKit words it; result->excerpt then shows the place. What
 * was half made is gone; finished steps stay in the cache. Thread:  one build per process at a
 * time; blocks. Source:  Dockerfile reference; compose-spec build.md; moby/buildkit (behaviour and
 * output).
 */
#ifndef IMAGE_BUILD_H
#define IMAGE_BUILD_H

#include <stdbool.h>

#include "base/json.h"
#include "base/strv.h"
#include "image/steplog.h"
#include "image/store.h"

struct build_mount {
	enum { BUILD_MOUNT_BIND, BUILD_MOUNT_TMPFS } type;
	char *source; /* absolute host path of a bind mount */
	char *target; /* absolute in the container */
	bool read_only;
	int64_t size; /* of a tmpfs; 0 = no limit */
};

struct build_run {
	const struct strv *lower; /* absolute layer directories, bottom -> top */
	const char *upper, *work; /* absolute; the command's changes end up in upper */
	const struct strv *argv, *env;
	const char *cwd, *user;   /* user "" = root */
	const char *network;      /* "default", "none", "host" or a network's name */
	const struct strv *hosts; /* "name:address" */
	int64_t shm_size;         /* 0 = default */
	const struct build_mount *mounts;
	size_t n_mounts;
	bool privileged;
	void (*output)(void *arg, const char *p, size_t n);
	void *output_arg;
};

struct build_ops {
	void *arg;
	/* Exit code of the command (128 + signal when killed), or -errno when it could not be run
	 * or was cancelled. Everything it made outside of upper is gone afterwards. */
	int (*run)(void *arg, const struct build_run *r, struct err **e);
};

struct build_opts {
	/* Object: context, dockerfile, dockerfile_inline, target, args{} (null = from nowhere),
	 * labels{}, tags[], no_cache, network, extra_hosts[] ("name:ip" or "name=ip"), shm_size
	 * (bytes), secrets[{id, and file or value (environment says where it
	 * was to come from), and uid, gid, mode}], additional_contexts{},
	 * platforms[], privileged, entitlements[]. */
	const struct json *spec;
	const struct build_ops *ops;
	struct steplog *steplog;
	const volatile bool *cancelled;
};

struct build_result {
	char *image_id; /* NULL on failure */
	char *excerpt;  /* on failure: lines of the Dockerfile; NULL when no line is at fault */
	struct strv warnings;
	bool made_layers; /* not everything came from the cache, even if the build failed later */
};
void build_result_done(struct build_result *r);
static inline void build_result_autop(struct build_result *r)
{
	build_result_done(r);
}

int build(const struct image_store *s, const struct build_opts *o, struct build_result *ret,
	  struct err **e);

#endif
