/*
 * compose/cmd/context.h - carries out what a command's entry says it needs.
 *
 * Owns:    what it puts into struct cli; context_done() releases it.
 * Units:   none.
 * Errors:  -errno with e filled.
 * Thread:  main thread.
 * Source:  cli reference 1.3 "Who needs a compose file".
 */
#ifndef COMPOSE_CMD_CONTEXT_H
#define COMPOSE_CMD_CONTEXT_H

#include "compose/cmd/cmd.h"

/* Before run: project, model and connection. args are the service names. */
int context_prepare(struct cli *cli, char **args, size_t n, struct err **e);
void context_done(struct cli *cli);

#endif
