#include "runtime/state.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "runtime/runtime.h"

enum { STATE_FILE_MAX = 4 << 20 };

static int load_cgroup(struct state *s, struct err **e)
{
	AUTO(buf) struct buf b = BUF_INIT;
	int r = file_read(s->dir, RUNTIME_CGROUPS_NAME, STATE_FILE_MAX, &b, NULL);

	/* It is missing when create ended before there was a cgroup. */
	return cgroup_parse(r < 0 ? "" : buf_str(&b), &s->cgroup, e);
}

static void take_fields(struct state *s, const struct json *json)
{
	const char *created = json_str(json, "created", NULL);

	state_describe(s, json_str(json, "bundle", ""), json_str(json, "rootfs", ""),
		       json_get(json, "annotations"));
	s->created = created ? xstrdup(created) : NULL;
	s->pid = (pid_t)json_int(json, "pid", 0);
	s->start_time = (uint64_t)json_int(json, "startTime", 0);
	s->is_written = json_len(json) > 0;
}

int state_load_any(const char *root, const char *id, struct state *ret, struct err **e)
{
	AUTO(state) struct state s = STATE_INIT;
	AUTO(json) struct json *json = NULL;
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
	if (b.n)
		r = json_parse(buf_str(&b), b.n, &json, e);
	if (r == 0)
		r = load_cgroup(&s, e);
	if (r < 0)
		return err_wrap(e, "state of container \"%s\"", id);
	take_fields(&s, json);
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
	if (!s.is_written)
		return err_set(e, ENOENT, "container \"%s\" does not exist", id);
	*ret = s;
	s = (struct state)STATE_INIT;
	return 0;
}
