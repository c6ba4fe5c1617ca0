/*
 * Normally: containers exist, "start" is sent, and the loop watches four things at once: the answer
 * to that request, the events of containers, their log files, and signals. It ends when nothing that
 * counts runs any more.
 *
 * A first signal, or a container whose end aborts the rest, replaces the request by "stop"; a second
 * signal by "kill". Logs are shown until the containers have ended.
 *
 * When the supervisor goes away the loop ends: its containers are somebody else's business then.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "compose/cmd/apply.h"
#include "compose/cmd/logwatch.h"
#include "compose/cmd/menu.h"
#include "compose/cmd/up.h"
#include "compose/load/load.h"
#include "compose/supervise/client.h"
#include "compose/ui/prompt.h"

enum { EXIT_INTERRUPTED = 130 };

struct attached {
	struct cli *cli;
	const struct up_opts *o;
	struct logwatch w;
	struct json *request; /* of start and stop: services, project, timeout */
	struct menu menu;
	int signal_fd;
	bool is_calling;      /* cli->client has not answered yet */
	int n_signals;
	bool is_aborting, wants_abort, is_detached;
	int abort_code, from_code;
	bool has_from_code;
};

static bool in_json(const struct json *list, const char *text)
{
	JSON_EACH (item, list)
		if (streq(json_text(item), text))
			return true;
	return false;
}

/* Named on the command line, or nothing was. */
static bool is_named(const struct attached *a, const char *service)
{
	const struct json *named = json_get(a->request, "services");

	return json_len(named) == 0 || in_json(named, service);
}

static bool is_attached(void *ctx, const char *service)
{
	const struct attached *a = ctx;
	const struct node *s = node_at(a->cli->model->root, "services", service, NULL);
	const struct node *attach = node_get(s, "attach");

	if (!s || strv_has(&a->o->no_attach, service))
		return false;
	if (a->o->attach.n)
		return strv_has(&a->o->attach, service);
	if (node_is(attach, NODE_BOOL) && !attach->b)
		return false;
	return a->o->attach_deps || is_named(a, service);
}

static void on_exit_of(void *ctx, struct source *s)
{
	struct attached *a = ctx;

	if (streq(s->service, a->o->exit_code_from) && !a->has_from_code) {
		a->has_from_code = true;
		a->from_code = s->exit_code;
	}
	if (a->n_signals || a->is_aborting || a->wants_abort)
		return;
	if (a->o->abort_on_exit || (a->o->abort_on_failure && s->exit_code != 0)) {
		a->wants_abort = true;
		a->abort_code = s->exit_code;
	}
}

static int add_sources(struct attached *a, struct err **e)
{
	AUTO(containers) struct containers list = { 0 };
	AUTO(strv) struct strv names = STRV_INIT;
	AUTO(mem) char *text = NULL;
	bool any_named = json_len(json_get(a->request, "services")) > 0;
	int r = containers_list(a->cli, NULL, 0, WITHOUT_ONEOFF, &list, e);

	for (size_t i = 0; i < list.n && r == 0; i++) {
		const char *service = json_str(list.v[i], "service", "");
		bool shown = is_attached(a, service);
		struct source *s;

		if (!node_at(a->cli->model->root, "services", service, NULL))
			continue;
		s = logwatch_add(&a->w, list.v[i], !shown);
		s->counts = any_named ? is_named(a, service) : shown;
		logfile_from_end(s->file);
		if (shown)
			strv_add(&names, s->name->name);
	}
	if (r < 0)
		return r;
	text = strv_join(&names, ", ");
	printf("Attaching to %s\n", text);
	return fflush(stdout) == 0 ? 0 : err_sys(e, errno, "write to standard output");
}

/* Only what is shown decides how wide the names are. */
static void set_look(struct attached *a)
{
	struct follow *f = &a->w.follow;

	f->prefix.color = !a->o->no_color && cli_color(a->cli, STDOUT_FILENO);
	f->prefix.hidden = a->o->no_prefix;
	f->timestamps = a->o->timestamps;
	f->split_streams = true;
}

static int send_request(struct attached *a, const char *op, struct err **e)
{
	int r;

	client_free(TAKE_PTR(a->cli->client));
	r = cli_connect(a->cli, true, e);
	if (r == 0)
		r = client_send(a->cli->client, op, a->request, e);
	a->is_calling = r == 0;
	return r;
}

static void notice(struct attached *a, const char *text)
{
	struct progress *p = cli_progress(a->cli, NULL);

	menu_clear(&a->menu);
	if (progress_mode_of(p) == PROGRESS_TTY)
		cli_status(a->cli, cli_color(a->cli, STDERR_FILENO) ? "\033[31;1m%s\033[0m\n" : "%s\n",
			   text);
	else
		progress_event(p, &(struct progress_event){ .id = "Compose", .text = "Stopping",
							    .details = text });
}

