/* Flags in front of the command word, and the environment variables behind them. */
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/num.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/globals.h"
#include "compose/load/environ.h"
#include "compose/load/load.h"
#include "compose/ui/prompt.h"

/* Accepted from scripts written for docker; there is no engine to talk to. */
#define DOCKER_FLAG(letter, flag)                                                                  \
	OPT(global_opts, ignored, .name = flag, .brief = letter, .kind = OPT_STR, .hidden = true,  \
	    .help = "Accepted for docker's sake, without effect")
#define DOCKER_SWITCH(letter, flag)                                                                \
	OPT(global_opts, ignored_switch, .name = flag, .brief = letter, .hidden = true,            \
	    .help = "Accepted for docker's sake, without effect")

const struct opt global_opts[] = {
	OPT(global_opts, all_resources, .name = "all-resources",
	    .help = "Include all resources, even those not used by services"),
	OPT(global_opts, ansi, .name = "ansi", .kind = OPT_STR, .shown = "auto",
	    .values = "never always auto",
	    .help = "Control when to print ANSI control characters "
		    "(\"never\"|\"always\"|\"auto\")"),
	OPT(global_opts, compatibility, .name = "compatibility",
	    .help = "Run compose in backward compatibility mode"),
	DOCKER_FLAG(0, "config"),
	DOCKER_FLAG(0, "context"),
	DOCKER_SWITCH('D', "debug"),
	OPT(global_opts, dry_run, .name = "dry-run", .help = "Execute command in dry run mode"),
	OPT(global_opts, env_files, .name = "env-file", .kind = OPT_ARRAY,
	    .help = "Specify an alternate environment file"),
	OPT(global_opts, files, .name = "file", .brief = 'f', .kind = OPT_ARRAY,
	    .help = "Compose configuration files"),
	DOCKER_FLAG('H', "host"),
	OPT(global_opts, insecure_registries, .name = "insecure-registry", .kind = OPT_ARRAY,
	    .hidden = true, .help = "Use a registry without TLS for remote compose files"),
	DOCKER_FLAG(0, "log-level"),
	OPT(global_opts, no_ansi, .name = "no-ansi", .hidden = true,
	    .help = "Do not print ANSI control characters (deprecated)"),
	OPT(global_opts, parallel, .name = "parallel", .kind = OPT_INT, .dflt = "-1",
	    .help = "Control max parallelism, -1 for unlimited"),
	OPT(global_opts, profiles, .name = "profile", .kind = OPT_ARRAY,
	    .help = "Specify a profile to enable"),
	OPT(global_opts, progress, .name = "progress", .kind = OPT_STR,
	    .values = "auto tty plain json quiet",
	    .help = "Set type of progress output (auto, tty, plain, json, quiet)"),
	OPT(global_opts, project_directory, .name = "project-directory", .kind = OPT_STR,
	    .help = "Specify an alternate working directory (default: the path of the, first "
		    "specified, Compose file)"),
	OPT(global_opts, project_name, .name = "project-name", .brief = 'p', .kind = OPT_STR,
	    .help = "Project name"),
	DOCKER_SWITCH(0, "tls"),
	DOCKER_FLAG(0, "tlscacert"),
	DOCKER_FLAG(0, "tlscert"),
	DOCKER_FLAG(0, "tlskey"),
	DOCKER_SWITCH(0, "tlsverify"),
	OPT(global_opts, verbose, .name = "verbose", .hidden = true, .help = "Show more output"),
	OPT(global_opts, version, .name = "version", .brief = 'v', .hidden = true,
	    .help = "Show the version"),
	OPT(global_opts, workdir, .name = "workdir", .kind = OPT_STR, .hidden = true,
	    .help = "Old name of --project-directory"),
	{ 0 },
};

static const char *env_text(const char *name)
{
	const char *v = getenv(name);

	return v && *v ? v : NULL;
}

