/*
 * `up`: the file, the images, then "apply". Detached that is all. Attached, containers are made first;
 * then their logs are followed (up_attach.c) while they are started, until they have ended or
 * somebody presses Ctrl-C.
 */
#include <errno.h>
#include <stdio.h>

#include "compose/cmd/apply.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/containers.h"
#include "compose/cmd/up.h"
#include "compose/cmd/wait_timeout.h"
#include "compose/load/load.h"
#include "compose/ui/prompt.h"

static bool aborts(const struct up_opts *o)
{
	return o->abort_on_exit || o->abort_on_failure;
}

static bool attaches(const struct up_opts *o)
{
	return o->attach.n || o->attach_deps || o->watch || aborts(o);
}

static int check_detach(const struct up_opts *o, struct err **e)
{
	const char *flag = o->wait ? "wait" : "detach";

	if ((!o->detach && !o->wait) || !attaches(o))
		return 0;
	return err_set(e, EINVAL,
		       "--%s cannot be combined with --abort-on-container-exit, "
		       "--abort-on-container-failure, --attach, --attach-dependencies or --watch",
		       flag);
}

static int check_flags(const struct up_opts *o, struct err **e)
{
	if (o->build && o->no_build)
		return err_set(e, EINVAL, "--build and --no-build are incompatible");
	if (o->abort_on_exit && o->abort_on_failure)
		return err_set(e, EINVAL, "--abort-on-container-failure cannot be combined with "
					  "--abort-on-container-exit");
	if (o->attach.n && o->attach_deps)
		return err_set(e, EINVAL, "cannot combine --attach and --attach-dependencies");
	if (o->watch)
		return err_set(e, ENOTSUP, "up --watch: watching source code is not available yet");
	if (o->remove_orphans && getenv("COMPOSE_IGNORE_ORPHANS") &&
	    word_is_true(getenv("COMPOSE_IGNORE_ORPHANS")))
		return err_set(e, EINVAL,
			       "cannot combine COMPOSE_IGNORE_ORPHANS and --remove-orphans");
	return 0;
}

static int up_check(struct up_opts *o, struct err **e)
{
	int r;

	if (o->exit_code_from && !o->abort_on_failure)
		o->abort_on_exit = true;
	r = check_flags(o, e);
	if (r == 0)
		r = check_detach(o, e);
	if (r == 0)
		r = recreate_check(&o->recreate, e);
	if (r == 0)
		r = pull_policy_check(o->pull, false, e);
	return r == 0 ? wait_timeout_check(o->wait_timeout, e) : r;
}

static int check_names(const struct cli *cli, const struct up_opts *o, struct err **e)
{
	const struct node *services = node_get(cli->model->root, "services");
	AUTO(strv) struct strv unknown = STRV_INIT;
	AUTO(mem) char *names = NULL;

	if (o->exit_code_from && !node_get(services, o->exit_code_from))
		return err_set(e, ENOENT, "no such service: %s: not found", o->exit_code_from);
	for (size_t i = 0; i < o->attach.n; i++)
		if (!node_get(services, o->attach.v[i]))
			strv_add(&unknown, o->attach.v[i]);
	for (size_t i = 0; i < o->no_attach.n; i++)
		if (!node_get(services, o->no_attach.v[i]))
			strv_add(&unknown, o->no_attach.v[i]);
	if (unknown.n == 0)
		return 0;
	names = strv_join(&unknown, ", ");
	return err_set(e, ENOENT, "cannot attach to services not included in up: %s", names);
}

static int load(struct cli *cli, const struct up_opts *o, char **args, size_t n, struct err **e)
{
	struct load_options lo;

	cli_load_options(cli, &lo);
	lo.services = (const char *const *)args;
	lo.n_services = n;
	lo.no_dependencies = o->no_deps;
	return cli_load(cli, &lo, e);
}

static int make_request(struct cli *cli, const struct up_opts *o, char **args, size_t n,
			struct json **ret, struct err **e)
{
	AUTO(json) struct json *request = NULL, *scale = NULL;
	int r = scale_parse(cli, &o->scale, &scale, e);

	if (r == 0)
		r = apply_args(cli, args, n, &request, e);
	if (r < 0)
		return r;
	json_set(request, "scale", TAKE_PTR(scale));
	recreate_args(&o->recreate, request);
	json_set_bool(request, "no_deps", o->no_deps);
	if (o->remove_orphans || (!cli_given(cli, "remove-orphans") && remove_orphans_default(cli)))
		json_set_bool(request, "remove_orphans", true);
	if (cli_given(cli, "timeout"))
		json_set_int(request, "timeout_s", o->timeout);
	*ret = TAKE_PTR(request);
	return 0;
}

static int up_detached(struct cli *cli, const struct up_opts *o, struct json *request, struct err **e)
{
	json_set_bool(request, "start", !o->no_start);
	if (o->wait)
		json_set_bool(request, "wait", true);
	if (o->wait_timeout > 0)
		json_set_int(request, "wait_timeout_s", o->wait_timeout);
	return apply_run(cli, "up", request, o->yes, e);
}

static int up_dry_run(struct cli *cli, const struct up_opts *o, struct json *request, struct err **e)
{
	int r = up_detached(cli, o, request, e);

	if (r == 0 && !o->detach && !o->no_start && !o->wait)
		puts("end of 'compose up' output, interactive run is not supported in dry-run mode");
	return r;
}

