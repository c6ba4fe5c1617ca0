#include "compose/ui/frame.h"

#include <string.h>

#include "base/num.h"
#include "compose/ui/width.h"

enum { MIN_ID = 10 };

static const char *const spinner[] = { "⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏" };
static const char *const cells[] = { "⠀", "⡀", "⣀", "⣄", "⣤", "⣦", "⣶", "⣷", "⣿" };

static void task_done(struct task *t)
{
	free(t->id);
	free(t->parent);
	free(t->text);
	free(t->details);
}

void frame_reset(struct frame *f, const char *operation)
{
	for (size_t i = 0; i < f->n; i++)
		task_done(&f->v[i]);
	f->n = 0;
	f->lines_drawn = 0;
	f->spin = 0;
	free(f->operation);
	f->operation = xstrdup(operation);
}

void frame_done(struct frame *f)
{
	frame_reset(f, NULL);
	free(f->v);
	f->v = NULL;
	f->cap = 0;
}

static struct task *task_find(struct frame *f, const char *id, int64_t now_ns)
{
	struct task *t;

	for (size_t i = 0; i < f->n; i++)
		if (streq(f->v[i].id, id))
			return &f->v[i];
	ARRAY_RESERVE(f->v, f->n, f->cap);
	t = &f->v[f->n++];
	*t = (struct task){ .id = xstrdup(id), .start_ns = now_ns };
	return t;
}

static void text_set(char **dst, const char *src)
{
	free(*dst);
	*dst = xstrdup(src ? src : "");
}

void frame_event(struct frame *f, const struct progress_event *ev, int64_t now_ns)
{
	struct task *t = task_find(f, ev->id, now_ns);

	if (ev->parent && !t->parent)
		t->parent = xstrdup(ev->parent);
	text_set(&t->text, ev->text);
	text_set(&t->details, ev->details);
	t->status = ev->status;
	t->end_ns = now_ns;
	/* Progress never goes back. */
	if (ev->current > t->current)
		t->current = ev->current;
	if (ev->total > t->total)
		t->total = ev->total;
}

bool frame_is_working(const struct frame *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].status == PROGRESS_WORKING)
			return true;
	return false;
}

static bool is_child(const struct task *t)
{
	return t->parent && *t->parent;
}

static void painted(const struct frame *f, struct buf *out, const char *color, const char *text)
{
	if (f->color && color && *text)
		buf_addf(out, "\033[%sm%s\033[0m", color, text);
	else
		buf_addstr(out, text);
}

static void add_mark(const struct frame *f, const struct task *t, struct buf *out)
{
	static const struct {
		const char *text, *color;
	} marks[] = {
		[PROGRESS_DONE] = { "✔", "32" },
		[PROGRESS_WARNING] = { "!", "33;1" },
		[PROGRESS_ERROR] = { "✘", "31;1" },
	};

	if (t->status == PROGRESS_WORKING)
		painted(f, out, "33", spinner[f->spin % ARRAY_LEN(spinner)]);
	else
		painted(f, out, marks[t->status].color, marks[t->status].text);
}

/* " [⣿⣤⠀] 12.3MB / 45.6MB": one cell per child, the sizes when every total is known. */
static char *layer_bar(const struct frame *f, const struct task *parent, bool with_sizes)
{
	AUTO(buf) struct buf bar = BUF_INIT;
	int64_t current = 0, total = 0;
	bool known = true, any = false;

	for (size_t i = 0; i < f->n; i++) {
		const struct task *t = &f->v[i];
		size_t step = t->status == PROGRESS_DONE ? 8 : 0;

		if (!is_child(t) || !streq(t->parent, parent->id))
			continue;
		if (t->status == PROGRESS_WORKING && t->total > 0)
			step = (size_t)(t->current >= t->total ? 8 : t->current * 8 / t->total);
		buf_addstr(&bar, any ? "" : " [");
		buf_addstr(&bar, cells[step]);
		known = known && t->total > 0;
		any = true;
		current += t->current;
		total += t->total;
	}
	if (any)
		buf_addch(&bar, ']');
	if (any && known && with_sizes) {
		AUTO(mem) char *cur = bytes_format_decimal((double)current, 4);
		AUTO(mem) char *all = bytes_format_decimal((double)total, 4);

		buf_addf(&bar, " %s / %s", cur, all);
	}
	return buf_take(&bar);
}

static const char *status_color(const struct task *t)
{
	static const char *const colors[] = { NULL, "32", "33", "31" };

	return colors[t->status];
}

/* What one frame gives up to fit the terminal, in this order. */
struct layout {
	size_t width;      /* of the terminal */
	size_t column;     /* width of id and bar, where the status begins */
	size_t id_max;     /* longer ids are cut */
	bool with_details, with_sizes;
};

static char *left_text(const struct frame *f, const struct task *t, const struct layout *l)
{
	AUTO(mem) char *bar = layer_bar(f, t, l->with_sizes);
	AUTO(mem) char *id = text_ellipsis(t->id, l->id_max);

	return xasprintf("%s%s", id, bar);
}

