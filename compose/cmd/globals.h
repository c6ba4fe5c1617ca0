/*
 * compose/cmd/globals.h - global flags and environment made into the settings of struct cli.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  -EINVAL with docker compose's own texts.
 * Thread:  main thread.
 * Source:  cli reference section 1.
 */
#ifndef COMPOSE_CMD_GLOBALS_H
#define COMPOSE_CMD_GLOBALS_H

#include "compose/cmd/cmd.h"

/* Settles ansi, progress mode and parallelism from flags and environment. */
int globals_check(struct cli *cli, unsigned needs, struct err **e);

#endif
