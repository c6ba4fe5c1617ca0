/*
 * compose/supervise/execspec.h - what `compose-runtime exec` is asked to run in a container: the
 * container's own process with another program.
 *
 * Owns:    results are the caller's.
 * Units:   none.
 * Errors:  none.
 * Thread:  loop.
 * Source:  ARCHITECTURE.md "Contract: exec"; runtime-spec config.md "process".
 */
#ifndef COMPOSE_SUPERVISE_EXECSPEC_H
#define COMPOSE_SUPERVISE_EXECSPEC_H

#include "base/strv.h"
#include "compose/supervise/container.h"

/* The OCI process object as text. hook: a member of post_start or pre_stop whose user, working_dir,
 * environment and privileged replace the container's; NULL for none. */
char *exec_process(const struct container *c, const struct strv *argv, const struct json *hook);
/* compose-runtime --root DIR exec --process - ID */
void exec_argv(const struct container *c, struct strv *ret);
/* 64 hex digits. */
char *exec_id_new(void);

#endif
