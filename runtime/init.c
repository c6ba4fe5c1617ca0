/*
 * The container side: everything from the first moment in the new namespaces to execve. Each step is
 * a row of the list below; whichever fails, its error goes to the caller and the process ends.
 */
#include "runtime/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/path.h"
#include "runtime/cred.h"
#include "runtime/hooks.h"
#include "runtime/lookup.h"
#include "runtime/mount.h"
#include "runtime/runtime.h"
#include "runtime/signals.h"
#include "runtime/sysctl.h"
#include "runtime/tty.h"

/* runtime-spec config-linux.md "The container process state" has a version of its own. */
#define SECCOMP_STATE_VERSION "0.2.0"

struct init {
	struct launch *l;
	const struct spec *s;
	int channel;
	bool going; /* GO was received: maps are written */
	bool cwd_later;
	struct rootfs root;
	struct tty tty;
	struct identity id;
	char *program;	 /* found in the container */
	int tiny;	 /* the small init's program, -1 without */
};

static int enter_cgroups(struct init *in, struct err **e)
{
	int r = cgroup_entry_go(&in->l->entry, e);

	cgroup_entry_done(&in->l->entry);
	return r;
}

static int take_streams(struct init *in, struct err **e)
{
	for (int i = 0; in->l->streams && i < 3; i++)
		if (dup2(in->l->streams[i], i) < 0)
			return err_sys(e, errno, "take the standard streams");
	/* They would close with execve, but somebody may wait for the other end of one until then. */
	for (size_t i = 0; i < in->l->n_private_fds; i++)
		if (in->l->private_fds[i] >= 0)
			close(in->l->private_fds[i]);
	return 0;
}

static int await_go(struct init *in, struct err **e)
{
	int r, host_pid = 0;

	if (in->going)
		return 0;
	r = sync_recv(in->channel, SYNC_GO, &host_pid, e);
	if (r < 0)
		return err_set(e, -r, "the runtime went away");
	in->going = true;
	in->l->state->pid = host_pid; /* what hooks are told: ours may read 1 */
	if (in->s->ns[NS_CGROUP].present && !in->s->ns[NS_CGROUP].path &&
	    unshare((int)ns_clone_flag(NS_CGROUP)) < 0)
		return err_sys(e, errno, "create the cgroup namespace");
	return 0;
}

static int before_cgroup(void *arg, struct err **e)
{
	return await_go(arg, e);
}

static int become_root(struct init *in, struct err **e)
{
	int r;

	if (!in->s->ns[NS_USER].present)
		return 0;
	r = await_go(in, e);
	if (r < 0)
		return r;
	(void)syscall(SYS_setgroups, 0, NULL); /* refused where the maps forbid it */
	if (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0)
		return err_sys(e, errno, "become root of the user namespace");
	return 0;
}

/* What the host side had to join has been joined; the rest is safe to join here. */
static int join_namespaces(struct init *in, struct err **e)
{
	const struct spec_ns *ns = in->s->ns;

	if (ns[NS_PID].path || ns[NS_USER].present || ns[NS_TIME].path)
		return 0;
	return ns_join(in->s, ~0u, e);
}

/* The small init runs from a read-only view of its file, so that nobody inside can write to it
 * through /proc/1/exe. */
static int open_tiny_init(struct init *in, struct err **e)
{
	const char *wanted = spec_annotation(in->s, RUNTIME_ANNOTATION_INIT);
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID };
	const char *path = in->l->tiny_init;

	if (!wanted || !streq(wanted, "true"))
		return 0;
	in->tiny = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (in->tiny < 0)
		return err_sys(e, errno, "open the small init %s", path);
	if (mount_setattr(in->tiny, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return err_sys(e, errno, "protect the small init %s", path);
	return 0;
}

static int loopback_up(struct init *in, struct err **e)
{
	struct ifreq req = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	AUTO(fd) int fd = -1;

	if (!in->s->ns[NS_NET].present || in->s->ns[NS_NET].path)
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &req) < 0)
		return err_sys(e, errno, "set the loopback interface up");
	return 0;
}

static int join_keyring(struct init *in, struct err **e)
{
	AUTO(mem) char *name = NULL;

	(void)e;
	if (in->l->no_new_keyring)
		return 0;
	name = xasprintf("_ses.%s", in->l->state->id);
	/* Without keyrings (or quota for one) the container shares its parent's: nothing breaks. */
	(void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name);
	return 0;
}

static int set_names(struct init *in, struct err **e)
{
	const struct spec *s = in->s;

	if (s->hostname && sethostname(s->hostname, strlen(s->hostname)) < 0)
		return err_sys(e, errno, "set the host name \"%s\"", s->hostname);
	if (s->domainname && setdomainname(s->domainname, strlen(s->domainname)) < 0)
		return err_sys(e, errno, "set the domain name \"%s\"", s->domainname);
	return 0;
}

static int set_sysctls(struct init *in, struct err **e)
{
	return sysctl_apply(in->s, in->l->proc_fd, e);
}

