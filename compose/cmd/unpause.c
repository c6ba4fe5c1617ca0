#include "compose/cmd/cmd.h"
#include "compose/cmd/verb.h"

static int unpause_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	AUTO(json) struct json *request = verb_args(cli, args, n);

	(void)opts;
	return cli_call(cli, "unpause", "unpause", request, NULL, e);
}

const struct cmd cmd_unpause = {
	.name = "unpause",
	.args = "[SERVICE...]",
	.summary = "Unpause services",
	.needs = NEED_PROJECT | NEED_CLIENT,
	.run = unpause_run,
};
