/*
 * compose/cmd/run.h - what run.c and run_request.c share.
 *
 * Owns:    requests are the caller's.
 * Units:   none.
 * Errors:  as commands.
 * Thread:  main thread.
 * Source:  cli reference 7.6.
 */
#ifndef COMPOSE_CMD_RUN_H
#define COMPOSE_CMD_RUN_H

#include "base/json.h"
#include "compose/cmd/cmd.h"

struct run_opts {
	bool build, detach, interactive, no_deps, no_tty, quiet, quiet_build, quiet_pull;
	bool remove_orphans, rm, service_ports, tty, use_aliases;
	struct strv cap_add, cap_drop, env, env_files, labels, publish, volumes;
	const char *entrypoint, *name, *pull, *user, *workdir;
};

/* The arguments of the request "run"; args[0] is the service, the rest the command. */
int run_request(struct cli *cli, const struct run_opts *o, char **args, size_t n, bool tty,
		struct json **ret, struct err **e);

#endif
