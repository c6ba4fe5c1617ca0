/* create, run, start, state, kill, delete. */
#include "runtime/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/num.h"
#include "base/strv.h"
#include "runtime/container.h"
#include "runtime/state.h"

int cli_need_args(int argc, int optind_now, int n, const char *command, struct err **e)
{
	if (argc - optind_now == n)
		return 0;
	return err_set(e, EINVAL, "%s takes %d argument%s, not %d", command, n, n == 1 ? "" : "s",
		       argc - optind_now);
}

int signal_number(const char *text)
{
	int64_t n;

	if (num_parse(text, 1, SIGRTMAX, &n) == 0)
		return (int)n;
	if (!strncasecmp(text, "SIG", 3))
		text += 3;
	for (int s = 1; s < SIGRTMIN; s++) {
		const char *name = sigabbrev_np(s);

		if (name && !strcasecmp(name, text))
			return s;
	}
	if (!strncasecmp(text, "RTMIN", 5) &&
	    (!text[5] || num_parse(text + 5 + (text[5] == '+'), 0, SIGRTMAX - SIGRTMIN, &n) == 0))
		return SIGRTMIN + (text[5] ? (int)n : 0);
	if (!strncasecmp(text, "RTMAX", 5) &&
	    (!text[5] || (text[5] == '-' && num_parse(text + 6, 0, SIGRTMAX - SIGRTMIN, &n) == 0)))
		return SIGRTMAX - (text[5] ? (int)n : 0);
	return -EINVAL;
}

enum { OPT_CONSOLE = 256, OPT_PID_FILE, OPT_PRESERVE, OPT_NO_PIVOT, OPT_NO_KEYRING, OPT_KEEP,
       OPT_NO_SUBREAPER };

static const struct option create_options[] = {
	{ "bundle", required_argument, NULL, 'b' },
	{ "config", required_argument, NULL, 'f' },
	{ "detach", no_argument, NULL, 'd' },
	{ "console-socket", required_argument, NULL, OPT_CONSOLE },
	{ "pid-file", required_argument, NULL, OPT_PID_FILE },
	{ "preserve-fds", required_argument, NULL, OPT_PRESERVE },
	{ "no-pivot", no_argument, NULL, OPT_NO_PIVOT },
	{ "no-new-keyring", no_argument, NULL, OPT_NO_KEYRING },
	{ "keep", no_argument, NULL, OPT_KEEP },
	{ "no-subreaper", no_argument, NULL, OPT_NO_SUBREAPER },
	{ NULL, 0, NULL, 0 },
};

static int take_option(struct container_options *o, int c, const char *value)
{
	int64_t n;

	switch (c) {
	case 'b':
		o->bundle = value;
		return 0;
	case 'f':
		o->config = value;
		return 0;
	case 'd':
		o->detach = true;
		return 0;
	case OPT_CONSOLE:
		o->console_socket = value;
		return 0;
	case OPT_PID_FILE:
		o->pid_file = value;
		return 0;
	case OPT_PRESERVE:
		if (num_parse(value, 0, 1 << 20, &n) < 0)
			return -EINVAL;
		o->preserve_fds = (unsigned)n;
		return 0;
	case OPT_NO_PIVOT:
		o->no_pivot = true;
		return 0;
	case OPT_NO_KEYRING:
		o->no_new_keyring = true;
		return 0;
	case OPT_KEEP:
		o->keep = true;
		return 0;
	case OPT_NO_SUBREAPER:
		o->no_subreaper = true;
		return 0;
	default:
		return -EINVAL;
	}
}

static int parse_create(const struct cli *cli, int argc, char **argv, struct container_options *o,
			struct err **e)
{
	int c, r;

	*o = (struct container_options){ .root = cli->root,
					 .seccomp_cache = cli->seccomp_cache,
					 .no_cgroup = cli->no_cgroup,
					 .tiny_init = cli->tiny_init };
	while ((c = getopt_long(argc, argv, "+b:f:d", create_options, NULL)) != -1)
		if (take_option(o, c, optarg) < 0)
			return err_set(e, EINVAL, "%s: bad option or value", argv[0]);
	r = cli_need_args(argc, optind, 1, argv[0], e);
	if (r == 0)
		o->id = argv[optind];
	return r;
}

