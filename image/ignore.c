#include "image/ignore.h"

#include <errno.h>

#include "base/buf.h"
#include "base/path.h"

struct pattern {
	char *text; /* clean, without '!' and leading '/' */
	bool is_negated;
	unsigned line;
};

struct ignore {
	struct pattern *v;
	size_t n, cap;
	bool has_negation;
};

/* Matches "[...]" at *pat against c and moves *pat behind it; -EINVAL when it is not closed. */
static int match_class(const char **pat, char c)
{
	const char *p = *pat + 1;
	bool negated = *p == '^', hit = false, first = true;

	p += negated;
	for (; *p && (first || *p != ']'); first = false) {
		unsigned char lo, hi;

		if (*p == '\\' && p[1])
			p++;
		lo = hi = (unsigned char)*p++;
		if (*p == '-' && p[1] && p[1] != ']') {
			p++;
			if (*p == '\\' && p[1])
				p++;
			hi = (unsigned char)*p++;
		}
		hit |= lo <= (unsigned char)c && (unsigned char)c <= hi;
	}
	if (*p != ']' || first)
		return -EINVAL;
	*pat = p + 1;
	return hit != negated;
}

/* Remembers which (pattern, text) positions led nowhere, so that stars do not multiply. */
struct matcher {
	const char *pat, *text;
	size_t text_len;
	unsigned char *dead;
};

static bool match(struct matcher *m, const char *p, const char *s);

static bool match_double_star(struct matcher *m, const char *p, const char *s)
{
	p += 2;
	if (*p == '/')
		p++;
	if (!*p)
		return true;
	for (;; s++) {
		if (match(m, p, s))
			return true;
		s = strchr(s, '/');
		if (!s)
			return false;
	}
}

static bool match_star(struct matcher *m, const char *p, const char *s)
{
	for (;; s++) {
		if (match(m, p + 1, s))
			return true;
		if (!*s || *s == '/')
			return false;
	}
}

static bool match_here(struct matcher *m, const char *p, const char *s)
{
	int r;

	for (;;) {
		switch (*p) {
		case '\0':
			return *s == '\0';
		case '*':
			return p[1] == '*' ? match_double_star(m, p, s) : match_star(m, p, s);
		case '?':
			if (!*s || *s == '/')
				return false;
			p++;
			break;
		case '[':
			r = *s && *s != '/' ? match_class(&p, *s) : 0;
			if (r <= 0)
				return false;
			break;
		case '\\':
			p += p[1] != '\0';
			__attribute__((fallthrough));
		default:
			if (*p++ != *s)
				return false;
		}
		s++;
	}
}

static bool match(struct matcher *m, const char *p, const char *s)
{
	size_t at = (size_t)(p - m->pat) * (m->text_len + 1) + (size_t)(s - m->text);

	if (m->dead[at])
		return false;
	if (match_here(m, p, s))
		return true;
	m->dead[at] = 1;
	return false;
}

static bool match_path(const char *pat, const char *text)
{
	struct matcher m = { .pat = pat, .text = text, .text_len = strlen(text) };
	bool hit;

	if (!strpbrk(pat, "*?[\\"))
		return streq(pat, text);
	m.dead = xcalloc(strlen(pat) + 1, m.text_len + 1);
	hit = match(&m, pat, text);
	free(m.dead);
	return hit;
}

bool ignore_match_name(const char *pattern, const char *name)
{
	/* Here two stars are no more than one. */
	AUTO(buf) struct buf p = BUF_INIT;

	for (; *pattern; pattern++) {
		if (*pattern == '*' && pattern[1] == '*')
			continue;
		buf_addch(&p, *pattern);
		if (*pattern == '\\' && pattern[1])
			buf_addch(&p, *++pattern);
	}
	return match_path(buf_str(&p), name);
}

/* Brackets must close. */
static bool is_valid_pattern(const char *p)
{
	while (*p) {
		if (*p == '\\') {
			if (!p[1])
				return false;
			p += 2;
		} else if (*p == '[') {
			if (match_class(&p, 'x') < 0)
				return false;
		} else {
			p++;
		}
	}
	return true;
}

