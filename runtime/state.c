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

enum { ID_MAX = 1024 };

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
	*ret = s;
	s = (struct state)STATE_INIT;
	return 0;
}

/* RFC 8259 section 7. */
static void put_text(struct buf *b, const char *s)
{
	buf_addch(b, '"');
	for (; *s; s++) {
		unsigned char ch = (unsigned char)*s;

		if (ch == '"' || ch == '\\')
			buf_addf(b, "\\%c", ch);
		else if (ch < 0x20)
			buf_addf(b, "\\u%04x", ch);
		else
			buf_addch(b, (char)ch);
	}
	buf_addch(b, '"');
}

/* One member in front of the closing brace; pretty: on a line of its own. */
static void put_key(struct buf *b, const char *key, bool pretty, int depth)
{
	if (b->p[b->n - 1] != '{')
		buf_addch(b, ',');
	if (pretty)
		buf_addf(b, "\n%.*s", depth, "\t\t");
	put_text(b, key);
	buf_addstr(b, pretty ? ":\t" : ":");
}

static void put_str(struct buf *b, const char *key, const char *value, bool pretty)
{
	put_key(b, key, pretty, 1);
	put_text(b, value ? value : "");
}

static void put_annotations(struct buf *b, const struct state *s, bool pretty)
{
	put_key(b, "annotations", pretty, 1);
	buf_addch(b, '{');
	for (size_t i = 0; i + 1 < s->annotations.n; i += 2) {
		put_key(b, s->annotations.v[i], pretty, 2);
		put_text(b, s->annotations.v[i + 1]);
	}
	buf_addstr(b, pretty && s->annotations.n ? "\n\t}" : "}");
}

void state_describe(struct state *s, const char *bundle, const char *rootfs,
		    const struct json *annotations)
{
	free(s->bundle);
	free(s->rootfs);
	s->bundle = xstrdup(bundle);
	s->rootfs = xstrdup(rootfs);
	strv_done(&s->annotations);
	JSON_EACH(a, annotations) {
		if (!json_text(a))
			continue;
		strv_add(&s->annotations, json_key(a));
		strv_add(&s->annotations, json_text(a));
	}
}

int state_write(struct state *s, struct err **e)
{
	AUTO(buf) struct buf b = BUF_INIT;

	if (!s->created)
		s->created = time_format_rfc3339(clock_wall_ns(), false);
	buf_addch(&b, '{');
	put_str(&b, "ociVersion", RUNTIME_OCI_VERSION, false);
	put_str(&b, "id", s->id, false);
	put_key(&b, "pid", false, 1);
	buf_addf(&b, "%d", (int)s->pid);
	put_str(&b, "bundle", s->bundle, false);
	put_str(&b, "rootfs", s->rootfs, false);
	put_str(&b, "created", s->created, false);
	put_key(&b, "startTime", false, 1);
	buf_addf(&b, "%llu", (unsigned long long)s->start_time);
	put_annotations(&b, s, false);
	buf_addch(&b, '}');
	s->is_written = true;
	return file_write(s->dir, RUNTIME_STATE_NAME, b.p, b.n, 0600, /* durable= */ false, e);
}

enum state_status state_status(const struct state *s)
{
	if (s->pid == 0)
		return s->is_written ? STATE_CREATING : STATE_STOPPED;
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
	AUTO(buf) struct buf b = BUF_INIT;

	buf_addch(&b, '{');
	put_str(&b, "ociVersion", RUNTIME_OCI_VERSION, true);
	put_str(&b, "id", s->id, true);
	put_str(&b, "status", status, true);
	put_key(&b, "pid", true, 1);
	buf_addf(&b, "%d", streq(status, "stopped") ? 0 : (int)s->pid);
	put_str(&b, "bundle", s->bundle, true);
	put_str(&b, "rootfs", s->rootfs, true);
	put_str(&b, "created", s->created, true);
	put_str(&b, "owner", "", true);
	put_annotations(&b, s, true);
	buf_addstr(&b, "\n}");
	return buf_take(&b);
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
	free(s->bundle);
	free(s->rootfs);
	free(s->created);
	strv_done(&s->annotations);
	cgroup_free(s->cgroup);
	*s = (struct state)STATE_INIT;
}
