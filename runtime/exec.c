#include "runtime/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/path.h"
#include "runtime/container.h"
#include "runtime/cred.h"
#include "runtime/launch.h"
#include "runtime/lookup.h"
#include "runtime/relay.h"
#include "runtime/runtime.h"
#include "runtime/signals.h"
#include "runtime/tty.h"

enum { CONFIG_MAX = 16 << 20 };

/* Everything that must be opened while the host's file system is in view. */
struct entering {
	const struct exec_options *o;
	struct state state;
	struct spec *spec;	  /* the container's */
	struct arena *arena;
	struct spec_process process;
	struct seccomp_program filter;
	int pidfd, proc_fd;
	struct cgroup_entry cgroups;
	int console; /* socket, -1 = none */
	int pid_dir; /* directory of the pid file */
	struct tty tty;
	int channel[2];
};

static void entering_autop(struct entering *x)
{
	state_done(&x->state);
	spec_free(x->spec);
	arena_free(x->arena);
	seccomp_program_done(&x->filter);
	fd_close(&x->pidfd);
	fd_close(&x->proc_fd);
	cgroup_entry_done(&x->cgroups);
	fd_close(&x->console);
	fd_close(&x->pid_dir);
	tty_done(&x->tty);
	fd_close(&x->channel[0]);
	fd_close(&x->channel[1]);
}

static int load_spec(const struct state *s, struct spec **ret, struct err **e)
{
	AUTO(buf) struct buf b = BUF_INIT;
	int r = file_read(s->dir, RUNTIME_CONFIG_NAME, CONFIG_MAX, &b, e);

	return r < 0 ? r : spec_parse(buf_str(&b), b.n, ret, e);
}

int container_process(const char *root, const char *id, struct json **ret, struct err **e)
{
	AUTO(state) struct state s = STATE_INIT;
	AUTO(spec) struct spec *spec = NULL;
	int r = state_load(root, id, &s, e);

	if (r == 0)
		r = load_spec(&s, &spec, e);
	if (r == 0)
		*ret = json_dup(json_get(spec->json, "process"));
	return r;
}

static int check_status(struct entering *x, struct err **e)
{
	enum state_status status = state_status(&x->state);

	if (status == STATE_STOPPED || status == STATE_CREATING)
		return err_set(e, ESRCH, "cannot exec in a %s container",
			       state_status_name(status));
	if (status == STATE_PAUSED && !x->o->ignore_paused)
		return err_set(e, EBUSY, "cannot exec in a paused container");
	return 0;
}

static int open_everything(struct entering *x, struct err **e)
{
	int r = cgroup_entry_open(x->state.cgroup, x->o->sub_cgroup, &x->cgroups, e);

	if (r < 0)
		return r;
	x->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (x->proc_fd < 0)
		return err_sys(e, errno, "open /proc");
	if (x->o->console_socket) {
		x->console = tty_socket(x->o->console_socket, e);
		if (x->console < 0)
			return x->console;
	}
	if (x->o->pid_file) {
		AUTO(mem) char *dir = path_dir(x->o->pid_file);

		x->pid_dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (x->pid_dir < 0)
			return err_sys(e, errno, "open the directory of %s", x->o->pid_file);
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, x->channel) < 0)
		return err_sys(e, errno, "create a socket pair");
	return 0;
}

static int join(struct entering *x, struct err **e)
{
	unsigned flags = 0;

	for (int t = 0; t < NS_TYPES; t++)
		if (x->spec->ns[t].present)
			flags |= ns_clone_flag((enum ns_type)t);
	if (setns(x->pidfd, (int)flags) < 0)
		return err_sys(e, errno, "join the namespaces of container \"%s\"", x->o->id);
	return 0;
}

