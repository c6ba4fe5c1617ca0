/*
 * exec asks the supervisor only which container it is; the process is made by compose-runtime. Without a
 * terminal this program becomes the runtime's: streams and exit status are the process's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/rand.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/console.h"
#include "compose/cmd/containers.h"
#include "compose/cmd/docker_config.h"
#include "compose/cmd/process.h"
#include "compose/cmd/spawn.h"
#include "compose/supervise/place.h"

struct exec_opts {
	bool detach, privileged, no_tty, tty, interactive;
	struct strv env;
	int index;
	const char *user, *workdir;
};

/* A terminal when our output is one, unless told otherwise. A terminal needs one to type on, too:
 * without it, it is left out unless it was asked for by name. */
static int choose_tty(const struct cli *cli, const struct exec_opts *o, bool *ret, struct err **e)
{
	bool is_asked = cli_given(cli, "tty") && o->tty;

	*ret = false;
	if (o->detach || o->no_tty)
		return 0;
	if (is_asked && !isatty(STDIN_FILENO))
		return err_set(e, EINVAL, "cannot attach stdin to a TTY-enabled container because "
					  "stdin is not a terminal");
	if (cli_given(cli, "no-tty"))
		*ret = true;
	else
		*ret = isatty(STDOUT_FILENO);
	*ret = *ret && isatty(STDIN_FILENO);
	return 0;
}

static char *containers_dir(void)
{
	return xasprintf("%s/containers", place_run());
}

/* The words of the runtime's command line; process is the descriptor of the process document. */
static void runtime_argv(struct strv *argv, const char *id, int process, const char *console,
			 bool detach)
{
	AUTO(mem) char *root = containers_dir();

	strv_add(argv, "compose-runtime");
	strv_add(argv, "--root");
	strv_add(argv, root);
	strv_add(argv, "exec");
	strv_add(argv, "--process");
	strv_addf(argv, "/proc/self/fd/%d", process);
	if (console) {
		strv_add(argv, "--console-socket");
		strv_add(argv, console);
	}
	if (detach)
		strv_add(argv, "--detach");
	strv_add(argv, id);
}

static int exec_piped(const char *id, int process, struct err **e)
{
	AUTO(strv) struct strv argv = STRV_INIT;
	struct spawn s = SPAWN_INIT;

	runtime_argv(&argv, id, process, NULL, false);
	s.program = argv.v[0];
	s.argv = argv.v;
	return spawn_exec(&s, e);
}

static int exec_detached(const char *id, int process, struct err **e)
{
	AUTO(strv) struct strv argv = STRV_INIT;
	AUTO(fd) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct spawn s = SPAWN_INIT;
	pid_t pid;
	int r;

	if (null < 0)
		return err_sys(e, errno, "open /dev/null");
	runtime_argv(&argv, id, process, NULL, true);
	s.program = argv.v[0];
	s.argv = argv.v;
	s.in = s.out = null;
	s.detached = true;
	r = spawn_start(&s, &pid, e);
	return r < 0 ? r : spawn_wait(pid);
}

/* ---- with a terminal ---- */

/* The pty's master out of the connection the runtime makes, or -ECHILD when it ended before. */
static int receive_master(int listener, int pidfd, struct err **e)
{
	struct pollfd p[] = { { .fd = listener, .events = POLLIN }, { .fd = pidfd, .events = POLLIN } };
	AUTO(fd) int conn = -1;
	char name[256];
	int master = -1;
	size_t n_fds = 0;

	while (poll(p, 2, -1) < 0)
		if (errno != EINTR)
			return err_sys(e, errno, "wait for the console");
	if (!p[0].revents)
		return -ECHILD;
	conn = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (conn < 0)
		return err_sys(e, errno, "accept the console");
	if (sock_recv(conn, name, sizeof(name), &master, 1, &n_fds) < 0 || n_fds != 1)
		return -ECHILD;
	return master;
}

/* Somebody has to read the terminal of a process that was left, or it would stop at a full buffer. */
static void keep_reading(int master)
{
	char chunk[4096];

	if (fork() != 0)
		return;
	(void)setsid();
	for (int fd = 0; fd <= 2; fd++) {
		(void)close(fd);
		(void)open("/dev/null", O_RDWR);
	}
	(void)fd_set_nonblock(master, false);
	while (read(master, chunk, sizeof(chunk)) > 0)
		;
	_exit(0);
}

