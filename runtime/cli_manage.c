/* list, ps, pause, resume, update, events. */
#include "runtime/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/json.h"
#include "base/num.h"
#include "base/strv.h"
#include "runtime/state.h"

static int load(const struct cli *cli, const char *id, struct state *ret, struct err **e)
{
	int r = state_check_id(id, e);

	return r < 0 ? r : state_load(cli->root, id, ret, e);
}

static struct json *list_entry(const struct state *s)
{
	AUTO(mem) char *text = state_text(s, state_status_name(state_status(s)));
	struct json *j = NULL;

	return json_parse(text, strlen(text), &j, NULL) < 0 ? json_new_obj() : j;
}

static void print_table(const struct json *all)
{
	printf("%-24s %-10s %-10s %-40s %-32s %s\n", "ID", "PID", "STATUS", "BUNDLE", "CREATED",
	       "OWNER");
	JSON_EACH(c, all)
		printf("%-24s %-10lld %-10s %-40s %-32s %s\n", json_str(c, "id", ""),
		       (long long)json_int(c, "pid", 0), json_str(c, "status", ""),
		       json_str(c, "bundle", ""), json_str(c, "created", ""), "root");
}

int cmd_list(const struct cli *cli, int argc, char **argv, struct err **e)
{
	static const struct option options[] = { { "quiet", no_argument, NULL, 'q' },
						 { "format", required_argument, NULL, 'f' },
						 { NULL, 0, NULL, 0 } };
	AUTO(strv) struct strv ids = STRV_INIT;
	AUTO(json) struct json *all = json_new_arr();
	bool quiet = false, as_json = false;
	int c;

	while ((c = getopt_long(argc, argv, "+qf:", options, NULL)) != -1) {
		if (c == '?')
			return err_set(e, EINVAL, "list: unknown option");
		quiet |= c == 'q';
		as_json |= c == 'f' && streq(optarg, "json");
	}
	/* No directory yet means no containers. */
	(void)dir_list(AT_FDCWD, cli->root, &ids, NULL);
	for (size_t i = 0; i < ids.n; i++) {
		AUTO(state) struct state s = STATE_INIT;

		if (state_check_id(ids.v[i], NULL) < 0 ||
		    state_load(cli->root, ids.v[i], &s, NULL) < 0)
			continue;
		if (quiet)
			puts(ids.v[i]);
		json_push(all, list_entry(&s));
	}
	if (!quiet && as_json) {
		AUTO(mem) char *text = json_print(all, false);

		puts(text);
	} else if (!quiet) {
		print_table(all);
	}
	return 0;
}

int cmd_ps(const struct cli *cli, int argc, char **argv, struct err **e)
{
	static const struct option options[] = { { "format", required_argument, NULL, 'f' },
						 { NULL, 0, NULL, 0 } };
	AUTO(state) struct state s = STATE_INIT;
	AUTO(mem) pid_t *pids = NULL;
	bool as_json = false;
	size_t n = 0;
	int c, r;

	while ((c = getopt_long(argc, argv, "+f:", options, NULL)) != -1)
		as_json |= c == 'f' && streq(optarg, "json");
	if (argc - optind < 1)
		return err_set(e, EINVAL, "ps takes a container id");
	r = load(cli, argv[optind], &s, e);
	if (r == 0)
		r = cgroup_pids(s.cgroup, &pids, &n, e);
	if (r < 0)
		return r;
	if (!as_json)
		puts("PID");
	else
		putchar('[');
	for (size_t i = 0; i < n; i++)
		printf(as_json ? "%s%d" : "%s%d\n", as_json && i ? "," : "", (int)pids[i]);
	if (as_json)
		puts("]");
	return 0;
}

static int freeze(const struct cli *cli, int argc, char **argv, bool frozen, struct err **e)
{
	AUTO(state) struct state s = STATE_INIT;
	enum state_status status;
	int r = cli_need_args(argc, 1, 1, argv[0], e);

	if (r == 0)
		r = load(cli, argv[1], &s, e);
	if (r < 0)
		return r;
	status = state_status(&s);
	if (frozen && status != STATE_RUNNING && status != STATE_CREATED)
		return err_set(e, EINVAL, "cannot pause container \"%s\": it is %s", argv[1],
			       state_status_name(status));
	if (!frozen && status != STATE_PAUSED)
		return err_set(e, EINVAL, "cannot resume container \"%s\": it is %s", argv[1],
			       state_status_name(status));
	return cgroup_freeze(s.cgroup, frozen, e);
}

int cmd_pause(const struct cli *cli, int argc, char **argv, struct err **e)
{
	return freeze(cli, argc, argv, /* frozen= */ true, e);
}

int cmd_resume(const struct cli *cli, int argc, char **argv, struct err **e)
{
	return freeze(cli, argc, argv, /* frozen= */ false, e);
}

