/*
 * run: dependencies as in up, then one container more. The supervisor creates it and holds it; we
 * connect our streams to its shim; only then it is started, so that no byte and no window size is lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/path.h"
#include "compose/cmd/apply.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/containers.h"
#include "compose/cmd/docker_config.h"
#include "compose/cmd/run.h"
#include "compose/cmd/stream.h"
#include "compose/load/load.h"

static int run_check(const struct cli *cli, const struct run_opts *o, struct err **e)
{
	if (o->service_ports && o->publish.n)
		return err_set(e, EINVAL, "--service-ports and --publish are incompatible");
	if (cli_given(cli, "tty") && o->tty && cli_given(cli, "no-tty") && o->no_tty)
		return err_set(e, EINVAL, "--tty and --no-tty can't be used together");
	return pull_policy_check(o->pull, false, e);
}

static int load(struct cli *cli, const struct run_opts *o, const char *service, struct err **e)
{
	struct load_options lo;
	int r;

	cli_load_options(cli, &lo);
	lo.services = &service;
	lo.n_services = 1;
	lo.no_dependencies = o->no_deps;
	r = cli_load(cli, &lo, e);
	if (r == 0 && !node_at(cli->model->root, "services", service, NULL))
		return err_set(e, ENOENT, "no such service: %s", service);
	return r;
}

/* A terminal when both ends are one, unless told otherwise. */
static bool choose_tty(const struct cli *cli, const struct run_opts *o)
{
	if (o->no_tty)
		return false;
	if (cli_given(cli, "tty"))
		return o->tty;
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static int connect_shim(const char *path, struct err **e)
{
	AUTO(mem) char *dir = path_dir(path);
	AUTO(fd) int dirfd = dir_open(AT_FDCWD, dir, e);

	return dirfd < 0 ? dirfd : sock_connect(dirfd, path_base(path), SOCK_SEQPACKET, e);
}

static int start(struct cli *cli, const char *id, struct err **e)
{
	AUTO(json) struct json *args = json_new_obj();

	json_set_str(args, "id", id);
	return cli_call(cli, NULL, "run_start", args, NULL, e);
}

/* When a one-off of --rm is gone, too. What it ended with, should the shim not have told. */
static int wait_end(struct cli *cli, const char *id, int code)
{
	AUTO(json) struct json *args = json_new_obj(), *answer = NULL;
	AUTO(err) struct err *ignored = NULL;

	json_push_str(json_set(args, "ids", json_new_arr()), id);
	if (cli_call(cli, NULL, "wait", args, &answer, &ignored) < 0)
		return code;
	return code >= 0 ? code : (int)json_int(json_get(answer, "codes"), id, 255);
}

static int run_streams(struct cli *cli, struct stream *s, const char *id, struct err **e)
{
	int code = -1, r = stream_open(s, e);

	if (r == 0)
		r = start(cli, id, e);
	if (r == 0)
		r = stream_run(s, &code, e);
	stream_close(s);
	if (r == -EPIPE && !*e)
		r = 0;
	if (r < 0)
		return r;
	if (r > 0) {
		(void)dprintf(STDERR_FILENO, "read escape sequence\n");
		return 0;
	}
	return wait_end(cli, id, code);
}

static int run_attached(struct cli *cli, const struct run_opts *o, const struct json *made, bool tty,
			struct err **e)
{
	AUTO(mem) char *keys = docker_config_get("detachKeys");
	AUTO(fd) int sock = connect_shim(json_str(made, "socket", ""), e);
	struct stream s = { .sock = sock, .tty = tty, .input = o->interactive, .lossless = true,
			    .proxy_signals = true, .signal_fd = -1 };
	int r = sock < 0 ? sock : detach_parse(keys, &s.detach, e);

	return r < 0 ? r : run_streams(cli, &s, json_str(made, "id", ""), e);
}

static int run_detached(struct cli *cli, const struct json *made, struct err **e)
{
	int r = start(cli, json_str(made, "id", ""), e);

	if (r == 0)
		printf("%s\n", json_str(made, "id", ""));
	return r;
}

static int run_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct run_opts *o = opts;
	const struct image_options images = { .pull = o->pull, .build = o->build,
					      .quiet_build = o->quiet_build || o->quiet };
	AUTO(json) struct json *request = NULL, *made = NULL;
	bool tty = choose_tty(cli, o) && !o->detach;
	int r = run_check(cli, o, e);

	if (o->quiet)
		cli->progress_mode = PROGRESS_QUIET;
	if (r == 0)
		r = load(cli, o, args[0], e);
	if (r == 0)
		r = run_request(cli, o, args, n, tty || (o->detach && o->tty), &request, e);
	if (r == 0)
		r = images_ensure(cli, &images, e);
	if (r == 0)
		r = cli_connect(cli, true, e);
	if (r == 0)
		r = cli_call(cli, "run", "run", request, &made, e);
	if (r < 0)
		return r;
	progress_end(cli_progress(cli, NULL));
	if (cli->g.dry_run)
		return 0;
	return o->detach ? run_detached(cli, made, e) : run_attached(cli, o, made, tty, e);
}

