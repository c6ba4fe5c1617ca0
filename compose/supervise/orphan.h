/*
 * compose/supervise/orphan.h - a container whose shim died: it runs on, its first process became a child
 * of ours when the shim was one, else of pid 1. Its pidfd tells when it ended; how, our own wait or (since
 * Linux 6.15) the pidfd.
 *
 * Owns:    the watch takes pidfd and frees itself.
 * Units:   none.
 * Errors:  a status that cannot be known is 255.
 * Thread:  loop.
 * Source:  reliability reference R3; pidfd_open(2), PIDFD_GET_INFO in linux/pidfd.h.
 */
#ifndef COMPOSE_SUPERVISE_ORPHAN_H
#define COMPOSE_SUPERVISE_ORPHAN_H

#include "compose/supervise/container.h"

/* Kills what a dead shim left behind and removes its cgroup and state directory; then calls done. */
typedef void (*orphan_done_fn)(struct container *c, int code);
void orphan_discard(struct container *c, int code, orphan_done_fn done);
/* pidfd -1: it is over already, nobody knows how. Feeds EV_EXIT when the process has ended. */
void orphan_watch(struct container *c, int pidfd);
/* Sends a signal to one that is watched; -ESRCH when it is not. */
int orphan_kill(struct container *c, int signal);
/* A process that became ours was reaped: one of these, perhaps. */
void orphan_reaped(struct sup *s, int pid, int status);
/* A pidfd for pid if that process is in this container's cgroup, else -1. */
int orphan_find(const char *id, int pid);

#endif
