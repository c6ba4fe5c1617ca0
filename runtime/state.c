#include "runtime/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fdio.h"
#include "base/num.h"
#include "runtime/runtime.h"

enum { ID_MAX = 1024, STATE_FILE_MAX = 4 << 20 };

int state_check_id(const char *id, struct err **e)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_+-.";

	if (!*id || strlen(id) > ID_MAX || *id == '.' || strspn(id, allowed) != strlen(id))
		return err_set(e, EINVAL, "invalid character or length in container ID \"%s\"", id);
	return 0;
}

uint64_t process_start_time(pid_t pid)
{
	char path[48], text[1024];
	AUTO(fd) int fd = -1;
	struct str rest;
	ssize_t n;
	char *close_paren;
	uint64_t v = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	/* The name may contain anything; the last ')' ends it. */
	close_paren = strrchr(text, ')');
	if (!close_paren || close_paren[1] != ' ' || close_paren[2] == 'Z' || close_paren[2] == 'X')
		return 0;
	rest = str_of(close_paren + 2);
	for (int i = 3; i < 22; i++)
		(void)str_cut(&rest, ' ');
	{
		AUTO(mem) char *field = str_dup(str_cut(&rest, ' '));

		(void)num_parse_u64(field, UINT64_MAX, &v);
	}
	return v;
}

static int open_root(const char *root, bool make, struct err **e)
{
	int r = make ? dir_make(AT_FDCWD, root, 0700, e) : 0;

	return r < 0 ? r : dir_open(AT_FDCWD, root, e);
}