static int mount_everything(struct init *in, struct err **e)
{
	int r = rootfs_mount(&in->root, in->s, e);

	if (r == 0)
		r = rootfs_mount_all(&in->root, in->s, e);
	if (r == 0)
		r = rootfs_devices(&in->root, in->s, e);
	return r;
}

static int resolve_identity(struct init *in, struct err **e)
{
	return in->s->has_process ? identity_resolve(&in->s->process, in->root.fd, &in->id, e) : 0;
}

static int open_terminal(struct init *in, struct err **e)
{
	const struct spec_process *p = &in->s->process;
	int r;

	if (!p->terminal)
		return 0;
	r = tty_open(in->root.devpts_fd, in->id.uid, p->rows, p->cols, &in->tty, e);
	if (r == 0)
		r = rootfs_console(&in->root, in->tty.peer, e);
	return r;
}

static int protect_paths(struct init *in, struct err **e)
{
	return rootfs_mask(&in->root, in->s, e);
}

static int run_create_hooks(struct init *in, struct err **e)
{
	const struct spec *s = in->s;
	AUTO(mem) char *text = NULL;
	int r = await_go(in, e);

	if (r < 0)
		return r;
	if (hooks_any(s, HOOK_PRESTART) || hooks_any(s, HOOK_CREATE_RUNTIME)) {
		if (sync_send(in->channel, SYNC_HOOKS, 0, NULL) < 0 ||
		    sync_recv(in->channel, SYNC_HOOKS_DONE, NULL, e) < 0)
			_exit(1); /* the caller knows why */
	}
	if (!hooks_any(s, HOOK_CREATE_CONTAINER))
		return 0;
	text = state_text(in->l->state, "created");
	return hooks_run(s, HOOK_CREATE_CONTAINER, text, in->l->bundle, e);
}

/* Before the root may become read-only. What goes wrong here is found again by chdir. */
static int make_cwd(struct init *in, struct err **e)
{
	AUTO(fd) int fd = -1;

	(void)e;
	if (in->s->has_process && in->s->root_readonly)
		fd = dir_make_in_root(in->root.fd, in->s->process.cwd, 0755);
	return 0;
}

static int enter_root(struct init *in, struct err **e)
{
	return rootfs_enter(&in->root, in->s, in->l->no_pivot, e);
}

static int take_terminal(struct init *in, struct err **e)
{
	int r;

	if (!in->s->process.terminal) {
		(void)setsid();
		return 0;
	}
	if (in->l->console >= 0) {
		r = tty_send(&in->tty, in->l->console, e);
		if (r < 0)
			return r;
	}
	return tty_take(&in->tty, e);
}

/* A stream on the host's /dev/null moves to the container's, where it can be opened again. */
static int reopen_null(struct init *in, struct err **e)
{
	struct stat st;

	(void)e;
	for (int fd = 0; fd < 3 && !in->s->process.terminal; fd++) {
		AUTO(fd) int null = -1;

		if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != 0x103)
			continue;
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (null >= 0 && fstat(null, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == 0x103)
			(void)dup2(null, fd);
	}
	return 0;
}

static int find_program(struct init *in, struct err **e)
{
	const struct spec_process *p = &in->s->process;
	int r;

	if (!in->s->has_process)
		return err_set(e, EINVAL, "config.json has no process");
	r = cwd_enter(p->cwd, /* make= */ true, &in->cwd_later, e);
	if (r == 0 && !in->cwd_later)
		r = cwd_check(e);
	if (r == 0)
		r = lookup_program(p->args[0], strv_env_get(&in->id.env, "PATH"), &in->program, e);
	return r;
}

static int set_personality(struct init *in, struct err **e)
{
	const struct json *j = json_path(in->s->json, "linux", "personality", NULL);
	const char *domain = json_str(j, "domain", NULL);

	if (!domain)
		return 0;
	if (!streq(domain, "LINUX") && !streq(domain, "LINUX32"))
		return err_set(e, EINVAL, "linux.personality: unknown domain \"%s\"", domain);
	if (personality(streq(domain, "LINUX32") ? PER_LINUX32 : PER_LINUX) < 0)
		return err_sys(e, errno, "set the personality");
	return 0;
}

static int send_listener(struct init *in, int listener, struct err **e)
{
	AUTO(mem) char *state = NULL;
	AUTO(mem) char *text = NULL;
	AUTO(fd) int fd = listener;
	int r;

	if (listener < 0)
		return 0;
	if (in->l->notify < 0)
		return err_set(e, EINVAL, "seccomp notifies, but there is no listenerPath");
	state = state_text(in->l->state, "creating");
	text = xasprintf("{\"ociVersion\":\"%s\",\"fds\":[\"seccompFd\"],\"pid\":%d,"
			 "\"metadata\":\"%s\",\"state\":%s}",
			 SECCOMP_STATE_VERSION, in->l->state->pid,
			 json_str(in->s->seccomp, "listenerMetadata", ""), state);
	r = sock_send(in->l->notify, text, strlen(text), &fd, 1);
	return r < 0 ? err_sys(e, -r, "send the seccomp listener") : 0;
}