static int check_ansi(struct cli *cli, struct err **e)
{
	static const char *const words[] = { "auto", "never", "always" };
	const char *ansi = cli->g.ansi ? cli->g.ansi : env_text("COMPOSE_ANSI");

	if (cli->g.no_ansi)
		ansi = "never";
	for (size_t i = 0; ansi && i < ARRAY_LEN(words); i++) {
		if (streq(ansi, words[i])) {
			cli->ansi = (enum ansi_mode)i;
			return 0;
		}
	}
	if (!ansi)
		return 0;
	return err_set(e, EINVAL, "unsupported --ansi value \"%s\"", ansi);
}

static int check_progress(struct cli *cli, struct err **e)
{
	const char *p = cli->g.progress ? cli->g.progress : env_text("COMPOSE_PROGRESS");
	bool is_tty = isatty(STDERR_FILENO);

	if (streq(p, "tty") && cli->ansi == ANSI_NEVER)
		return err_set(e, EINVAL,
			       "can't use --progress tty while ANSI support is disabled");
	if (streq(p, "plain") && cli->ansi == ANSI_ALWAYS)
		return err_set(e, EINVAL,
			       "can't use --progress plain while ANSI support is forced");
	if (!p || streq(p, "auto"))
		cli->progress_mode = cli->ansi == ANSI_ALWAYS || (is_tty && cli->ansi != ANSI_NEVER)
					     ? PROGRESS_TTY
					     : PROGRESS_PLAIN;
	else if (streq(p, "tty"))
		cli->progress_mode = PROGRESS_TTY;
	else if (streq(p, "plain"))
		cli->progress_mode = PROGRESS_PLAIN;
	else if (streq(p, "json"))
		cli->progress_mode = PROGRESS_JSON;
	else if (streq(p, "quiet") || streq(p, "none"))
		cli->progress_mode = PROGRESS_QUIET;
	else
		return err_set(e, EINVAL, "unsupported --progress value \"%s\"", p);
	return 0;
}

static int check_parallel(struct cli *cli, struct err **e)
{
	const char *text = env_text("COMPOSE_PARALLEL_LIMIT");
	int64_t v;

	if (!text || cli_given(cli, "parallel"))
		return 0;
	if (num_parse(text, INT_MIN, INT_MAX, &v) < 0)
		return err_set(e, EINVAL,
			       "COMPOSE_PARALLEL_LIMIT must be an integer (found: \"%s\")", text);
	cli->g.parallel = (int)v;
	return 0;
}

static int check_workdir(struct cli *cli, struct err **e)
{
	if (!cli->g.workdir)
		return 0;
	if (cli->g.project_directory)
		return err_set(e, EINVAL, "cannot specify both --workdir and --project-directory");
	cli_warn(cli, "--workdir is deprecated, use --project-directory");
	cli->g.project_directory = cli->g.workdir;
	return 0;
}

/* COMPOSE_* of the project's env files count like those of the environment, which come first. */
static void take_env_files(const struct cli *cli)
{
	static const char *const names[] = {
		"COMPOSE_ANSI",           "COMPOSE_PROGRESS",       "COMPOSE_PARALLEL_LIMIT",
		"COMPOSE_COMPATIBILITY",  "COMPOSE_STATUS_STDOUT",  "COMPOSE_MENU",
		"COMPOSE_REMOVE_ORPHANS", "COMPOSE_IGNORE_ORPHANS", "COMPOSE_PROJECT_NAME",
	};
	struct load_options lo;
	AUTO(env) struct env *env = NULL;

	cli_load_options(cli, &lo);
	env = load_environment(&lo);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (env_get(env, names[i]))
			(void)setenv(names[i], env_get(env, names[i]), /* overwrite= */ 0);
}

int globals_check(struct cli *cli, unsigned needs, struct err **e)
{
	int r = check_workdir(cli, e);

	if (r < 0)
		return r;
	if (needs & (NEED_MODEL | NEED_PROJECT | NEED_NAME | NEED_ENVIRONMENT))
		take_env_files(cli);
	if (!cli->g.compatibility && getenv("COMPOSE_COMPATIBILITY"))
		cli->g.compatibility = word_is_true(getenv("COMPOSE_COMPATIBILITY"));
	r = check_ansi(cli, e);
	if (r == 0)
		r = check_progress(cli, e);
	return r < 0 ? r : check_parallel(cli, e);
}
