/*
 * compose/cmd/recreate.h - the flags about replacing containers that up and create share.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  -EINVAL for flags that contradict each other.
 * Thread:  any.
 * Source:  cli reference 7.1.
 */
#ifndef COMPOSE_CMD_RECREATE_H
#define COMPOSE_CMD_RECREATE_H

#include "base/json.h"

struct recreate_opts {
	bool force, never, always_deps, renew_anon_volumes;
};

int recreate_check(const struct recreate_opts *o, struct err **e);
/* Sets recreate, recreate_deps and renew_anon_volumes of "apply". */
void recreate_args(const struct recreate_opts *o, struct json *args);

#endif
