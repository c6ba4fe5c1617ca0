#include "runtime/make.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/path.h"
#include "runtime/hooks.h"
#include "runtime/runtime.h"
#include "runtime/sysctl.h"

void making_done(struct making *m)
{
	free(m->bundle);
	free(m->rootfs);
	buf_done(&m->text);
	spec_free(m->spec);
	state_done(&m->state);
	cgroup_free(m->cgroup);
	seccomp_program_done(&m->filter);
	launch_done(&m->launch);
	fd_close(&m->proc_fd);
}

static int check(const struct making *m, struct err **e)
{
	int r = sysctl_check(m->spec, e);

	if (r == 0 && !m->spec->has_process)
		r = err_set(e, EINVAL, "config.json has no process");
	if (r == 0 && m->o->console_socket && !m->spec->process.terminal)
		r = err_set(e, EINVAL, "--console-socket is only for process.terminal");
	return r;
}

static int find_rootfs(struct making *m, struct err **e)
{
	AUTO(mem) char *path = path_join(m->bundle, m->spec->root_path);
	int r;

	/* The mount point of an overlay is ours to make. */
	if (spec_annotation(m->spec, RUNTIME_ANNOTATION_OVERLAY)) {
		r = dir_make(AT_FDCWD, path, 0700, e);
		if (r < 0)
			return r;
	}
	m->rootfs = realpath(path, NULL);
	return m->rootfs ? 0 : err_sys(e, errno, "root file system %s", path);
}

static int keep_config(struct making *m, struct err **e)
{
	AUTO(mem) char *path = NULL;

	if (m->text.n)
		return file_write(m->state.dir, RUNTIME_CONFIG_NAME, m->text.p, m->text.n, 0600,
				  /* durable= */ false, e);
	path = path_join(m->bundle, "config.json");
	if (symlinkat(path, m->state.dir, RUNTIME_CONFIG_NAME) < 0)
		return err_sys(e, errno, "link " RUNTIME_CONFIG_NAME);
	return 0;
}

static int reserve(struct making *m, struct err **e)
{
	int r = state_reserve(m->o->root, m->o->id, &m->state, e);

	if (r < 0)
		return r;
	m->reserved = true;
	r = keep_config(m, e);
	if (r == 0 && mkfifoat(m->state.dir, RUNTIME_FIFO_NAME, 0622) < 0)
		r = err_sys(e, errno, "create " RUNTIME_FIFO_NAME);
	/* The program may run as any user when it opens the fifo. */
	if (r == 0 && fchmodat(m->state.dir, RUNTIME_FIFO_NAME, 0622, 0) < 0)
		r = err_sys(e, errno, "chmod " RUNTIME_FIFO_NAME);
	if (r == 0 && (hooks_any(m->spec, HOOK_POSTSTART) || hooks_any(m->spec, HOOK_POSTSTOP)))
		r = file_write(m->state.dir, RUNTIME_HOOKS_NAME, "", 0, 0600, /* durable= */ false,
			       e);
	return r;
}

/* The list is written before the directories exist: whoever cleans up after a crash finds them. */
static int make_cgroup(struct making *m, struct err **e)
{
	AUTO(buf) struct buf list = BUF_INIT;
	int r;

	if (m->o->no_cgroup)
		return 0;
	r = cgroup_plan(m->spec->cgroups_path, m->o->id, m->spec->resources, &m->cgroup, e);
	if (r < 0)
		return r;
	cgroup_format(m->cgroup, &list);
	r = file_write(m->state.dir, RUNTIME_CGROUPS_NAME, buf_str(&list), list.n, 0600,
		       /* durable= */ false, e);
	if (r == 0)
		r = cgroup_make(m->cgroup, e);
	if (r < 0)
		return r;
	m->has_cgroup = true;
	return cgroup_limit(m->cgroup, m->spec->resources, e);
}

static int launch(struct making *m, const char *console_socket, struct err **e)
{
	int r;

	m->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (m->proc_fd < 0)
		return err_sys(e, errno, "open /proc");
	m->launch = (struct launch){
		.spec = m->spec,
		.state = &m->state,
		.cgroup = m->cgroup,
		.seccomp = &m->filter,
		.bundle = m->bundle,
		.rootfs = m->rootfs,
		.console_socket = console_socket,
		.tiny_init = m->o->tiny_init,
		.streams = m->o->streams,
		.private_fds = m->o->private_fds,
		.n_private_fds = m->o->n_private_fds,
		.preserve_fds = m->o->preserve_fds,
		.no_pivot = m->o->no_pivot,
		.no_new_keyring = m->o->no_new_keyring,
		.proc_fd = m->proc_fd,
		.pidfd = -1,
		.channel = -1,
	};
	state_describe(&m->state, m->bundle, m->rootfs, m->spec->annotations);
	r = launch_init(&m->launch, e);
	m->launched = r == 0;
	return r;
}

int pid_file_write(const char *path, int pid, struct err **e)
{
	char text[16];

	if (!path)
		return 0;
	(void)snprintf(text, sizeof(text), "%d", pid);
	return file_write(AT_FDCWD, path, text, strlen(text), 0644, /* durable= */ false, e);
}

/* Our own files only: the directory may be a shim's, with its socket in it. */
static void forget(struct making *m)
{
	static const char *const names[] = { RUNTIME_CONFIG_NAME, RUNTIME_FIFO_NAME,
					     RUNTIME_CGROUPS_NAME, RUNTIME_HOOKS_NAME,
					     RUNTIME_STATE_NAME };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)unlinkat(m->state.dir, names[i], 0);
	(void)unlinkat(m->state.root, m->o->id, AT_REMOVEDIR);
}

void make_undo(struct making *m)
{
	if (m->launched)
		launch_abort(&m->launch);
	if (m->has_cgroup)
		(void)cgroup_remove(m->cgroup, NULL);
	if (m->reserved && m->spec) {
		if (hooks_any(m->spec, HOOK_POSTSTOP)) {
			AUTO(mem) char *text = state_text(&m->state, "stopped");

			hooks_run_all(m->spec, HOOK_POSTSTOP, text, m->bundle);
		}
		forget(m);
	}
}

/* Everything up to an init that waits. */
int make_container(struct making *m, const char *console_socket, struct err **e)
{
	int r = check(m, e);

	if (r == 0)
		r = find_rootfs(m, e);
	if (r == 0)
		r = reserve(m, e);
	if (r == 0)
		r = make_cgroup(m, e);
	if (r == 0)
		r = seccomp_prepare(m->spec, m->o->seccomp_cache, &m->filter, e);
	if (r == 0)
		r = launch(m, console_socket, e);
	if (r == 0)
		r = state_write(&m->state, e);
	if (r == 0)
		r = pid_file_write(m->o->pid_file, m->launch.pid, e);
	if (r < 0)
		make_undo(m);
	return r;
}