static int add_pattern(struct ignore *ig, const char *text, unsigned line, struct err **e)
{
	struct pattern pat = { .line = line, .is_negated = *text == '!' };
	AUTO(mem) char *trimmed = str_dup(str_trim(str_of(text + pat.is_negated)));
	AUTO(mem) char *clean = NULL;

	if (!*trimmed)
		return pat.is_negated ? err_set(e, EINVAL, "illegal exclusion pattern: \"!\"") : 0;
	clean = path_clean(trimmed);
	if (!is_valid_pattern(clean))
		return err_set(e, EINVAL, "syntax error in pattern \"%s\"", text);
	pat.text = xstrdup(clean[0] == '/' && clean[1] ? clean + 1 : clean);
	ig->has_negation |= pat.is_negated;
	ARRAY_RESERVE(ig->v, ig->n, ig->cap);
	ig->v[ig->n++] = pat;
	return 0;
}

int ignore_parse(const char *text, struct ignore **ret, struct err **e)
{
	AUTO(ignore) struct ignore *ig = xcalloc(1, sizeof(*ig));
	struct str rest = str_of(starts_with(text, "\xef\xbb\xbf") ? text + 3 : text);
	unsigned line = 0;

	while (rest.p) {
		struct str raw = str_cut(&rest, '\n');
		AUTO(mem) char *one = NULL;
		int r;

		line++;
		if (raw.n && raw.p[0] == '#')
			continue;
		one = str_dup(str_trim(raw));
		r = add_pattern(ig, one, line, e);
		if (r < 0)
			return err_wrap(e, "line %u", line);
	}
	*ret = TAKE_PTR(ig);
	return 0;
}

int ignore_from_list(const struct strv *patterns, struct ignore **ret, struct err **e)
{
	AUTO(ignore) struct ignore *ig = xcalloc(1, sizeof(*ig));

	for (size_t i = 0; i < patterns->n; i++) {
		int r = add_pattern(ig, patterns->v[i], 0, e);

		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(ig);
	return 0;
}

void ignore_free(struct ignore *i)
{
	if (!i)
		return;
	for (size_t k = 0; k < i->n; k++)
		free(i->v[k].text);
	free(i->v);
	free(i);
}

/* The path itself or one of the directories it is in. */
static bool matches_with_parents(const char *pat, const char *path)
{
	AUTO(mem) char *prefix = xstrdup(path);

	for (char *p = prefix; *p; p++) {
		bool hit;

		if (*p != '/')
			continue;
		*p = '\0';
		hit = match_path(pat, prefix);
		*p = '/';
		if (hit)
			return true;
	}
	return match_path(pat, prefix);
}

bool ignore_has(const struct ignore *i, const char *path, unsigned *ret_line)
{
	bool ignored = false;

	if (!i || !*path)
		return false;
	for (size_t k = 0; k < i->n; k++) {
		const struct pattern *p = &i->v[k];

		if (p->is_negated != ignored || !matches_with_parents(p->text, path))
			continue;
		ignored = !ignored;
		if (ret_line)
			*ret_line = p->line;
	}
	return ignored;
}

/* Component by component, as far as both go. */
static bool may_match_below(const char *pat, const char *dir)
{
	struct str p = str_of(pat), d = str_of(dir);

	while (p.p && d.p) {
		AUTO(mem) char *pc = str_dup(str_cut(&p, '/'));
		AUTO(mem) char *dc = str_dup(str_cut(&d, '/'));

		if (strstr(pc, "**"))
			return true;
		if (!match_path(pc, dc))
			return false;
	}
	return true;
}

bool ignore_may_hold(const struct ignore *i, const char *dir)
{
	if (!i || !i->has_negation)
		return false;
	for (size_t k = 0; k < i->n; k++)
		if (i->v[k].is_negated && may_match_below(i->v[k].text, dir))
			return true;
	return false;
}
