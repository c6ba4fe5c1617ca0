/*
 * compose/supervise/observe.h - what is there before a plan is made: networks and volumes of the
 * machine, images of the services (read in the pool), containers (known to the loop).
 *
 * Owns:    observed_done() frees everything; observed.seen points into it and into the records.
 * Units:   none.
 * Errors:  a network or volume file that does not parse is left out.
 * Thread:  observe_files: pool; observe_containers: loop.
 * Source:  compose/plan/seen.h.
 */
#ifndef COMPOSE_SUPERVISE_OBSERVE_H
#define COMPOSE_SUPERVISE_OBSERVE_H

#include "base/arena.h"
#include "compose/plan/plan.h"
#include "compose/supervise/sup.h"
#include "image/store.h"

struct observed {
	struct arena *arena;
	struct seen seen;
	struct json *networks; /* array of network.json */
	struct json *volumes;  /* array of volume.json */
	struct json *images;   /* service -> image id */
	struct image_list found; /* those images, one per reference */
	struct json *digests;  /* service -> digest text of its image mounts */
};

void observe_files(struct observed *o, const char *root, const struct json *project);
void observe_containers(struct observed *o, const struct sup *s);
void observed_done(struct observed *o);
/* The image of a service; NULL when it is not there. Borrowed. */
const struct image *observed_image(const struct observed *o, const char *service);

/* network.json of every network; array. */
struct json *observe_networks(const char *root);

#endif
