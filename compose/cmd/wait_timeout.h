/*
 * compose/cmd/wait_timeout.h - the check of --wait-timeout that up and start share.
 *
 * Owns:    nothing.
 * Units:   seconds.
 * Errors:  -EINVAL.
 * Thread:  any.
 * Source:  cli reference 7.1.
 */
#ifndef COMPOSE_CMD_WAIT_TIMEOUT_H
#define COMPOSE_CMD_WAIT_TIMEOUT_H

#include <errno.h>

#include "base/err.h"

static inline int wait_timeout_check(int seconds, struct err **e)
{
	if (seconds < 0)
		return err_set(e, EINVAL, "--wait-timeout must be a non-negative integer");
	return 0;
}

#endif
