/*
 * compose/load/ports.h - the short form of a published port.
 *
 *	short = [ host ":" ] container [ "/" proto ]     host = [ ip ":" ] [ range ]
 *
 * Owns:    mappings and their text are the arena's.
 * Units:   ports 0 to 65535.
 * Errors:  -EINVAL with what is wrong in *e.
 * Thread:  any one thread at a time per arena.
 * Source:  reference "Port grammar"; docker/go-connections nat.
 */
#ifndef COMPOSE_LOAD_PORTS_H
#define COMPOSE_LOAD_PORTS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

struct port_mapping {
	const char *host_ip;   /* NULL = all addresses */
	const char *published; /* "8080", "8000-9000" to choose from, NULL = chosen by the kernel */
	unsigned target;
	const char *protocol; /* lower case */
};

/* One text may name a range, of at most max ports; the mappings are sorted by "TARGET/PROTOCOL" as text,
 * as upstream prints. */
int port_mappings_parse(struct arena *a, const char *text, size_t max, struct port_mapping **ret,
		size_t *ret_n, struct err **e);

#endif
