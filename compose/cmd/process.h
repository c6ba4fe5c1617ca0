/*
 * compose/cmd/process.h - the OCI process document of one more process in a running container.
 *
 * Owns:    the text is for free(3).
 * Units:   none.
 * Errors:  -errno with e filled.
 * Thread:  any.
 * Source:  runtime-spec config.md "process"; docker exec.
 */
#ifndef COMPOSE_CMD_PROCESS_H
#define COMPOSE_CMD_PROCESS_H

#include "base/json.h"
#include "compose/cmd/cmd.h"

struct process_options {
	char **args;
	size_t n_args;
	const struct strv *env; /* K=V, or K for the value of our environment */
	const char *user, *cwd; /* NULL = as the container's own */
	bool tty, privileged;
};

/* Made from the process of the container's config.json. */
int process_document(struct cli *cli, const struct json *container,
		     const struct process_options *o, char **ret, struct err **e);
/* The value -e K means: the shell's, then the project's; NULL when it is unset. */
const char *env_value(const struct cli *cli, const char *key);

#endif