static int open_terminal(struct entering *x, const struct identity *id, struct err **e)
{
	AUTO(fd) int devpts = -1;

	if (!x->process.terminal)
		return 0;
	devpts = open("/dev/pts", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return tty_open(devpts, id->uid, x->process.rows, x->process.cols, &x->tty, e);
}

static int become(struct entering *x, const struct identity *id, bool cwd_later, struct err **e)
{
	const struct spec_process *p = &x->process;
	int listener = -1;
	int r = label_exec(p, x->proc_fd, e);

	if (r == 0)
		r = scheduling_apply(p, e);
	if (r < 0)
		return r;
	umask(p->has_umask ? p->umask : 022);
	if (!p->terminal)
		stdio_chown(id->uid, id->gid);
	if (syscall(SYS_close_range, 3u + x->o->preserve_fds, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
		return err_sys(e, errno, "close descriptors");
	r = cred_apply(p, id, x->spec->ns[NS_USER].present, &x->filter, &listener, e);
	if (r == 0 && cwd_later) {
		if (chdir(p->cwd) < 0)
			return err_sys(e, errno, "chdir to cwd (\"%s\")", p->cwd);
		r = cwd_check(e);
	}
	if (r == 0 && x->filter.code && p->no_new_privs)
		r = seccomp_install(&x->filter, e);
	return r < 0 ? r : 0;
}

/* The new process, inside. Returns only on failure. */
static int enter_and_exec(struct entering *x, const struct identity *id, struct err **e)
{
	const struct spec_process *p = &x->process;
	AUTO(mem) char *program = NULL;
	bool later;
	int r = cgroup_entry_go(&x->cgroups, e);

	if (r < 0)
		return r;
	if (sync_recv(x->channel[1], SYNC_GO, NULL, e) < 0)
		return err_set(e, ECONNRESET, "the runtime went away");
	if (p->terminal)
		r = tty_take(&x->tty, e);
	else
		r = setsid() < 0 && errno != EPERM ? err_sys(e, errno, "start a session") : 0;
	if (r == 0)
		r = cwd_enter(p->cwd, /* make= */ false, &later, e);
	if (r == 0 && !later)
		r = cwd_check(e);
	if (r == 0)
		r = lookup_program(p->args[0], strv_env_get(&id->env, "PATH"), &program, e);
	if (r == 0)
		r = become(x, id, later, e);
	if (r < 0)
		return r;
	signals_reset();
	execve(program, p->args, id->env.v);
	return lookup_exec_error(program, errno, e);
}

static pid_t clone_child(struct entering *x)
{
	struct clone_args args = { .exit_signal = SIGCHLD };

	if (x->cgroups.v2 >= 0) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)x->cgroups.v2;
	}
	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static int write_pid(const struct entering *x, pid_t pid, struct err **e)
{
	char text[16];

	if (!x->o->pid_file)
		return 0;
	(void)snprintf(text, sizeof(text), "%d", (int)pid);
	return file_write(x->pid_dir, path_base(x->o->pid_file), text, strlen(text), 0644,
			  /* durable= */ false, e);
}

static int start_child(struct entering *x, const struct identity *id, pid_t *ret_pid,
		       struct err **e)
{
	pid_t pid = clone_child(x);
	int r;

	if (pid < 0)
		return err_sys(e, errno, "fork into the container");
	if (pid == 0) {
		AUTO(err) struct err *inner = NULL;

		fd_close(&x->channel[0]);
		(void)enter_and_exec(x, id, &inner);
		(void)sync_send(x->channel[1], SYNC_ERROR, err_code(inner), err_text(inner));
		_exit(lookup_exit_code(err_code(inner)));
	}
	fd_close(&x->channel[1]);
	r = limits_apply(&x->process, pid, x->proc_fd, x->spec->ns[NS_USER].present, e);
	if (r == 0)
		(void)sync_send(x->channel[0], SYNC_GO, 0, NULL);
	if (r == 0) {
		r = sync_recv(x->channel[0], SYNC_READY, NULL, e);
		r = r == -ECONNRESET ? 0 : r;
	}
	if (r == 0)
		r = write_pid(x, pid, e);
	if (r < 0) {
		(void)kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		return r;
	}
	*ret_pid = pid;
	return 0;
}

static int foreground(struct entering *x, pid_t pid, struct err **e)
{
	fd_close(&x->tty.peer); /* the last writer must be the program */
	if (x->console >= 0) {
		int r = tty_send(&x->tty, x->console, e);

		if (r < 0)
			return r;
		fd_close(&x->tty.master);
	}
	return x->o->detach ? 0 : relay_until_exit(pid, x->tty.master, e);
}

static int prepare(struct entering *x, const struct json *process, struct err **e)
{
	int r = state_load(x->o->root, x->o->id, &x->state, e);

	if (r == 0)
		r = check_status(x, e);
	if (r == 0)
		r = load_spec(&x->state, &x->spec, e);
	x->arena = arena_new();
	if (r == 0)
		r = spec_process_parse(x->arena, process, &x->process, e);
	if (r == 0 && !x->process.has_caps) {
		x->process.has_caps = true;
		x->process.caps = x->spec->process.caps;
	}
	if (r == 0)
		r = seccomp_prepare(x->spec, x->o->seccomp_cache, &x->filter, e);
	if (r < 0)
		return r;
	x->pidfd = state_pidfd(&x->state, e);
	return x->pidfd < 0 ? x->pidfd : open_everything(x, e);
}

int container_exec(const struct exec_options *o, const struct json *process, struct err **e)
{
	__attribute__((cleanup(entering_autop))) struct entering x = {
		.o = o, .state = STATE_INIT, .pidfd = -1, .proc_fd = -1, .cgroups = CGROUP_ENTRY_INIT,
		.console = -1, .pid_dir = -1, .tty = TTY_INIT, .channel = { -1, -1 },
	};
	struct identity id = { 0 };
	AUTO(fd) int root = -1;
	pid_t pid = 0;
	int r = prepare(&x, process, e);

	if (r < 0)
		return r;
	/* From here to execve nobody inside may look at this process or its descriptors. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	r = join(&x, e);
	if (r < 0)
		return r;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys(e, errno, "open the container's root");
	r = identity_resolve(&x.process, root, &id, e);
	if (r == 0)
		r = open_terminal(&x, &id, e);
	if (r == 0)
		r = start_child(&x, &id, &pid, e);
	if (r == 0)
		r = foreground(&x, pid, e);
	identity_done(&id);
	return r;
}
