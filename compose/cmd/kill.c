#include "compose/cmd/apply.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/containers.h"
#include "compose/cmd/verb.h"

struct kill_opts {
	const char *signal;
	bool remove_orphans;
};

static bool any_running(const struct containers *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (listed_is_up(list->v[i]))
			return true;
	return false;
}

static int kill_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct kill_opts *o = opts;
	AUTO(json) struct json *request = verb_args(cli, args, n);
	AUTO(containers) struct containers list = { 0 };
	int r = containers_list(cli, args, n, WITH_ONEOFF, &list, e);

	if (r < 0)
		return r;
	if (!any_running(&list)) {
		cli_status(cli, "No container to kill\n");
		return 0;
	}
	json_set_str(request, "signal", o->signal);
	if (o->remove_orphans || (!cli_given(cli, "remove-orphans") && remove_orphans_default(cli)))
		json_set_bool(request, "remove_orphans", true);
	return cli_call(cli, "kill", "kill", request, NULL, e);
}

static const struct opt kill_opts[] = {
	OPT(kill_opts, remove_orphans, .name = "remove-orphans",
	    .help = "Remove containers for services not defined in the Compose file"),
	OPT(kill_opts, signal, .name = "signal", .brief = 's', .kind = OPT_STR, .dflt = "SIGKILL",
	    .help = "SIGNAL to send to the container"),
	{ 0 },
};

const struct cmd cmd_kill = {
	.name = "kill",
	.args = "[SERVICE...]",
	.summary = "Force stop service containers",
	.opts = kill_opts,
	.size = sizeof(struct kill_opts),
	.needs = NEED_PROJECT | NEED_CLIENT,
	.run = kill_run,
};