static int carry(int listener, pid_t pid, struct err **e)
{
	AUTO(fd) int pidfd = pidfd_open(pid, 0), master = -1;
	AUTO(mem) char *keys = docker_config_get("detachKeys");
	struct console c;
	bool detached;
	int r;

	if (pidfd < 0)
		return err_sys(e, errno, "watch the process");
	master = receive_master(listener, pidfd, e);
	if (master == -ECHILD)
		return spawn_wait(pid); /* it has said why on stderr */
	if (master < 0)
		return master;
	r = detach_parse(keys, &c.detach, e);
	c.master = master;
	c.ended_fd = pidfd;
	if (r == 0)
		r = console_run(&c, &detached, e);
	if (r < 0)
		return r;
	if (!detached)
		return spawn_wait(pid);
	(void)dprintf(STDERR_FILENO, "read escape sequence\n");
	keep_reading(master);
	return 0;
}

static int exec_terminal(const char *id, int process, struct err **e)
{
	AUTO(strv) struct strv argv = STRV_INIT;
	AUTO(mem) char *dir = place_container_run(id), *path = NULL;
	char name[32] = "exec-";
	struct spawn s = SPAWN_INIT;
	AUTO(fd) int dirfd = -1, listener = -1;
	pid_t pid;
	int r;

	rand_hex(name + strlen(name), 6);
	dirfd = dir_open(AT_FDCWD, dir, e);
	if (dirfd < 0)
		return dirfd;
	listener = sock_listen(dirfd, name, SOCK_STREAM, e);
	if (listener < 0)
		return listener;
	path = xasprintf("%s/%s", dir, name);
	runtime_argv(&argv, id, process, path, false);
	s.program = argv.v[0];
	s.argv = argv.v;
	s.detached = true; /* the terminal is ours; it goes on when we detach */
	r = spawn_start(&s, &pid, e);
	if (r == 0)
		r = carry(listener, pid, e);
	(void)unlinkat(dirfd, name, 0);
	return r;
}

/* ---- */

static int exec_in(struct cli *cli, const struct exec_opts *o, const struct json *c, bool tty,
		   char **args, size_t n, struct err **e)
{
	const struct process_options p = {
		.args = args, .n_args = n, .env = &o->env, .user = o->user, .cwd = o->workdir,
		.tty = tty, .privileged = o->privileged,
	};
	const char *id = json_str(c, "id", "");
	AUTO(mem) char *text = NULL;
	AUTO(fd) int file = -1;
	int r = process_document(cli, c, &p, &text, e);

	if (r < 0)
		return r;
	file = memory_file("process", text, e);
	if (file < 0)
		return file;
	(void)fd_set_cloexec(file, false);
	if (o->detach)
		return exec_detached(id, file, e);
	return tty ? exec_terminal(id, file, e) : exec_piped(id, file, e);
}

static int exec_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct exec_opts *o = opts;
	AUTO(containers) struct containers list = { 0 };
	const struct json *c;
	bool tty;
	int r = choose_tty(cli, o, &tty, e);

	if (r == 0 && cli->g.dry_run)
		r = err_set(e, EINVAL, "exec is not supported in dry-run mode");
	if (r == 0)
		r = container_choose(cli, args[0], o->index, &list, &c, e);
	return r < 0 ? r : exec_in(cli, o, c, tty, args + 1, n - 1, e);
}

static const struct opt exec_opts[] = {
	OPT(exec_opts, detach, .name = "detach", .brief = 'd',
	    .help = "Detached mode: Run command in the background"),
	OPT(exec_opts, env, .name = "env", .brief = 'e', .kind = OPT_ARRAY,
	    .help = "Set environment variables"),
	OPT(exec_opts, index, .name = "index", .kind = OPT_INT,
	    .help = "Index of the container if service has multiple replicas"),
	OPT(exec_opts, interactive, .name = "interactive", .brief = 'i', .dflt = "true", .hidden = true,
	    .help = "Keep STDIN open even if not attached"),
	OPT(exec_opts, no_tty, .name = "no-tty", .brief = 'T', .alias = "no-TTY", .shown = "true",
	    .help = "Disable pseudo-TTY allocation. By default 'docker compose exec' allocates a TTY.",
	    .note = "without a terminal on stdin none is allocated unless -t is given"),
	OPT(exec_opts, privileged, .name = "privileged",
	    .help = "Give extended privileges to the process"),
	OPT(exec_opts, tty, .name = "tty", .brief = 't', .hidden = true, .help = "Allocate a pseudo-TTY"),
	OPT(exec_opts, user, .name = "user", .brief = 'u', .kind = OPT_STR,
	    .help = "Run the command as this user"),
	OPT(exec_opts, workdir, .name = "workdir", .brief = 'w', .kind = OPT_STR,
	    .help = "Path to workdir directory for this command"),
	{ 0 },
};

const struct cmd cmd_exec = {
	.name = "exec",
	.args = "SERVICE COMMAND [ARGS...]",
	.summary = "Execute a command in a running container",
	.opts = exec_opts,
	.size = sizeof(struct exec_opts),
	.needs = NEED_NAME | NEED_CLIENT,
	.min_args = 2,
	.stop_at_positional = true,
	.run = exec_run,
};
