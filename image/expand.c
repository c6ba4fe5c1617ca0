#include "image/expand.h"

#include <ctype.h>
#include <errno.h>

#include "base/buf.h"

enum { DEPTH_MAX = 100 };

/* A cursor over the text, and where the result goes. */
struct lexer {
	const struct expand *x;
	const char *p;
	bool raw_quotes; /* here-documents */
	bool split;
	struct strv *words; /* finished words when split */
	bool has_word;      /* the current word exists, even if empty (quotes) */
	int depth;
	struct buf reason_buf; /* of a failure */
};

static int fail(struct lexer *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct lexer *l, const char *fmt, ...)
{
	va_list ap;

	buf_reset(&l->reason_buf);
	va_start(ap, fmt);
	buf_vaddf(&l->reason_buf, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static const char *lookup(const struct lexer *l, const char *name)
{
	const char *v = strv_env_get(l->x->env, name);

	if (!v && l->x->missing)
		strv_add_unique(l->x->missing, name);
	return v;
}

/* "abc_1", a run of digits, or one special character. "" when there is none. */
static char *take_name(struct lexer *l)
{
	const char *from = l->p;

	if (isdigit((unsigned char)*l->p)) {
		while (isdigit((unsigned char)*l->p))
			l->p++;
	} else if (isalpha((unsigned char)*l->p) || *l->p == '_') {
		while (isalnum((unsigned char)*l->p) || *l->p == '_')
			l->p++;
	} else if (*l->p && strchr("@*#?-$!0", *l->p)) {
		l->p++;
	}
	return xstrndup(from, (size_t)(l->p - from));
}

static int process(struct lexer *l, char stop, struct buf *out);

static bool glob_at(const char *pat, const char *s, size_t n, size_t *best, bool longest)
{
	bool found = false;

	for (;; pat++) {
		if (!*pat) {
			*best = n;
			return true;
		}
		if (*pat == '*')
			break;
		if (*pat == '\\' && pat[1])
			pat++;
		else if (*pat == '?' && s[n]) {
			n++;
			continue;
		}
		if (!s[n] || s[n] != *pat)
			return false;
		n++;
	}
	while (pat[1] == '*')
		pat++;
	for (size_t i = n; i <= strlen(s); i++) {
		size_t end;

		if (!glob_at(pat + 1, s, i, &end, longest))
			continue;
		if (!found || (longest ? end > *best : end < *best))
			*best = end;
		found = true;
		if (!longest)
			break;
	}
	return found;
}

/* Stars in a pattern multiply the work: more than a few are nobody's intention. */
static int check_pattern(struct lexer *l, const char *pat)
{
	int stars = 0;

	for (; *pat; pat++)
		stars += *pat == '*' && pat[1] != '*';
	return stars > 8 ? fail(l, "too many * in pattern") : 0;
}

static void cut_prefix(const char *value, const char *pat, bool longest, struct buf *out)
{
	size_t end = 0;

	if (!glob_at(pat, value, 0, &end, longest))
		end = 0;
	buf_addstr(out, value + end);
}

static void cut_suffix(const char *value, const char *pat, bool longest, struct buf *out)
{
	size_t n = strlen(value), end;

	for (size_t k = 0; k <= n; k++) {
		size_t from = longest ? k : n - k;

		if (glob_at(pat, value, from, &end, true) && end == n) {
			buf_add(out, value, from);
			return;
		}
	}
	buf_addstr(out, value);
}

static void replace(const char *value, const char *pat, const char *by, bool all, struct buf *out)
{
	size_t i = 0, n = strlen(value);
	bool done = false;

	while (i < n) {
		size_t end;

		if ((done && !all) || !glob_at(pat, value, i, &end, true) || end == i) {
			buf_addch(out, value[i++]);
			continue;
		}
		buf_addstr(out, by);
		i = end;
		done = true;
	}
}

/* The word behind a modifier up to stop, itself expanded. */
static int take_operand(struct lexer *l, char stop, char **ret)
{
	AUTO(buf) struct buf b = BUF_INIT;
	bool split = l->split;
	int r;

	l->split = false;
	r = process(l, stop, &b);
	l->split = split;
	if (r < 0)
		return r;
	if (*l->p != stop)
		return fail(l, "syntax error: missing '%c'", stop);
	l->p++;
	*ret = buf_take(&b);
	return 0;
}

/* "-w" "+w" "?w", with or without the colon that makes empty count as unset. */
static int apply_default(struct lexer *l, const char *name, bool colon, struct buf *out)
{
	const char *value = lookup(l, name);
	bool is_set = value && (!colon || *value);
	AUTO(mem) char *word = NULL;
	char op = *l->p++;
	int r = take_operand(l, '}', &word);

	if (r < 0)
		return r;
	switch (op) {
	case '-':
		buf_addstr(out, is_set ? value : word);
		return 0;
	case '+':
		buf_addstr(out, is_set ? word : "");
		return 0;
	default:
		if (is_set)
			buf_addstr(out, value);
		else if (*word)
			return fail(l, "%s: %s", name, word);
		else
			return fail(l, "%s: is not allowed to be %s", name,
				    value ? "empty" : "unset");
		return 0;
	}
}

static int apply_pattern(struct lexer *l, const char *name, struct buf *out)
{
	const char *value = lookup(l, name);
	AUTO(mem) char *pat = NULL, *by = NULL;
	char op = *l->p++;
	bool twice = *l->p == op;
	int r;

	l->p += twice;
	r = take_operand(l, op == '/' ? '/' : '}', &pat);
	if (r == 0)
		r = check_pattern(l, pat);
	if (r == 0 && op == '/')
		r = take_operand(l, '}', &by);
	if (r < 0)
		return r;
	if (!value)
		return 0;
	if (op == '#')
		cut_prefix(value, pat, twice, out);
	else if (op == '%')
		cut_suffix(value, pat, twice, out);
	else
		replace(value, pat, by, twice, out);
	return 0;
}

static int process_braces(struct lexer *l, struct buf *out)
{
	AUTO(mem) char *name = take_name(l);
	const char *value;

	if (!*l->p)
		return fail(l, "syntax error: missing '}'");
	if (!*name)
		return fail(l, "bad substitution");
	switch (*l->p) {
	case '}':
		l->p++;
		value = lookup(l, name);
		buf_addstr(out, value ? value : "");
		return 0;
	case '-':
	case '+':
	case '?':
		return apply_default(l, name, false, out);
	case '#':
	case '%':
	case '/':
		return apply_pattern(l, name, out);
	case ':':
		l->p++;
		if (*l->p && strchr("-+?", *l->p))
			return apply_default(l, name, true, out);
		return *l->p ? fail(l, "unsupported modifier (:%c) in substitution", *l->p)
			     : fail(l, "syntax error: missing '}'");
	default:
		return fail(l, "unsupported modifier (%c) in substitution", *l->p);
	}
}

static int process_dollar(struct lexer *l, struct buf *out)
{
	AUTO(mem) char *name = NULL;
	const char *value;

	l->p++;
	if (*l->p == '{') {
		l->p++;
		return process_braces(l, out);
	}
	name = take_name(l);
	if (!*name) {
		buf_addch(out, '$');
		return 0;
	}
	value = lookup(l, name);
	buf_addstr(out, value ? value : "");
	return 0;
}

static int process_single_quote(struct lexer *l, struct buf *out)
{
	const char *end = strchr(l->p + 1, '\'');

	if (!end)
		return fail(l, "unexpected end of statement while looking for matching "
			       "single-quote");
	buf_add(out, l->p + 1, (size_t)(end - l->p - 1));
	l->p = end + 1;
	return 0;
}

static int process_double_quote(struct lexer *l, struct buf *out)
{
	bool split = l->split;
	int r = 0;

	l->split = false;
	l->p++;
	while (r == 0 && *l->p && *l->p != '"') {
		char c = *l->p;

		if (c == '$') {
			r = process_dollar(l, out);
		} else if (c == l->x->escape) {
			char next = l->p[1];

			if (next != '"' && next != '$' && next != c)
				buf_addch(out, c);
			if (next)
				buf_addch(out, next);
			l->p += next ? 2 : 1;
		} else {
			buf_addch(out, c);
			l->p++;
		}
	}
	l->split = split;
	if (r < 0)
		return r;
	if (!*l->p)
		return fail(l, "unexpected end of statement while looking for matching "
			       "double-quote");
	l->p++;
	return 0;
}

static void end_word(struct lexer *l, struct buf *out)
{
	if (out->n || l->has_word)
		strv_add(l->words, buf_str(out));
	buf_reset(out);
	l->has_word = false;
}

/* The value of a variable is cut at its blanks too. */
static void cut_value(struct lexer *l, struct buf *out, size_t from)
{
	AUTO(mem) char *value = xstrndup(out->p + from, out->n - from);

	out->n = from;
	out->p[from] = '\0';
	for (const char *p = value; *p; p++) {
		if (isspace((unsigned char)*p))
			end_word(l, out);
		else
			buf_addch(out, *p);
	}
}

static int process_one(struct lexer *l, struct buf *out)
{
	char c = *l->p;
	size_t from = out->n;
	int r;

	if (c == '$') {
		r = process_dollar(l, out);
		if (r == 0 && l->split && out->n > from)
			cut_value(l, out, from);
		return r;
	}
	if (!l->raw_quotes && (c == '\'' || c == '"')) {
		l->has_word = true;
		return c == '"' ? process_double_quote(l, out) : process_single_quote(l, out);
	}
	if (c == l->x->escape && (!l->raw_quotes || l->p[1] == '$' || l->p[1] == c)) {
		if (l->p[1])
			buf_addch(out, l->p[1]);
		l->p += l->p[1] ? 2 : 1;
		return 0;
	}
	if (l->split && isspace((unsigned char)c))
		end_word(l, out);
	else
		buf_addch(out, c);
	l->p++;
	return 0;
}

/* Up to stop (which is left) or the end of the text. */
static int process(struct lexer *l, char stop, struct buf *out)
{
	int r = 0;

	if (++l->depth > DEPTH_MAX)
		return fail(l, "nested too deeply");
	while (r == 0 && *l->p && (!stop || *l->p != stop))
		r = process_one(l, out);
	l->depth--;
	return r;
}

static int run(struct lexer *l, const char *word, struct buf *out, struct err **e)
{
	int r;

	l->p = word;
	r = process(l, '\0', out);
	if (r < 0)
		(void)err_set(e, -r, "failed to process \"%s\": %s", word, buf_str(&l->reason_buf));
	buf_done(&l->reason_buf);
	return r;
}

int expand_word(const struct expand *x, const char *word, char **ret, struct err **e)
{
	struct lexer l = { .x = x };
	AUTO(buf) struct buf out = BUF_INIT;
	int r = run(&l, word, &out, e);

	if (r == 0)
		*ret = buf_take(&out);
	return r;
}

int expand_words(const struct expand *x, const char *word, struct strv *ret, struct err **e)
{
	AUTO(strv) struct strv words = STRV_INIT;
	struct lexer l = { .x = x, .split = true, .words = &words };
	AUTO(buf) struct buf out = BUF_INIT;
	int r = run(&l, word, &out, e);

	if (r < 0)
		return r;
	end_word(&l, &out);
	for (size_t i = 0; i < words.n; i++)
		strv_add(ret, words.v[i]);
	return 0;
}

int expand_text(const struct expand *x, const char *text, char **ret, struct err **e)
{
	struct lexer l = { .x = x, .raw_quotes = true };
	AUTO(buf) struct buf out = BUF_INIT;
	int r = run(&l, text, &out, e);

	if (r == 0)
		*ret = buf_take(&out);
	return r;
}

void expand_split(const char *text, char escape, struct strv *ret)
{
	AUTO(buf) struct buf word = BUF_INIT;
	char quote = '\0';

	for (const char *p = text; *p; p++) {
		if (!quote && isspace((unsigned char)*p)) {
			if (word.n)
				strv_add(ret, buf_str(&word));
			buf_reset(&word);
			continue;
		}
		if (*p == escape && p[1] && quote != '\'') {
			buf_addch(&word, *p++);
		} else if (!quote && (*p == '\'' || *p == '"')) {
			quote = *p;
		} else if (*p == quote) {
			quote = '\0';
		}
		buf_addch(&word, *p);
	}
	if (word.n)
		strv_add(ret, buf_str(&word));
}
