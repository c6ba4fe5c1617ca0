/*
 * compose/cmd/proc.h - the processes of one container as /proc shows them.
 *
 * Owns:    procs_done() releases all.
 * Units:   wall-clock nanoseconds; cpu time in clock ticks.
 * Errors:  -errno; processes that end meanwhile are left out.
 * Thread:  any.
 * Source:  proc(5); ps -ef.
 */
#ifndef COMPOSE_CMD_PROC_H
#define COMPOSE_CMD_PROC_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct proc {
	pid_t pid, parent;
	uid_t uid;
	char *command;       /* arguments joined by blanks, or "[name]" */
	uint64_t ticks;      /* user and system time */
	int64_t start_ns;    /* wall clock */
	int tty;             /* device number, 0 = none */
};

struct procs {
	struct proc *v;
	size_t n, cap;
};

/* Every process in the control group of the container called id, by pid. */
int procs_of(const char *id, struct procs *ret, struct err **e);
void procs_done(struct procs *p);
static inline void procs_autop(struct procs *p)
{
	procs_done(p);
}
/* "root" for 0, by the machine's /etc/passwd; digits for an unknown one. For free(3). */
char *proc_user(uid_t uid);

#endif
