/*
 * From argv to one running command: global flags, the command word, its flags, what it needs, its
 * result. Nothing is loaded or connected before the command is known to need it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/context.h"
#include "compose/cmd/flags.h"
#include "compose/cmd/globals.h"
#include "compose/cmd/help.h"
#include "compose/cmd/suggest.h"
#include "compose/ui/jsontext.h"
#include "compose/ui/term.h"

enum { EXIT_INTERRUPTED = 130 };

/* --dry-run is accepted behind the command word, too. */
static const struct opt common_opts[] = {
	OPT(global_opts, dry_run, .name = "dry-run", .help = "Execute command in dry run mode"),
	{ 0 },
};

static size_t help_width(void)
{
	struct term_size s;

	if (term_size_get(STDOUT_FILENO, &s) < 0 || s.cols == 0)
		return 79;
	return s.cols - 1u;
}

static void print(const struct buf *out)
{
	(void)fd_write_all(STDOUT_FILENO, out->p, out->n);
}

static int print_root_help(void)
{
	AUTO(buf) struct buf out = BUF_INIT;

	help_root(&out, help_width());
	print(&out);
	return 0;
}

static int print_help(const char *path, const struct cmd *cmd)
{
	AUTO(buf) struct buf out = BUF_INIT;

	help_command(&out, path, cmd, help_width());
	print(&out);
	return 0;
}

static const struct cmd *find_command(const struct cmd *const *list, const char *name)
{
	for (; *list; list++)
		if (streq((*list)->name, name))
			return *list;
	return NULL;
}

static void print_error(const struct cli *cli, const struct err *e)
{
	AUTO(buf) struct buf out = BUF_INIT;
	const char *hint = err_hint_text(e);

	if (cli->progress_mode == PROGRESS_JSON) {
		buf_addstr(&out, "{\"error\":true,\"message\":");
		jsontext_string(&out, err_text(e));
		buf_addstr(&out, "}\n");
	} else {
		buf_addstr(&out, err_text(e));
		if (!ends_with(err_text(e), "\n"))
			buf_addch(&out, '\n');
		if (hint)
			buf_addf(&out, "  hint: %s\n", hint);
	}
	(void)fd_write_all(STDERR_FILENO, out.p, out.n);
}

/* A result of run as exit status; an error is printed here and nowhere else. */
static int finish(struct cli *cli, int r, const struct err *e)
{
	if (cli->progress)
		progress_end(cli->progress);
	if (r >= 0)
		return r;
	if (e)
		print_error(cli, e);
	return cli->exit_code > 0 ? cli->exit_code : 1;
}

static int count_args(const struct cmd *cmd, const char *path, size_t n, struct err **e)
{
	if (n < cmd->min_args && cmd->docker_args)
		return err_set(e, EINVAL,
			       "docker: 'docker %s %s' requires %s%zu argument%s\n\n"
			       "Usage:  docker %s %s [OPTIONS] %s\n\n"
			       "Run 'docker %s %s --help' for more information",
			       path, cmd->name, cmd->max_args == cmd->min_args ? "" : "at least ",
			       cmd->min_args, cmd->min_args == 1 ? "" : "s", path, cmd->name,
			       cmd->args ? cmd->args : "", path, cmd->name);
	if (n < cmd->min_args)
		return err_set(e, EINVAL, "requires at least %zu arg(s), only received %zu",
			       cmd->min_args, n);
	if (cmd->max_args == NO_ARGS && n > 0)
		return err_set(e, EINVAL, "docker: 'docker %s %s' accepts no arguments", path,
			       cmd->name);
	if (cmd->max_args && cmd->max_args != NO_ARGS && n > cmd->max_args)
		return err_set(e, EINVAL, "accepts at most %zu arg(s), received %zu", cmd->max_args,
			       n);
	return 0;
}

static int run_parsed(struct cli *cli, const char *path, const struct parsed *p, struct err **e)
{
	int r = count_args(cli->cmd, path, p->n_args, e);

	if (r == 0)
		r = context_prepare(cli, p->args, p->n_args, e);
	if (r == 0)
		r = cli->cmd->run(cli, cli->opts, p->args, p->n_args, e);
	return r;
}

static int run_command(struct cli *cli, const char *path, char **argv, size_t n, struct err **e)
{
	const struct cmd *cmd = cli->cmd;
	AUTO(mem) void *values = xcalloc(1, cmd->size + 1);
	AUTO(parsed) struct parsed p = { 0 };
	const struct flagset sets[] = {
		{ cmd->opts, values },
		{ common_opts, &cli->g },
	};
	int r;

	if (cmd->raw && !cmd->hidden && n > 0 && streq(argv[0], "--help"))
		return print_help(path, cmd);
	if (cmd->raw)
		return cmd->run(cli, NULL, argv, n, e);
	flagset_init(&sets[0]);
	r = flags_parse(sets, ARRAY_LEN(sets), argv, n, cmd->stop_at_positional, &p, e);
	if (r == 0 && p.help) {
		r = print_help(path, cmd);
	} else if (r == 0) {
		cli->given = p.given;
		cli->opts = values;
		r = run_parsed(cli, path, &p, e);
	}
	flagset_done(&sets[0]);
	cli->given = NULL;
	return r;
}

