#include "base/buf.h"

#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>

enum { BUF_DEFAULT_MAX = 1 << 30 };

/* Makes room for n more bytes and the NUL. False when that would pass a maximum set by the owner. */
static bool grow(struct buf *b, size_t n)
{
	size_t max = b->max ? b->max : BUF_DEFAULT_MAX;
	size_t need;

	if (n > max || b->n > max - n) {
		assert(b->max != 0); /* nobody builds a gigabyte by intention */
		b->overflow = true;
		return false;
	}
	need = b->n + n + 1;
	if (need <= b->cap)
		return true;
	if (need < b->cap * 2)
		need = b->cap * 2;
	if (need < 64)
		need = 64;
	b->p = xrealloc(b->p, need);
	b->cap = need;
	return true;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	if (!grow(b, n))
		return;
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}

void buf_addstr(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addch(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	assert(n >= 0);
	if (grow(b, (size_t)n)) {
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(b, fmt, ap);
	va_end(ap);
}

char *buf_space(struct buf *b, size_t n)
{
	if (!grow(b, n))
		return NULL;
	b->p[b->n] = '\0'; /* holds even when nothing is committed */
	return b->p + b->n;
}

void buf_commit(struct buf *b, size_t n)
{
	assert(b->n + n < b->cap);
	b->n += n;
	b->p[b->n] = '\0';
}

void buf_consume(struct buf *b, size_t n)
{
	assert(n <= b->n);
	if (!n)
		return;
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
	b->p[b->n] = '\0';
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->overflow = false;
	if (b->p)
		b->p[0] = '\0';
}

const char *buf_str(const struct buf *b)
{
	return b->p ? b->p : "";
}

char *buf_take(struct buf *b)
{
	char *p = b->p ? b->p : xstrdup("");

	b->p = NULL;
	b->n = b->cap = 0;
	return p;
}

void buf_done(struct buf *b)
{
	free(b->p);
	*b = (struct buf)BUF_INIT;
}

bool str_eq(struct str a, const char *b)
{
	return a.n == strlen(b) && memcmp(a.p ? a.p : "", b, a.n) == 0;
}

struct str str_cut(struct str *s, char c)
{
	const char *at = s->n ? memchr(s->p, c, s->n) : NULL;
	struct str head = *s;

	if (!at) {
		*s = (struct str){ NULL, 0 };
		return head;
	}
	head.n = (size_t)(at - s->p);
	s->p = at + 1;
	s->n -= head.n + 1;
	return head;
}

struct str str_trim(struct str s)
{
	while (s.n && isspace((unsigned char)s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && isspace((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool streq(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}
