/*
 * compose/program/image_etc.h - hosts, hostname and resolv.conf of a build's containers.
 *
 * Owns:    files in the directory given.
 * Units:   none.
 * Errors:  with the file's name.
 * Thread:  one.
 * Source:  hosts(5), resolv.conf(5); systemd-resolved(8) for its list of real servers.
 */
#ifndef COMPOSE_PROGRAM_IMAGE_ETC_H
#define COMPOSE_PROGRAM_IMAGE_ETC_H

#include "base/err.h"
#include "base/strv.h"

struct image_etc {
	const char *hostname;
	const struct strv *hosts; /* "name:address", "host-gateway" as address */
	const char *gateway;      /* what host-gateway means; NULL = none */
	bool is_host_network;     /* then the host's resolvers are reached as they are */
};
int image_etc_write(int dirfd, const struct image_etc *in, struct err **e);

#endif
