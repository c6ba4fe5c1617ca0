/*
 * compose-runtime: the OCI runtime command line. Global options, then a command from the table.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fdio.h"
#include "base/json.h"
#include "runtime/cli.h"
#include "runtime/protect.h"
#include "runtime/runtime.h"

static const struct cli_command commands[] = { /* sorted by name */
	{ "create", "[-b DIR] ID", "make a container that waits", cmd_create },
	{ "delete", "[-f] ID", "remove a stopped container", cmd_delete },
	{ "events", "[--stats] ID", "show resource usage", cmd_events },
	{ "exec", "[-p FILE | FLAGS] ID [COMMAND...]", "run another process inside", cmd_exec },
	{ "features", "", "what this runtime can do, as JSON", cmd_features },
	{ "kill", "[-a] ID [SIGNAL]", "signal a container", cmd_kill },
	{ "list", "[-q] [-f json|table]", "all containers", cmd_list },
	{ "pause", "ID", "freeze", cmd_pause },
	{ "ps", "[-f json|table] ID", "process ids of a container", cmd_ps },
	{ "resume", "ID", "thaw", cmd_resume },
	{ "run", "[-b DIR] [-d] ID", "create, start, wait, delete", cmd_run },
	{ "spec", "[-b DIR] [--rootless]", "write an example config.json", cmd_spec },
	{ "start", "ID", "let a created container go", cmd_start },
	{ "state", "ID", "the OCI state as JSON", cmd_state },
	{ "update", "[-r FILE | FLAGS] ID", "change limits", cmd_update },
};

enum { OPT_ROOT = 256, OPT_LOG, OPT_LOG_FORMAT, OPT_CACHE, OPT_MANAGER, OPT_VERSION, OPT_ROOTLESS,
       OPT_IGNORED };

static const struct option options[] = {
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "log-format", required_argument, NULL, OPT_LOG_FORMAT },
	{ "log-level", required_argument, NULL, OPT_IGNORED },
	{ "debug", no_argument, NULL, OPT_IGNORED },
	{ "systemd-cgroup", no_argument, NULL, OPT_IGNORED },
	{ "cgroup-manager", required_argument, NULL, OPT_MANAGER },
	{ "rootless", optional_argument, NULL, OPT_IGNORED },
	{ "seccomp-cache", required_argument, NULL, OPT_CACHE },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct globals {
	struct cli cli;
	const char *log;
	int log_fd; /* -1 = standard error */
	bool log_json;
};

static void usage(void)
{
	puts("Usage: compose-runtime [--root DIR] [--log FILE] [--seccomp-cache DIR] COMMAND\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		printf("  %-9s %-38s %s\n", commands[i].name, commands[i].args,
		       commands[i].summary);
}

static int command_usage(const struct cli_command *c)
{
	printf("Usage: compose-runtime [OPTION...] %s %s\n\n%s\n", c->name, c->args, c->summary);
	return 0;
}

static int version(void)
{
	puts("compose-runtime version " COMPOSE_VERSION "\nspec: " RUNTIME_OCI_VERSION);
	return 0;
}

static void report(const struct globals *g, const struct err *e)
{
	AUTO(mem) char *line = NULL;
	int fd = g->log_fd;

	if (g->log_json) {
		AUTO(json) struct json *j = json_new_obj();
		AUTO(mem) char *now = time_format_rfc3339(clock_wall_ns(), true);
		AUTO(mem) char *text = NULL;

		json_set_str(j, "msg", err_text(e));
		json_set_str(j, "level", "error");
		json_set_str(j, "time", now);
		text = json_print(j, false);
		line = xasprintf("%s\n", text);
	} else {
		line = xasprintf("%s\n", err_text(e));
	}
	if (fd >= 0)
		(void)fd_write_all(fd, line, strlen(line));
	if (fd < 0)
		dprintf(STDERR_FILENO, "error: %s\n", err_text(e));
	if (err_hint_text(e) && fd < 0)
		dprintf(STDERR_FILENO, "  hint: %s\n", err_hint_text(e));
}

/* These put a process into a container. */
static bool enters(const struct cli_command *c)
{
	return c->run == cmd_create || c->run == cmd_run || c->run == cmd_exec;
}

static int dispatch(const struct globals *g, char **all, int argc, char **argv)
{
	AUTO(err) struct err *e = NULL;
	int r;

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (!streq(commands[i].name, argv[0]))
			continue;
		if (argc == 2 && streq(argv[1], "--help"))
			return command_usage(&commands[i]);
		optind = 0; /* start over on the command's own options */
		r = enters(&commands[i]) ? protect_self(all, &e) : 0;
		if (r == 0)
			r = commands[i].run(&g->cli, argc, argv, &e);
		if (r < 0)
			report(g, e);
		return r < 0 ? 1 : r;
	}
	dprintf(STDERR_FILENO, "error: unknown command \"%s\"\n", argv[0]);
	return 1;
}

static const char *env_or(const char *name, const char *dflt)
{
	const char *v = getenv(name);

	return v && *v ? v : dflt;
}

int main(int argc, char **argv)
{
	AUTO(mem) char *root = xasprintf("%s/containers", env_or("COMPOSE_RUN", "/run/compose"));
	AUTO(mem) char *cache = xasprintf("%s/seccomp", env_or("COMPOSE_ROOT", "/var/lib/compose"));
	AUTO(mem) char *tiny = protect_beside(argv[0], "compose-shim");
	struct globals g = { .cli = { .root = root, .seccomp_cache = cache, .tiny_init = tiny }, .log_fd = -1 };
	int c;

	while ((c = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		if (c == OPT_ROOT)
			g.cli.root = optarg;
		else if (c == OPT_LOG)
			g.log = optarg;
		else if (c == OPT_LOG_FORMAT && (streq(optarg, "json") || streq(optarg, "text")))
			g.log_json = streq(optarg, "json");
		else if (c == OPT_CACHE)
			g.cli.seccomp_cache = optarg;
		else if (c == OPT_MANAGER)
			g.cli.no_cgroup = streq(optarg, "disabled");
		else if (c == OPT_VERSION)
			return version();
		else if (c == 'h')
			return usage(), 0;
		else if (c == '?' || c == OPT_LOG_FORMAT)
			return usage(), 1;
	}
	if (optind >= argc)
		return usage(), 1;
	if (g.log) {
		g.log_fd = open(g.log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
		if (g.log_fd < 0) {
			dprintf(STDERR_FILENO, "error: open log %s: %s\n", g.log, strerror(errno));
			return 1;
		}
	}
	return dispatch(&g, argv, argc - optind, argv + optind);
}
