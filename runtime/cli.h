/*
 * runtime/cli.h - the command line of compose-runtime: one entry per command.
 *
 * Owns:    nothing.
 * Units:   exit codes.
 * Errors:  a command returns its exit code, or a negative errno with e filled.
 * Thread:  main.
 * Source:  the command line that OCI engines use; runtime-spec leaves it open.
 */
#ifndef RUNTIME_CLI_H
#define RUNTIME_CLI_H

#include <stdbool.h>

#include "base/err.h"

struct cli {
	const char *root;
	const char *seccomp_cache;
	bool no_cgroup;
	const char *tiny_init; /* path of the small init */
};

struct cli_command {
	const char *name, *args, *summary;
	int (*run)(const struct cli *cli, int argc, char **argv, struct err **e);
};

/* argv[0] is the command's name. */
int cmd_create(const struct cli *cli, int argc, char **argv, struct err **e);
int cmd_run(const struct cli *cli, int argc, char **argv, struct err **e);
int cmd_start(const struct cli *cli, int argc, char **argv, struct err **e);
int cmd_state(const struct cli *cli, int argc, char **argv, struct err **e);
int cmd_kill(const struct cli *cli, int argc, char **argv, struct err **e);
int cmd_delete(const struct cli *cli, int argc, char **argv, struct err **e);
int cmd_exec(const struct cli *cli, int argc, char **argv, struct err **e);
int cmd_list(const struct cli *cli, int argc, char **argv, struct err **e);
int cmd_ps(const struct cli *cli, int argc, char **argv, struct err **e);
int cmd_pause(const struct cli *cli, int argc, char **argv, struct err **e);
int cmd_resume(const struct cli *cli, int argc, char **argv, struct err **e);
int cmd_update(const struct cli *cli, int argc, char **argv, struct err **e);
int cmd_events(const struct cli *cli, int argc, char **argv, struct err **e);
int cmd_spec(const struct cli *cli, int argc, char **argv, struct err **e);
int cmd_features(const struct cli *cli, int argc, char **argv, struct err **e);

/* Signal by number, "TERM", "SIGTERM", "SIGRTMIN+3"; -EINVAL when unknown. */
int signal_number(const char *text);
/* -EINVAL with a text unless exactly n positional arguments are left. */
int cli_need_args(int argc, int optind_now, int n, const char *command, struct err **e);

#endif
