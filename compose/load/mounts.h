/*
 * compose/load/mounts.h - the short forms of volumes and devices.
 *
 *	volume = [ SOURCE ":" ] TARGET [ ":" OPTION { "," OPTION } ]
 *	device = SOURCE [ ":" TARGET [ ":" PERMISSIONS ] ]
 *
 * Owns:    all text is the arena's.
 * Units:   none.
 * Errors:  -EINVAL with what is wrong in *e.
 * Thread:  any one thread at a time per arena.
 * Source:  reference "Volume mounts"; colons inside ${...} do not separate.
 */
#ifndef COMPOSE_LOAD_MOUNTS_H
#define COMPOSE_LOAD_MOUNTS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

struct mount_short {
	const char *type;   /* "bind" or "volume" */
	const char *source; /* NULL = anonymous volume */
	const char *target;
	const char *propagation; /* or NULL */
	const char *selinux;     /* "z", "Z" or NULL */
	bool read_only, nocopy;
	bool has_volume; /* a `volume` mapping belongs to the long form */
};

int mount_parse(struct arena *a, const char *text, struct mount_short *ret, struct err **e);

struct device_short {
	const char *source, *target, *permissions;
};

int device_parse(struct arena *a, const char *text, struct device_short *ret, struct err **e);

#endif