int cmd_create(const struct cli *cli, int argc, char **argv, struct err **e)
{
	struct container_options o;
	int r = parse_create(cli, argc, argv, &o, e);

	return r < 0 ? r : container_create(&o, e);
}

int cmd_run(const struct cli *cli, int argc, char **argv, struct err **e)
{
	struct container_options o;
	int r = parse_create(cli, argc, argv, &o, e);

	return r < 0 ? r : container_run(&o, e);
}

int cmd_start(const struct cli *cli, int argc, char **argv, struct err **e)
{
	int r = cli_need_args(argc, 1, 1, "start", e);

	return r < 0 ? r : container_start(cli->root, argv[1], e);
}

int cmd_state(const struct cli *cli, int argc, char **argv, struct err **e)
{
	AUTO(state) struct state s = STATE_INIT;
	AUTO(mem) char *text = NULL;
	int r = cli_need_args(argc, 1, 1, "state", e);

	if (r == 0)
		r = state_check_id(argv[1], e);
	if (r == 0)
		r = state_load(cli->root, argv[1], &s, e);
	if (r < 0)
		return r;
	text = state_text(&s, state_status_name(state_status(&s)));
	puts(text);
	return 0;
}

int cmd_kill(const struct cli *cli, int argc, char **argv, struct err **e)
{
	static const struct option options[] = { { "all", no_argument, NULL, 'a' },
						 { NULL, 0, NULL, 0 } };
	bool all = false;
	int sig = SIGTERM, c, r;

	while ((c = getopt_long(argc, argv, "+a", options, NULL)) != -1) {
		if (c != 'a')
			return err_set(e, EINVAL, "kill: unknown option");
		all = true;
	}
	if (argc - optind < 1 || argc - optind > 2)
		return err_set(e, EINVAL, "kill takes a container id and a signal");
	if (argc - optind == 2) {
		sig = signal_number(argv[optind + 1]);
		if (sig < 0)
			return err_set(e, EINVAL, "unknown signal \"%s\"", argv[optind + 1]);
	}
	r = state_check_id(argv[optind], e);
	return r < 0 ? r : container_kill(cli->root, argv[optind], sig, all, e);
}

/* Goes on after a failure; the last one is reported. */
static int delete_matching(const struct cli *cli, const char *pattern, bool force, struct err **e)
{
	AUTO(strv) struct strv ids = STRV_INIT;
	regex_t re;
	int r;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return err_set(e, EINVAL, "\"%s\" is not a regular expression", pattern);
	r = dir_list(AT_FDCWD, cli->root, &ids, e);
	for (size_t i = 0; i < ids.n; i++) {
		AUTO(err) struct err *one = NULL;

		if (state_check_id(ids.v[i], NULL) < 0 || regexec(&re, ids.v[i], 0, NULL, 0) != 0)
			continue;
		if (container_delete(cli->root, ids.v[i], force, &one) < 0 && r == 0)
			r = err_make(e, err_code(one), err_text(one), NULL);
	}
	regfree(&re);
	return r;
}

int cmd_delete(const struct cli *cli, int argc, char **argv, struct err **e)
{
	static const struct option options[] = { { "force", no_argument, NULL, 'f' },
						 { "regex", no_argument, NULL, 'r' },
						 { NULL, 0, NULL, 0 } };
	bool force = false, regex = false;
	int c, r;

	while ((c = getopt_long(argc, argv, "+fr", options, NULL)) != -1) {
		if (c != 'f' && c != 'r')
			return err_set(e, EINVAL, "delete: unknown option");
		force |= c == 'f';
		regex |= c == 'r';
	}
	r = cli_need_args(argc, optind, 1, "delete", e);
	if (r == 0 && regex)
		return delete_matching(cli, argv[optind], force, e);
	if (r == 0)
		r = state_check_id(argv[optind], e);
	return r < 0 ? r : container_delete(cli->root, argv[optind], force, e);
}
