#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "compose/cmd/cmd.h"
#include "compose/cmd/containers.h"
#include "compose/cmd/verb.h"
#include "compose/supervise/client.h"

struct wait_opts {
	bool down_project;
};

static int on_exit_event(const struct json *ev)
{
	int code = (int)json_int(ev, "exit_code", 0);

	printf("container \"%s\" exited with status code %d\n", json_str(ev, "wait", ""), code);
	(void)fflush(stdout);
	return code;
}

/* One message: 1 when waiting is over. */
static int take(struct cli *cli, int *code, const struct json *msg, struct err **e)
{
	const struct json *ev = json_get(msg, "event");

	if (!ev)
		return cli_take(cli, msg, NULL, e);
	if (json_get(ev, "exit_code"))
		*code = on_exit_event(ev);
	return 0;
}

static int wait_loop(struct cli *cli, int *code, struct err **e)
{
	for (;;) {
		AUTO(json) struct json *msg = NULL;
		struct pollfd p = { .fd = client_fd(cli->client), .events = POLLIN };
		int r = client_next(cli->client, &msg, e);

		if (r > 0)
			r = take(cli, code, msg, e);
		else if (r == 0 && poll(&p, 1, -1) < 0 && errno != EINTR)
			return err_sys(e, errno, "wait for containers");
		if (r != 0)
			return r;
	}
}

static struct json *running_ids(const struct containers *list)
{
	struct json *ids = json_new_arr();

	for (size_t i = 0; i < list->n; i++)
		if (listed_is_up(list->v[i]))
			json_push_str(ids, json_str(list->v[i], "id", ""));
	return ids;
}

static int bring_down(struct cli *cli, struct err **e)
{
	AUTO(json) struct json *args = verb_args(cli, NULL, 0);
	int r;

	client_free(TAKE_PTR(cli->client));
	r = cli_connect(cli, false, e);
	json_set_bool(args, "remove_orphans", true);
	return r < 0 ? r : cli_call(cli, "down", "down", args, NULL, e);
}

static int wait_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct wait_opts *o = opts;
	AUTO(containers) struct containers list = { 0 };
	AUTO(json) struct json *request = json_new_obj();
	int code = 0, r = containers_list(cli, args, n, WITHOUT_ONEOFF, &list, e);

	if (r < 0)
		return r;
	json_set(request, "ids", running_ids(&list));
	json_set_bool(request, "first", o->down_project);
	if (json_len(json_get(request, "ids")) == 0)
		return err_set(e, ENOENT, "no containers for project \"%s\"", cli->project);
	r = client_send(cli->client, "wait", request, e);
	if (r == 0)
		r = wait_loop(cli, &code, e);
	if (r >= 0 && o->down_project)
		r = bring_down(cli, e);
	return r < 0 ? r : code;
}

static const struct opt wait_opts[] = {
	OPT(wait_opts, down_project, .name = "down-project",
	    .help = "Drops project when the first container stops",
	    .note = "acts on the first exit, as this text says"),
	{ 0 },
};

const struct cmd cmd_wait = {
	.name = "wait",
	.args = "SERVICE [SERVICE...]",
	.summary = "Block until containers of all (or specified) services stop.",
	.opts = wait_opts,
	.size = sizeof(struct wait_opts),
	.needs = NEED_NAME | NEED_CLIENT,
	.min_args = 1,
	.docker_args = true,
	.run = wait_run,
};
