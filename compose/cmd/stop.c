#include "compose/cmd/cmd.h"
#include "compose/cmd/verb.h"

struct stop_opts {
	int timeout;
};

static int stop_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct stop_opts *o = opts;
	AUTO(json) struct json *request = verb_args(cli, args, n);

	verb_timeout(cli, request, o->timeout);
	return cli_call(cli, "stop", "stop", request, NULL, e);
}

static const struct opt stop_opts[] = {
	OPT(stop_opts, timeout, .name = "timeout", .brief = 't', .kind = OPT_INT,
	    .help = "Specify a shutdown timeout in seconds"),
	{ 0 },
};

const struct cmd cmd_stop = {
	.name = "stop",
	.args = "[SERVICE...]",
	.summary = "Stop services",
	.opts = stop_opts,
	.size = sizeof(struct stop_opts),
	.needs = NEED_PROJECT | NEED_CLIENT,
	.run = stop_run,
};
