/*
 * Normally: bundle and network are made with the first RUN and kept for the others; each step
 * writes config.json, starts `compose-runtime run` in a process group of its own and reads its
 * output.
 *
 * When the build is cancelled, `compose-runtime delete --force` ends the container, and the runtime
 * that waited for it ends by itself. A builder that was killed leaves its directory with a lock
 * nobody holds: the next one clears up behind it.
 */
#include "compose/program/image_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/rand.h"
#include "compose/program/image_etc.h"
#include "compose/program/image_main.h"
#include "compose/program/image_spawn.h"
#include "compose/supervise/place.h"
#include "compose/supervise/spec_defaults.h"

static const char hostname[] = "buildkitsandbox";

void image_runner_init(struct image_runner *r)
{
	*r = (struct image_runner){ .bundle_fd = -1, .lock_fd = -1 };
	r->net = (struct image_net)IMAGE_NET_INIT;
	rand_hex(r->id, 32);
}

static int runtime(char *const args[], const int *fds, size_t n_fds, pid_t *ret, struct err **e)
{
	AUTO(mem) char *program = place_program("compose-runtime");
	AUTO(mem) char *root = xasprintf("%s/containers", place_run());
	AUTO(strv) struct strv argv = STRV_INIT;

	strv_add(&argv, "compose-runtime");
	strv_add(&argv, "--root");
	strv_add(&argv, root);
	for (char *const *a = args; *a; a++)
		strv_add(&argv, *a);
	return image_spawn(program, argv.v, fds, n_fds, ret, e);
}

/* Ends the container if it is there. */
static void delete_container(const char *id)
{
	char *const args[] = { (char *)"delete", (char *)"--force", (char *)id, NULL };
	AUTO(mem) char *dir = place_container_run(id);
	pid_t pid;

	if (faccessat(AT_FDCWD, dir, F_OK, 0) < 0)
		return;
	if (runtime(args, (int[]){ -1, -1, -1 }, 3, &pid, NULL) == 0)
		(void)image_wait(pid);
	/* A container that could not be created leaves its directory to whoever asked for it. */
	(void)tree_remove(AT_FDCWD, dir, NULL);
}

/* Directories of builds that died; alive gets the ids of the others. */
static int clear_dead_builds(struct strv *alive, struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s/build/run", place_root());
	AUTO(strv) struct strv names = STRV_INIT;
	AUTO(fd) int dir = -1;
	int r = dir_make(AT_FDCWD, path, 0700, e);

	if (r == 0)
		r = dir = dir_open(AT_FDCWD, path, e);
	if (r >= 0)
		r = dir_list(dir, ".", &names, e);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		AUTO(mem) char *lock_name = xasprintf("%s/lock", names.v[i]);
		AUTO(fd) int lock = file_lock(dir, lock_name, /* wait= */ false, NULL);

		if (lock == -EWOULDBLOCK) {
			strv_add(alive, names.v[i]);
			continue;
		}
		delete_container(names.v[i]);
		r = tree_remove(dir, names.v[i], e);
	}
	return r;
}

/* Made under the store's lock, so that nobody takes a new directory for a dead one. */
static int open_bundle(struct image_runner *r, struct strv *alive, struct err **e)
{
	AUTO(mem) char *guard_path = xasprintf("%s/build", place_root());
	AUTO(mem) char *bundle = xasprintf("%s/build/run/%s", place_root(), r->id);
	AUTO(fd) int build_fd = -1, guard = -1;
	int err = dir_make(AT_FDCWD, guard_path, 0700, e);

	if (err == 0)
		err = build_fd = dir_open(AT_FDCWD, guard_path, e);
	if (err >= 0)
		err = guard = file_lock(build_fd, "run.lock", /* wait= */ true, e);
	if (err >= 0)
		err = clear_dead_builds(alive, e);
	if (err == 0)
		err = dir_make(AT_FDCWD, bundle, 0700, e);
	if (err == 0)
		err = r->bundle_fd = dir_open(AT_FDCWD, bundle, e);
	if (err >= 0)
		err = r->lock_fd = file_lock(r->bundle_fd, "lock", /* wait= */ true, e);
	if (err < 0)
		return err;
	strv_add(alive, r->id);
	r->bundle = TAKE_PTR(bundle);
	return 0;
}

