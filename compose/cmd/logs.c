#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "base/num.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/logwatch.h"
#include "compose/cmd/time_option.h"
#include "compose/load/load.h"

struct logs_opts {
	bool follow, no_color, no_prefix, timestamps;
	int index;
	const char *since, *until, *tail;
};

enum { TAIL_ALL = -1 };

static int tail_parse(const char *text, int64_t *ret, struct err **e)
{
	*ret = TAIL_ALL;
	if (streq(text, "all"))
		return 0;
	if (num_parse(text, INT_MIN, INT_MAX, ret) < 0)
		return err_set(e, EINVAL, "invalid --tail value \"%s\": expected a number or \"all\"",
			       text);
	if (*ret < 0)
		*ret = TAIL_ALL;
	return 0;
}

/* Services with attach: false are shown only when they are named. */
static bool is_attached(const struct cli *cli, const char *service)
{
	const struct node *s =
		cli->model ? node_at(cli->model->root, "services", service, NULL) : NULL;
	const struct node *attach = node_get(s, "attach");

	return !node_is(attach, NODE_BOOL) || attach->b;
}

struct selection {
	struct cli *cli;
	const struct logs_opts *o;
	char **services;
	size_t n;
};

static bool wants(void *ctx, const char *service)
{
	const struct selection *sel = ctx;

	for (size_t i = 0; i < sel->n; i++)
		if (streq(sel->services[i], service))
			return true;
	return sel->n == 0 && is_attached(sel->cli, service);
}

static int add_sources(struct logwatch *w, const struct selection *sel, int64_t since_ns,
		       int64_t tail, struct err **e)
{
	AUTO(containers) struct containers list = { 0 };
	int r = containers_list(sel->cli, sel->services, sel->n, WITHOUT_ONEOFF, &list, e);

	for (size_t i = 0; i < list.n && r == 0; i++) {
		const struct json *c = list.v[i];
		struct source *s;

		if (!wants((void *)sel, json_str(c, "service", "")))
			continue;
		if (sel->o->index > 0 && json_int(c, "number", 0) != sel->o->index)
			continue;
		s = logwatch_add(w, c, /* quiet= */ false);
		s->since_ns = since_ns;
		if (tail != TAIL_ALL)
			logfile_from_tail(s->file, (size_t)tail);
	}
	return r;
}

static int follow_all(struct logwatch *w, struct err **e)
{
	int r = 0;

	for (struct source *s = w->follow.first; s && r == 0; s = s->next)
		r = follow_drain(&w->follow, s, e);
	if (r == 0)
		r = follow_flush(&w->follow, e);
	while (r == 0 && logwatch_any_running(w)) {
		struct pollfd p[] = { { .fd = w->follow.inotify_fd, .events = POLLIN },
				      { .fd = logwatch_events_fd(w), .events = POLLIN } };

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return err_sys(e, errno, "wait for logs");
		if (p[0].revents)
			r = follow_ready(&w->follow, e);
		if (r == 0 && p[1].revents)
			r = logwatch_events_ready(w, e);
	}
	return r;
}

static int logs_check(const struct logs_opts *o, size_t n, struct err **e)
{
	if (o->index > 0 && n != 1)
		return err_set(e, EINVAL, "--index requires one service to be selected");
	return 0;
}

static void set_look(struct logwatch *w, const struct cli *cli, const struct logs_opts *o)
{
	w->follow.prefix.color = !o->no_color && cli_color(cli, 1);
	w->follow.prefix.hidden = o->no_prefix;
	w->follow.timestamps = o->timestamps;
}

static int logs_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct logs_opts *o = opts;
	struct selection sel = { .cli = cli, .o = o, .services = args, .n = n };
	AUTO(logwatch) struct logwatch w = { .follow.inotify_fd = -1 };
	int64_t since = INT64_MIN, until = 0, tail;
	int r = logs_check(o, n, e);

	if (r == 0 && o->since)
		r = time_option_parse(o->since, &since, e);
	if (r == 0 && o->until)
		r = time_option_parse(o->until, &until, e);
	if (r == 0)
		r = tail_parse(o->tail, &tail, e);
	if (r == 0)
		r = logwatch_init(&w, cli, o->follow, e);
	if (r < 0)
		return r;
	set_look(&w, cli, o);
	w.follow.until_ns = until;
	w.wants = wants;
	w.ctx = &sel;
	r = add_sources(&w, &sel, since, tail, e);
	if (r == 0)
		r = o->follow ? follow_all(&w, e) : follow_merge(&w.follow, e);
	if (r == 0)
		r = logwatch_finish(&w, e);
	return r;
}

static const struct opt logs_opts[] = {
	OPT(logs_opts, follow, .name = "follow", .brief = 'f', .help = "Follow log output"),
	OPT(logs_opts, index, .name = "index", .kind = OPT_INT,
	    .help = "index of the container if service has multiple replicas"),
	OPT(logs_opts, no_color, .name = "no-color", .help = "Produce monochrome output"),
	OPT(logs_opts, no_prefix, .name = "no-log-prefix", .help = "Don't print prefix in logs"),
	OPT(logs_opts, since, .name = "since", .kind = OPT_STR,
	    .help = "Show logs since timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for "
		    "42 minutes)"),
	OPT(logs_opts, tail, .name = "tail", .brief = 'n', .kind = OPT_STR, .dflt = "all",
	    .help = "Number of lines to show from the end of the logs for each container",
	    .note = "lines of several containers are merged by time unless --follow is given"),
	OPT(logs_opts, timestamps, .name = "timestamps", .brief = 't', .help = "Show timestamps"),
	OPT(logs_opts, until, .name = "until", .kind = OPT_STR,
	    .help = "Show logs before a timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m "
		    "for 42 minutes)"),
	{ 0 },
};

const struct cmd cmd_logs = {
	.name = "logs",
	.args = "[SERVICE...]",
	.summary = "View output from containers",
	.opts = logs_opts,
	.size = sizeof(struct logs_opts),
	.needs = NEED_PROJECT | NEED_CLIENT,
	.run = logs_run,
};