static int set_credentials(struct init *in, struct err **e)
{
	const struct spec_process *p = &in->s->process;
	int listener = -1;
	int r = label_exec(p, in->l->proc_fd, e);

	if (r == 0)
		r = scheduling_apply(p, e);
	if (r < 0)
		return r;
	umask(p->has_umask ? p->umask : 022);
	stdio_chown(in->id.uid, in->id.gid);
	if (syscall(SYS_close_range, 3u + in->l->preserve_fds, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
		return err_sys(e, errno, "close descriptors");
	r = cred_apply(p, &in->id, in->root.has_userns, in->l->seccomp,
		       &listener, e);
	if (r == 0)
		r = send_listener(in, listener, e);
	if (r == 0 && in->cwd_later) {
		if (chdir(p->cwd) < 0)
			return err_sys(e, errno, "chdir to cwd (\"%s\") set in config.json", p->cwd);
		r = cwd_check(e);
	}
	return r;
}

static int (*const steps[])(struct init *in, struct err **e) = {
	enter_cgroups,
	take_streams,
	become_root,
	join_namespaces,
	open_tiny_init,
	loopback_up,
	join_keyring,
	set_names,
	set_sysctls,
	mount_everything,
	resolve_identity,
	open_terminal,
	protect_paths,
	run_create_hooks,
	make_cwd,
	enter_root,
	take_terminal,
	reopen_null,
	find_program,
	set_personality,
	set_credentials,
};

/* Returns the descriptor on which a failed execve is reported. */
static int await_start(struct init *in, struct err **e)
{
	char name[48];
	int fd;

	fd_close(&in->channel);
	/* Blocks until somebody opens the other end. The path is gone, its inode is not. */
	(void)snprintf(name, sizeof(name), "self/fd/%d", in->l->fifo);
	fd = openat(in->l->proc_fd, name, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, errno, "open " RUNTIME_FIFO_NAME) : fd;
}

static int exec_tiny(struct init *in, int report)
{
	AUTO(strv) struct strv argv = STRV_INIT;

	strv_add(&argv, "compose-init");
	strv_add(&argv, "init");
	strv_addf(&argv, "%d", report);
	strv_add(&argv, in->program);
	for (char **a = in->s->process.args; *a; a++)
		strv_add(&argv, *a);
	if (fd_set_cloexec(report, false) < 0)
		return -errno;
	(void)syscall(SYS_execveat, in->tiny, "", argv.v, in->id.env.v, AT_EMPTY_PATH);
	return -errno;
}

static int execute(struct init *in, int report, struct err **e)
{
	const struct spec_process *p = &in->s->process;
	AUTO(mem) char *text = NULL;
	int r;

	if (hooks_any(in->s, HOOK_START_CONTAINER)) {
			text = state_text(in->l->state, "created");
		r = hooks_run(in->s, HOOK_START_CONTAINER, text, NULL, e);
		if (r < 0)
			return r;
	}
	signals_reset();
	if (in->l->seccomp->code && p->no_new_privs) {
		r = seccomp_install(in->l->seccomp, e);
		if (r >= 0 && in->l->seccomp->wants_listener)
			r = send_listener(in, r, e);
		if (r < 0)
			return r;
	}
	if (in->tiny >= 0)
		return err_sys(e, -exec_tiny(in, report), "start the small init");
	execve(in->program, p->args, in->id.env.v);
	return lookup_exec_error(in->program, errno, e);
}

void init_main(struct launch *l, int channel)
{
	AUTO(err) struct err *e = NULL;
	struct init in = {
		.l = l,
		.s = l->spec,
		.channel = channel,
		.tty = TTY_INIT,
		.tiny = -1,
		.root = { .path = l->rootfs,
			  .fd = -1,
			  .proc_fd = l->proc_fd,
			  .devpts_fd = -1,
			  .null_fd = -1,
			  .cgroup = l->cgroup,
			  .sources = l->sources,
			  .has_userns = l->spec->ns[NS_USER].present,
			  .has_cgroupns = l->spec->ns[NS_CGROUP].present,
			  .before_cgroup = before_cgroup },
	};
	int report, r = 0;

	in.root.before_cgroup_arg = &in;
	umask(0);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(steps); i++)
		r = steps[i](&in, &e);
	if (r < 0) {
		(void)sync_send(channel, SYNC_ERROR, err_code(e), err_text(e));
		_exit(1);
	}
	if (sync_send(channel, SYNC_READY, 0, NULL) < 0)
		_exit(1);
	report = await_start(&in, &e);
	if (report < 0)
		_exit(1);
	(void)execute(&in, report, &e);
	report_failure(report, e);
	_exit(lookup_exit_code(err_code(e)));
}
