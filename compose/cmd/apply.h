/*
 * compose/cmd/apply.h - what up, create, scale and run have in common: images made sure of, the
 * arguments of "apply".
 *
 * Owns:    results are the caller's.
 * Units:   none.
 * Errors:  the texts users know.
 * Thread:  main thread; blocks.
 * Source:  ARCHITECTURE.md "The life of `up`"; cli reference 7.1, 3.
 */
#ifndef COMPOSE_CMD_APPLY_H
#define COMPOSE_CMD_APPLY_H

#include "base/json.h"
#include "compose/cmd/cmd.h"

struct image_options {
	const char *pull; /* --pull or NULL */
	bool build, no_build, quiet_build;
};

/* Before anything is created: every selected service's image is there, or is built. */
int images_ensure(struct cli *cli, const struct image_options *opt, struct err **e);
/* -EINVAL for a --pull value that does not exist. */
int pull_policy_check(const char *pull, bool with_build, struct err **e);
/* Parses "--scale S=N" values into an object; unknown services are refused. */
int scale_parse(struct cli *cli, const struct strv *values, struct json **ret, struct err **e);
/* project, services, working_dir, config_files, env_files, dry_run, ignore_orphans. */
int apply_args(struct cli *cli, char **services, size_t n, struct json **ret, struct err **e);
/* The default of --remove-orphans: COMPOSE_REMOVE_ORPHANS. */
bool remove_orphans_default(const struct cli *cli);
/* Sends "apply"; asks about volumes whose declaration changed (yes = they are agreed to). */
int apply_run(struct cli *cli, const char *operation, struct json *args, bool yes, struct err **e);

#endif
