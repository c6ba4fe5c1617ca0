#include "compose/cmd/help.h"

#include <string.h>

enum { SLACK = 5, NAME_COLUMN = 24 };

const char *opt_arg_word(const struct opt *o)
{
	static const char *const words[] = {
		[OPT_BOOL] = "", [OPT_INT] = "int", [OPT_STR] = "string", [OPT_ARRAY] = "stringArray",
	};

	return o->arg ? o->arg : words[o->kind];
}

char *opt_default_text(const struct opt *o)
{
	const char *text = o->shown ? o->shown : o->dflt;

	if (!text)
		return xstrdup("");
	if (o->kind == OPT_STR)
		return xasprintf(" (default \"%s\")", text);
	return xasprintf(" (default %s)", text);
}

/* "  -f, --file stringArray" */
static char *flag_column(const struct opt *o)
{
	const char *word = opt_arg_word(o);
	char brief[8] = "    ";

	if (o->brief)
		snprintf(brief, sizeof(brief), "-%c, ", o->brief);
	return xasprintf("  %s--%s%s%s", brief, o->name, *word ? " " : "", word);
}

/* Bytes of s that go on this line: cut at a newline or the last blank before room, unless the rest
 * fits with some slack, so that no short word stands alone. */
static size_t line_length(const char *s, size_t room)
{
	size_t n = strlen(s), blank = 0, newline = 0;

	if (n < room + SLACK)
		return n;
	for (size_t i = 0; i < room; i++) {
		if (s[i] == ' ' || s[i] == '\n')
			blank = i;
		if (s[i] == '\n')
			newline = i;
	}
	if (newline && newline < blank)
		return newline;
	return blank ? blank : n;
}

static void add_indented(struct buf *out, const char *s, size_t n, size_t indent)
{
	for (size_t i = 0; i < n; i++) {
		buf_addch(out, s[i]);
		if (s[i] == '\n')
			buf_addf(out, "%*s", (int)indent, "");
	}
}

static void add_wrapped(struct buf *out, const char *s, size_t indent, size_t width)
{
	size_t room = width > indent + 24 ? width - indent - SLACK : 0;

	if (room == 0) {
		add_indented(out, s, strlen(s), indent);
		return;
	}
	for (bool first = true; *s; first = false) {
		size_t n = line_length(s, room);

		if (!first)
			buf_addf(out, "\n%*s", (int)indent, "");
		add_indented(out, s, n, indent);
		s += n;
		if (*s)
			s++; /* the blank or newline */
	}
}

static int opt_compare(const void *a, const void *b)
{
	const struct opt *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static size_t collect(const struct opt **v, size_t n, const struct opt *opts)
{
	for (; opts && opts->name; opts++) {
		if (opts->hidden)
			continue;
		if (v)
			v[n] = opts;
		n++;
	}
	return n;
}

void help_options(struct buf *out, const struct opt *opts, const struct opt *more_opts, size_t width)
{
	size_t n = collect(NULL, collect(NULL, 0, opts), more_opts), widest = 0;
	AUTO(mem) const struct opt **v = xcalloc(n + 1, sizeof(struct opt *));

	(void)collect(v, collect(v, 0, opts), more_opts);
	qsort(v, n, sizeof(*v), opt_compare);
	for (size_t i = 0; i < n; i++) {
		AUTO(mem) char *flag = flag_column(v[i]);

		if (strlen(flag) > widest)
			widest = strlen(flag);
	}
	for (size_t i = 0; i < n; i++) {
		AUTO(mem) char *flag = flag_column(v[i]);
		AUTO(mem) char *dflt = opt_default_text(v[i]);
		AUTO(mem) char *text = xasprintf("%s%s", v[i]->help, dflt);

		buf_addf(out, "%-*s   ", (int)widest, flag);
		add_wrapped(out, text, widest + 3, width);
		buf_addch(out, '\n');
	}
}

static void add_commands(struct buf *out, const char *title, const struct cmd *const *list,
			 bool groups)
{
	bool any = false;

	for (; *list; list++) {
		if ((*list)->hidden || ((*list)->subs != NULL) != groups)
			continue;
		if (!any)
			buf_addf(out, "\n%s:\n", title);
		any = true;
		buf_addf(out, "  %-*s%s\n", NAME_COLUMN, (*list)->name, (*list)->summary);
	}
}

/* --dry-run is accepted by every command. */
static const struct opt dry_run_row[] = {
	{ .name = "dry-run", .help = "Execute command in dry run mode" },
	{ 0 },
};

void help_command(struct buf *out, const char *path, const struct cmd *cmd, size_t width)
{
	if (cmd->subs) {
		buf_addf(out, "Usage:  docker %s %s COMMAND\n\n%s\n", path, cmd->name, cmd->summary);
		add_commands(out, "Commands", cmd->subs, false);
		buf_addf(out, "\nRun 'docker %s %s COMMAND --help' for more information on a command.\n",
			 path, cmd->name);
		return;
	}
	buf_addf(out, "Usage:  docker %s %s [OPTIONS]%s%s\n\n%s\n", path, cmd->name,
		 cmd->args ? " " : "", cmd->args ? cmd->args : "", cmd->summary);
	if (cmd->raw)
		return; /* its flags are another program's */
	buf_addstr(out, "\nOptions:\n");
	help_options(out, cmd->opts, dry_run_row, width);
}

void help_root(struct buf *out, size_t width)
{
	buf_addstr(out, "Usage:  docker compose [OPTIONS] COMMAND\n\n"
			"Define and run multi-container applications with Docker\n\nOptions:\n");
	help_options(out, global_opts, NULL, width);
	add_commands(out, "Management Commands", cmd_table, true);
	add_commands(out, "Commands", cmd_table, false);
	buf_addstr(out, "\nRun 'docker compose COMMAND --help' for more information on a command.\n");
}
