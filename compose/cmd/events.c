#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/containers.h"
#include "compose/cmd/time_option.h"
#include "compose/supervise/client.h"
#include "compose/ui/jsontext.h"

struct events_opts {
	bool json;
	const char *since, *until;
};

static bool is_wanted(const struct json *ev, char **services, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (streq(services[i], json_str(ev, "service", "")))
			return true;
	return n == 0;
}

/* The attributes sorted by name. */
static struct json *sorted(const struct json *attributes)
{
	AUTO(strv) struct strv names = STRV_INIT;
	struct json *out = json_new_obj();

	JSON_EACH (a, attributes)
		strv_add(&names, json_key(a));
	strv_sort(&names);
	for (size_t i = 0; i < names.n; i++)
		json_set(out, names.v[i], json_dup(json_get(attributes, names.v[i])));
	return out;
}

static void print_json(const struct json *ev, const struct json *attributes)
{
	static const char *const keys[] = { "id", "service", "time" };
	AUTO(json) struct json *row = json_new_obj();
	AUTO(buf) struct buf out = BUF_INIT;

	json_set_str(row, "action", json_str(ev, "action", ""));
	json_set(row, "attributes", json_dup(attributes));
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		json_set_str(row, keys[i], json_str(ev, keys[i], ""));
	json_set_str(row, "type", "container");
	jsontext_add(&out, row);
	puts(buf_str(&out));
}

/* "2026-01-02 03:04:05.000000 container start ID (image=nginx, name=demo-web-1)" */
static void print_plain(const struct json *ev, const struct json *attributes)
{
	AUTO(buf) struct buf list = BUF_INIT;
	AUTO(mem) char *time = NULL;
	int64_t ns = 0;

	(void)time_parse_rfc3339(json_str(ev, "time", ""), &ns);
	time = time_format_rfc3339(ns, /* fixed= */ true);
	JSON_EACH (a, attributes)
		buf_addf(&list, "%s%s=%s", list.n ? ", " : "", json_key(a),
			 json_text(a) ? json_text(a) : "");
	printf("%.10s %.15s container %s %s (%s)\n\n", time, time + 11, json_str(ev, "action", ""),
	       json_str(ev, "id", ""), buf_str(&list));
}

static void print_event(const struct events_opts *o, const struct json *ev)
{
	AUTO(json) struct json *attributes = sorted(json_get(ev, "attributes"));

	if (o->json)
		print_json(ev, attributes);
	else
		print_plain(ev, attributes);
	(void)fflush(stdout);
}

/* Milliseconds up to --until, -1 without it. */
static int time_left(int64_t until_ns)
{
	int64_t left = until_ns - clock_wall_ns();

	if (!until_ns)
		return -1;
	if (left <= 0)
		return 0;
	return left / 1000000 > 86400000 ? 86400000 : (int)(left / 1000000) + 1;
}

static int stream(struct cli *cli, const struct events_opts *o, char **services, size_t n,
		  int64_t until_ns, struct err **e)
{
	while (!until_ns || clock_wall_ns() < until_ns) {
		struct pollfd p = { .fd = client_fd(cli->client), .events = POLLIN };
		AUTO(json) struct json *msg = NULL;
		AUTO(err) struct err *gone = NULL;
		int r = client_next(cli->client, &msg, &gone);

		if (r < 0 || (r > 0 && !json_get(msg, "event")))
			return 0; /* the project is gone: nothing will happen any more */
		if (r > 0 && is_wanted(json_get(msg, "event"), services, n))
			print_event(o, json_get(msg, "event"));
		if (r == 0 && poll(&p, 1, time_left(until_ns)) < 0 && errno != EINTR)
			return err_sys(e, errno, "wait for events");
	}
	return 0;
}

static int events_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct events_opts *o = opts;
	int64_t since, until = 0;
	int r = o->since ? time_option_parse(o->since, &since, e) : 0;

	if (r == 0 && o->until)
		r = time_option_parse(o->until, &until, e);
	/* Nothing may be there yet: events of a project are waited for from before its first one. */
	if (r == 0)
		r = cli_connect(cli, true, e);
	if (r == 0)
		r = client_send(cli->client, "events", NULL, e);
	return r < 0 ? r : stream(cli, o, args, n, until, e);
}

static const struct opt events_opts[] = {
	OPT(events_opts, json, .name = "json", .help = "Output events as a stream of json objects"),
	OPT(events_opts, since, .name = "since", .kind = OPT_STR,
	    .help = "Show all events created since timestamp",
	    .note = "events are not stored: only new ones are shown"),
	OPT(events_opts, until, .name = "until", .kind = OPT_STR,
	    .help = "Stream events until this timestamp"),
	{ 0 },
};

const struct cmd cmd_events = {
	.name = "events",
	.args = "[SERVICE...]",
	.summary = "Receive real time events from containers",
	.opts = events_opts,
	.size = sizeof(struct events_opts),
	.needs = NEED_PROJECT,
	.run = events_run,
};
