#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fdio.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/containers.h"
#include "compose/supervise/client.h"
#include "compose/supervise/place.h"
#include "compose/ui/jsontext.h"
#include "compose/ui/table.h"

struct ls_opts {
	bool all, quiet;
	const char *format;
	struct strv filter;
};

enum { MIN_WIDTH = 20, GAP = 3 };
#define CONFIG_LABEL "com.docker.compose.project.config_files"

/* "exited(1), running(2)" */
static char *status_text(const struct json *containers)
{
	AUTO(strv) struct strv states = STRV_INIT;
	AUTO(buf) struct buf out = BUF_INIT;

	JSON_EACH (c, containers)
		strv_add(&states, json_str(c, "state", ""));
	strv_sort(&states);
	for (size_t i = 0, same; i < states.n; i += same) {
		for (same = 1; i + same < states.n && streq(states.v[i], states.v[i + same]);)
			same++;
		buf_addf(&out, "%s%s(%zu)", out.n ? ", " : "", states.v[i], same);
	}
	return buf_take(&out);
}

static char *config_files(const struct json *containers)
{
	AUTO(strv) struct strv files = STRV_INIT;

	JSON_EACH (c, containers) {
		AUTO(strv) struct strv some = STRV_INIT;

		strv_split(&some, json_str(json_get(c, "labels"), CONFIG_LABEL, ""), ',');
		for (size_t i = 0; i < some.n; i++)
			strv_add_unique(&files, some.v[i]);
	}
	return strv_join(&files, ",");
}

static bool any_up(const struct json *containers)
{
	JSON_EACH (c, containers)
		if (listed_is_up(c))
			return true;
	return false;
}

static int add_project(const struct ls_opts *o, const char *name, struct json *rows, struct err **e)
{
	AUTO(client) struct client *client = NULL;
	AUTO(json) struct json *answer = NULL;
	AUTO(mem) char *status = NULL, *files = NULL;
	const struct json *containers;
	struct json *row;
	int r = client_connect(name, CLIENT_LOOK, &client, e);

	if (r == 0)
		r = client_call(client, "list", NULL, NULL, NULL, &answer, e);
	if (r < 0)
		return err_wrap(e, "project \"%s\"", name);
	containers = json_get(answer, "containers");
	if (json_len(containers) == 0 || (!o->all && !any_up(containers)))
		return 0;
	status = status_text(containers);
	files = config_files(containers);
	row = json_push(rows, json_new_obj());
	json_set_str(row, "Name", name);
	json_set_str(row, "Status", status);
	json_set_str(row, "ConfigFiles", files);
	return 0;
}

/* Every filter is a regular expression the name has to match. */
static int is_matched(const struct ls_opts *o, const char *name, bool *ret, struct err **e)
{
	*ret = true;
	for (size_t i = 0; i < o->filter.n; i++) {
		const char *eq = strchr(o->filter.v[i], '=');
		regex_t re;

		if (!eq)
			return err_set(e, EINVAL, "invalid argument \"%s\" for \"--filter\" flag: bad "
				       "format of filter (expected name=value)", o->filter.v[i]);
		if (!starts_with(o->filter.v[i], "name="))
			return err_set(e, EINVAL, "invalid filter '%.*s'",
				       (int)(eq - o->filter.v[i]), o->filter.v[i]);
		if (regcomp(&re, eq + 1, REG_EXTENDED | REG_NOSUB) != 0)
			return err_set(e, EINVAL, "invalid regular expression \"%s\"", eq + 1);
		*ret = *ret && regexec(&re, name, 0, NULL, 0) == 0;
		regfree(&re);
	}
	return 0;
}

static int collect(const struct ls_opts *o, struct json *rows, struct err **e)
{
	AUTO(mem) char *dir = xasprintf("%s/projects", place_root());
	AUTO(strv) struct strv names = STRV_INIT;
	bool matched;
	int r = is_matched(o, "", &matched, e); /* bad filters are told even without projects */

	if (r < 0 || access(dir, F_OK) < 0)
		return r;
	r = dir_list(AT_FDCWD, dir, &names, e);
	for (size_t i = 0; i < names.n && r == 0; i++) {
		r = is_matched(o, names.v[i], &matched, e);
		if (r == 0 && matched && names.v[i][0] != '.')
			r = add_project(o, names.v[i], rows, e);
	}
	return r;
}

static void print_table(const struct json *rows)
{
	AUTO(table) struct table t;
	AUTO(buf) struct buf out = BUF_INIT;

	table_init(&t, MIN_WIDTH, GAP);
	table_row(&t, "NAME", "STATUS", "CONFIG FILES", NULL);
	JSON_EACH (row, rows)
		table_row(&t, json_str(row, "Name", ""), json_str(row, "Status", ""),
			  json_str(row, "ConfigFiles", ""), NULL);
	table_format(&t, &out);
	fputs(buf_str(&out), stdout);
}

static int ls_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct ls_opts *o = opts;
	AUTO(json) struct json *rows = json_new_arr();
	AUTO(buf) struct buf out = BUF_INIT;
	int r = collect(o, rows, e);

	(void)cli;
	(void)args;
	(void)n;
	if (r < 0)
		return r;
	if (o->quiet) {
		JSON_EACH (row, rows)
			puts(json_str(row, "Name", ""));
	} else if (streq(o->format, "json") || streq(o->format, "{{json.}}")) {
		jsontext_add(&out, rows);
		puts(buf_str(&out));
	} else if (streq(o->format, "table") || streq(o->format, "pretty") || !*o->format) {
		print_table(rows);
	} else {
		return err_set(e, EINVAL, "format value \"%s\" could not be parsed: parsing failed",
			       o->format);
	}
	return 0;
}

static const struct opt ls_opts[] = {
	OPT(ls_opts, all, .name = "all", .brief = 'a', .help = "Show all stopped Compose projects"),
	OPT(ls_opts, filter, .name = "filter", .kind = OPT_ARRAY, .arg = "filter",
	    .help = "Filter output based on conditions provided"),
	OPT(ls_opts, format, .name = "format", .kind = OPT_STR, .dflt = "table", .values = "table json",
	    .help = "Format the output. Values: [table | json]"),
	OPT(ls_opts, quiet, .name = "quiet", .brief = 'q', .help = "Only display project names"),
	{ 0 },
};

const struct cmd cmd_ls = {
	.name = "ls",
	.summary = "List running compose projects",
	.opts = ls_opts,
	.size = sizeof(struct ls_opts),
	.max_args = NO_ARGS,
	.run = ls_run,
};
