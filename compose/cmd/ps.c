#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/containers.h"
#include "compose/cmd/format.h"
#include "compose/load/load.h"
#include "compose/ui/human.h"
#include "compose/ui/jsontext.h"
#include "compose/ui/width.h"

struct ps_opts {
	bool all, no_trunc, orphans, quiet, services;
	struct strv status;
	const char *filter, *format;
};

enum { COMMAND_WIDTH = 20, MOUNT_WIDTH = 15, SHORT_ID = 12 };

static const struct column columns[] = {
	{ "Name", "NAME", true },
	{ "Image", "IMAGE", true },
	{ "Command", "COMMAND", true },
	{ "Service", "SERVICE", true },
	{ "RunningFor", "CREATED", true },
	{ "Status", "STATUS", true },
	{ "Ports", "PORTS", true },
	{ "CreatedAt", "CREATED AT", false },
	{ "Engine", "ENGINE", false },
	{ "ExitCode", "EXIT CODE", false },
	{ "Health", "HEALTH", false },
	{ "ID", "CONTAINER ID", false },
	{ "Labels", "LABELS", false },
	{ "LocalVolumes", "LOCAL VOLUMES", false },
	{ "Mounts", "MOUNTS", false },
	{ "Names", "NAMES", false },
	{ "Networks", "NETWORKS", false },
	{ "Project", "PROJECT", false },
	{ "Publishers", "PUBLISHERS", false },
	{ "Size", "SIZE", false },
	{ "State", "STATE", false },
	{ 0 },
};

/* "k=v" of every label, sorted. */
static char *labels_text(const struct json *labels)
{
	AUTO(strv) struct strv list = STRV_INIT;

	JSON_EACH (l, labels)
		strv_addf(&list, "%s=%s", json_key(l), json_text(l) ? json_text(l) : "");
	strv_sort(&list);
	return strv_join(&list, ",");
}

static char *networks_text(const struct json *networks)
{
	AUTO(strv) struct strv list = STRV_INIT;

	JSON_EACH (n, networks)
		strv_add(&list, json_key(n));
	strv_sort(&list);
	return strv_join(&list, ",");
}

static char *mounts_text(const struct json *mounts, bool whole, size_t *ret_volumes)
{
	AUTO(strv) struct strv list = STRV_INIT;

	*ret_volumes = 0;
	JSON_EACH (m, mounts) {
		bool volume = streq(json_str(m, "type", ""), "volume");
		const char *text = json_str(m, volume ? "name" : "source", "");

		*ret_volumes += volume;
		if (!*text)
			continue; /* a tmpfs has no name */
		strv_take(&list, whole ? xstrdup(text) : text_ellipsis(text, MOUNT_WIDTH));
	}
	strv_sort(&list);
	return strv_join(&list, ",");
}

static struct json *publisher(const char *url, int64_t target, int64_t published, const char *proto)
{
	struct json *p = json_new_obj();

	json_set_str(p, "URL", url);
	json_set_int(p, "TargetPort", target);
	json_set_int(p, "PublishedPort", published);
	json_set_str(p, "Protocol", proto);
	return p;
}

static int publisher_compare(const void *a, const void *b)
{
	const struct json *x = *(struct json *const *)a, *y = *(struct json *const *)b;
	int64_t d = json_int(x, "TargetPort", 0) - json_int(y, "TargetPort", 0);

	if (!d)
		d = strcmp(json_str(x, "URL", ""), json_str(y, "URL", ""));
	if (!d)
		d = json_int(x, "PublishedPort", 0) - json_int(y, "PublishedPort", 0);
	return d < 0 ? -1 : d > 0;
}

static bool is_bound(const struct json *c, int64_t target, const char *proto)
{
	JSON_EACH (b, json_get(c, "ports"))
		if (json_int(b, "target", 0) == target && streq(json_str(b, "protocol", "tcp"), proto))
			return true;
	return false;
}

static struct json *publishers(const struct json *c)
{
	size_t n = 0;
	AUTO(mem) struct json **v = xcalloc(
		json_len(json_get(c, "ports")) + json_len(json_get(c, "exposed")) + 1, sizeof(*v));
	struct json *list = json_new_arr();

