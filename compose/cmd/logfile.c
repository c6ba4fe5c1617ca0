#include "compose/cmd/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"

enum { CHUNK = 64 << 10, LINE_MAX_BYTES = 4 << 20 };
#define LOG_NAME "json.log"

struct logfile {
	char *dir;
	int fd;         /* the file being read, -1 = none opened yet */
	struct buf raw; /* read, not yet handed out; raw.p + used is the next byte */
	size_t used;
	struct json *record; /* the one whose text was handed out */
	bool skip_line;      /* the rest of a line that is too long */
};

struct logfile *logfile_open(const char *dir)
{
	struct logfile *l = xcalloc(1, sizeof(*l));

	l->dir = xstrdup(dir);
	l->fd = -1;
	return l;
}

void logfile_close(struct logfile *l)
{
	if (!l)
		return;
	fd_close(&l->fd);
	buf_done(&l->raw);
	json_free(l->record);
	free(l->dir);
	free(l);
}

const char *logfile_dir(const struct logfile *l)
{
	return l->dir;
}

/* age 0 is the file being written. */
static int open_age(const struct logfile *l, unsigned age)
{
	AUTO(mem) char *path = age ? xasprintf("%s/%s.%u", l->dir, LOG_NAME, age)
				   : xasprintf("%s/%s", l->dir, LOG_NAME);

	return open(path, O_RDONLY | O_CLOEXEC);
}

static unsigned oldest_age(const struct logfile *l)
{
	unsigned age = 0;

	for (;;) {
		AUTO(fd) int fd = open_age(l, age + 1);

		if (fd < 0)
			return age;
		age++;
	}
}

static void start_at(struct logfile *l, int fd, off_t offset)
{
	fd_close(&l->fd);
	l->fd = fd;
	buf_reset(&l->raw);
	l->used = 0;
	l->skip_line = false;
	if (fd >= 0)
		(void)lseek(fd, offset, SEEK_SET);
}

void logfile_from_start(struct logfile *l)
{
	start_at(l, open_age(l, oldest_age(l)), 0);
}

void logfile_from_end(struct logfile *l)
{
	int fd = open_age(l, 0);
	struct stat st;

	start_at(l, fd, fd >= 0 && fstat(fd, &st) == 0 ? st.st_size : 0);
}

/* Offset of the line that is the *n-th from the end of fd; *n becomes what is still missing. */
static off_t find_tail(int fd, size_t *n)
{
	AUTO(mem) char *chunk = xmalloc(CHUNK);
	struct stat st;
	off_t end = fstat(fd, &st) == 0 ? st.st_size : 0;

	while (end > 0) {
		off_t start = end > CHUNK ? end - CHUNK : 0;
		ssize_t got = pread(fd, chunk, (size_t)(end - start), start);

		for (ssize_t i = got; i-- > 0;) {
			/* The newline at the very end closes the last line, it starts none. */
			if (chunk[i] != '\n' || start + i == st.st_size - 1)
				continue;
			if (--*n == 0)
				return start + i + 1;
		}
		if (got <= 0)
			return 0;
		end = start;
	}
	if (st.st_size > 0)
		--*n;
	return 0;
}

void logfile_from_tail(struct logfile *l, size_t n)
{
	unsigned oldest;

	if (n == 0) {
		logfile_from_end(l);
		return;
	}
	oldest = oldest_age(l);
	for (unsigned age = 0; age <= oldest; age++) {
		int fd = open_age(l, age);

		if (fd < 0)
			continue;
		start_at(l, fd, find_tail(fd, &n));
		if (n == 0)
			return;
	}
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

/* The file after the one being read, -1 when that is the newest. */
static int open_newer(const struct logfile *l)
{
	unsigned oldest = oldest_age(l);
	int newer = -1;

	for (unsigned age = 0; age <= oldest; age++) {
		int fd = open_age(l, age);

		if (fd < 0)
			continue;
		if (l->fd >= 0 && same_file(fd, l->fd)) {
			(void)close(fd);
			return newer;
		}
		fd_close(&newer);
		newer = fd;
	}
	/* The one being read is gone: what is left is all newer, the oldest comes next. */
	return newer;
}

static ssize_t read_more(struct logfile *l)
{
	ssize_t n;

	if (l->used == l->raw.n) {
		buf_reset(&l->raw);
		l->used = 0;
	} else if (l->used > CHUNK) {
		buf_consume(&l->raw, l->used);
		l->used = 0;
	}
	do
		n = read(l->fd, buf_space(&l->raw, CHUNK), CHUNK);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		buf_commit(&l->raw, (size_t)n);
	return n < 0 ? -errno : n;
}

/* More bytes of this file or of the next: 1, or 0 when there are none yet. */
static int fill(struct logfile *l)
{
	ssize_t n = l->fd >= 0 ? read_more(l) : 0;
	int newer;

	if (n != 0)
		return n < 0 ? (int)n : 1;
	newer = open_newer(l);
	if (newer < 0)
		return 0;
	/* Written between the read above and the rotation. */
	n = l->fd >= 0 ? read_more(l) : 0;
	if (n != 0) {
		(void)close(newer);
		return n < 0 ? (int)n : 1;
	}
	start_at(l, newer, 0);
	return 1;
}

static bool take_record(struct logfile *l, const char *p, size_t n, struct logline *ret)
{
	const char *text, *time;

	json_free(l->record);
	l->record = NULL;
	if (json_parse(p, n, &l->record, NULL) < 0)
		return false;
	text = json_text(json_get(l->record, "log"));
	time = json_text(json_get(l->record, "time"));
	if (!text)
		return false;
	*ret = (struct logline){
		.is_stderr = streq(json_str(l->record, "stream", ""), "stderr"),
		.text = text,
		.n = strlen(text),
	};
	if (time)
		(void)time_parse_rfc3339(time, &ret->time_ns);
	return true;
}

int logfile_next(struct logfile *l, struct logline *ret, struct err **e)
{
	int r;

	for (;;) {
		char *start = l->raw.p ? l->raw.p + l->used : NULL;
		char *end = start ? memchr(start, '\n', l->raw.n - l->used) : NULL;
		bool skip = l->skip_line;

		if (end) {
			l->used += (size_t)(end - start) + 1;
			l->skip_line = false;
			if (!skip && take_record(l, start, (size_t)(end - start), ret))
				return 1;
			continue;
		}
		if (l->raw.n - l->used > LINE_MAX_BYTES) {
			l->skip_line = true;
			l->used = l->raw.n;
		}
		r = fill(l);
		if (r < 0)
			return err_sys(e, -r, "read the log %s", l->dir);
		if (r == 0)
			return 0;
	}
}
