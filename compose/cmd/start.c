#include "compose/cmd/cmd.h"
#include "compose/cmd/verb.h"
#include "compose/cmd/wait_timeout.h"

struct start_opts {
	bool wait;
	int wait_timeout;
};

static int start_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct start_opts *o = opts;
	AUTO(json) struct json *request = verb_args(cli, args, n);
	int r = wait_timeout_check(o->wait_timeout, e);

	if (r < 0)
		return r;
	if (o->wait)
		json_set_bool(request, "wait", true);
	if (o->wait_timeout > 0)
		json_set_int(request, "wait_timeout_s", o->wait_timeout);
	return cli_call(cli, "start", "start", request, NULL, e);
}

static const struct opt start_opts[] = {
	OPT(start_opts, wait, .name = "wait",
	    .help = "Wait for services to be running|healthy. Implies detached mode."),
	OPT(start_opts, wait_timeout, .name = "wait-timeout", .kind = OPT_INT,
	    .help = "Maximum duration in seconds to wait for the project to be running|healthy"),
	{ 0 },
};

const struct cmd cmd_start = {
	.name = "start",
	.args = "[SERVICE...]",
	.summary = "Start services",
	.opts = start_opts,
	.size = sizeof(struct start_opts),
	.needs = NEED_PROJECT | NEED_CLIENT,
	.run = start_run,
};
