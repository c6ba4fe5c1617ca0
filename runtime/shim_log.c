#include "runtime/shim_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/shim_text.h"

/* A record of a full line whose every byte is escaped, and room to gather small ones. */
enum { OUT_MAX = 131072, RECORD_MAX = SHIM_LOG_LINE_MAX * 6 + 256, PAGE = 4096 };

static char out[OUT_MAX] __attribute__((aligned(PAGE)));
static struct text gathered = { .p = out, .cap = OUT_MAX };

int shim_log_open(struct shim_log *l, char *path, int64_t max_size, int max_files)
{
	char *slash = strrchr(path, '/');
	struct stat st;

	*l = (struct shim_log){ .dir = -1, .fd = -1, .max_size = max_size, .max_files = max_files };
	if (slash)
		*slash = '\0';
	l->dir = open(slash ? (slash == path ? "/" : path) : ".",
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (slash)
		*slash = '/';
	if (l->dir < 0)
		return -errno;
	l->name = slash ? slash + 1 : path;
	l->fd = openat(l->dir, l->name,
		       O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (l->fd < 0 || fstat(l->fd, &st) < 0)
		return -errno;
	l->size = st.st_size;
	return 0;
}

void shim_log_close(struct shim_log *l)
{
	if (l->fd >= 0)
		close(l->fd);
	if (l->dir >= 0)
		close(l->dir);
	l->fd = l->dir = -1;
}

/* name.N-1 becomes name.N and so on up to the live file, which becomes name.1. */
static void shift_files(const struct shim_log *l)
{
	for (int i = l->max_files - 1; i >= 1; i--) {
		char from[256], to[256];
		struct text a = TEXT_OF(from), b = TEXT_OF(to);

		text_str(&a, l->name);
		text_str(&b, l->name);
		if (i > 1) {
			text_str(&a, ".");
			text_int(&a, i - 1);
		}
		text_str(&b, ".");
		text_int(&b, i);
		(void)renameat(l->dir, from, l->dir, to);
	}
}

/* When the new file cannot be made the old one goes on: over the limit beats losing output. */
static void rotate(struct shim_log *l)
{
	int fd;

	if (l->max_files > 1)
		shift_files(l);
	else
		(void)unlinkat(l->dir, l->name, 0);
	fd = openat(l->dir, l->name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		    0640);
	if (fd < 0)
		return;
	close(l->fd);
	l->fd = fd;
	l->size = 0;
}

static unsigned count_records(size_t n)
{
	unsigned count = 0;

	for (size_t i = 0; i < n; i++)
		count += out[i] == '\n';
	return count;
}

/* Writes the first n gathered bytes, all or nothing. */
static void flush(struct shim_log *l, size_t n)
{
	int r = n ? write_whole(l->fd, out, n) : 0;

	if (r == 0) {
		l->size += (int64_t)n;
	} else {
		l->dropped += count_records(n);
		(void)!ftruncate(l->fd, l->size);
	}
	memmove(out, out + n, gathered.n - n);
	gathered.n -= n;
}

/* Length of the valid UTF-8 sequence at p, 0 for none. */
static size_t sequence(const unsigned char *p, size_t n)
{
	size_t len = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : *p >= 0xe0 && *p < 0xf0 ? 3 :
		     *p >= 0xf0 && *p < 0xf5 ? 4 : 0;

	if (len == 0 || len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, beyond U+10FFFF. */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

static void escape_ascii(unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char code[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	if (c == '"' || c == '\\') {
		char two[2] = { '\\', (char)c };

		text_bytes(&gathered, two, 2);
	} else if (c == '\n') {
		text_bytes(&gathered, "\\n", 2);
	} else if (c == '\r') {
		text_bytes(&gathered, "\\r", 2);
	} else {
		text_bytes(&gathered, code, 6);
	}
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

static void escape(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + n;

	while (p < end) {
		const unsigned char *start = p;
		size_t len;

		while (p < end && is_plain(*p))
			p++;
		text_bytes(&gathered, (const char *)start, (size_t)(p - start));
		if (p == end)
			return;
		len = sequence(p, (size_t)(end - p));
		if (len == 1)
			escape_ascii(*p);
		else if (len == 0)
			text_bytes(&gathered, "\\ufffd", 6);
		else if (len == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] | 1) == 0xa9)
			text_bytes(&gathered, p[2] == 0xa8 ? "\\u2028" : "\\u2029", 6);
		else
			text_bytes(&gathered, (const char *)p, len);
		p += len ? len : 1;
	}
}

static void add_record(struct shim_log *l, const char *stream, const char *p, size_t n,
		       const char *stamp)
{
	size_t start;

	if (gathered.n + RECORD_MAX > OUT_MAX)
		flush(l, gathered.n);
	start = gathered.n;
	text_bytes(&gathered, "{\"log\":\"", 8);
	escape(p, n);
	text_bytes(&gathered, "\",\"stream\":\"", 12);
	text_str(&gathered, stream);
	text_bytes(&gathered, "\",\"time\":\"", 10);
	text_str(&gathered, stamp);
	text_bytes(&gathered, "\"}\n", 3);
	if (l->max_size && l->size + (int64_t)gathered.n > l->max_size &&
	    l->size + (int64_t)start > 0) {
		flush(l, start);
		rotate(l);
	}
}

/* Pages that only a burst needed go back. */
static void shrink(size_t used)
{
	if (used > 2 * PAGE)
		(void)madvise(out + PAGE, OUT_MAX - PAGE, MADV_DONTNEED);
}

/* A line that came in pieces is put together first: a character cut by a read would not be valid in
 * either piece. */
static void add_line(struct shim_log *l, struct shim_line *line, const char *stream, const char *p,
		     size_t n, const char *stamp)
{
	if (!line->n) {
		add_record(l, stream, p, n, stamp);
		return;
	}
	memcpy(line->bytes + line->n, p, n);
	add_record(l, stream, line->bytes, line->n + n, stamp);
	line->n = 0;
}

void shim_log_add(struct shim_log *l, struct shim_line *line, const char *stream, const char *p,
		  size_t n, int64_t wall_ns)
{
	char when[40];
	struct text stamp = TEXT_OF(when);
	size_t used = 0;

	if (l->fd < 0)
		return;
	text_time(&stamp, wall_ns);
	while (n) {
		size_t room = SHIM_LOG_LINE_MAX - line->n;
		const char *end = memchr(p, '\n', n < room ? n : room);
		size_t len = end ? (size_t)(end - p) + 1 : n < room ? n : room;

		if (end || len == room) {
			add_line(l, line, stream, p, len, when);
		} else {
			memcpy(line->bytes + line->n, p, len);
			line->n += len;
		}
		p += len;
		n -= len;
		used = gathered.n > used ? gathered.n : used;
	}
	flush(l, gathered.n);
	shrink(used);
}

void shim_log_end(struct shim_log *l, struct shim_line *line, const char *stream, int64_t wall_ns)
{
	char when[40];
	struct text stamp = TEXT_OF(when);

	if (l->fd < 0 || !line->n)
		return;
	text_time(&stamp, wall_ns);
	add_record(l, stream, line->bytes, line->n, when);
	line->n = 0;
	flush(l, gathered.n);
}
