/*
 * __complete WORD...: candidates for the last word, one a line, then ":DIRECTIVE". Everything comes from
 * the rows; services and profiles come from the file, read as leniently as possible.
 */
#include <stdio.h>
#include <string.h>

#include "compose/cmd/cmd.h"
#include "compose/cmd/flags.h"
#include "compose/load/load.h"

enum { NO_FILES = 4, FILES = 0, ONLY_DIRS = 16 };

struct words {
	char **v;
	size_t n;          /* without the word being completed */
	const char *last;  /* that word */
};

/* Where in the command line the last word is. */
struct spot {
	const struct cmd *cmd;      /* NULL: in front of the command word */
	const struct opt *needs;    /* the row whose value it is, or NULL */
	size_t n_args;              /* positionals of cmd before it */
	bool only_args;             /* no flags any more */
};

static void candidate(const struct words *w, const char *text, const char *about)
{
	if (!starts_with(text, w->last))
		return;
	if (about)
		printf("%s\t%s\n", text, about);
	else
		puts(text);
}

static const struct cmd *command_named(const struct cmd *const *list, const char *name)
{
	for (; *list; list++)
		if (streq((*list)->name, name))
			return *list;
	return NULL;
}

static const struct opt *row_by_brief(const struct opt *opts, char c)
{
	for (; opts && opts->name; opts++)
		if (opts->brief == c)
			return opts;
	return NULL;
}

/* The row of a flag that takes the next word as its value, or NULL. */
static const struct opt *wants_value(const struct opt *opts, const char *word)
{
	const struct flagset set = { opts, NULL };
	const struct opt *o;

	if (starts_with(word, "--"))
		o = strchr(word, '=') ? NULL : flags_find(&set, 1, word + 2, strlen(word + 2));
	else
		o = row_by_brief(opts, word[strlen(word) - 1]);
	return o && o->kind != OPT_BOOL ? o : NULL;
}

static void take_global(struct cli *cli, const struct opt *o, const char *value)
{
	if (streq(o->name, "file"))
		strv_add(&cli->g.files, value);
	else if (streq(o->name, "env-file"))
		strv_add(&cli->g.env_files, value);
	else if (streq(o->name, "project-directory"))
		cli->g.project_directory = value;
	else if (streq(o->name, "project-name"))
		cli->g.project_name = value;
}

static bool is_flag(const char *word)
{
	return word[0] == '-' && word[1];
}

static void on_positional(struct spot *s, const char *word)
{
	if (!s->cmd) {
		s->cmd = command_named(cmd_table, word);
	} else if (s->cmd->subs && s->n_args == 0 && command_named(s->cmd->subs, word)) {
		s->cmd = command_named(s->cmd->subs, word);
	} else {
		s->n_args++;
		s->only_args = s->only_args || s->cmd->stop_at_positional;
	}
}

static struct spot locate(struct cli *cli, const struct words *w)
{
	struct spot s = { 0 };

	for (size_t i = 0; i < w->n; i++) {
		const struct opt *rows = s.cmd ? s.cmd->opts : global_opts;
		const struct opt *o = !s.only_args && is_flag(w->v[i]) ? wants_value(rows, w->v[i]) : NULL;

		if (streq(w->v[i], "--"))
			s.only_args = true;
		else if (s.only_args || !is_flag(w->v[i]))
			on_positional(&s, w->v[i]);
		else if (o && i + 1 == w->n)
			s.needs = o;
		else if (o && !s.cmd)
			take_global(cli, o, w->v[++i]);
		else if (o)
			i++;
	}
	return s;
}

/* The file, whatever is wrong with what it names. */
static bool load(struct cli *cli)
{
	AUTO(diags) struct diags *d = diags_new();
	struct load_options lo;

	if (cli->model)
		return true;
	cli_load_options(cli, &lo);
	lo.no_consistency = true;
	lo.no_env_resolution = true;
	return project_load(&lo, &cli->model, d) == 0;
}

