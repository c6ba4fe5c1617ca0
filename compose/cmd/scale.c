#include <errno.h>

#include "base/num.h"
#include "compose/cmd/apply.h"
#include "compose/cmd/cmd.h"
#include "compose/load/load.h"

struct scale_opts {
	bool no_deps;
};

static int check_specifiers(char **args, size_t n, struct strv *names, struct err **e)
{
	for (size_t i = 0; i < n; i++) {
		const char *eq = strchr(args[i], '=');
		int64_t count;

		if (!eq || num_parse(eq + 1, 0, 100000, &count) < 0)
			return err_set(e, EINVAL, "invalid scale specifier: %s", args[i]);
		strv_take(names, xstrndup(args[i], (size_t)(eq - args[i])));
	}
	return 0;
}

static int load(struct cli *cli, const struct strv *names, bool no_deps, struct err **e)
{
	struct load_options lo;

	cli_load_options(cli, &lo);
	lo.services = (const char *const *)names->v;
	lo.n_services = names->n;
	lo.no_dependencies = no_deps;
	return cli_load(cli, &lo, e);
}

static int scale_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct scale_opts *o = opts;
	const struct strv values = { .v = args, .n = n };
	AUTO(strv) struct strv names = STRV_INIT;
	AUTO(json) struct json *request = NULL, *scale = NULL;
	int r = check_specifiers(args, n, &names, e);

	if (r == 0)
		r = load(cli, &names, o->no_deps, e);
	if (r == 0)
		r = scale_parse(cli, &values, &scale, e);
	if (r == 0)
		r = apply_args(cli, names.v, names.n, &request, e);
	if (r == 0)
		r = images_ensure(cli, &(struct image_options){ 0 }, e);
	if (r == 0)
		r = cli_connect(cli, true, e);
	if (r < 0)
		return r;
	json_set(request, "scale", TAKE_PTR(scale));
	json_set_bool(request, "start", true);
	json_set_bool(request, "ignore_orphans", true);
	if (o->no_deps)
		json_set_bool(request, "no_deps", true);
	return apply_run(cli, "scale", request, false, e);
}

static const struct opt scale_opts[] = {
	OPT(scale_opts, no_deps, .name = "no-deps", .help = "Don't start linked services"),
	{ 0 },
};

const struct cmd cmd_scale = {
	.name = "scale",
	.args = "[SERVICE=REPLICAS...]",
	.summary = "Scale services ",
	.opts = scale_opts,
	.size = sizeof(struct scale_opts),
	.min_args = 1,
	.run = scale_run,
};
