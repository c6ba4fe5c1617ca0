/*
 * compose/supervise/launch.h - from "start" to a running program: namespace and addresses, files under
 * /etc, the shim.
 *
 * Owns:    nothing beyond the call.
 * Units:   none.
 * Errors:  they end in container.failure and EV_FAIL.
 * Thread:  loop.
 * Source:  ARCHITECTURE.md "The life of up", step 3.
 */
#ifndef COMPOSE_SUPERVISE_LAUNCH_H
#define COMPOSE_SUPERVISE_LAUNCH_H

#include "compose/supervise/container.h"

/* Lets a held one-off go on. */
int launch_release(struct container *c);

/* The attach answer's endpoints as `list` shows them: name -> {ipv4, ipv6, mac, interface}. */
char *launch_addresses(const struct json *endpoints);

#endif
