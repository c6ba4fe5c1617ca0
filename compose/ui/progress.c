/*
 * Normally events arrive, change their task, and on a terminal a frame is drawn at most every 100 ms.
 * The other modes write each event at once. Ending draws the last frame whatever the time.
 *
 * When the terminal cannot be written to, output is dropped: progress never makes a command fail.
 */
#include "compose/ui/progress.h"

#include <string.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "compose/ui/frame.h"
#include "compose/ui/jsontext.h"
#include "compose/ui/term.h"

enum { FRAME_MS = 100 };

struct progress {
	struct progress_options opt;
	struct frame frame;
	bool running; /* an operation is drawn as a block */
	bool dirty;
	bool hide_start;
	int64_t last_ns; /* of the last frame */
};

static int64_t now_ns(const struct progress *p)
{
	return p->opt.now ? p->opt.now() : clock_mono_ns();
}

struct progress *progress_new(const struct progress_options *opt)
{
	struct progress *p = xcalloc(1, sizeof(*p));

	p->opt = *opt;
	p->frame.color = opt->color;
	p->last_ns = now_ns(p);
	if (opt->operation)
		progress_begin(p, opt->operation);
	return p;
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	progress_end(p);
	frame_done(&p->frame);
	free(p);
}

void progress_hide_start(struct progress *p)
{
	p->hide_start = true;
}

enum progress_mode progress_mode_of(const struct progress *p)
{
	return p->opt.mode;
}

void progress_begin(struct progress *p, const char *operation)
{
	progress_end(p);
	frame_reset(&p->frame, operation);
	p->running = true;
	p->last_ns = now_ns(p);
}

static void put(const struct progress *p, struct buf *out)
{
	(void)fd_write_all(p->opt.fd, out->p, out->n);
	buf_reset(out);
}

static void draw(struct progress *p)
{
	AUTO(buf) struct buf out = BUF_INIT;
	struct term_size size = term_size(p->opt.fd);

	if (p->opt.rows)
		size = (struct term_size){ (uint16_t)p->opt.rows, (uint16_t)p->opt.cols };
	p->last_ns = now_ns(p);
	p->dirty = false;
	if (p->frame.n == 0)
		return;
	frame_draw(&p->frame, size, p->last_ns, &out);
	put(p, &out);
}

void progress_tick(struct progress *p)
{
	if (p->opt.mode == PROGRESS_TTY && p->running && progress_timeout_ms(p) == 0)
		draw(p);
}

int progress_timeout_ms(const struct progress *p)
{
	int64_t left;

	if (p->opt.mode != PROGRESS_TTY || !p->running || p->frame.n == 0)
		return -1;
	if (!p->dirty && !frame_is_working(&p->frame))
		return -1;
	left = FRAME_MS - (now_ns(p) - p->last_ns) / 1000000;
	return left > 0 ? (int)left : 0;
}

void progress_end(struct progress *p)
{
	if (p->running && p->opt.mode == PROGRESS_TTY)
		draw(p);
	p->running = false;
}

void progress_interrupt(struct progress *p)
{
	p->frame.lines_drawn = 0;
}

static const char *const status_names[] = { "Working", "Done", "Warning", "Error" };

static void write_plain(struct progress *p, const struct progress_event *ev)
{
	AUTO(buf) struct buf out = BUF_INIT;

	buf_addf(&out, "%s %s %s %s\n", p->opt.dry_run ? " DRY-RUN MODE - " : "", ev->id, ev->text,
		 ev->details ? ev->details : "");
	put(p, &out);
}

static void json_member(struct buf *out, const char *key, const char *text)
{
	if (!text || !*text)
		return;
	buf_addf(out, "%s\"%s\":", out->n > 1 ? "," : "", key);
	jsontext_string(out, text);
}

static void json_number(struct buf *out, const char *key, int64_t v)
{
	if (v)
		buf_addf(out, "%s\"%s\":%lld", out->n > 1 ? "," : "", key, (long long)v);
}

static void write_json(struct progress *p, const struct progress_event *ev)
{
	AUTO(buf) struct buf out = BUF_INIT;

	buf_addch(&out, '{');
	if (p->opt.dry_run)
		buf_addstr(&out, "\"dry-run\":true");
	json_member(&out, "id", ev->id);
	json_member(&out, "parent_id", ev->parent);
	json_member(&out, "status", status_names[ev->status]);
	json_member(&out, "text", ev->text);
	json_member(&out, "details", ev->details);
	json_number(&out, "current", ev->current);
	json_number(&out, "total", ev->total);
	json_number(&out, "percent", ev->percent);
	buf_addstr(&out, "}\n");
	put(p, &out);
}

/* A terminal outside an operation. */
static void write_single(struct progress *p, const struct progress_event *ev)
{
	static const char *const colors[] = { "32", "32", "33", "31" };
	AUTO(buf) struct buf out = BUF_INIT;

	if (p->opt.color)
		buf_addf(&out, "%s \033[%sm%s\033[0m %s\n", ev->id, colors[ev->status], ev->text,
			 ev->details ? ev->details : "");
	else
		buf_addf(&out, "%s %s %s\n", ev->id, ev->text, ev->details ? ev->details : "");
	put(p, &out);
}

static void on_terminal(struct progress *p, const struct progress_event *ev)
{
	if (p->hide_start && (streq(ev->text, "Starting") || streq(ev->text, "Started")))
		return;
	if (!p->running) {
		write_single(p, ev);
		return;
	}
	frame_event(&p->frame, ev, now_ns(p));
	p->dirty = true;
	progress_tick(p);
}

void progress_event(struct progress *p, const struct progress_event *ev)
{
	switch (p->opt.mode) {
	case PROGRESS_TTY:
		on_terminal(p, ev);
		break;
	case PROGRESS_PLAIN:
		write_plain(p, ev);
		break;
	case PROGRESS_JSON:
		write_json(p, ev);
		break;
	case PROGRESS_QUIET:
		break;
	}
}

static enum progress_status status_parse(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(status_names); i++)
		if (streq(name, status_names[i]))
			return (enum progress_status)i;
	return PROGRESS_WORKING;
}

void progress_json_event(struct progress *p, const struct json *ev)
{
	struct progress_event e = {
		.id = json_str(ev, "id", ""),
		.parent = json_str(ev, "parent_id", NULL),
		.text = json_str(ev, "text", ""),
		.details = json_str(ev, "details", NULL),
		.status = status_parse(json_str(ev, "status", "Working")),
		.current = json_int(ev, "current", 0),
		.total = json_int(ev, "total", 0),
		.percent = (int)json_int(ev, "percent", 0),
	};

	progress_event(p, &e);
}