static int up_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	struct up_opts *o = (struct up_opts *)opts;
	const struct image_options images = { .pull = o->pull, .build = o->build,
					      .no_build = o->no_build,
					      .quiet_build = o->quiet_build };
	AUTO(json) struct json *request = NULL;
	int r = up_check(o, e);

	if (r == 0)
		r = load(cli, o, args, n, e);
	if (r == 0)
		r = check_names(cli, o, e);
	if (r == 0)
		r = make_request(cli, o, args, n, &request, e);
	if (r == 0)
		r = images_ensure(cli, &images, e);
	if (r == 0)
		r = cli_connect(cli, true, e);
	if (r < 0)
		return r;
	if (cli->g.dry_run)
		return up_dry_run(cli, o, request, e);
	if (o->detach || o->no_start || o->wait)
		return up_detached(cli, o, request, e);
	return up_attached(cli, o, request, e);
}

static const struct opt up_opts[] = {
	OPT(up_opts, abort_on_exit, .name = "abort-on-container-exit",
	    .help = "Stops all containers if any container was stopped. Incompatible with -d"),
	OPT(up_opts, abort_on_failure, .name = "abort-on-container-failure",
	    .help = "Stops all containers if any container exited with failure. Incompatible with -d"),
	OPT(up_opts, recreate.always_deps, .name = "always-recreate-deps",
	    .help = "Recreate dependent containers. Incompatible with --no-recreate."),
	OPT(up_opts, attach, .name = "attach", .kind = OPT_ARRAY,
	    .help = "Restrict attaching to the specified services. Incompatible with "
		    "--attach-dependencies."),
	OPT(up_opts, attach_deps, .name = "attach-dependencies",
	    .help = "Automatically attach to log output of dependent services"),
	OPT(up_opts, build, .name = "build", .help = "Build images before starting containers"),
	OPT(up_opts, detach, .name = "detach", .brief = 'd',
	    .help = "Detached mode: Run containers in the background"),
	OPT(up_opts, exit_code_from, .name = "exit-code-from", .kind = OPT_STR,
	    .help = "Return the exit code of the selected service container. Implies "
		    "--abort-on-container-exit"),
	OPT(up_opts, recreate.force, .name = "force-recreate",
	    .help = "Recreate containers even if their configuration and image haven't changed"),
	OPT(up_opts, menu, .name = "menu",
	    .help = "Enable interactive shortcuts when running attached. Incompatible with --detach. "
		    "Can also be enable/disable by setting COMPOSE_MENU environment var.",
	    .note = "the menu has the key d (detach)"),
	OPT(up_opts, no_attach, .name = "no-attach", .kind = OPT_ARRAY,
	    .help = "Do not attach (stream logs) to the specified services"),
	OPT(up_opts, no_build, .name = "no-build", .help = "Don't build an image, even if it's policy"),
	OPT(up_opts, no_color, .name = "no-color", .help = "Produce monochrome output"),
	OPT(up_opts, no_deps, .name = "no-deps", .help = "Don't start linked services"),
	OPT(up_opts, no_prefix, .name = "no-log-prefix", .help = "Don't print prefix in logs"),
	OPT(up_opts, recreate.never, .name = "no-recreate",
	    .help = "If containers already exist, don't recreate them. Incompatible with "
		    "--force-recreate."),
	OPT(up_opts, no_start, .name = "no-start",
	    .help = "Don't start the services after creating them"),
	OPT(up_opts, pull, .name = "pull", .kind = OPT_STR, .dflt = "policy",
	    .values = "always missing never",
	    .help = "Pull image before running (\"always\"|\"missing\"|\"never\")"),
	OPT(up_opts, quiet_build, .name = "quiet-build", .help = "Suppress the build output"),
	OPT(up_opts, quiet_pull, .name = "quiet-pull",
	    .help = "Pull without printing progress information"),
	OPT(up_opts, remove_orphans, .name = "remove-orphans",
	    .help = "Remove containers for services not defined in the Compose file"),
	OPT(up_opts, recreate.renew_anon_volumes, .name = "renew-anon-volumes", .brief = 'V',
	    .help = "Recreate anonymous volumes instead of retrieving data from the previous "
		    "containers"),
	OPT(up_opts, scale, .name = "scale", .kind = OPT_ARRAY, .arg = "scale",
	    .help = "Scale SERVICE to NUM instances. Overrides the scale setting in the Compose file "
		    "if present."),
	OPT(up_opts, timeout, .name = "timeout", .brief = 't', .kind = OPT_INT,
	    .help = "Use this timeout in seconds for container shutdown when attached or when "
		    "containers are already running"),
	OPT(up_opts, timestamps, .name = "timestamps", .help = "Show timestamps"),
	OPT(up_opts, wait, .name = "wait",
	    .help = "Wait for services to be running|healthy. Implies detached mode."),
	OPT(up_opts, wait_timeout, .name = "wait-timeout", .kind = OPT_INT,
	    .help = "Maximum duration in seconds to wait for the project to be running|healthy"),
	OPT(up_opts, watch, .name = "watch", .brief = 'w',
	    .help = "Watch source code and rebuild/refresh containers when files are updated.",
	    .note = "refused for now"),
	OPT(up_opts, yes, .name = "yes", .brief = 'y', .alias = "y",
	    .help = "Assume \"yes\" as answer to all prompts and run non-interactively"),
	{ 0 },
};

const struct cmd cmd_up = {
	.name = "up",
	.args = "[SERVICE...]",
	.summary = "Create and start containers",
	.opts = up_opts,
	.size = sizeof(struct up_opts),
	.run = up_run,
};