/* Flags of update and where each goes in linux.resources. */
static const struct {
	const char *flag, *section, *member;
	bool is_text;
} update_rows[] = {
	{ "blkio-weight", "blockIO", "weight", false },
	{ "cpu-period", "cpu", "period", false },
	{ "cpu-quota", "cpu", "quota", false },
	{ "cpu-share", "cpu", "shares", false },
	{ "cpu-rt-period", "cpu", "realtimePeriod", false },
	{ "cpu-rt-runtime", "cpu", "realtimeRuntime", false },
	{ "cpuset-cpus", "cpu", "cpus", true },
	{ "cpuset-mems", "cpu", "mems", true },
	{ "kernel-memory-tcp", "memory", "kernelTCP", false },
	{ "memory", "memory", "limit", false },
	{ "memory-reservation", "memory", "reservation", false },
	{ "memory-swap", "memory", "swap", false },
	{ "pids-limit", "pids", "limit", false },
};

static int set_row(struct json *res, size_t i, const char *value, struct err **e)
{
	struct json *section = json_get(res, update_rows[i].section);
	int64_t n;

	if (!section)
		section = json_set(res, update_rows[i].section, json_new_obj());
	if (update_rows[i].is_text) {
		json_set_str(section, update_rows[i].member, value);
		return 0;
	}
	if (num_parse(value, INT64_MIN, INT64_MAX, &n) < 0 && bytes_parse(value, &n) < 0)
		return err_set(e, EINVAL, "--%s: \"%s\" is not a number", update_rows[i].flag,
			       value);
	json_set_int(section, update_rows[i].member, n);
	return 0;
}

static int parse_update(int argc, char **argv, struct json **ret, struct err **e)
{
	AUTO(json) struct json *res = NULL;
	struct option options[ARRAY_LEN(update_rows) + 2] = { 0 };
	int c, index, r = 0;

	for (size_t i = 0; i < ARRAY_LEN(update_rows); i++)
		options[i] = (struct option){ update_rows[i].flag, required_argument, NULL, 1 };
	options[ARRAY_LEN(update_rows)] =
		(struct option){ "resources", required_argument, NULL, 'r' };
	while (r == 0 && (c = getopt_long(argc, argv, "+r:", options, &index)) != -1) {
		if (c == 'r') {
			json_free(TAKE_PTR(res));
			r = json_parse_file(AT_FDCWD, streq(optarg, "-") ? "/dev/stdin" : optarg,
					    4 << 20, &res, e);
		} else if (c == 1) {
			if (!res)
				res = json_new_obj();
			r = set_row(res, (size_t)index, optarg, e);
		} else {
			r = err_set(e, EINVAL, "update: unknown option");
		}
	}
	if (r == 0)
		*ret = res ? TAKE_PTR(res) : json_new_obj();
	return r;
}

int cmd_update(const struct cli *cli, int argc, char **argv, struct err **e)
{
	AUTO(json) struct json *res = NULL;
	AUTO(state) struct state s = STATE_INIT;
	int r = parse_update(argc, argv, &res, e);

	if (r == 0)
		r = cli_need_args(argc, optind, 1, "update", e);
	if (r == 0)
		r = load(cli, argv[optind], &s, e);
	if (r < 0)
		return r;
	if (state_status(&s) == STATE_STOPPED)
		return err_set(e, ESRCH, "container \"%s\" not running", argv[optind]);
	return cgroup_limit(s.cgroup, res, e);
}

int cmd_events(const struct cli *cli, int argc, char **argv, struct err **e)
{
	static const struct option options[] = { { "stats", no_argument, NULL, 's' },
						 { "interval", required_argument, NULL, 'i' },
						 { NULL, 0, NULL, 0 } };
	AUTO(state) struct state s = STATE_INIT;
	AUTO(fd) int pidfd = -1;
	int64_t interval_ns = 5000000000;
	bool once = false;
	int c, r;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c == 'i' && duration_parse(optarg, &interval_ns) < 0)
			return err_set(e, EINVAL, "events: bad interval \"%s\"", optarg);
		once |= c == 's';
	}
	r = cli_need_args(argc, optind, 1, "events", e);
	if (r == 0)
		r = load(cli, argv[optind], &s, e);
	if (r < 0)
		return r;
	pidfd = state_pidfd(&s, e);
	if (pidfd < 0)
		return pidfd;
	for (;;) {
		AUTO(json) struct json *out = json_new_obj();
		AUTO(mem) char *text = NULL;
		struct pollfd p = { .fd = pidfd, .events = POLLIN };

		json_set_str(out, "type", "stats");
		json_set_str(out, "id", s.id);
		json_set(out, "data", cgroup_stats(s.cgroup));
		text = json_print(out, false);
		puts(text);
		(void)fflush(stdout);
		if (once || poll(&p, 1, (int)(interval_ns / 1000000)) != 0)
			return 0;
	}
}
