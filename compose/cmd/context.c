#include "compose/cmd/context.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "compose/load/load.h"
#include "compose/supervise/client.h"
#include "compose/ui/jsontext.h"
#include "compose/ui/prompt.h"

bool cli_given(const struct cli *cli, const char *name)
{
	for (const struct opt *const *o = cli->given; o && *o; o++)
		if (streq((*o)->name, name))
			return true;
	return false;
}

bool cli_color(const struct cli *cli, int fd)
{
	const char *no_color = getenv("NO_COLOR");

	if (cli->ansi == ANSI_NEVER || (no_color && *no_color))
		return false;
	return cli->ansi == ANSI_ALWAYS || isatty(fd);
}

/* ---- messages ---- */

static bool needs_quotes(const char *s)
{
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("-._/@^+", *s))
			return true;
	return false;
}

static void add_quoted(struct buf *out, const char *s)
{
	buf_addch(out, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_addf(out, "\\%c", *s);
		else if (*s == '\n')
			buf_addstr(out, "\\n");
		else
			buf_addch(out, *s);
	}
	buf_addch(out, '"');
}

/* On a terminal "WARN[0003] text ": seconds since the start. */
static void add_terminal_record(const struct cli *cli, struct buf *out, const char *msg)
{
	long seconds = (long)((clock_mono_ns() - cli->start_ns) / 1000000000);

	if (cli_color(cli, STDERR_FILENO))
		buf_addf(out, "\033[33mWARN\033[0m[%04ld] %-44s \n", seconds, msg);
	else
		buf_addf(out, "WARN[%04ld] %-44s \n", seconds, msg);
}

static void write_record(const struct cli *cli, const char *level, const char *msg)
{
	AUTO(buf) struct buf out = BUF_INIT;
	int64_t now = clock_wall_ns() / 1000000000 * 1000000000;
	AUTO(mem) char *time = time_format_rfc3339(now, false);

	if (cli->progress_mode == PROGRESS_JSON) {
		buf_addf(&out, "{\"level\":\"%s\",\"msg\":", level);
		jsontext_string(&out, msg);
		buf_addf(&out, ",\"time\":\"%s\"}\n", time);
	} else if (isatty(STDERR_FILENO)) {
		add_terminal_record(cli, &out, msg);
	} else {
		buf_addf(&out, "time=\"%s\" level=%s msg=", time, level);
		if (needs_quotes(msg))
			add_quoted(&out, msg);
		else
			buf_addstr(&out, msg);
		buf_addch(&out, '\n');
	}
	if (cli->progress)
		progress_interrupt(cli->progress);
	(void)fd_write_all(STDERR_FILENO, out.p, out.n);
}

void cli_warn(const struct cli *cli, const char *fmt, ...)
{
	AUTO(mem) char *msg = NULL;
	va_list ap;

	va_start(ap, fmt);
	msg = xvasprintf(fmt, ap);
	va_end(ap);
	write_record(cli, "warning", msg);
}

void cli_status(const struct cli *cli, const char *fmt, ...)
{
	const char *to_stdout = getenv("COMPOSE_STATUS_STDOUT");
	va_list ap;

	(void)cli;
	va_start(ap, fmt);
	(void)vdprintf(to_stdout && word_is_true(to_stdout) ? STDOUT_FILENO : STDERR_FILENO, fmt, ap);
	va_end(ap);
}

struct progress *cli_progress(struct cli *cli, const char *operation)
{
	if (!cli->progress)
		cli->progress = progress_new(&(struct progress_options){
			.mode = cli->progress_mode,
			.color = cli_color(cli, STDERR_FILENO),
			.dry_run = cli->g.dry_run,
			.operation = operation,
			.fd = STDERR_FILENO,
		});
	else if (operation)
		progress_begin(cli->progress, operation);
	return cli->progress;
}

/* ---- the project ---- */

void cli_load_options(const struct cli *cli, struct load_options *lo)
{
	const struct global_opts *g = &cli->g;

	*lo = (struct load_options){
		.files = (const char *const *)g->files.v,
		.n_files = g->files.n,
		.env_files = (const char *const *)g->env_files.v,
		.n_env_files = g->env_files.n,
		.profiles = (const char *const *)g->profiles.v,
		.n_profiles = g->profiles.n,
		.project_directory = g->project_directory,
		.project_name = g->project_name,
		.all_resources = g->all_resources,
		.no_normalize = false,
	};
}

static void print_warnings(const struct cli *cli, const struct diags *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].level == DIAG_WARNING)
			cli_warn(cli, "%s", d->v[i].message);
}

static const struct diag *first_error(const struct diags *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].level == DIAG_ERROR)
			return &d->v[i];
	return NULL;
}

/* One complaint about no file in particular is an error like any other; else they are shown with their
 * places. */
static int load_error(const struct cli *cli, struct diags *d, int r, struct err **e)
{
	const struct diag *only = d->n_errors == 1 ? first_error(d) : NULL;
	AUTO(mem) char *text = NULL;

	if (only && !only->pos.file)
		return err_make(e, -r, only->message, only->hint);
	text = diags_format(d, DIAG_ERROR, cli_color(cli, STDERR_FILENO));
	return err_make(e, -r, text, NULL);
}

