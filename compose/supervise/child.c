#include "compose/supervise/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

struct child {
	struct child *next; /* in children.list */
	int pid;
	child_exit_fn on_exit;
	void *ctx;
};

/* Out of the list before its callback, which may start another one. */
static struct child *child_take(struct children *c, int pid)
{
	for (struct child **p = &c->list; *p; p = &(*p)->next)
		if ((*p)->pid == pid) {
			struct child *found = *p;

			*p = found->next;
			return found;
		}
	return NULL;
}

static void on_sigchld(uv_signal_t *h, int signum)
{
	struct children *c = h->data;
	int pid, status;

	(void)signum;
	while (c->is_open && (pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *found = child_take(c, pid);

		if (found && found->on_exit)
			found->on_exit(found->ctx, status);
		else if (!found && c->on_stray)
			c->on_stray(c->stray_ctx, pid, status);
		free(found);
	}
}

void children_stray(struct children *c, int pid, int status)
{
	if (c->on_stray)
		c->on_stray(c->stray_ctx, pid, status);
}

int children_open(struct children *c, uv_loop_t *loop, struct err **e)
{
	int r;

	*c = (struct children){ 0 };
	r = uv_signal_init(loop, &c->signal);
	if (r == 0) {
		c->signal.data = c;
		c->is_open = true;
		r = uv_signal_start(&c->signal, on_sigchld, SIGCHLD);
	}
	if (r < 0)
		return err_sys(e, -r, "watch for children");
	uv_unref((uv_handle_t *)&c->signal);
	return 0;
}

void children_close(struct children *c)
{
	if (!c->is_open)
		return;
	c->is_open = false;
	uv_close((uv_handle_t *)&c->signal, NULL);
	while (c->list) {
		struct child *next = c->list->next;

		free(c->list);
		c->list = next;
	}
}

/* The sources of dup2 must lie above all targets, or a target could overwrite a source. */
static int lift(int fd, size_t above)
{
	if (fd < 0 || (size_t)fd >= above)
		return fd;
	return fcntl(fd, F_DUPFD_CLOEXEC, (int)above);
}

static int add_fds(posix_spawn_file_actions_t *fa, const struct child_spec *spec, int *lifted)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < spec->n_fds; i++) {
		lifted[i] = lift(spec->fds[i], spec->n_fds);
		if (spec->fds[i] >= 0 && lifted[i] < 0)
			return -errno;
	}
	for (size_t i = 0; r == 0 && i < spec->n_fds; i++) {
		if (lifted[i] >= 0)
			r = -posix_spawn_file_actions_adddup2(fa, lifted[i], (int)i);
		else if (i <= STDERR_FILENO)
			r = -posix_spawn_file_actions_addopen(fa, (int)i, "/dev/null", O_RDWR, 0);
	}
	return r;
}

static int spawn(const struct child_spec *spec, int *lifted, pid_t *ret_pid)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none, all;
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	int r;

	(void)posix_spawn_file_actions_init(&fa);
	(void)posix_spawnattr_init(&attr);
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	if (spec->own_group)
		flags |= POSIX_SPAWN_SETPGROUP;
	if (spec->own_session)
		flags |= POSIX_SPAWN_SETSID;
	(void)posix_spawnattr_setflags(&attr, flags);
	r = add_fds(&fa, spec, lifted);
	if (r == 0)
		r = -posix_spawn(ret_pid, spec->path, &fa, &attr, spec->argv,
				 spec->envp ? spec->envp : environ);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&fa);
	return r;
}

int child_spawn(struct children *c, const struct child_spec *spec, child_exit_fn on_exit, void *ctx,
		struct err **e)
{
	AUTO(mem) int *lifted = xmalloc((spec->n_fds + 1) * sizeof(int));
	struct child *child;
	pid_t pid = -1;
	int r;

	for (size_t i = 0; i < spec->n_fds; i++)
		lifted[i] = -1;
	r = spawn(spec, lifted, &pid);
	for (size_t i = 0; i < spec->n_fds; i++)
		if (lifted[i] >= 0 && lifted[i] != spec->fds[i])
			close(lifted[i]);
	if (r < 0)
		return err_sys(e, -r, "start %s", spec->path);
	child = xmalloc(sizeof(*child));
	*child = (struct child){ c->list, pid, on_exit, ctx };
	c->list = child;
	return pid;
}

void child_forget(struct children *c, int pid)
{
	for (struct child *k = c->list; k; k = k->next)
		if (k->pid == pid)
			k->on_exit = NULL;
}
