/*
 * compose/cmd/verb.h - the commands that ask the supervisor for one thing about some services.
 *
 * Owns:    args of a request are the caller's.
 * Units:   seconds.
 * Errors:  the supervisor's.
 * Thread:  main thread; blocks.
 * Source:  ARCHITECTURE.md "Contract: control socket".
 */
#ifndef COMPOSE_CMD_VERB_H
#define COMPOSE_CMD_VERB_H

#include "base/json.h"
#include "compose/cmd/cmd.h"

/* {"services": [...], "project": canonical project when the file was loaded, "dry_run"} */
struct json *verb_args(const struct cli *cli, char **services, size_t n);
/* Sets timeout_s when -t was given. */
void verb_timeout(const struct cli *cli, struct json *args, int timeout);

#endif
