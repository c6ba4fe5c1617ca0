#include "compose/cmd/follow.h"

#include <errno.h>
#include <limits.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"

enum { FLUSH_AT = 64 << 10, PARTIAL_MAX = 1 << 20 };

int follow_init(struct follow *f, bool watch, struct err **e)
{
	memset(f, 0, sizeof(*f));
	f->inotify_fd = -1;
	if (!watch)
		return 0;
	f->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	return f->inotify_fd < 0 ? err_sys(e, errno, "watch log files") : 0;
}

static void source_free(struct source *s)
{
	logfile_close(s->file);
	buf_done(&s->partial[0]);
	buf_done(&s->partial[1]);
	free(s->id);
	free(s->service);
	free(s);
}

void follow_done(struct follow *f)
{
	while (f->first) {
		struct source *s = f->first;

		f->first = s->next;
		source_free(s);
	}
	f->last = NULL;
	logprefix_done(&f->prefix);
	fd_close(&f->inotify_fd);
	buf_done(&f->out);
	buf_done(&f->err);
}

struct source *follow_find(const struct follow *f, const char *id)
{
	for (struct source *s = f->first; s; s = s->next)
		if (streq(s->id, id))
			return s;
	return NULL;
}

static void watch(struct follow *f, struct source *s)
{
	if (f->inotify_fd < 0 || s->watch >= 0 || s->is_quiet)
		return;
	s->watch = inotify_add_watch(f->inotify_fd, logfile_dir(s->file),
				     IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
}

struct source *follow_add(struct follow *f, const char *id, const char *service, const char *name,
			  const char *dir)
{
	struct source *s = xcalloc(1, sizeof(*s));

	s->id = xstrdup(id);
	s->service = xstrdup(service);
	s->is_quiet = !name;
	s->name = name ? logprefix_name(&f->prefix, name) : NULL;
	s->file = logfile_open(dir);
	s->watch = -1;
	s->counts = true;
	if (f->last)
		f->last->next = s;
	else
		f->first = s;
	f->last = s;
	return s;
}

static void add_line(struct follow *f, struct source *s, int stream, int64_t time_ns,
		     const struct buf *text)
{
	struct buf *out = stream && f->split_streams ? &f->err : &f->out;

	logprefix_add(&f->prefix, s->name, out);
	if (f->timestamps) {
		AUTO(mem) char *time = time_format_rfc3339(time_ns, /* fixed= */ true);

		buf_addf(out, "%s ", time);
	}
	buf_add(out, text->p, text->n);
	if (text->n == 0 || text->p[text->n - 1] != '\n')
		buf_addch(out, '\n');
}

/* A record may hold a piece of a line, or several lines. */
static void take(struct follow *f, struct source *s, const struct logline *line)
{
	int stream = line->is_stderr;
	struct buf *part = &s->partial[stream];

	if (part->n == 0)
		s->partial_ns[stream] = line->time_ns;
	buf_add(part, line->text, line->n);
	if (line->n && line->text[line->n - 1] != '\n' && part->n < PARTIAL_MAX)
		return;
	add_line(f, s, stream, s->partial_ns[stream], part);
	buf_reset(part);
}

void follow_close_lines(struct follow *f, struct source *s)
{
	for (int stream = 0; stream < 2; stream++) {
		if (s->partial[stream].n == 0)
			continue;
		add_line(f, s, stream, s->partial_ns[stream], &s->partial[stream]);
		buf_reset(&s->partial[stream]);
	}
}

void follow_status(struct follow *f, struct source *s, const char *text)
{
	if (!s->is_quiet)
		logprefix_status(&f->prefix, s->name, text, &f->out);
}

static int write_out(int fd, struct buf *b, struct err **e)
{
	int r = fd_write_all(fd, b->p, b->n);

	buf_reset(b);
	return r < 0 ? err_sys(e, -r, "write the logs") : 0;
}

int follow_flush(struct follow *f, struct err **e)
{
	int r;

	if (f->on_write && f->out.n + f->err.n > 0)
		f->on_write(f->ctx);
	r = write_out(STDOUT_FILENO, &f->out, e);

	return r < 0 ? r : write_out(STDERR_FILENO, &f->err, e);
}

static bool is_shown(const struct follow *f, const struct source *s, const struct logline *line)
{
	return line->time_ns >= s->since_ns && (!f->until_ns || line->time_ns <= f->until_ns);
}

int follow_drain(struct follow *f, struct source *s, struct err **e)
{
	struct logline line;
	int r;

	if (s->is_quiet)
		return 0;
	watch(f, s); /* the directory may have been made meanwhile */
	while ((r = logfile_next(s->file, &line, e)) > 0) {
		if (is_shown(f, s, &line))
			take(f, s, &line);
		if (f->out.n + f->err.n > FLUSH_AT) {
			r = follow_flush(f, e);
			if (r < 0)
				return r;
		}
	}
	return r;
}

/* ---- merging by time ---- */

struct head {
	struct source *s;
	struct logline line;
	bool has_line;
};

static int head_next(const struct follow *f, struct head *h, struct err **e)
{
	int r;

	h->has_line = false;
	while ((r = logfile_next(h->s->file, &h->line, e)) > 0) {
		if (!is_shown(f, h->s, &h->line))
			continue;
		h->has_line = true;
		return 0;
	}
	return r;
}

static struct head *earliest(struct head *v, size_t n)
{
	struct head *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (v[i].has_line && (!best || v[i].line.time_ns < best->line.time_ns))
			best = &v[i];
	return best;
}

static int merge_heads(struct follow *f, struct head *v, size_t n, struct err **e)
{
	struct head *h;
	int r = 0;

	while ((h = earliest(v, n)) && r == 0) {
		take(f, h->s, &h->line);
		r = head_next(f, h, e);
		if (r == 0 && f->out.n + f->err.n > FLUSH_AT)
			r = follow_flush(f, e);
	}
	return r;
}

int follow_merge(struct follow *f, struct err **e)
{
	AUTO(mem) struct head *v = NULL;
	size_t n = 0;
	int r = 0;

	for (struct source *s = f->first; s; s = s->next)
		n++;
	v = xcalloc(n + 1, sizeof(*v));
	n = 0;
	for (struct source *s = f->first; s && r == 0; s = s->next) {
		v[n].s = s;
		r = head_next(f, &v[n++], e);
	}
	if (r == 0)
		r = merge_heads(f, v, n, e);
	return r;
}

/* ---- following ---- */

static struct source *by_watch(const struct follow *f, int wd)
{
	for (struct source *s = f->first; s; s = s->next)
		if (s->watch == wd)
			return s;
	return NULL;
}

static int drain_all(struct follow *f, struct err **e)
{
	int r = 0;

	for (struct source *s = f->first; s && r == 0; s = s->next)
		r = follow_drain(f, s, e);
	return r;
}

static int drain_events(struct follow *f, const char *p, size_t n, struct err **e)
{
	struct source *last = NULL;
	int r = 0;

	while (n >= sizeof(struct inotify_event) && r == 0) {
		struct inotify_event ev;
		struct source *s;

		memcpy(&ev, p, sizeof(ev));
		p += sizeof(ev) + ev.len;
		n -= sizeof(ev) + ev.len;
		if (ev.mask & IN_Q_OVERFLOW)
			return drain_all(f, e);
		s = by_watch(f, ev.wd);
		if (s && (ev.mask & IN_IGNORED))
			s->watch = -1;
		else if (s && s != last)
			r = follow_drain(f, s, e);
		last = s;
	}
	return r;
}

int follow_ready(struct follow *f, struct err **e)
{
	char events[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = read(f->inotify_fd, events, sizeof(events))) > 0)
		r = drain_events(f, events, (size_t)n, e);
	return r < 0 ? r : follow_flush(f, e);
}