int state_reserve(const char *root, const char *id, struct state *ret, struct err **e)
{
	AUTO(state) struct state s = STATE_INIT;
	AUTO(fd) int mark = -1;

	s.id = xstrdup(id);
	s.root = open_root(root, /* make= */ true, e);
	if (s.root < 0)
		return s.root;
	if (mkdirat(s.root, id, 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, "create state directory %s/%s", root, id);
	s.dir = dir_open(s.root, id, e);
	if (s.dir < 0)
		return s.dir;
	/* Whoever makes the file first owns the name; a shim's directory may be there before. */
	mark = openat(s.dir, RUNTIME_STATE_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (mark < 0 && errno == EEXIST)
		return err_set(e, EEXIST, "container with id \"%s\" already exists", id);
	if (mark < 0)
		return err_sys(e, errno, "create %s/%s/%s", root, id, RUNTIME_STATE_NAME);
	s.json = json_new_obj();
	*ret = s;
	s = (struct state)STATE_INIT;
	return 0;
}

int state_write(struct state *s, const char *bundle, const char *rootfs,
		const struct json *annotations, struct err **e)
{
	AUTO(mem) char *text = NULL;
	AUTO(mem) char *now = time_format_rfc3339(clock_wall_ns(), false);

	json_set_str(s->json, "ociVersion", RUNTIME_OCI_VERSION);
	json_set_str(s->json, "id", s->id);
	json_set_int(s->json, "pid", s->pid);
	json_set_str(s->json, "bundle", bundle);
	json_set_str(s->json, "rootfs", rootfs);
	if (!json_get(s->json, "created"))
		json_set_str(s->json, "created", now);
	json_set_int(s->json, "startTime", (int64_t)s->start_time);
	json_set(s->json, "annotations", annotations ? json_dup(annotations) : json_new_obj());
	text = json_print(s->json, false);
	return file_write(s->dir, RUNTIME_STATE_NAME, text, strlen(text), 0600,
			  /* durable= */ false, e);
}

static int load_cgroup(struct state *s, struct err **e)
{
	AUTO(buf) struct buf b = BUF_INIT;
	int r = file_read(s->dir, RUNTIME_CGROUPS_NAME, STATE_FILE_MAX, &b, NULL);

	/* It is missing when create ended before there was a cgroup. */
	return cgroup_parse(r < 0 ? "" : buf_str(&b), &s->cgroup, e);
}

int state_load_any(const char *root, const char *id, struct state *ret, struct err **e)
{
	AUTO(state) struct state s = STATE_INIT;
	AUTO(buf) struct buf b = BUF_INIT;
	int r;

	s.id = xstrdup(id);
	s.root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s.root >= 0)
		s.dir = openat(s.root, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s.dir < 0 || faccessat(s.dir, RUNTIME_STATE_NAME, F_OK, 0) < 0) {
		if (errno != ENOENT)
			return err_sys(e, errno, "open the state of container \"%s\"", id);
		return err_set(e, ENOENT, "container \"%s\" does not exist", id);
	}
	r = file_read(s.dir, RUNTIME_STATE_NAME, STATE_FILE_MAX, &b, e);
	if (r < 0)
		return r;
	/* Empty: reserved, nothing made yet. */
	if (b.n == 0)
		s.json = json_new_obj();
	else
		r = json_parse(buf_str(&b), b.n, &s.json, e);
	if (r == 0)
		r = load_cgroup(&s, e);
	if (r < 0)
		return err_wrap(e, "state of container \"%s\"", id);
	s.pid = (pid_t)json_int(s.json, "pid", 0);
	s.start_time = (uint64_t)json_int(s.json, "startTime", 0);
	*ret = s;
	s = (struct state)STATE_INIT;
	return 0;
}

int state_load(const char *root, const char *id, struct state *ret, struct err **e)
{
	AUTO(state) struct state s = STATE_INIT;
	int r = state_load_any(root, id, &s, e);

	if (r < 0)
		return r;
	if (!json_len(s.json))
		return err_set(e, ENOENT, "container \"%s\" does not exist", id);
	*ret = s;
	s = (struct state)STATE_INIT;
	return 0;
}

enum state_status state_status(const struct state *s)
{
	if (s->pid == 0)
		return json_len(s->json) ? STATE_CREATING : STATE_STOPPED;
	if (process_start_time(s->pid) != s->start_time)
		return STATE_STOPPED;
	if (faccessat(s->dir, RUNTIME_FIFO_NAME, F_OK, 0) == 0)
		return STATE_CREATED;
	if (s->cgroup && cgroup_is_frozen(s->cgroup))
		return STATE_PAUSED;
	return STATE_RUNNING;
}

const char *state_status_name(enum state_status st)
{
	static const char *const names[] = {
		[STATE_CREATING] = "creating", [STATE_CREATED] = "created",
		[STATE_RUNNING] = "running",   [STATE_PAUSED] = "paused",
		[STATE_STOPPED] = "stopped",
	};

	return names[st];
}

char *state_text(const struct state *s, const char *status)
{
	AUTO(json) struct json *out = json_new_obj();
	bool stopped = streq(status, "stopped");

	json_set_str(out, "ociVersion", RUNTIME_OCI_VERSION);
	json_set_str(out, "id", s->id);
	json_set_str(out, "status", status);
	json_set_int(out, "pid", stopped ? 0 : s->pid);
	json_set_str(out, "bundle", json_str(s->json, "bundle", ""));
	json_set_str(out, "rootfs", json_str(s->json, "rootfs", ""));
	json_set_str(out, "created", json_str(s->json, "created", ""));
	json_set_str(out, "owner", "");
	if (json_get(s->json, "annotations"))
		json_set(out, "annotations", json_dup(json_get(s->json, "annotations")));
	return json_print(out, true);
}

int state_pidfd(const struct state *s, struct err **e)
{
	AUTO(fd) int fd = -1;

	if (s->pid <= 0)
		return err_set(e, ESRCH, "container \"%s\" is not running", s->id);
	fd = (int)syscall(SYS_pidfd_open, s->pid, 0);
	/* The check comes second: a pid that was right while the descriptor existed is the right one. */
	if (fd < 0 || process_start_time(s->pid) != s->start_time)
		return err_set(e, ESRCH, "container \"%s\" is not running", s->id);
	return TAKE_FD(fd);
}

int state_remove(struct state *s, struct err **e)
{
	return tree_remove(s->root, s->id, e);
}

void state_done(struct state *s)
{
	free(s->id);
	fd_close(&s->root);
	fd_close(&s->dir);
	json_free(s->json);
	cgroup_free(s->cgroup);
	*s = (struct state)STATE_INIT;
}
