/*
 * compose/supervise/create.h - one new container, for `up` and for `run`.
 *
 * It begins as a draft, which may be made before it is certain that the container is wanted: on disk is
 * then what a successor would undo. create_commit() makes it a container, create_abandon() undoes it.
 *
 * Owns:    inherited is taken; everything else in the spec is borrowed: project, service, args and image
 *          until done is called.
 * Units:   none.
 * Errors:  done gets e, which it takes; c is NULL then.
 * Thread:  loop; the work itself is done in the pool.
 * Source:  compose/supervise/bundle.h.
 */
#ifndef COMPOSE_SUPERVISE_CREATE_H
#define COMPOSE_SUPERVISE_CREATE_H

#include "compose/supervise/container.h"

struct create_spec {
	const struct json *project, *service, *args;
	const struct image *image; /* NULL: looked up */
	struct json *inherited;
	const char *service_name, *name, *replaces;
	int number;
	bool oneoff, auto_remove, use_aliases;
};
typedef void (*create_fn)(void *ctx, struct container *c, struct err *e);
struct create;
struct create *create_draft(struct sup *s, const struct create_spec *spec);
/* One of the two ends every draft, which is gone once done has returned: that may be before the return from
 * here, when the draft is complete already. */
void create_commit(struct create *k, create_fn done, void *ctx);
void create_abandon(struct create *k, void (*done)(void *ctx), void *ctx);
/* A draft and its commit. */
void create_begin(struct sup *s, const struct create_spec *spec, create_fn done, void *ctx);

/* The mount records of a container. */
struct json *create_mounts_of(const struct container *c);
/* container.json as a tree. */
struct json *create_doc_of(const struct container *c);

#endif
