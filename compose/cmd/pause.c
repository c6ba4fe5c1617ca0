#include "compose/cmd/cmd.h"
#include "compose/cmd/verb.h"

static int pause_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	AUTO(json) struct json *request = verb_args(cli, args, n);

	(void)opts;
	return cli_call(cli, "pause", "pause", request, NULL, e);
}

const struct cmd cmd_pause = {
	.name = "pause",
	.args = "[SERVICE...]",
	.summary = "Pause services",
	.needs = NEED_PROJECT | NEED_CLIENT,
	.run = pause_run,
};
