/*
 * Making the container without a program: compose-runtime's own code runs in the shim, with a configuration
 * that needs no parsing. That is most of what making a container costs besides the kernel's part.
 *
 * This is the one place where a shim uses the heap. It is given back before the shim goes on, together
 * with the stack below, so that a resting shim is as small as before.
 */
#include "runtime/shim_run.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json_image.h"
#include "base/path.h"
#include "runtime/make.h"
#include "runtime/shim_proto.h"

enum { PAGE = 4096, STACK_USED = 256 * 1024 };

struct image {
	void *p;
	size_t n;
};

static void image_autop(struct image *i)
{
	if (i->p)
		(void)munmap(i->p, i->n);
}

static int map_configuration(struct image *ret, struct err **e)
{
	struct stat st;
	void *p;

	if (fstat(SHIM_FD_CONFIG, &st) < 0 || st.st_size <= 0)
		return err_set(e, EINVAL, "the configuration is missing");
	p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE,
		 SHIM_FD_CONFIG, 0);
	if (p == MAP_FAILED)
		return err_sys(e, errno, "map the configuration");
	*ret = (struct image){ p, (size_t)st.st_size };
	return 0;
}

static int make(struct making *m, const struct image *image, struct err **e)
{
	const struct json *both = NULL;
	int r;

	if (chdir(m->o->bundle) < 0)
		return err_sys(e, errno, "enter bundle %s", m->o->bundle);
	m->bundle = xstrdup(m->o->bundle);
	r = json_thaw(image->p, image->n, &both, e);
	if (r == 0)
		r = spec_from_trees(json_get(both, SHIM_CONFIG_SPEC),
				    json_get(both, SHIM_CONFIG_OVERLAY), &m->spec, e);
	return r < 0 ? r : make_container(m, m->o->console_socket, e);
}

/* Everything of the shim's. An init that held its sockets while it waits to be started would hide the
 * shim's death from the supervisor. */
static size_t list_private(const struct shim *s, int *fds)
{
	const int own[] = { SHIM_FD_SUPERVISOR, s->signals,   s->epoll,   s->listener,
			    s->bundle_dir,      s->run_dir,   s->console, s->input,
			    s->out[0].fd,       s->out[1].fd, s->log.dir, s->log.fd };
	size_t n = sizeof(own) / sizeof(own[0]);

	memcpy(fds, own, sizeof(own));
	for (int i = 0; i < s->o.park; i++)
		fds[n++] = SHIM_FD_PARKED + i;
	return n;
}

static int make_from_image(struct shim *s, struct err **e)
{
	const char *state = getenv("COMPOSE_ROOT");
	AUTO(mem)
	char *cache = xasprintf("%s/seccomp", state && *state ? state : "/var/lib/compose");
	AUTO(mem) char *root = path_dir(s->o.run);
	AUTO(mem) char *programs = path_dir(s->o.runtime);
	AUTO(mem) char *tiny_init = path_join(programs, "compose-shim");
	AUTO(mem) char *console = path_join(s->o.run, SHIM_CONSOLE_NAME);
	int private_fds[16 + SHIM_MAX_PARKED];
	struct container_options o = { .root = root,
				       .id = s->o.id,
				       .bundle = s->o.bundle,
				       .console_socket = s->o.tty ? console : NULL,
				       .seccomp_cache = cache,
				       .tiny_init = tiny_init,
				       .streams = s->child_end,
				       .private_fds = private_fds,
				       .n_private_fds = list_private(s, private_fds) };
	AUTO(image) struct image image = { 0 };
	AUTO(making) struct making m = MAKING_INIT;
	int r = map_configuration(&image, e);

	m.o = &o;
	/* The configuration names the network namespace by this descriptor. */
	(void)fcntl(SHIM_FD_NETNS, F_SETFD, 0);
	if (r == 0)
		r = make(&m, &image, e);
	(void)fcntl(SHIM_FD_NETNS, F_SETFD, FD_CLOEXEC);
	if (r < 0)
		return r;
	s->pid = m.launch.pid;
	s->pidfd = TAKE_FD(m.launch.pidfd);
	return 0;
}

/* The page below ours may hold the return address of the call itself. */
static void give_memory_back(void)
{
	char here;
	char *page = (char *)((uintptr_t)&here & ~(uintptr_t)(PAGE - 1)) - PAGE;

	(void)malloc_trim(0);
	(void)madvise(page - STACK_USED, STACK_USED, MADV_DONTNEED);
}

int shim_make(struct shim *s, struct err **e)
{
	int r = make_from_image(s, e);

	(void)close(SHIM_FD_CONFIG);
	give_memory_back();
	return r;
}