static bool needs_network(const char *network)
{
	return !streq(network, "none") && !streq(network, "host");
}

/* One namespace serves all steps, unless they ask for different networks. */
static int open_network(struct image_runner *r, const char *network, struct strv *alive,
			struct err **e)
{
	int err;

	if (!needs_network(network) || streq(r->network, network))
		return 0;
	image_net_close(&r->net);
	free(TAKE_PTR(r->network));
	err = image_net_open(&r->net, r->id, network, alive, e);
	if (err == 0)
		r->network = xstrdup(network);
	return err;
}

static void set_process(struct json *config, const struct build_run *run, struct json *caps)
{
	struct json *p = json_set(config, "process", json_new_obj()), *list;

	json_set_bool(p, "terminal", false);
	json_set_str(json_set(p, "user", json_new_obj()), "username", *run->user ? run->user : "0");
	list = json_set(p, "args", json_new_arr());
	for (size_t i = 0; i < run->argv->n; i++)
		json_push_str(list, run->argv->v[i]);
	list = json_set(p, "env", json_new_arr());
	for (size_t i = 0; i < run->env->n; i++)
		json_push_str(list, run->env->v[i]);
	json_set_str(p, "cwd", run->cwd);
	json_set(p, "capabilities", caps);
	json_set_bool(p, "noNewPrivileges", false);
}

static void set_mounts(struct json *config, const struct image_runner *r,
		       const struct build_run *run)
{
	static const char *const etc[] = { "hosts", "hostname", "resolv.conf" };
	struct json *m =
		json_set(config, "mounts", spec_default_mounts(run->shm_size, run->privileged));

	for (size_t i = 0; i < ARRAY_LEN(etc); i++) {
		AUTO(mem) char *from = xasprintf("%s/%s", r->bundle, etc[i]);
		AUTO(mem) char *to = xasprintf("/etc/%s", etc[i]);

		spec_mount_add(m, to, "bind", from, "rbind", "rprivate", NULL);
	}
	for (size_t i = 0; i < run->n_mounts; i++) {
		const struct build_mount *b = &run->mounts[i];
		AUTO(mem)
		char *size = b->size > 0 ? xasprintf("size=%lld", (long long)b->size) : NULL;

		if (b->type == BUILD_MOUNT_TMPFS)
			spec_mount_add(m, b->target, "tmpfs", "tmpfs", "nosuid", "nodev", size,
				       NULL);
		else
			spec_mount_add(m, b->target, "bind", b->source, "rbind", "rprivate",
				       b->read_only ? "ro" : "rw", NULL);
	}
}

static void set_linux(struct json *config, const struct image_runner *r,
		      const struct build_run *run)
{
	struct json *l = json_set(config, "linux", json_new_obj()), *ns, *net;
	AUTO(mem) char *cgroup = xasprintf("compose/%s", r->id);

	ns = json_set(l, "namespaces",
		      spec_namespaces("pid", "mount", "ipc", "uts", "cgroup", NULL));
	if (!streq(run->network, "host")) {
		net = json_push(ns, json_new_obj());
		json_set_str(net, "type", "network");
		if (needs_network(run->network))
			json_set_str(net, "path", "/proc/self/fd/4");
	}
	json_set_str(l, "cgroupsPath", cgroup);
	json_set(json_set(l, "resources", json_new_obj()), "devices",
		 spec_device_rules(run->privileged));
	if (!run->privileged)
		spec_mask_paths(l);
}