static void services(struct cli *cli, const struct words *w, const char *suffix)
{
	if (!load(cli))
		return;
	NODE_EACH (s, node_get(cli->model->root, "services")) {
		AUTO(mem) char *text = xasprintf("%s%s", s->key, suffix);

		candidate(w, text, NULL);
	}
	NODE_EACH (s, cli->model->disabled) {
		AUTO(mem) char *text = xasprintf("%s%s", s->key, suffix);

		candidate(w, text, NULL);
	}
}

static void profiles_of(const struct words *w, const struct node *list, struct strv *seen)
{
	NODE_EACH (s, list) {
		NODE_EACH (p, node_get(s, "profiles")) {
			if (!node_text(p) || strv_has(seen, node_text(p)))
				continue;
			strv_add(seen, node_text(p));
			candidate(w, node_text(p), NULL);
		}
	}
}

static void profiles(struct cli *cli, const struct words *w)
{
	AUTO(strv) struct strv seen = STRV_INIT;

	if (!load(cli))
		return;
	profiles_of(w, node_get(cli->model->root, "services"), &seen);
	profiles_of(w, cli->model->disabled, &seen);
}

static void flags(const struct words *w, const struct opt *opts)
{
	for (; opts && opts->name; opts++) {
		AUTO(mem) char *text = xasprintf("--%s", opts->name);

		if (!opts->hidden)
			candidate(w, text, opts->help);
	}
}

static void commands(const struct words *w, const struct cmd *const *list)
{
	for (; *list; list++)
		if (!(*list)->hidden)
			candidate(w, (*list)->name, (*list)->summary);
}

static int values(struct cli *cli, const struct words *w, const struct opt *o)
{
	static const char *const of_services[] = { "attach", "exit-code-from", "no-attach" };
	AUTO(strv) struct strv list = STRV_INIT;

	if (o->values) {
		strv_split(&list, o->values, ' ');
		for (size_t i = 0; i < list.n; i++)
			candidate(w, list.v[i], NULL);
		return NO_FILES;
	}
	for (size_t i = 0; i < ARRAY_LEN(of_services); i++)
		if (streq(o->name, of_services[i]))
			services(cli, w, "");
	if (streq(o->name, "profile"))
		profiles(cli, w);
	else if (streq(o->name, "scale"))
		services(cli, w, "=");
	else if (streq(o->name, "project-directory"))
		return ONLY_DIRS;
	else if (streq(o->name, "file") || ends_with(o->name, "-file") || streq(o->name, "output"))
		return FILES;
	return NO_FILES;
}

static int positional(struct cli *cli, const struct words *w, const struct spot *s)
{
	const char *args = s->cmd->args ? s->cmd->args : "";

	if (s->cmd->subs && s->n_args == 0) {
		commands(w, s->cmd->subs);
	} else if (streq(s->cmd->name, "scale")) {
		services(cli, w, "=");
	} else if (strstr(args, "SERVICE") && (s->n_args == 0 || strstr(args, "SERVICE..."))) {
		services(cli, w, "");
	} else if (strstr(args, "FILE")) {
		return FILES;
	}
	return NO_FILES;
}

static int complete_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct words w = { .v = args, .n = n ? n - 1 : 0, .last = n ? args[n - 1] : "" };
	struct spot s = locate(cli, &w);
	int directive = NO_FILES;

	(void)opts;
	(void)e;
	if (s.needs)
		directive = values(cli, &w, s.needs);
	else if (w.last[0] == '-' && !s.only_args)
		flags(&w, s.cmd ? s.cmd->opts : global_opts);
	else if (!s.cmd)
		commands(&w, cmd_table);
	else
		directive = positional(cli, &w, &s);
	printf(":%d\n", directive);
	return 0;
}

const struct cmd cmd_complete = {
	.name = "__complete",
	.args = "WORD...",
	.summary = "Print candidates for the last word",
	.raw = true,
	.hidden = true,
	.run = complete_run,
};
