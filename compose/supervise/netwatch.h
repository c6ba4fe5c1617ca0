/*
 * compose/supervise/netwatch.h - notices when somebody else changes the packet filter under us.
 *
 * A reload of the host's firewall may flush our table, and a firewall that is started (dockerd, ufw)
 * may begin to drop what it does not know. Both are put right by compose-net's "sweep"; this says when.
 * Changes of single elements, which are what our own work consists of, are not reported.
 *
 * Owns:    struct netwatch owns its socket and handles.
 * Units:   none.
 * Errors:  -errno with text where the kernel has no nf_tables; then there is nothing to watch.
 * Thread:  loop. No timer runs and nothing wakes up while nobody changes rules.
 * Source:  linux/netfilter/nf_tables.h, NFNLGRP_NFTABLES.
 */
#ifndef COMPOSE_SUPERVISE_NETWATCH_H
#define COMPOSE_SUPERVISE_NETWATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"

struct netwatch;

/* changed is called from the loop, once for a burst of changes. */
int netwatch_open(uv_loop_t *loop, void (*changed)(void *ctx), void *ctx, struct netwatch **ret,
		  struct err **e);
/* NULL is fine. The memory goes with the last handle. */
void netwatch_close(struct netwatch *w);

/* Whether one datagram of the kernel tells of a change that matters. Pure. */
bool netwatch_matters(const uint8_t *p, size_t n);

#endif