static const struct opt run_opts[] = {
	OPT(run_opts, build, .name = "build", .help = "Build image before starting container"),
	OPT(run_opts, cap_add, .name = "cap-add", .kind = OPT_ARRAY, .arg = "list",
	    .help = "Add Linux capabilities"),
	OPT(run_opts, cap_drop, .name = "cap-drop", .kind = OPT_ARRAY, .arg = "list",
	    .help = "Drop Linux capabilities"),
	OPT(run_opts, detach, .name = "detach", .brief = 'd',
	    .help = "Run container in background and print container ID"),
	OPT(run_opts, entrypoint, .name = "entrypoint", .kind = OPT_STR,
	    .help = "Override the entrypoint of the image"),
	OPT(run_opts, env, .name = "env", .brief = 'e', .kind = OPT_ARRAY,
	    .help = "Set environment variables"),
	OPT(run_opts, env_files, .name = "env-from-file", .kind = OPT_ARRAY,
	    .help = "Set environment variables from file"),
	OPT(run_opts, interactive, .name = "interactive", .brief = 'i', .dflt = "true",
	    .help = "Keep STDIN open even if not attached"),
	OPT(run_opts, labels, .name = "label", .brief = 'l', .kind = OPT_ARRAY, .alias = "labels",
	    .help = "Add or override a label"),
	OPT(run_opts, name, .name = "name", .kind = OPT_STR, .help = "Assign a name to the container"),
	OPT(run_opts, no_deps, .name = "no-deps", .help = "Don't start linked services"),
	OPT(run_opts, no_tty, .name = "no-tty", .brief = 'T', .alias = "no-TTY", .shown = "true",
	    .help = "Disable pseudo-TTY allocation (default: auto-detected)"),
	OPT(run_opts, publish, .name = "publish", .brief = 'p', .kind = OPT_ARRAY,
	    .help = "Publish a container's port(s) to the host"),
	OPT(run_opts, pull, .name = "pull", .kind = OPT_STR, .dflt = "policy",
	    .values = "always missing never",
	    .help = "Pull image before running (\"always\"|\"missing\"|\"never\")"),
	OPT(run_opts, quiet, .name = "quiet", .brief = 'q', .help = "Don't print anything to STDOUT"),
	OPT(run_opts, quiet_build, .name = "quiet-build",
	    .help = "Suppress progress output from the build process"),
	OPT(run_opts, quiet_pull, .name = "quiet-pull",
	    .help = "Pull without printing progress information"),
	OPT(run_opts, remove_orphans, .name = "remove-orphans",
	    .help = "Remove containers for services not defined in the Compose file"),
	OPT(run_opts, rm, .name = "rm", .help = "Automatically remove the container when it exits"),
	OPT(run_opts, service_ports, .name = "service-ports", .brief = 'P',
	    .help = "Run command with all service's ports enabled and mapped to the host"),
	OPT(run_opts, tty, .name = "tty", .brief = 't', .hidden = true, .help = "Allocate a pseudo-TTY"),
	OPT(run_opts, use_aliases, .name = "use-aliases",
	    .help = "Use the service's network useAliases in the network(s) the container connects to"),
	OPT(run_opts, user, .name = "user", .brief = 'u', .kind = OPT_STR,
	    .help = "Run as specified username or uid"),
	OPT(run_opts, volumes, .name = "volume", .brief = 'v', .kind = OPT_ARRAY, .alias = "volumes",
	    .help = "Bind mount a volume"),
	OPT(run_opts, workdir, .name = "workdir", .brief = 'w', .kind = OPT_STR,
	    .help = "Working directory inside the container"),
	{ 0 },
};

const struct cmd cmd_run = {
	.name = "run",
	.args = "SERVICE [COMMAND] [ARGS...]",
	.summary = "Run a one-off command on a service",
	.opts = run_opts,
	.size = sizeof(struct run_opts),
	.min_args = 1,
	.stop_at_positional = true,
	.run = run_run,
};