	JSON_EACH (b, json_get(c, "ports"))
		v[n++] = publisher(json_str(b, "host_ip", ""), json_int(b, "target", 0),
				   json_int(b, "published", 0), json_str(b, "protocol", "tcp"));
	JSON_EACH (x, listed_is_running(c) ? json_get(c, "exposed") : NULL) {
		const char *text = json_text(x) ? json_text(x) : "", *slash = strchr(text, '/');
		int64_t target = strtol(text, NULL, 10);
		const char *proto = slash ? slash + 1 : "tcp";

		if (!is_bound(c, target, proto))
			v[n++] = publisher("", target, 0, proto);
	}
	qsort(v, n, sizeof(*v), publisher_compare);
	for (size_t i = 0; i < n; i++)
		json_push(list, v[i]);
	return list;
}

static char *command_text(const struct json *c, bool whole)
{
	AUTO(mem) char *text = human_command(json_get(c, "command"), whole ? 0 : COMMAND_WIDTH);
	AUTO(buf) struct buf out = BUF_INIT;

	jsontext_string(&out, text);
	return buf_take(&out);
}

static void set_taken(struct json *row, const char *key, char *text)
{
	json_set_str(row, key, text);
	free(text);
}

/* Members alphabetical: that is the order of the JSON output. */
static struct json *make_row(const struct cli *cli, const struct ps_opts *o, const struct json *c)
{
	struct json *row = json_new_obj();
	int64_t now = clock_wall_ns();
	const char *state = json_str(c, "state", ""), *id = json_str(c, "id", "");
	bool ended = streq(state, "exited") || streq(state, "dead");
	size_t volumes;
	char *mounts = mounts_text(json_get(c, "mounts"), o->no_trunc, &volumes);

	set_taken(row, "Command", command_text(c, o->no_trunc));
	set_taken(row, "CreatedAt", human_created_at(json_str(c, "created", "")));
	json_set_str(row, "Engine", "");
	json_set_int(row, "ExitCode", ended ? json_int(c, "exit_code", 0) : 0);
	json_set_str(row, "Health", listed_is_running(c) ? json_str(c, "health", "") : "");
	set_taken(row, "ID", xstrndup(id, o->no_trunc ? strlen(id) : SHORT_ID));
	json_set_str(row, "Image", json_str(c, "image", ""));
	set_taken(row, "Labels", labels_text(json_get(c, "labels")));
	set_taken(row, "LocalVolumes", xasprintf("%zu", volumes));
	set_taken(row, "Mounts", mounts);
	json_set_str(row, "Name", json_str(c, "name", ""));
	json_set_str(row, "Names", json_str(c, "name", ""));
	set_taken(row, "Networks", networks_text(json_get(c, "networks")));
	set_taken(row, "Ports", human_ports(c));
	json_set_str(row, "Project", cli->project);
	json_set(row, "Publishers", publishers(c));
	set_taken(row, "RunningFor", human_ago(json_str(c, "created", ""), now));
	json_set_str(row, "Service", json_str(c, "service", ""));
	json_set_str(row, "Size", "0B");
	json_set_str(row, "State", state);
	set_taken(row, "Status", human_status(c, now));
	json_set(row, "_labels", json_dup(json_get(c, "labels")));
	return row;
}

static int check_filter(struct ps_opts *o, struct err **e)
{
	const char *eq = o->filter ? strchr(o->filter, '=') : NULL;

	if (!o->filter)
		return 0;
	if (!eq)
		return err_set(e, EINVAL, "arguments to --filter should be in form KEY=VAL");
	if (starts_with(o->filter, "status="))
		strv_add(&o->status, eq + 1);
	else if (starts_with(o->filter, "source=")) /* which docker compose knows and refuses, too */
		(void)err_set(e, EINVAL, "not implemented");
	else
		(void)err_set(e, EINVAL, "unknown filter %.*s", (int)(eq - o->filter), o->filter);
	if (!o->status.n)
		err_hint(e, "the one filter is status=STATE");
	return o->status.n ? 0 : -EINVAL;
}