static void set_annotations(struct json *config, const struct build_run *run)
{
	struct json *a = json_set(config, "annotations", json_new_obj());
	AUTO(json) struct json *overlay = json_new_obj();
	struct json *lower = json_set(overlay, "lower", json_new_arr());
	AUTO(mem) char *text = NULL;

	for (size_t i = run->lower->n; i-- > 0;)
		json_push_str(lower, run->lower->v[i]);
	json_set_str(overlay, "upper", run->upper);
	json_set_str(overlay, "work", run->work);
	text = json_print(overlay, false);
	json_set_str(a, "compose.overlay", text);
	json_set_str(a, "compose.seccomp", run->privileged ? "unconfined" : "default");
}

static int write_config(const struct image_runner *r, const struct build_run *run, struct err **e)
{
	static const struct strv none = STRV_INIT;
	AUTO(json) struct json *c = json_new_obj();
	AUTO(mem)
	char *rootfs = xasprintf("%s/containers/%s/rootfs", place_run(), r->id),
	     *text = NULL;
	struct json *caps;
	int err = spec_capabilities(&none, &none, run->privileged, &caps, e);

	if (err < 0)
		return err;
	json_set_str(c, "ociVersion", "1.1.0");
	json_set_str(json_set(c, "root", json_new_obj()), "path", rootfs);
	json_set_str(c, "hostname", hostname);
	set_process(c, run, caps);
	set_mounts(c, r, run);
	set_linux(c, r, run);
	set_annotations(c, run);
	text = json_print(c, false);
	return file_write(r->bundle_fd, "config.json", text, strlen(text), 0600,
			  /* durable= */ false, e);
}

/* Output until its end. A signal may come between the check and the wait: it is blocked but while
 * waiting. */
static int relay_output(int fd, const struct build_run *run, const sigset_t *waiting)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char block[16384];

	for (;;) {
		ssize_t n;

		if (image_cancelled)
			return -EINTR;
		if (ppoll(&p, 1, NULL, waiting) < 0)
			continue;
		n = read(fd, block, sizeof(block));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		run->output(run->output_arg, block, (size_t)n);
	}
}

static int run_runtime(struct image_runner *r, const struct build_run *run, struct err **e)
{
	char *const args[] = { (char *)"run", (char *)"--bundle", r->bundle, r->id, NULL };
	sigset_t blocked, before;
	AUTO(fd) int out = -1;
	int pair[2], err, code;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return err_sys(e, errno, "make a pipe");
	out = pair[0];
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &blocked, &before);
	err = runtime(args, (int[]){ -1, pair[1], pair[1], -1, r->net.netns }, 5, &pid, e);
	close(pair[1]);
	if (err == 0) {
		err = relay_output(out, run, &before);
		if (err < 0)
			delete_container(r->id);
		code = image_wait(pid);
		err = err < 0 ? err_set(e, EINTR, "cancelled") : code;
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return err;
}

int image_runner_run(void *arg, const struct build_run *run, struct err **e)
{
	struct image_runner *r = arg;
	AUTO(strv) struct strv alive = STRV_INIT;
	struct image_etc etc = { .hostname = hostname, .hosts = run->hosts };
	int err = r->bundle ? 0 : open_bundle(r, &alive, e);

	if (err == 0)
		err = open_network(r, run->network, &alive, e);
	if (err < 0)
		return err;
	etc.gateway = r->net.gateway;
	etc.is_host_network = streq(run->network, "host");
	err = image_etc_write(r->bundle_fd, &etc, e);
	if (err == 0)
		err = write_config(r, run, e);
	return err < 0 ? err : run_runtime(r, run, e);
}

void image_runner_close(struct image_runner *r)
{
	image_net_close(&r->net);
	if (r->bundle)
		delete_container(r->id);
	if (r->bundle)
		(void)tree_remove(AT_FDCWD, r->bundle, NULL);
	fd_close(&r->bundle_fd);
	fd_close(&r->lock_fd);
	free(r->bundle);
	free(r->network);
	image_runner_init(r);
}