static char *elapsed_text(const struct task *t, int64_t now_ns)
{
	int64_t end = t->status == PROGRESS_WORKING ? now_ns : t->end_ns;

	return xasprintf("%.1fs", (double)(end - t->start_ns) / 1e9);
}

/* Columns the line needs besides the padding in front of the elapsed time. */
static size_t right_width(const struct task *t, const struct layout *l, const char *elapsed)
{
	size_t n = 1 + text_width(t->text) + text_width(elapsed);

	if (l->with_details && *t->details)
		n += 1 + text_width(t->details);
	return n;
}

static bool fits(const struct frame *f, struct layout *l, int64_t now_ns)
{
	size_t right = 0;

	l->column = 0;
	for (size_t i = 0; i < f->n; i++) {
		const struct task *t = &f->v[i];
		AUTO(mem) char *left = NULL, *elapsed = NULL;
		size_t w;

		if (is_child(t))
			continue;
		left = left_text(f, t, l);
		elapsed = elapsed_text(t, now_ns);
		w = text_width(left);
		l->column = w > l->column ? w : l->column;
		w = right_width(t, l, elapsed);
		right = w > right ? w : right;
	}
	return 3 + l->column + right + 1 <= l->width;
}

static size_t longest_id(const struct frame *f)
{
	size_t n = MIN_ID;

	for (size_t i = 0; i < f->n; i++)
		if (!is_child(&f->v[i]) && text_width(f->v[i].id) > n)
			n = text_width(f->v[i].id);
	return n;
}

static void choose_layout(const struct frame *f, struct layout *l, int64_t now_ns)
{
	l->id_max = longest_id(f);
	l->with_details = l->with_sizes = true;
	if (fits(f, l, now_ns))
		return;
	l->with_details = false;
	if (fits(f, l, now_ns))
		return;
	l->with_sizes = false;
	while (!fits(f, l, now_ns) && l->id_max > MIN_ID)
		l->id_max--;
}

/* Details take the room that is left, cut with "..."; the row is exactly as wide as the terminal. */
static void add_task(const struct frame *f, const struct task *t, const struct layout *l,
		     int64_t now_ns, struct buf *out)
{
	AUTO(mem) char *left = left_text(f, t, l);
	AUTO(mem) char *elapsed = elapsed_text(t, now_ns);
	size_t used = 3 + l->column + 1 + text_width(t->text);
	size_t room = l->width > used + text_width(elapsed) ? l->width - used - text_width(elapsed) : 1;

	buf_addch(out, ' ');
	add_mark(f, t, out);
	buf_addf(out, " %s%*s ", left, (int)(l->column - text_width(left)), "");
	painted(f, out, status_color(t), t->text);
	if (*t->details && room > 6) {
		size_t w = text_width(t->details);

		if (w + 2 <= room) {
			buf_addf(out, " %s", t->details);
			room -= w + 1;
		} else {
			buf_addf(out, " %.*s...", (int)text_fit(t->details, room - 5), t->details);
			room = room - text_width("...") - 1 - (room - 5);
		}
	}
	buf_addf(out, "%*s", (int)room, "");
	painted(f, out, "34", elapsed);
	buf_addch(out, '\n');
}

static void add_header(const struct frame *f, size_t *ret_total, struct buf *out)
{
	size_t done = 0, total = 0;

	for (size_t i = 0; i < f->n; i++) {
		if (is_child(&f->v[i]))
			continue;
		total++;
		done += f->v[i].status != PROGRESS_WORKING;
	}
	buf_addf(out, "[+] %s %zu/%zu\n", f->operation ? f->operation : "", done, total);
	*ret_total = total;
}

/* Pads with blanks instead of erasing, so that a frame never flickers. */
static void add_filler(const struct frame *f, size_t lines, size_t width, struct buf *out)
{
	for (; lines < f->lines_drawn; lines++)
		buf_addf(out, "%*s\n", (int)width, "");
}

void frame_draw(struct frame *f, struct term_size size, int64_t now_ns, struct buf *out)
{
	struct layout l = { .width = size.cols };
	size_t total, lines = 1, limit;

	choose_layout(f, &l, now_ns);
	buf_addstr(out, "\033[?25l");
	if (f->lines_drawn)
		buf_addf(out, "\033[%zuA", f->lines_drawn);
	buf_addstr(out, "\033[0G");
	add_header(f, &total, out);
	limit = total + 2 > size.rows && size.rows > 3 ? size.rows - 3u : total;
	for (size_t i = 0; i < f->n && lines <= limit; i++) {
		if (is_child(&f->v[i]))
			continue;
		add_task(f, &f->v[i], &l, now_ns, out);
		lines++;
	}
	if (limit < total) {
		AUTO(mem) char *more = xasprintf(" ... %zu more", total - limit);

		buf_addf(out, "%-*s\n", (int)l.width, more);
		lines++;
	}
	add_filler(f, lines, l.width, out);
	f->lines_drawn = lines > f->lines_drawn ? lines : f->lines_drawn;
	f->spin++;
	buf_addstr(out, "\033[?25h");
}