int cli_load(struct cli *cli, const struct load_options *lo, struct err **e)
{
	AUTO(diags) struct diags *d = diags_new();
	int r = project_load(lo, &cli->model, d);

	diags_sort(d);
	print_warnings(cli, d);
	if (r < 0)
		return load_error(cli, d, r, e);
	cli->project = cli->model->name;
	return 0;
}

static void set_project(struct cli *cli, const char *name)
{
	free(cli->project_buf);
	cli->project_buf = xstrdup(name);
	for (char *p = cli->project_buf; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	cli->project = cli->project_buf;
}

static const char *env_project(void)
{
	const char *v = getenv("COMPOSE_PROJECT_NAME");

	return v && *v ? v : NULL;
}

static int load_all(struct cli *cli, struct err **e)
{
	struct load_options lo;

	cli_load_options(cli, &lo);
	return cli_load(cli, &lo, e);
}

static int load_selected(struct cli *cli, char **services, size_t n, struct err **e)
{
	struct load_options lo;

	cli_load_options(cli, &lo);
	lo.services = (const char *const *)services;
	lo.n_services = n;
	return cli_load(cli, &lo, e);
}

/* Commands that work on what exists: a broken file must not keep anyone from stopping things. */
static int project_or_name(struct cli *cli, char **services, size_t n, struct err **e)
{
	int r;

	if (cli->g.project_name && cli->g.files.n == 0) {
		set_project(cli, cli->g.project_name);
		return 0;
	}
	r = load_all(cli, e);
	if (r < 0 && env_project()) {
		err_free(*e);
		*e = NULL;
		set_project(cli, env_project());
		return 0;
	}
	return r < 0 ? r : cli_check_services(cli, services, n, e);
}

static int name_only(struct cli *cli, struct err **e)
{
	const char *name = cli->g.project_name ? cli->g.project_name : env_project();

	if (name && cli->g.files.n == 0) {
		set_project(cli, name);
		return 0;
	}
	return load_all(cli, e);
}

int cli_check_services(struct cli *cli, char **names, size_t n, struct err **e)
{
	const struct node *services;

	if (!cli->model)
		return 0;
	services = node_get(cli->model->root, "services");
	for (size_t i = 0; i < n; i++) {
		if (node_get(services, names[i]) || node_get(cli->model->disabled, names[i]))
			continue;
		return err_set(e, ENOENT, "no such service: %s", names[i]);
	}
	return 0;
}

/* ---- the supervisor ---- */

int cli_connect(struct cli *cli, bool start, struct err **e)
{
	if (cli->client)
		return 0;
	return client_connect(cli->project, start ? CLIENT_START : CLIENT_LOOK, &cli->client, e);
}

/* Log records of the supervisor are warnings of ours; the rest is progress. */
static void take_event(struct cli *cli, const struct json *ev)
{
	const char *level = json_str(ev, "level", NULL);

	if (level)
		write_record(cli, level, json_str(ev, "msg", ""));
	else if (json_get(ev, "id"))
		progress_json_event(cli->progress, ev);
}

int cli_take(struct cli *cli, const struct json *msg, struct json **ret, struct err **e)
{
	const struct json *ev = json_get(msg, "event");

	if (ev) {
		take_event(cli, ev);
		return 0;
	}
	if (json_get(msg, "error")) {
		int r = client_error(cli->client, msg, e);

		cli->exit_code = client_code(cli->client);
		return r;
	}
	if (ret)
		*ret = json_dup(json_get(msg, "result"));
	return 1;
}

static int wait_message(struct cli *cli, struct err **e)
{
	struct pollfd p = { .fd = client_fd(cli->client), .events = POLLIN };

	if (poll(&p, 1, progress_timeout_ms(cli->progress)) < 0 && errno != EINTR)
		return err_sys(e, errno, "wait for the supervisor");
	progress_tick(cli->progress);
	return 0;
}

static int drain(struct cli *cli, struct json **ret, struct err **e)
{
	for (;;) {
		AUTO(json) struct json *msg = NULL;
		int r = client_next(cli->client, &msg, e);

		if (r <= 0)
			return r;
		r = cli_take(cli, msg, ret, e);
		if (r != 0)
			return r;
	}
}

int cli_call(struct cli *cli, const char *operation, const char *op, const struct json *args,
	     struct json **ret, struct err **e)
{
	int r;

	(void)cli_progress(cli, operation);
	if (client_is_idle(cli->client)) {
		r = client_call(cli->client, op, args, NULL, NULL, ret, e);
		if (r < 0)
			cli->exit_code = client_code(cli->client);
		return r;
	}
	r = client_send(cli->client, op, args, e);
	while (r == 0) {
		r = drain(cli, ret, e);
		if (r == 0)
			r = wait_message(cli, e);
	}
	return r < 0 ? r : 0;
}

int context_prepare(struct cli *cli, char **args, size_t n, struct err **e)
{
	unsigned needs = cli->cmd->needs;
	int r = 0;

	if (needs & NEED_MODEL)
		r = load_selected(cli, args, n, e);
	else if (needs & NEED_PROJECT)
		r = project_or_name(cli, args, n, e);
	else if (needs & NEED_NAME)
		r = name_only(cli, e);
	if (r == 0 && (needs & (NEED_CLIENT | NEED_SUPERVISOR)))
		r = cli_connect(cli, needs & NEED_SUPERVISOR, e);
	return r;
}

void context_done(struct cli *cli)
{
	progress_free(cli->progress);
	client_free(cli->client);
	loaded_free(cli->model);
	free(cli->project_buf);
}