static int on_signal(struct attached *a, struct err **e)
{
	struct signalfd_siginfo info;

	if (read(a->signal_fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	if (info.ssi_signo == SIGTSTP) {
		menu_suspend(&a->menu);
		return 0;
	}
	if (a->n_signals++ == 0) {
		notice(a, "Gracefully Stopping... press Ctrl+C again to force");
		return send_request(a, "stop", e);
	}
	return a->n_signals == 2 ? send_request(a, "kill", e) : 0;
}

static int begin_abort(struct attached *a, struct err **e)
{
	a->wants_abort = false;
	a->is_aborting = true;
	notice(a, "Aborting on container exit...");
	json_set(a->request, "services", json_new_arr());
	return send_request(a, "stop", e);
}

/* The supervisor's answer to start, stop or kill. */
static int on_answer(struct attached *a, struct err **e)
{
	menu_clear(&a->menu);
	for (;;) {
		AUTO(json) struct json *msg = NULL;
		int r = client_next(a->cli->client, &msg, e);

		if (r <= 0)
			return r;
		r = cli_take(a->cli, msg, NULL, e);
		if (r != 0) {
			a->is_calling = false;
			return r < 0 ? r : 0;
		}
	}
}

static bool is_stopping(const struct attached *a)
{
	return a->n_signals || a->is_aborting;
}

static bool is_over(const struct attached *a)
{
	if (a->is_detached)
		return true;
	if (a->is_calling || a->wants_abort)
		return false;
	return is_stopping(a) || !logwatch_any_running(&a->w);
}

static int dispatch(struct attached *a, const struct pollfd *p, struct err **e)
{
	int r = 0;

	if (p[0].revents)
		r = on_signal(a, e);
	/* Events before answers: what a stop did is told before it is over. */
	if (r == 0 && p[1].revents)
		r = logwatch_events_ready(&a->w, e);
	if (r == 0 && p[2].revents)
		r = follow_ready(&a->w.follow, e);
	if (r == 0 && p[3].revents && a->is_calling)
		r = on_answer(a, e);
	if (p[4].revents)
		a->is_detached = menu_key(&a->menu);
	if (r == 0 && a->wants_abort && !is_stopping(a))
		r = begin_abort(a, e);
	return r;
}

static int loop(struct attached *a, struct err **e)
{
	int r = 0;

	while (r == 0 && !is_over(a)) {
		struct pollfd p[] = {
			{ .fd = a->signal_fd, .events = POLLIN },
			{ .fd = logwatch_events_fd(&a->w), .events = POLLIN },
			{ .fd = a->w.follow.inotify_fd, .events = POLLIN },
			{ .fd = a->is_calling ? client_fd(a->cli->client) : -1, .events = POLLIN },
			{ .fd = a->menu.is_open ? STDIN_FILENO : -1, .events = POLLIN },
		};

		menu_draw(&a->menu);
		if (poll(p, ARRAY_LEN(p), -1) < 0 && errno != EINTR)
			return err_sys(e, errno, "wait for containers");
		r = dispatch(a, p, e);
	}
	/* What was told in the same moment as the last answer. */
	if (r == 0 && logwatch_events_fd(&a->w) >= 0)
		r = logwatch_events_ready(&a->w, e);
	return r;
}

static int open_signals(struct attached *a, struct err **e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (a->menu.is_open)
		sigaddset(&set, SIGTSTP);
	a->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (a->signal_fd < 0 || sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(e, errno, "take signals");
	return 0;
}

static int exit_status(const struct attached *a)
{
	if (a->n_signals)
		return EXIT_INTERRUPTED;
	if (!a->is_aborting)
		return 0;
	return a->has_from_code ? a->from_code : a->abort_code;
}

/* On a terminal, unless the flag or the environment says no. */
static bool wants_menu(const struct attached *a)
{
	const char *env = getenv("COMPOSE_MENU");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return false;
	if (progress_mode_of(cli_progress(a->cli, NULL)) != PROGRESS_TTY)
		return false;
	if (cli_given(a->cli, "menu"))
		return a->o->menu;
	return !env || !*env || word_is_true(env);
}

static void on_write(void *ctx)
{
	menu_clear(ctx);
}

static struct json *start_request(const struct json *apply)
{
	static const char *const keys[] = { "services", "project", "disabled_services", "no_deps",
					    "timeout_s" };
	struct json *r = json_new_obj();

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (json_get(apply, keys[i]))
			json_set(r, keys[i], json_dup(json_get(apply, keys[i])));
	return r;
}

static int follow(struct attached *a, struct err **e)
{
	AUTO(err) struct err *later = NULL;
	int r;

	a->w.wants = is_attached;
	a->w.on_exit = on_exit_of;
	a->w.ctx = a;
	set_look(a);
	a->w.follow.on_write = on_write;
	a->w.follow.ctx = &a->menu;
	if (wants_menu(a))
		menu_open(&a->menu, cli_color(a->cli, STDOUT_FILENO));
	/* Before anybody reads that we are attached: from then on Ctrl-C is an orderly stop. */
	r = open_signals(a, e);
	if (r == 0)
		r = add_sources(a, e);
	if (r == 0)
		r = send_request(a, "start", e);
	if (r == 0)
		r = loop(a, e);
	(void)logwatch_finish(&a->w, r == 0 ? e : &later);
	menu_close(&a->menu);
	return r < 0 ? r : exit_status(a);
}

int up_attached(struct cli *cli, const struct up_opts *o, struct json *request, struct err **e)
{
	struct attached a = { .cli = cli, .o = o, .signal_fd = -1 };
	int r;

	json_set_bool(request, "start", false);
	r = apply_run(cli, "up", request, o->yes, e);
	if (r < 0)
		return r;
	progress_end(cli_progress(cli, NULL));
	progress_hide_start(cli_progress(cli, NULL));
	a.request = start_request(request);
	r = logwatch_init(&a.w, cli, /* watch= */ true, e);
	if (r == 0)
		r = follow(&a, e);
	logwatch_done(&a.w);
	json_free(a.request);
	fd_close(&a.signal_fd);
	return r;
}
