/*
 * compose/program/image_net.h - the network of a build: one namespace for all its RUN steps, made
 * by the network worker on first use.
 *
 * Owns:    image_net_close() gives everything back.
 * Units:   none.
 * Errors:  the worker's text and hint.
 * Thread:  one; blocks.
 * Source:  ARCHITECTURE.md "Contract: compose-net".
 */
#ifndef COMPOSE_PROGRAM_IMAGE_NET_H
#define COMPOSE_PROGRAM_IMAGE_NET_H

#include <sys/types.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strv.h"

struct image_net {
	const char *id; /* of the container, borrowed */
	pid_t worker;
	int sock;      /* -1 = no worker */
	int netns;     /* -1 = not attached */
	char *gateway; /* NULL when there is none */
	bool is_own_network;
	int64_t next_id;
};
#define IMAGE_NET_INIT                                                                             \
	{                                                                                          \
		.worker = -1, .sock = -1, .netns = -1                                              \
	}

/* network: "default" or the name of one that exists. alive: ids of builds that
 * run; what others left behind is removed. */
int image_net_open(struct image_net *n, const char *id, const char *network,
		   const struct strv *alive, struct err **e);
void image_net_close(struct image_net *n);

#endif