static int unknown_command(const char *name)
{
	AUTO(mem) char *near = suggest_command(cmd_table, name);

	print_root_help();
	(void)dprintf(STDERR_FILENO, "unknown docker command: \"compose %s\"\n", name);
	if (near)
		(void)dprintf(STDERR_FILENO, "  hint: did you mean \"%s\"?\n", near);
	return 1;
}

/* Descends into groups ("image ls"); *path grows by the words passed. */
static int select_command(struct cli *cli, char ***argv, size_t *n, char **path)
{
	const struct cmd *cmd = find_command(cmd_table, (*argv)[0]);

	if (!cmd)
		return unknown_command((*argv)[0]);
	while (cmd->subs) {
		const struct cmd *sub = *n > 1 ? find_command(cmd->subs, (*argv)[1]) : NULL;
		char *longer;

		if (!sub) {
			bool bad = *n > 1 && (*argv)[1][0] != '-';

			print_help(*path, cmd);
			if (bad)
				(void)dprintf(STDERR_FILENO,
					      "unknown docker command: \"%s %s %s\"\n", *path,
					      cmd->name, (*argv)[1]);
			return bad;
		}
		longer = xasprintf("%s %s", *path, cmd->name);
		free(*path);
		*path = longer;
		cmd = sub;
		(*argv)++;
		(*n)--;
	}
	cli->cmd = cmd;
	(*argv)++;
	(*n)--;
	return 0;
}

/* "help up" is "up --help". */
static int run_help(struct cli *cli, char **argv, size_t n)
{
	AUTO(mem) char *path = xstrdup("compose");
	int r;

	if (n == 0)
		return print_root_help();
	r = select_command(cli, &argv, &n, &path);
	return cli->cmd ? print_help(path, cli->cmd) : r;
}

static int run_word(struct cli *cli, const struct parsed *global, struct err **e)
{
	AUTO(mem) char *path = xstrdup("compose");
	char **argv = global->args;
	size_t n = global->n_args;
	const struct cmd *named;
	int r;

	if (global->help || (n == 0 && !cli->g.version))
		return print_root_help();
	cli->given = global->given;
	named = n ? find_command(cmd_table, argv[0]) : NULL;
	r = globals_check(cli, named ? named->needs : NEED_NOTHING, e);
	cli->given = NULL;
	if (r < 0)
		return r;
	if (n == 0) {
		static char *version[] = { NULL };

		cli->cmd = find_command(cmd_table, "version");
		return run_command(cli, path, version, 0, e);
	}
	if (streq(argv[0], "help"))
		return run_help(cli, argv + 1, n - 1);
	r = select_command(cli, &argv, &n, &path);
	return cli->cmd ? run_command(cli, path, argv, n, e) : r;
}

/* Commands that stop something in an orderly way install their own. */
static void on_interrupt(int sig)
{
	static const char show_cursor[] = "\033[?25h\n";
	bool tty = isatty(STDERR_FILENO);

	(void)sig;
	term_restore();
	(void)!write(STDERR_FILENO, tty ? show_cursor : "\n", tty ? sizeof(show_cursor) - 1 : 1);
	_exit(EXIT_INTERRUPTED);
}

static void handle_interrupts(void)
{
	struct sigaction ignored, sa = { .sa_handler = on_interrupt };
	static const int signals[] = { SIGINT, SIGTERM };

	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		/* A background job of a shell without job control ignores SIGINT on purpose. */
		if (sigaction(signals[i], NULL, &ignored) == 0 && ignored.sa_handler == SIG_IGN)
			continue;
		(void)sigaction(signals[i], &sa, NULL);
	}
}

int cli_main(int argc, char **argv)
{
	AUTO(err) struct err *e = NULL;
	AUTO(parsed) struct parsed global = { 0 };
	struct cli cli = { .start_ns = clock_mono_ns(), .progress_mode = PROGRESS_PLAIN };
	const struct flagset set = { global_opts, &cli.g };
	int r;

	stdio_ensure();
	handle_interrupts();
	flagset_init(&set);
	r = flags_parse(&set, 1, argv + 1, argc > 0 ? (size_t)argc - 1 : 0,
			/* stop_at_positional= */ true, &global, &e);
	if (r == 0)
		r = run_word(&cli, &global, &e);
	if (fflush(stdout) != 0 && r == 0)
		r = err_sys(&e, errno, "write to standard output");
	r = finish(&cli, r, e);
	context_done(&cli);
	flagset_done(&set);
	return r;
}
