#include "compose/cmd/manual.h"

#include <string.h>

#include "compose/cmd/help.h"

/* Text for troff: a leading dot or quote must not be a request, '-' stays a minus. */
static void add_text(struct buf *out, const char *s)
{
	bool at_start = true;

	for (; *s; s++) {
		if (at_start && (*s == '.' || *s == '\''))
			buf_addstr(out, "\\&");
		if (*s == '-')
			buf_addstr(out, "\\-");
		else if (*s == '\\')
			buf_addstr(out, "\\e");
		else
			buf_addch(out, *s);
		if (*s == '\n')
			buf_addstr(out, ".br\n");
		at_start = *s == '\n';
	}
}

static void add_header(struct buf *out, const char *name, const char *summary)
{
	buf_addf(out, ".TH \"%s\" 1 \"\" \"compose %s\" \"compose\"\n.SH NAME\n", name, COMPOSE_VERSION);
	add_text(out, name);
	buf_addstr(out, " \\- ");
	add_text(out, summary);
	buf_addch(out, '\n');
}

static void add_option(struct buf *out, const struct opt *o)
{
	AUTO(mem) char *dflt = opt_default_text(o);
	const char *word = opt_arg_word(o);

	buf_addstr(out, ".TP\n\\fB");
	if (o->brief)
		buf_addf(out, "\\-%c\\fR, \\fB", o->brief);
	buf_addstr(out, "\\-\\-");
	add_text(out, o->name);
	buf_addf(out, "\\fR%s\\fI%s\\fR\n", *word ? " " : "", word);
	add_text(out, o->help);
	add_text(out, dflt);
	buf_addch(out, '\n');
	if (!o->note)
		return;
	buf_addstr(out, ".RS\nUnlike docker compose: ");
	add_text(out, o->note);
	buf_addstr(out, ".\n.RE\n");
}

static void add_options(struct buf *out, const struct opt *opts)
{
	bool any = false;

	for (; opts && opts->name; opts++) {
		if (opts->hidden)
			continue;
		if (!any)
			buf_addstr(out, ".SH OPTIONS\n");
		any = true;
		add_option(out, opts);
	}
}

static void add_commands(struct buf *out, const struct cmd *const *list, bool with_args)
{
	buf_addstr(out, ".SH COMMANDS\n");
	for (; *list; list++) {
		if ((*list)->hidden)
			continue;
		buf_addf(out, ".TP\n\\fB%s\\fR", (*list)->name);
		if (with_args && (*list)->args) {
			buf_addch(out, ' ');
			add_text(out, (*list)->args);
		}
		buf_addch(out, '\n');
		add_text(out, (*list)->summary);
		buf_addch(out, '\n');
	}
}

void manual_root(struct buf *out)
{
	add_header(out, "compose", "run the services of a compose file straight on the kernel");
	buf_addstr(out, ".SH SYNOPSIS\n\\fBcompose\\fR [\\fIOPTIONS\\fR] \\fICOMMAND\\fR\n"
			".SH DESCRIPTION\nReads a compose file and runs its services as containers, "
			"without a daemon. The command line is that of docker compose; "
			"\\fBdocker\\-compose\\fR is another name of this program. Each command has "
			"a page of its own: \\fBcompose\\-up\\fR(1), \\fBcompose\\-ps\\fR(1), ...\n");
	add_options(out, global_opts);
	add_commands(out, cmd_table, false);
	buf_addstr(out, ".SH EXIT STATUS\n0 on success, 1 on any error, 130 when interrupted; \\fBrun\\fR, "
			"\\fBexec\\fR, \\fBattach\\fR, \\fBwait\\fR and an aborting \\fBup\\fR give "
			"that of the container.\n.SH FILES\n.TP\n.I /var/lib/compose\nimages, volumes, "
			"networks and projects; COMPOSE_ROOT names another place\n.TP\n.I /run/compose\n"
			"sockets and running containers; COMPOSE_RUN names another place\n");
}

void manual_command(struct buf *out, const struct cmd *cmd)
{
	AUTO(mem) char *name = xasprintf("compose-%s", cmd->name);

	add_header(out, name, cmd->summary);
	buf_addf(out, ".SH SYNOPSIS\n\\fBcompose %s\\fR %s", cmd->name, cmd->opts ? "[\\fIOPTIONS\\fR] " : "");
	add_text(out, cmd->args ? cmd->args : "");
	buf_addch(out, '\n');
	add_options(out, cmd->opts);
	if (cmd->subs)
		add_commands(out, cmd->subs, true);
	buf_addstr(out, ".SH SEE ALSO\n\\fBcompose\\fR(1)\n");
}
