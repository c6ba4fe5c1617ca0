#include "compose/cmd/logwatch.h"

#include <errno.h>

#include "base/clock.h"
#include "compose/supervise/client.h"
#include "compose/supervise/place.h"

int logwatch_init(struct logwatch *w, struct cli *cli, bool watch, struct err **e)
{
	int r;

	memset(w, 0, sizeof(*w));
	w->cli = cli;
	r = follow_init(&w->follow, watch, e);
	if (r < 0 || !watch)
		return r;
	r = client_connect(cli->project, CLIENT_LOOK, &w->events, e);
	if (r < 0)
		return r;
	if (client_is_idle(w->events)) {
		w->has_ended = true;
		return 0;
	}
	return client_send(w->events, "events", NULL, e);
}

void logwatch_done(struct logwatch *w)
{
	client_free(w->events);
	follow_done(&w->follow);
}

struct source *logwatch_add(struct logwatch *w, const struct json *c, bool quiet)
{
	AUTO(mem) char *dir = xasprintf("%s/log", json_str(c, "bundle", ""));
	const char *name = quiet ? NULL : container_short_name(c, w->cli->project);
	struct source *s = follow_add(&w->follow, json_str(c, "id", ""), json_str(c, "service", ""), name,
				      dir);

	s->is_running = listed_is_up(c);
	logfile_from_start(s->file);
	return s;
}

int logwatch_events_fd(const struct logwatch *w)
{
	return w->events && !w->has_ended ? client_fd(w->events) : -1;
}

static const char *short_name(const struct logwatch *w, const char *name)
{
	size_t n = strlen(w->cli->project);

	return strncmp(name, w->cli->project, n) == 0 && name[n] && name[n + 1] ? name + n + 1 : name;
}

/* Started by another command, or made anew: what it wrote before this start was not meant for us. */
static struct source *join(struct logwatch *w, const struct json *ev)
{
	const char *name = json_str(json_get(ev, "attributes"), "name", "");
	AUTO(mem) char *containers = place_containers(w->cli->project);
	AUTO(mem) char *dir = xasprintf("%s/%s/log", containers, name);
	struct source *s = follow_add(&w->follow, json_str(ev, "id", ""), json_str(ev, "service", ""),
				      short_name(w, name), dir);
	int64_t started;

	if (time_parse_rfc3339(json_str(ev, "time", ""), &started) == 0)
		s->since_ns = started - 1000000000; /* its first words may be older than the event */
	logfile_from_start(s->file);
	return s;
}

static int on_start(struct logwatch *w, struct source *s, const struct json *ev, struct err **e)
{
	if (!s && !w->wants(w->ctx, json_str(ev, "service", "")))
		return 0;
	if (!s)
		s = join(w, ev);
	s->is_running = true;
	return follow_drain(&w->follow, s, e);
}

static int on_die(struct logwatch *w, struct source *s, const struct json *ev, struct err **e)
{
	const char *code = json_str(json_get(ev, "attributes"), "exitCode", "0");
	bool restarts = json_bool(ev, "will_restart", false);
	AUTO(mem) char *text = xasprintf("exited with code %s%s", code, restarts ? " (restarting)" : "");
	int r = follow_drain(&w->follow, s, e);

	if (r < 0)
		return r;
	follow_close_lines(&w->follow, s);
	follow_status(&w->follow, s, text);
	s->exit_code = (int)strtol(code, NULL, 10);
	s->is_running = restarts;
	if (restarts)
		return 0;
	s->has_exited = true;
	if (w->on_exit)
		w->on_exit(w->ctx, s);
	return 0;
}

static int on_event(struct logwatch *w, const struct json *ev, struct err **e)
{
	const char *action = json_str(ev, "action", "");
	struct source *s = follow_find(&w->follow, json_str(ev, "id", ""));

	if (streq(action, "start"))
		return on_start(w, s, ev, e);
	if (!s)
		return 0;
	if (streq(action, "die"))
		return on_die(w, s, ev, e);
	if (streq(action, "stop") || streq(action, "destroy"))
		s->is_running = false; /* it may have been waiting for its restart */
	return 0;
}

int logwatch_events_ready(struct logwatch *w, struct err **e)
{
	for (;;) {
		AUTO(json) struct json *msg = NULL;
		AUTO(err) struct err *gone = NULL;
		int r = client_next(w->events, &msg, &gone);

		if (r == 0)
			return follow_flush(&w->follow, e);
		if (r < 0 || !json_get(msg, "event")) {
			w->has_ended = true;
			return follow_flush(&w->follow, e);
		}
		r = on_event(w, json_get(msg, "event"), e);
		if (r < 0)
			return r;
	}
}

bool logwatch_any_running(const struct logwatch *w)
{
	for (struct source *s = w->follow.first; s; s = s->next)
		if (s->is_running && s->counts)
			return !w->has_ended;
	return false;
}

int logwatch_finish(struct logwatch *w, struct err **e)
{
	int r = 0;

	for (struct source *s = w->follow.first; s && r == 0; s = s->next) {
		r = follow_drain(&w->follow, s, e);
		follow_close_lines(&w->follow, s);
	}
	return r < 0 ? r : follow_flush(&w->follow, e);
}
