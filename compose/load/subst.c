#include "compose/load/subst.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/mem.h"

static size_t name_len(const char *p, const char *end)
{
	const char *s = p;

	while (s < end && (isalnum((unsigned char)*s) || *s == '_'))
		s++;
	return p < end && isdigit((unsigned char)*p) ? 0 : (size_t)(s - p);
}

/* p is behind the opening brace; the matching one, or NULL with *why. */
static const char *closing_brace(const char *p, const char *end, const char **why)
{
	size_t depth = 1;

	for (; p < end; p++) {
		if (*p == '\n') {
			*why = "there is a line break inside the braces";
			return NULL;
		}
		depth += *p == '{';
		depth -= *p == '}';
		if (!depth)
			return p;
	}
	*why = "the brace is never closed";
	return NULL;
}

/* s->text covers "${...}"; fills name, op and word, or makes it SUBST_INVALID. */
static void parse_braced(struct subst *s, const char *p, const char *close)
{
	size_t n = name_len(p, close);

	if (!n) {
		s->why = p == close ? "there is no name between the braces"
				    : "a variable name begins with a letter or _";
		return;
	}
	s->name = (struct str){ p, n };
	p += n;
	if (p == close) {
		s->kind = SUBST_VAR;
		return;
	}
	if (*p == ':') {
		s->or_empty = true;
		p++;
	}
	if (p == close || !strchr("-?+", *p)) {
		s->why = "what follows the name is none of :- - :? ? :+ +";
		return;
	}
	s->op = *p++;
	s->word = (struct str){ p, (size_t)(close - p) };
	s->kind = SUBST_VAR;
}

struct subst subst_next(struct str *rest, const char *base)
{
	const char *p = rest->p, *end = rest->p + rest->n, *next;
	struct subst s = { .kind = SUBST_TEXT, .offset = (size_t)(p - base) };

	if (!rest->n) {
		s.kind = SUBST_END;
		return s;
	}
	if (*p != '$') {
		next = memchr(p, '$', rest->n);
		next = next ? next : end;
	} else if (p + 1 < end && p[1] == '$') {
		s.kind = SUBST_DOLLAR;
		next = p + 2;
	} else if (p + 1 < end && p[1] == '{') {
		const char *close = closing_brace(p + 2, end, &s.why);

		s.kind = SUBST_INVALID;
		if (close)
			parse_braced(&s, p + 2, close);
		next = close ? close + 1 : end;
	} else {
		s.name = (struct str){ p + 1, name_len(p + 1, end) };
		next = p + 1 + s.name.n;
		s.kind = s.name.n ? SUBST_VAR : SUBST_TEXT;
	}
	s.text = (struct str){ p, (size_t)(next - p) };
	*rest = (struct str){ next, (size_t)(end - next) };
	return s;
}

struct eval {
	const struct subst_lookup *l;
	const char *base;
	struct subst_failure *f;
	int depth;
};

static int eval(struct eval *v, struct str text, struct buf *out);

static int fail(struct eval *v, size_t offset, const char *why)
{
	v->f->offset = offset;
	v->f->why = why;
	return -EINVAL;
}

static int eval_word(struct eval *v, struct str word, struct buf *out)
{
	int r;

	if (v->depth == SUBST_DEPTH_MAX)
		return fail(v, (size_t)(word.p - v->base), "braces are nested too deeply");
	v->depth++;
	r = eval(v, word, out);
	v->depth--;
	return r;
}

static int required(struct eval *v, const struct subst *s, const char *name)
{
	int r = eval_word(v, s->word, &v->f->message);

	if (r < 0)
		return r;
	buf_addstr(&v->f->name, name);
	return fail(v, s->offset, NULL);
}

static int eval_var(struct eval *v, const struct subst *s, struct buf *out)
{
	AUTO(mem) char *name = str_dup(s->name);
	const char *value = v->l->get(v->l->ctx, name);
	bool has = value && (*value || !s->or_empty);

	switch (s->op) {
	case '-':
		if (!has)
			return eval_word(v, s->word, out);
		break;
	case '+':
		if (has)
			return eval_word(v, s->word, out);
		value = "";
		break;
	case '?':
		if (!has)
			return required(v, s, name);
		break;
	default:
		if (!value && v->l->unset)
			v->l->unset(v->l->ctx, name, s->offset);
	}
	buf_addstr(out, value ? value : "");
	return 0;
}

static int eval(struct eval *v, struct str text, struct buf *out)
{
	for (;;) {
		struct subst s = subst_next(&text, v->base);
		int r = 0;

		switch (s.kind) {
		case SUBST_TEXT:
			buf_add(out, s.text.p, s.text.n);
			break;
		case SUBST_DOLLAR:
			buf_addch(out, '$');
			break;
		case SUBST_VAR:
			r = eval_var(v, &s, out);
			break;
		case SUBST_INVALID:
			return fail(v, s.offset, s.why);
		case SUBST_END:
			return 0;
		}
		if (r < 0)
			return r;
		if (out->overflow)
			return fail(v, s.offset, "the result is too long");
	}
}

int subst_eval(const struct subst_lookup *l, struct str text, struct buf *out,
	       struct subst_failure *f)
{
	struct eval v = { .l = l, .base = text.p, .f = f };

	*f = (struct subst_failure){ 0 };
	buf_limit(out, SUBST_BYTES_MAX);
	buf_limit(&f->message, SUBST_BYTES_MAX);
	return eval(&v, text, out);
}

void subst_failure_done(struct subst_failure *f)
{
	buf_done(&f->name);
	buf_done(&f->message);
}
