/*
 * compose/cmd/build_run.h - images of services built by compose-image.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  -EIO when a build failed: compose-image has said why, e stays NULL.
 * Thread:  main thread; blocks until the builds have ended.
 * Source:  ARCHITECTURE.md "Contract: compose-image build"; cli reference 7.7.
 */
#ifndef COMPOSE_CMD_BUILD_RUN_H
#define COMPOSE_CMD_BUILD_RUN_H

#include "base/json.h"
#include "compose/cmd/cmd.h"

struct node;

struct build_options {
	const struct strv *args; /* --build-arg K[=V] or NULL */
	bool no_cache, pull, quiet;
};

/* Builds the named services of the model in order. */
int build_services(struct cli *cli, const struct strv *services, const struct build_options *opt,
		   struct err **e);
/* "image:" of the service, else PROJECT-SERVICE. For free(3). */
char *service_image(const struct cli *cli, const struct node *service);

#endif
