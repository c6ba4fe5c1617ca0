#include <stdio.h>

#include "base/fdio.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/containers.h"
#include "compose/cmd/format.h"

struct volumes_opts {
	bool quiet;
	const char *format;
};

static const struct column columns[] = {
	{ "Driver", "DRIVER", true },
	{ "Name", "VOLUME NAME", true },
	{ "Availability", "AVAILABILITY", false },
	{ "Group", "GROUP", false },
	{ "Labels", "LABELS", false },
	{ "Links", "LINKS", false },
	{ "Mountpoint", "MOUNTPOINT", false },
	{ "Scope", "SCOPE", false },
	{ "Size", "SIZE", false },
	{ "Status", "STATUS", false },
	{ 0 },
};

static bool is_mounted(const struct containers *list, const char *volume)
{
	for (size_t i = 0; i < list->n; i++) {
		if (!listed_is_up(list->v[i]))
			continue;
		JSON_EACH (m, json_get(list->v[i], "mounts"))
			if (streq(json_str(m, "type", ""), "volume") &&
			    streq(json_str(m, "name", ""), volume))
				return true;
	}
	return false;
}

static char *labels_text(const struct json *labels)
{
	AUTO(strv) struct strv list = STRV_INIT;

	JSON_EACH (l, labels)
		strv_addf(&list, "%s=%s", json_key(l), json_text(l) ? json_text(l) : "");
	strv_sort(&list);
	return strv_join(&list, ",");
}

/* Members alphabetical, as JSON shows them. */
static struct json *make_row(const struct json *v)
{
	static const char unknown[] = "N/A";
	struct json *row = json_new_obj();
	AUTO(mem) char *labels = labels_text(json_get(v, "labels"));

	json_set_str(row, "Availability", unknown);
	json_set_str(row, "Driver", json_str(v, "driver", "local"));
	json_set_str(row, "Group", unknown);
	json_set_str(row, "Labels", labels);
	json_set_str(row, "Links", unknown);
	json_set_str(row, "Mountpoint", json_str(v, "mountpoint", ""));
	json_set_str(row, "Name", json_str(v, "name", ""));
	json_set_str(row, "Scope", "local");
	json_set_str(row, "Size", unknown);
	json_set_str(row, "Status", unknown);
	json_set(row, "_labels", json_dup(json_get(v, "labels")));
	return row;
}

static int volumes_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct volumes_opts *o = opts;
	AUTO(containers) struct containers list = { 0 };
	AUTO(json) struct json *rows = json_new_arr();
	AUTO(buf) struct buf out = BUF_INIT;
	const struct row_format f = {
		.columns = columns, .format = o->format, .labels_field = "_labels",
	};
	int r = containers_list(cli, args, n, WITHOUT_ONEOFF, &list, e);

	if (r < 0)
		return r;
	JSON_EACH (v, json_get(list.answer, "volumes"))
		if (n == 0 || is_mounted(&list, json_str(v, "name", "")))
			json_push(rows, make_row(v));
	if (!o->quiet) {
		r = rows_format(&f, rows, &out, e);
		fputs(buf_str(&out), stdout);
		return r;
	}
	JSON_EACH (row, rows)
		puts(json_str(row, "Name", ""));
	return 0;
}

static const struct opt volumes_opts[] = {
	OPT(volumes_opts, format, .name = "format", .kind = OPT_STR, .dflt = "table",
	    .values = "table json",
	    .help = "Format output using a custom template:\n'table': Print output in table format with "
		    "column headers (default)\n'table TEMPLATE': Print output in table format using the "
		    "given Go template\n'json': Print in JSON format\n'TEMPLATE': Print output using the "
		    "given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more "
		    "information about formatting output with templates"),
	OPT(volumes_opts, quiet, .name = "quiet", .brief = 'q', .help = "Only display volume names"),
	{ 0 },
};

const struct cmd cmd_volumes = {
	.name = "volumes",
	.args = "[SERVICE...]",
	.summary = "List volumes",
	.opts = volumes_opts,
	.size = sizeof(struct volumes_opts),
	.needs = NEED_PROJECT | NEED_CLIENT,
	.run = volumes_run,
};
