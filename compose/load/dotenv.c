/*
 * A file is a row of statements: [export] KEY [= or : VALUE]. After a quoted value the next
 * statement may begin on the same line. The cursor knows the line it is on, so that every complaint
 * has a place.
 */
#include "compose/load/dotenv.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "compose/load/subst.h"

struct cursor {
	const struct dotenv *e;
	const char *p, *end;
	const char *eol; /* the line break at or after p, or end */
	unsigned line;
	const char *counted; /* column col stands here; keeps counting linear on endless lines */
	unsigned col;
	int result;
};

/* Bytes of the blank at p, 0 when it is none. A line break is no blank. */
static size_t blank_len(const char *p, const char *end)
{
	if (p == end)
		return 0;
	if (*p == ' ' || *p == '\t' || *p == '\v' || *p == '\f' || *p == '\r')
		return 1;
	/* NBSP and NEL */
	return end - p > 1 && *p == '\xc2' && (p[1] == '\xa0' || p[1] == '\x85') ? 2 : 0;
}

static void skip_blanks(struct cursor *c)
{
	for (size_t n; (n = blank_len(c->p, c->end)); c->p += n)
		;
}

static struct str trim_right(const char *p, const char *end)
{
	while (end > p) {
		if (blank_len(end - 1, end) == 1)
			end--;
		else if (end - p > 1 && blank_len(end - 2, end) == 2)
			end -= 2;
		else
			break;
	}
	return (struct str){ p, (size_t)(end - p) };
}

static void line_begins(struct cursor *c, const char *p)
{
	const char *nl = memchr(p, '\n', (size_t)(c->end - p));

	c->p = c->counted = p;
	c->col = 1;
	c->eol = nl ? nl : c->end;
}

static void next_line(struct cursor *c)
{
	c->line++;
	line_begins(c, c->p + 1);
}

/* p is never in front of what was asked for last. */
static struct srcpos pos_at(struct cursor *c, const char *p)
{
	for (; c->counted < p; c->counted++)
		c->col += ((unsigned char)*c->counted & 0xc0) != 0x80;
	return (struct srcpos){ c->e->file, c->line, c->col };
}

