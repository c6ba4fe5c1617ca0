/* Printing of diagnostics. The source line is looked up only now: a run without mistakes never
 * reads a file twice, and a run with mistakes is in no hurry. */
#include "compose/load/diag.h"

#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/json.h"
#include "base/map.h"

enum { SOURCE_MAX = 16 * 1024 * 1024 };

/* Text of one file while its diagnostics are printed; lines are asked for in rising order. */
struct source {
	const char *name; /* borrowed */
	struct buf text;
	const char *at; /* start of line `line` */
	unsigned line;
};

static void source_open(struct source *s, const struct diags *d, const char *name)
{
	const char *known = map_get(d->sources, name);

	buf_done(&s->text);
	s->name = name;
	if (known)
		buf_addstr(&s->text, known);
	else
		(void)file_read(AT_FDCWD, name, SOURCE_MAX, &s->text, NULL);
	s->at = buf_str(&s->text);
	if (starts_with(s->at, "\xef\xbb\xbf"))
		s->at += 3;
	s->line = 1;
}

/* Bytes of the line break at p, 0 when there is none. YAML knows more of them than \n. */
static size_t break_len(const char *p)
{
	if (*p == '\n')
		return 1;
	if (*p == '\r')
		return p[1] == '\n' ? 2 : 1;
	if (*p == '\xc2' && p[1] == '\x85')
		return 2;
	if (*p == '\xe2' && p[1] == '\x80' && (p[2] == '\xa8' || p[2] == '\xa9'))
		return 3;
	return 0;
}

static size_t line_len(const char *p)
{
	size_t n = 0;

	while (p[n] && !break_len(p + n))
		n++;
	return n;
}

/* The line, or an empty view when the file has no such line any more. */
static struct str source_line(struct source *s, unsigned line)
{
	if (line < s->line)
		return (struct str){ "", 0 };
	for (; s->line < line; s->line++) {
		size_t n = line_len(s->at);

		if (!s->at[n])
			return (struct str){ "", 0 };
		s->at += n + break_len(s->at + n);
	}
	return (struct str){ s->at, line_len(s->at) };
}

/* One code point at p, and its length in *n; bytes that are not UTF-8 stand for themselves. */
static uint32_t decode(const char *p, const char *end, size_t *n)
{
	unsigned char c = (unsigned char)*p;
	size_t len = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 1;
	uint32_t cp = len == 1 ? c : c & (0xff >> (len + 1));

	*n = 1;
	if (len == 1 || (size_t)(end - p) < len)
		return c;
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return c;
		cp = cp << 6 | ((unsigned char)p[i] & 0x3f);
	}
	*n = len;
	return cp;
}

/* Terminal cells a code point takes: good enough to put a caret below it, without a locale. */
static int cells(uint32_t cp)
{
	static const struct {
		uint32_t from, to;
		int cells;
	} ranges[] = {
		{ 0x300, 0x36f, 0 },     { 0x200b, 0x200f, 0 },   { 0xfe00, 0xfe0f, 0 },
		{ 0x1100, 0x115f, 2 },   { 0x2e80, 0xa4cf, 2 },   { 0xac00, 0xd7a3, 2 },
		{ 0xf900, 0xfaff, 2 },   { 0xfe30, 0xfe6f, 2 },   { 0xff00, 0xff60, 2 },
		{ 0x1f300, 0x1faff, 2 }, { 0x20000, 0x3fffd, 2 },
	};

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		if (cp >= ranges[i].from && cp <= ranges[i].to)
			return ranges[i].cells;
	return 1;
}

/* Code points of context kept left and right of the caret in very long lines. */
enum { CONTEXT = 60 };

/* Adds the line (cut around col) to text, and the blanks that lead to the caret to pad. */
static void show_line(struct str line, unsigned col, struct buf *text, struct buf *pad)
{
	const char *p = line.p, *end = line.p + line.n;
	unsigned first = line.n > 2 * CONTEXT && col > CONTEXT ? col - CONTEXT : 1;
	unsigned last = line.n > 2 * CONTEXT ? (col ? col : 1) + CONTEXT : UINT32_MAX, at = 1;
	size_t n;

	if (first > 1) {
		buf_addstr(text, "...");
		buf_addstr(pad, "   ");
	}
	for (; p < end && at <= last; p += n, at++) {
		uint32_t cp = decode(p, end, &n);
		int width = cells(cp);

		if (at < first)
			continue;
		/* Nothing out of a file may steer the terminal. */
		if (cp == '\t' || cp >= 0xa0 || (cp >= 0x20 && cp < 0x7f))
			buf_add(text, p, n);
		else
			buf_addch(text, '?');
		for (int i = 0; at < col && i < width; i++)
			buf_addch(pad, cp == '\t' ? '\t' : ' ');
	}
	if (p < end)
		buf_addstr(text, "...");
}

