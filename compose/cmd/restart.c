#include "compose/cmd/cmd.h"
#include "compose/cmd/verb.h"

struct restart_opts {
	int timeout;
	bool no_deps;
};

static int restart_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct restart_opts *o = opts;
	AUTO(json) struct json *request = verb_args(cli, args, n);

	verb_timeout(cli, request, o->timeout);
	if (o->no_deps)
		json_set_bool(request, "no_deps", true);
	return cli_call(cli, "restart", "restart", request, NULL, e);
}

static const struct opt restart_opts[] = {
	OPT(restart_opts, no_deps, .name = "no-deps", .help = "Don't restart dependent services"),
	OPT(restart_opts, timeout, .name = "timeout", .brief = 't', .kind = OPT_INT,
	    .help = "Specify a shutdown timeout in seconds"),
	{ 0 },
};

const struct cmd cmd_restart = {
	.name = "restart",
	.args = "[SERVICE...]",
	.summary = "Restart service containers",
	.opts = restart_opts,
	.size = sizeof(struct restart_opts),
	.needs = NEED_PROJECT | NEED_CLIENT,
	.run = restart_run,
};
