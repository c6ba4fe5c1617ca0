/*
 * compose/program/image_run.h - carries out RUN steps: a bundle, the build's network namespace,
 * `compose-runtime run`, its output back to the builder.
 *
 * Owns:    image_runner_close() removes bundle, network and what a killed step left.
 * Units:   none.
 * Errors:  a command's own failure is its exit code; else -errno.
 * Thread:  one.
 * Source:  ARCHITECTURE.md "Contract: config.json"; image/build.h.
 */
#ifndef COMPOSE_PROGRAM_IMAGE_RUN_H
#define COMPOSE_PROGRAM_IMAGE_RUN_H

#include "compose/program/image_net.h"
#include "image/build.h"

struct image_runner {
	char id[65];
	char *bundle; /* ROOT/build/run/<id>, made with the first step */
	int bundle_fd, lock_fd;
	struct image_net net;
	char *network; /* that net is attached to */
};
void image_runner_init(struct image_runner *r);
/* struct build_ops.run; arg is the runner. */
int image_runner_run(void *arg, const struct build_run *run, struct err **e);
void image_runner_close(struct image_runner *r);

#endif
