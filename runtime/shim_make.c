/*
 * The child that makes the container: a fork of the shim in which compose-runtime's own code runs. No
 * program is loaded for it and no configuration parsed, which is most of what making a container costs
 * besides the kernel's part. Unlike the shim it uses the heap; it lives for a few milliseconds.
 */
#include "runtime/shim_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/json_image.h"
#include "base/path.h"
#include "runtime/make.h"
#include "runtime/shim_proto.h"

static int map_configuration(const struct json **ret, struct err **e)
{
	struct stat st;
	void *p;

	if (fstat(SHIM_FD_CONFIG, &st) < 0 || st.st_size <= 0)
		return err_set(e, EINVAL, "the configuration is missing");
	p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE,
		 SHIM_FD_CONFIG, 0);
	if (p == MAP_FAILED)
		return err_sys(e, errno, "map the configuration");
	return json_thaw(p, (size_t)st.st_size, ret, e);
}

static int make(struct making *m, struct err **e)
{
	const struct json *both = NULL;
	int r;

	if (chdir(m->o->bundle) < 0)
		return err_sys(e, errno, "enter bundle %s", m->o->bundle);
	m->bundle = xstrdup(m->o->bundle);
	r = map_configuration(&both, e);
	if (r == 0)
		r = spec_from_trees(json_get(both, SHIM_CONFIG_SPEC),
				    json_get(both, SHIM_CONFIG_OVERLAY), &m->spec, e);
	return r < 0 ? r : make_container(m, m->o->console_socket, e);
}

static void report(const struct shim *s, const struct err *e)
{
	AUTO(mem) char *line = xasprintf("%s\n", err_text(e));
	int fd = openat(s->run_dir, SHIM_RUNTIME_LOG, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);

	if (fd >= 0)
		(void)fd_write_all(fd, line, strlen(line));
}

/* What a program started by the shim would have: its streams, the network's namespace, the
 * configuration, and the directory that errors are left in. */
static void keep_only_what_is_needed(struct shim *s)
{
	for (int i = 0; i < 3; i++)
		if (dup2(s->child_end[i], i) < 0)
			_exit(126);
	if (dup2(s->run_dir, SHIM_FD_SUPERVISOR) < 0)
		_exit(126);
	s->run_dir = SHIM_FD_SUPERVISOR;
	(void)fcntl(s->run_dir, F_SETFD, FD_CLOEXEC);
	(void)syscall(SYS_close_range, (unsigned)SHIM_FD_CONFIG + 1, ~0u, 0u);
	(void)sigprocmask(SIG_SETMASK, &s->mask_before, NULL);
}

void shim_make(struct shim *s)
{
	const char *state = getenv("COMPOSE_ROOT");
	AUTO(mem) char *cache =
		xasprintf("%s/seccomp", state && *state ? state : "/var/lib/compose");
	AUTO(mem) char *root = path_dir(s->o.run);
	AUTO(mem) char *programs = path_dir(s->o.runtime);
	AUTO(mem) char *tiny_init = path_join(programs, "compose-shim");
	AUTO(mem) char *pid_file = path_join(s->o.run, SHIM_PID_NAME);
	AUTO(mem) char *console = path_join(s->o.run, SHIM_CONSOLE_NAME);
	struct container_options o = { .root = root,
				       .id = s->o.id,
				       .bundle = s->o.bundle,
				       .console_socket = s->o.tty ? console : NULL,
				       .pid_file = pid_file,
				       .seccomp_cache = cache,
				       .tiny_init = tiny_init };
	struct making m = MAKING_INIT;
	struct err *e = NULL;

	keep_only_what_is_needed(s);
	m.o = &o;
	if (make(&m, &e) < 0) {
		report(s, e);
		_exit(1);
	}
	_exit(0);
}