static struct diag *complain(struct cursor *c, const struct srcpos *pos, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static struct diag *complain(struct cursor *c, const struct srcpos *pos, const char *fmt, ...)
{
	AUTO(mem) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	c->result = -EINVAL;
	return diag_add(c->e->d, DIAG_ERROR, pos, "%s", text);
}

static const char *lookup(void *ctx, const char *name)
{
	const struct dotenv *e = ((struct cursor *)ctx)->e;

	for (size_t i = 0; i < 2; i++) {
		const char *v = e->lookup[i] ? env_get(e->lookup[i], name) : NULL;

		if (v)
			return v;
	}
	return env_get(e->out, name);
}

static void unset(void *ctx, const char *name, size_t offset)
{
	struct cursor *c = ctx;
	struct srcpos pos = { c->e->file, c->line, 0 };

	(void)offset;
	diag_add(c->e->d, DIAG_WARNING, &pos,
		 "The \"%s\" variable is not set. Defaulting to a blank string.", name);
}

static void define(struct cursor *c, const char *key, const struct srcpos *pos, struct str value)
{
	AUTO(mem) char *v = NULL;

	if (memchr(value.p, 0, value.n)) {
		complain(c, pos, "the value of %s must not contain a NUL byte", key);
		return;
	}
	v = str_dup(value);
	env_set(c->e->out, key, v, pos);
}

/* Defines key as text with its variables replaced. */
static void define_expanded(struct cursor *c, const char *key, const struct srcpos *pos,
			    struct str text)
{
	const struct subst_lookup l = { lookup, unset, c };
	AUTO(buf) struct buf out = BUF_INIT;
	struct subst_failure f;

	if (subst_eval(&l, text, &out, &f) == 0)
		define(c, key, pos, (struct str){ buf_str(&out), out.n });
	else if (f.why)
		diag_hint(
			complain(c, pos, "invalid interpolation format for %s: %s", key, f.why),
			"write $$ for a dollar sign that begins no variable, or use single quotes");
	else
		complain(
			c, pos,
			"error while interpolating %s: required variable %s is missing a value%s%s",
			key, buf_str(&f.name), f.message.n ? ": " : "", buf_str(&f.message));
	subst_failure_done(&f);
}

/* ---- values ---- */

static void unquoted_value(struct cursor *c, const char *key, const struct srcpos *pos)
{
	const char *end = c->eol;
	const char *hash = memmem(c->p, (size_t)(end - c->p), " #", 2);
	define_expanded(c, key, pos, trim_right(c->p, hash ? hash : end));
	c->p = end;
}

/* What one backslash and the character behind it stand for inside double quotes; returns bytes
 * used. */
static size_t unescape(const char *p, const char *end, struct buf *out)
{
	static const char from[] = "abfnrtv\\", to[] = "\a\b\f\n\r\t\v\\";
	const char *known = end - p > 1 && p[1] ? strchr(from, p[1]) : NULL;
	unsigned v = 0;
	size_t n = 2;

	if (known) {
		buf_addch(out, to[known - from]);
		return 2;
	}
	if (end - p > 1 && p[1] == '$') {
		buf_addstr(out, "$$"); /* the expansion that follows makes one $ of it */
		return 2;
	}
	if (end - p < 2 || p[1] != '0') {
		buf_addch(out, '\\');
		return 1;
	}
	while (n < 5 && p + n < end && p[n] >= '0' && p[n] <= '7' &&
	       v * 8 + (unsigned)(p[n] - '0') < 256)
		v = v * 8 + (unsigned)(p[n++] - '0');
	buf_addch(out, (char)v);
	return n;
}

static void define_quoted(struct cursor *c, const char *key, const struct srcpos *pos, char quote,
			  struct str text)
{
	AUTO(buf) struct buf out = BUF_INIT;
	const char *end = text.p + text.n;

	if (quote == '\'') {
		define(c, key, pos, text);
		return;
	}
	for (const char *p = text.p; p < end;) {
		if (*p == '\\')
			p += unescape(p, end, &out);
		else
			buf_addch(&out, *p++);
	}
	define_expanded(c, key, pos, (struct str){ buf_str(&out), out.n });
}

/* How much of a line a message quotes. */
static int shown(const char *p, const char *end)
{
	return end - p > 80 ? 80 : (int)(end - p);
}

static void quoted_value(struct cursor *c, const char *key, const struct srcpos *pos)
{
	struct srcpos opened = pos_at(c, c->p);
	const char *start = c->p, *eol = c->eol;
	AUTO(buf) struct buf text = BUF_INIT;
	char quote = *c->p++;

	while (c->p < c->end) {
		char ch = *c->p;

		if (ch == quote) {
			c->p++;
			define_quoted(c, key, pos, quote, (struct str){ buf_str(&text), text.n });
			return;
		}
		if (ch == '\\' && c->p + 1 < c->end && c->p[1] != '\n') {
			/* An escaped quote loses its backslash here, other pairs stay together. */
			if (c->p[1] != quote)
				buf_addch(&text, ch);
			buf_addch(&text, c->p[1]);
			c->p += 2;
			continue;
		}
		buf_addch(&text, ch);
		if (ch == '\n')
			next_line(c);
		else
			c->p++;
	}
	diag_hint(complain(c, &opened, "unterminated quoted value %.*s", shown(start, eol), start),
		  "close the quote opened here");
}

/* ---- statements ---- */

static void skip_export(struct cursor *c)
{
	if (c->end - c->p > 6 && memcmp(c->p, "export", 6) == 0 && blank_len(c->p + 6, c->end)) {
		c->p += 6;
		skip_blanks(c);
	}
}

static bool is_key_char(const char *p)
{
	return isalnum((unsigned char)*p) || (*p && strchr("_.-[]", *p)) ||
	       (unsigned char)*p >= 0x80;
}

/* The end of the key at c->p: a separator, the line break, or the end. NULL after a complaint. */
static const char *key_end(struct cursor *c)
{
	const char *p = c->p, *eol = c->eol;

	while (p < eol && *p != '=' && *p != ':') {
		size_t n = blank_len(p, eol);
		struct srcpos pos;

		if (n || is_key_char(p)) {
			p += n ? n : 1;
			continue;
		}
		pos = pos_at(c, p);
		diag_expect(complain(c, &pos,
				     "unexpected character \"%c\" in variable name \"%.*s\"", *p,
				     shown(c->p, eol), c->p),
			    "KEY=VALUE, or # in front of a comment");
		return NULL;
	}
	return p;
}

static void inherit(struct cursor *c, const char *key, const struct srcpos *pos)
{
	const struct dotenv *e = c->e;

	for (size_t i = 0; i < 2; i++) {
		const char *v = e->lookup[i] ? env_get(e->lookup[i], key) : NULL;

		if (!v)
			continue;
		env_set(e->out, key, v, pos);
		return;
	}
}

static void value(struct cursor *c, const char *key, const struct srcpos *pos)
{
	skip_blanks(c);
	if (c->p < c->end && (*c->p == '"' || *c->p == '\''))
		quoted_value(c, key, pos);
	else
		unquoted_value(c, key, pos);
}

static void statement(struct cursor *c)
{
	const char *end;
	AUTO(mem) char *key = NULL;
	struct srcpos pos;
	struct str name;

	skip_export(c);
	if (c->p == c->eol)
		return;
	pos = pos_at(c, c->p);
	end = key_end(c);
	if (!end) {
		c->p = c->eol;
		return;
	}
	name = trim_right(c->p, end);
	key = str_dup(name);
	if (strchr(key, ' ')) {
		complain(c, &pos, "key cannot contain a space: %s", key);
		c->p = c->eol;
		return;
	}
	if (!name.n) {
		complain(c, &pos, "there is no variable name in front of %c", *end);
		c->p = c->eol;
		return;
	}
	c->p = end;
	if (end == c->end || *end == '\n') {
		inherit(c, key, &pos);
		return;
	}
	c->p++;
	value(c, key, &pos);
}

static void cursor_init(struct cursor *c, const struct dotenv *e, const char *text, size_t n)
{
	bool has_bom = n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;

	*c = (struct cursor){ .e = e, .end = text + n, .line = 1 };
	line_begins(c, has_bom ? text + 3 : text);
}

int dotenv_parse(const struct dotenv *e, const char *text, size_t n)
{
	struct cursor c;

	cursor_init(&c, e, text, n);
	for (;;) {
		skip_blanks(&c);
		if (c.p == c.end)
			return c.result;
		if (*c.p == '\n')
			next_line(&c);
		else if (*c.p == '#')
			c.p = c.eol;
		else
			statement(&c);
	}
}

/* ---- raw ---- */

static void raw_line(struct cursor *c, const char *end)
{
	const char *eq = memchr(c->p, '=', (size_t)(end - c->p));
	struct str name = { c->p, (size_t)((eq ? eq : end) - c->p) };
	AUTO(mem) char *key = str_dup(name);
	struct srcpos pos = pos_at(c, c->p);

	if (!name.n)
		complain(c, &pos, "no variable name on line '%.*s'", shown(c->p, end), c->p);
	else if (strlen(key) != name.n)
		complain(c, &pos, "a variable name must not contain a NUL byte");
	else if (strpbrk(key, " \t\r\v\f"))
		complain(c, &pos, "variable '%s' contains whitespaces", key);
	else if (eq)
		define(c, key, &pos, (struct str){ eq + 1, (size_t)(end - eq - 1) });
	else
		inherit(c, key, &pos);
}

int dotenv_parse_raw(const struct dotenv *e, const char *text, size_t n)
{
	struct cursor c;

	cursor_init(&c, e, text, n);
	while (c.p < c.end) {
		const char *end = c.eol, *stop = end;

		if (stop > c.p && stop[-1] == '\r')
			stop--;
		while (c.p < stop && isspace((unsigned char)*c.p))
			c.p++;
		if (c.p < stop && *c.p != '#')
			raw_line(&c, stop);
		c.p = end;
		if (c.p < c.end)
			next_line(&c);
	}
	return c.result;
}
