#include <errno.h>

#include "compose/cmd/apply.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/recreate.h"

struct create_opts {
	struct recreate_opts recreate;
	bool build, no_build, quiet_pull, remove_orphans, yes;
	const char *pull;
	struct strv scale;
};

static int create_check(const struct create_opts *o, struct err **e)
{
	int r = recreate_check(&o->recreate, e);

	if (r == 0 && o->build && o->no_build)
		r = err_set(e, EINVAL, "--build and --no-build are incompatible");
	return r == 0 ? pull_policy_check(o->pull, true, e) : r;
}

static int create_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct create_opts *o = opts;
	const struct image_options images = { .pull = o->pull, .build = o->build,
					      .no_build = o->no_build };
	AUTO(json) struct json *request = NULL, *scale = NULL;
	int r = create_check(o, e);

	if (r == 0)
		r = scale_parse(cli, &o->scale, &scale, e);
	if (r == 0)
		r = apply_args(cli, args, n, &request, e);
	if (r == 0)
		r = images_ensure(cli, &images, e);
	if (r == 0)
		r = cli_connect(cli, true, e);
	if (r < 0)
		return r;
	json_set(request, "scale", TAKE_PTR(scale));
	json_set_bool(request, "start", false);
	recreate_args(&o->recreate, request);
	if (o->remove_orphans || (!cli_given(cli, "remove-orphans") && remove_orphans_default(cli)))
		json_set_bool(request, "remove_orphans", true);
	return apply_run(cli, "create", request, o->yes, e);
}

static const struct opt create_opts[] = {
	OPT(create_opts, build, .name = "build", .help = "Build images before starting containers"),
	OPT(create_opts, recreate.force, .name = "force-recreate",
	    .help = "Recreate containers even if their configuration and image haven't changed"),
	OPT(create_opts, no_build, .name = "no-build",
	    .help = "Don't build an image, even if it's policy"),
	OPT(create_opts, recreate.never, .name = "no-recreate",
	    .help = "If containers already exist, don't recreate them. Incompatible with "
		    "--force-recreate."),
	OPT(create_opts, pull, .name = "pull", .kind = OPT_STR, .dflt = "policy",
	    .values = "always missing never build",
	    .help = "Pull image before running (\"always\"|\"missing\"|\"never\"|\"build\")"),
	OPT(create_opts, quiet_pull, .name = "quiet-pull",
	    .help = "Pull without printing progress information"),
	OPT(create_opts, remove_orphans, .name = "remove-orphans",
	    .help = "Remove containers for services not defined in the Compose file"),
	OPT(create_opts, scale, .name = "scale", .kind = OPT_ARRAY, .arg = "scale",
	    .help = "Scale SERVICE to NUM instances. Overrides the scale setting in the Compose file "
		    "if present."),
	OPT(create_opts, yes, .name = "yes", .brief = 'y', .alias = "y",
	    .help = "Assume \"yes\" as answer to all prompts and run non-interactively"),
	{ 0 },
};

const struct cmd cmd_create = {
	.name = "create",
	.args = "[SERVICE...]",
	.summary = "Creates containers for a service",
	.opts = create_opts,
	.size = sizeof(struct create_opts),
	.needs = NEED_MODEL,
	.run = create_run,
};
