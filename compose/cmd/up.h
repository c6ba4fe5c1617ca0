/*
 * compose/cmd/up.h - what up.c and up_attach.c share.
 *
 * Owns:    nothing.
 * Units:   seconds.
 * Errors:  as commands.
 * Thread:  main thread.
 * Source:  cli reference 4.6, 7.1.
 */
#ifndef COMPOSE_CMD_UP_H
#define COMPOSE_CMD_UP_H

#include "base/json.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/recreate.h"

struct up_opts {
	struct recreate_opts recreate;
	bool abort_on_exit, abort_on_failure, attach_deps, build, detach, menu, no_build, no_color;
	bool no_deps, no_prefix, no_start, quiet_build, quiet_pull, remove_orphans, timestamps, wait;
	bool watch, yes;
	struct strv attach, no_attach, scale;
	const char *exit_code_from, *pull;
	int timeout, wait_timeout;
};

/* request are the arguments of "apply" without start; the exit status of the program. */
int up_attached(struct cli *cli, const struct up_opts *o, struct json *request, struct err **e);

#endif
