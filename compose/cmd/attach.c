#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdio.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/containers.h"
#include "compose/cmd/docker_config.h"
#include "compose/cmd/stream.h"
#include "compose/supervise/place.h"
#include "runtime/shim_proto.h"

struct attach_opts {
	int index;
	bool no_stdin, sig_proxy;
	const char *detach_keys;
};

static int connect_shim(const char *id, struct err **e)
{
	AUTO(mem) char *dir = place_container_run(id);
	AUTO(fd) int dirfd = dir_open(AT_FDCWD, dir, e);

	return dirfd < 0 ? dirfd : sock_connect(dirfd, SHIM_SOCKET_NAME, SOCK_SEQPACKET, e);
}

static int follow(struct stream *s, struct err **e)
{
	int code = 0, r = stream_open(s, e);

	if (r == 0)
		r = stream_run(s, &code, e);
	stream_close(s);
	if (r == -EPIPE && !*e)
		return err_set(e, EPIPE, "the container went away");
	if (r > 0)
		(void)dprintf(STDERR_FILENO, "read escape sequence\n");
	return r > 0 ? 0 : r < 0 ? r : code;
}

static int attach_to(const struct attach_opts *o, const struct json *c, struct err **e)
{
	AUTO(mem) char *keys = docker_config_get("detachKeys");
	AUTO(fd) int sock = connect_shim(json_str(c, "id", ""), e);
	struct stream s = {
		.sock = sock,
		.tty = json_bool(c, "tty", false),
		.input = !o->no_stdin && json_bool(c, "stdin_open", false),
		.proxy_signals = o->sig_proxy,
		.signal_fd = -1,
	};
	int r = sock < 0 ? sock : detach_parse(o->detach_keys ? o->detach_keys : keys, &s.detach, e);

	return r < 0 ? r : follow(&s, e);
}

static int attach_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct attach_opts *o = opts;
	AUTO(containers) struct containers list = { 0 };
	const struct json *c;
	int r = 0;

	(void)n;
	if (cli->g.dry_run)
		return err_set(e, EINVAL, "attach is not supported in dry-run mode");
	r = container_choose(cli, args[0], o->index, &list, &c, e);
	return r < 0 ? r : attach_to(o, c, e);
}

static const struct opt attach_opts[] = {
	OPT(attach_opts, detach_keys, .name = "detach-keys", .kind = OPT_STR,
	    .help = "Override the key sequence for detaching from a container."),
	OPT(attach_opts, index, .name = "index", .kind = OPT_INT,
	    .help = "index of the container if service has multiple replicas."),
	OPT(attach_opts, no_stdin, .name = "no-stdin", .help = "Do not attach STDIN"),
	OPT(attach_opts, sig_proxy, .name = "sig-proxy", .dflt = "true",
	    .help = "Proxy all received signals to the process"),
	{ 0 },
};

const struct cmd cmd_attach = {
	.name = "attach",
	.args = "SERVICE",
	.summary = "Attach local standard input, output, and error streams to a service's running "
		   "container",
	.opts = attach_opts,
	.size = sizeof(struct attach_opts),
	.needs = NEED_NAME | NEED_CLIENT,
	.min_args = 1,
	.max_args = 1,
	.run = attach_run,
};
