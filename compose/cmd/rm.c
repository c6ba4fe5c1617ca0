#include <stdio.h>

#include "compose/cmd/cmd.h"
#include "compose/cmd/containers.h"
#include "compose/cmd/verb.h"
#include "compose/ui/prompt.h"

struct rm_opts {
	bool force, stop, volumes, all;
};

/* Names of what will go: stopped containers, with --stop all of them. */
static char *victims(const struct containers *list, bool stop)
{
	AUTO(strv) struct strv names = STRV_INIT;

	for (size_t i = 0; i < list->n; i++)
		if (stop || !listed_is_up(list->v[i]))
			strv_add(&names, json_str(list->v[i], "name", ""));
	return strv_join(&names, ", ");
}

static bool is_agreed(const struct rm_opts *o, const char *names)
{
	AUTO(mem) char *message = xasprintf("Going to remove %s", names);

	if (!o->force)
		return prompt_confirm(message, false);
	puts(message);
	(void)fflush(stdout);
	return true;
}

static int rm_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct rm_opts *o = opts;
	AUTO(json) struct json *request = verb_args(cli, args, n);
	AUTO(containers) struct containers list = { 0 };
	AUTO(mem) char *names = NULL;
	int r = 0;

	if (o->stop)
		r = cli_call(cli, "stop", "stop", request, NULL, e);
	if (r == 0)
		r = containers_list(cli, args, n, WITHOUT_ONEOFF, &list, e);
	if (r < 0)
		return r;
	names = victims(&list, o->stop);
	if (!*names) {
		cli_status(cli, "No stopped containers\n");
		return 0;
	}
	if (!is_agreed(o, names))
		return 0;
	if (o->volumes)
		json_set_bool(request, "volumes", true);
	return cli_call(cli, "remove", "rm", request, NULL, e);
}

static const struct opt rm_opts[] = {
	OPT(rm_opts, all, .name = "all", .brief = 'a', .hidden = true,
	    .help = "Without effect: kept for old scripts"),
	OPT(rm_opts, force, .name = "force", .brief = 'f', .help = "Don't ask to confirm removal"),
	OPT(rm_opts, stop, .name = "stop", .brief = 's',
	    .help = "Stop the containers, if required, before removing"),
	OPT(rm_opts, volumes, .name = "volumes", .brief = 'v',
	    .help = "Remove any anonymous volumes attached to containers"),
	{ 0 },
};

const struct cmd cmd_rm = {
	.name = "rm",
	.args = "[SERVICE...]",
	.summary = "Removes stopped service containers",
	.opts = rm_opts,
	.size = sizeof(struct rm_opts),
	.needs = NEED_PROJECT | NEED_CLIENT,
	.run = rm_run,
};