/* Text of our own making with pieces of the user's in it. */
static void add_clean(struct buf *b, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f))
			buf_addch(b, (char)c);
		else
			buf_addf(b, "\\x%02x", c);
	}
}

static const char *paint(bool color, const char *code)
{
	return color ? code : "";
}

#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define BOLD   "\033[1m"
#define FAINT  "\033[2m"
#define PLAIN  "\033[0m"

static void format_source(const struct diag *g, struct source *s, bool color, struct buf *b)
{
	AUTO(buf) struct buf text = BUF_INIT;
	AUTO(buf) struct buf pad = BUF_INIT;
	struct str line = source_line(s, g->pos.line);

	if (!line.n)
		return;
	show_line(line, g->pos.col, &text, &pad);
	buf_addf(b, "%s%6u |%s %s\n", paint(color, FAINT), g->pos.line, paint(color, PLAIN),
		 buf_str(&text));
	if (g->pos.col)
		buf_addf(b, "%s       |%s %s%s^%s\n", paint(color, FAINT), paint(color, PLAIN),
			 buf_str(&pad), paint(color, g->level == DIAG_ERROR ? RED : YELLOW),
			 paint(color, PLAIN));
}

static void format_one(const struct diag *g, struct source *s, bool color, struct buf *b)
{
	bool is_error = g->level == DIAG_ERROR;

	buf_addstr(b, paint(color, BOLD));
	if (g->pos.file) {
		add_clean(b, g->pos.file);
		if (g->pos.line)
			buf_addf(b, ":%u", g->pos.line);
		if (g->pos.line && g->pos.col)
			buf_addf(b, ":%u", g->pos.col);
		buf_addf(b, ":%s ", paint(color, PLAIN));
	}
	if (!is_error)
		buf_addf(b, "%swarning:%s ", paint(color, YELLOW), paint(color, PLAIN));
	else if (!g->pos.file)
		buf_addf(b, "%serror:%s ", paint(color, RED), paint(color, PLAIN));
	add_clean(b, g->message);
	buf_addch(b, '\n');
	if (g->pos.file && g->pos.line)
		format_source(g, s, color, b);
	if (g->expected) {
		buf_addstr(b, "  expected: ");
		add_clean(b, g->expected);
		buf_addch(b, '\n');
	}
	if (g->hint) {
		buf_addstr(b, "  hint: ");
		add_clean(b, g->hint);
		buf_addch(b, '\n');
	}
}

char *diags_format(struct diags *d, enum diag_level level, bool color)
{
	AUTO(buf) struct buf b = BUF_INIT;
	struct source s = { .name = NULL };

	diags_sort(d);
	for (size_t i = 0; i < d->n; i++) {
		const struct diag *g = &d->v[i];

		if (g->level != level)
			continue;
		if (g->pos.file && !streq(s.name, g->pos.file))
			source_open(&s, d, g->pos.file);
		format_one(g, &s, color, &b);
	}
	if (level == DIAG_ERROR && d->n_dropped)
		buf_addf(&b, "(%zu more not shown)\n", d->n_dropped);
	buf_done(&s.text);
	return buf_take(&b);
}

char *diags_format_json(struct diags *d)
{
	AUTO(json) struct json *all = json_new_arr();

	diags_sort(d);
	for (size_t i = 0; i < d->n; i++) {
		const struct diag *g = &d->v[i];
		struct json *o = json_push(all, json_new_obj());

		if (g->pos.file)
			json_set_str(o, "file", g->pos.file);
		if (g->pos.line)
			json_set_int(o, "line", g->pos.line);
		if (g->pos.col)
			json_set_int(o, "column", g->pos.col);
		json_set_str(o, "severity", g->level == DIAG_ERROR ? "error" : "warning");
		json_set_str(o, "message", g->message);
		if (g->expected)
			json_set_str(o, "expected", g->expected);
		if (g->hint)
			json_set_str(o, "hint", g->hint);
	}
	return json_print(all, /* pretty= */ true);
}