static bool is_known_service(const struct cli *cli, const struct json *c)
{
	const char *s = json_str(c, "service", "");

	return node_get(node_get(cli->model->root, "services"), s) ||
	       node_get(cli->model->disabled, s);
}

static bool is_shown(const struct cli *cli, const struct ps_opts *o, const struct json *c)
{
	if (!o->orphans && cli->model && !is_known_service(cli, c))
		return false;
	if (o->status.n)
		return strv_has(&o->status, json_str(c, "state", ""));
	return o->all || listed_is_up(c);
}

static void print_services(const struct containers *list, struct buf *out)
{
	AUTO(strv) struct strv names = STRV_INIT;
	AUTO(mem) char *text = NULL;

	for (size_t i = 0; i < list->n; i++)
		strv_add_unique(&names, json_str(list->v[i], "service", ""));
	text = strv_join(&names, "\n");
	buf_addf(out, "%s\n", text);
}

static void keep_shown(const struct cli *cli, const struct ps_opts *o, struct containers *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if (is_shown(cli, o, list->v[i]))
			list->v[n++] = list->v[i];
	list->n = n;
}

static int format_rows(struct cli *cli, const struct ps_opts *o, const struct containers *list,
		       struct buf *out, struct err **e)
{
	AUTO(json) struct json *rows = json_new_arr();
	const struct row_format f = {
		.columns = columns, .format = o->format, .labels_field = "_labels",
	};

	for (size_t i = 0; i < list->n; i++)
		json_push(rows, make_row(cli, o, list->v[i]));
	return rows_format(&f, rows, out, e);
}

static int ps_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	struct ps_opts *o = (struct ps_opts *)opts;
	AUTO(containers) struct containers list = { 0 };
	AUTO(buf) struct buf out = BUF_INIT;
	int r = check_filter(o, e);

	if (r == 0)
		r = containers_list(cli, args, n, WITH_ONEOFF, &list, e);
	if (r < 0)
		return r;
	keep_shown(cli, o, &list);
	if (o->quiet) {
		for (size_t i = 0; i < list.n; i++)
			buf_addf(&out, "%s\n", json_str(list.v[i], "id", ""));
	} else if (o->services) {
		print_services(&list, &out);
	} else {
		r = format_rows(cli, o, &list, &out, e);
		if (r < 0)
			return r;
	}
	return fd_write_all(STDOUT_FILENO, out.p, out.n) < 0 ? err_sys(e, EIO, "write the list") : 0;
}

static const struct opt ps_opts[] = {
	OPT(ps_opts, all, .name = "all", .brief = 'a',
	    .help = "Show all stopped containers (including those created by the run command)"),
	OPT(ps_opts, filter, .name = "filter", .kind = OPT_STR,
	    .help = "Filter services by a property (supported filters: status)"),
	OPT(ps_opts, format, .name = "format", .kind = OPT_STR, .shown = "table", .values = "table json",
	    .help = "Format output using a custom template:\n'table': Print output in table format with "
		    "column headers (default)\n'table TEMPLATE': Print output in table format using the "
		    "given Go template\n'json': Print in JSON format\n'TEMPLATE': Print output using the "
		    "given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more "
		    "information about formatting output with templates"),
	OPT(ps_opts, no_trunc, .name = "no-trunc", .help = "Don't truncate output"),
	OPT(ps_opts, orphans, .name = "orphans", .dflt = "true",
	    .help = "Include orphaned services (not declared by project)"),
	OPT(ps_opts, quiet, .name = "quiet", .brief = 'q', .help = "Only display IDs"),
	OPT(ps_opts, services, .name = "services", .help = "Display services"),
	OPT(ps_opts, status, .name = "status", .kind = OPT_ARRAY,
	    .values = "paused restarting removing running dead created exited",
	    .help = "Filter services by status. Values: [paused | restarting | removing | running | "
		    "dead | created | exited]"),
	{ 0 },
};

const struct cmd cmd_ps = {
	.name = "ps",
	.args = "[SERVICE...]",
	.summary = "List containers",
	.opts = ps_opts,
	.size = sizeof(struct ps_opts),
	.needs = NEED_PROJECT | NEED_CLIENT,
	.run = ps_run,
};
