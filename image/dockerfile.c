#include "image/dockerfile.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>

#include "base/buf.h"
#include "image/expand.h"
#include "image/instr_form.h"

enum { LINE_MAX_LEN = 1 << 20, TEXT_MAX_LEN = 16 << 20 };

struct parser {
	struct dockerfile *d;
	size_t next; /* index into d->lines */
	bool seen_directives[3];
};

void instr_done(struct instr *i)
{
	free(i->shown);
	free(i->text);
	strv_done(&i->flags);
	strv_done(&i->args);
	for (size_t k = 0; k < i->n_heredocs; k++) {
		free(i->heredocs[k].name);
		free(i->heredocs[k].text);
	}
	free(i->heredocs);
	*i = (struct instr){ 0 };
}

void dockerfile_free(struct dockerfile *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->n; i++)
		instr_done(&d->v[i]);
	free(d->v);
	free(d->name);
	strv_done(&d->lines);
	strv_done(&d->warnings);
	free(d);
}

void dockerfile_lines(const char *text, size_t n, struct strv *ret)
{
	struct str rest = { text, n };

	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		rest = (struct str){ text + 3, n - 3 };
	while (rest.p) {
		struct str line = str_cut(&rest, '\n');

		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		strv_take(ret, str_dup(line));
	}
}

static int fail_at(struct parser *p, unsigned line, struct err **e)
{
	AUTO(mem) char *text = e && *e ? xstrdup(err_text(*e)) : NULL;
	struct srcpos at = { .file = p->d->name, .line = line, .col = 1 };

	return err_at(e, &at, "dockerfile parse error on line %u: %s", line, text ? text : "");
}

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t\v\f\r");
}

static bool is_comment(const char *line)
{
	return *skip_blanks(line) == '#';
}

/* A last escape character, blanks behind it allowed, continues the line; a doubled one does not. */
static bool is_continued(const char *line, char escape, size_t *ret_len)
{
	size_t n = strlen(line);

	while (n && (line[n - 1] == ' ' || line[n - 1] == '\t'))
		n--;
	if (!n || line[n - 1] != escape || (n > 1 && line[n - 2] == escape))
		return false;
	*ret_len = n - 1;
	return true;
}

static const char *const directive_names[] = { "syntax", "escape", "check" };

static int use_directive(struct parser *p, size_t which, const char *value, struct err **e)
{
	if (p->seen_directives[which])
		return err_set(e, EINVAL, "only one %s parser directive can be used",
			       directive_names[which]);
	p->seen_directives[which] = true;
	if (which == 0 && !strstr(value, "docker/dockerfile"))
		return err_set(e, EINVAL, "custom Dockerfile frontends are not supported: %s",
			       value);
	if (which != 1)
		return 0;
	if (!streq(value, "\\") && !streq(value, "`"))
		return err_set(e, EINVAL, "invalid escape token '%s' does not match ` or \\",
			       value);
	p->d->escape = *value;
	return 0;
}

/* "# name = value" at the very top. 1 = it was one. */
static int parse_directive(struct parser *p, const char *line, struct err **e)
{
	const char *name = skip_blanks(line), *eq;
	size_t n = 0;
	int r;

	if (*name != '#')
		return 0;
	name = skip_blanks(name + 1);
	while (isalnum((unsigned char)name[n]))
		n++;
	eq = skip_blanks(name + n);
	if (!n || *eq != '=')
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(directive_names); i++) {
		AUTO(mem) char *value = NULL;

		if (strlen(directive_names[i]) != n ||
		    strncasecmp(name, directive_names[i], n) != 0)
			continue;
		value = str_dup(str_trim(str_of(eq + 1)));
		r = use_directive(p, i, value, e);
		return r < 0 ? r : 1;
	}
	return 0;
}

static int parse_directives(struct parser *p, struct err **e)
{
	int r = 1;

	while (r == 1 && p->next < p->d->lines.n) {
		r = parse_directive(p, p->d->lines.v[p->next], e);
		if (r < 0)
			return fail_at(p, (unsigned)p->next + 1, e);
		p->next += r == 1;
	}
	return 0;
}

/* Joins continued lines, starting with the one at p->next. */
static void take_logical_line(struct parser *p, struct buf *out)
{
	const char *line = skip_blanks(p->d->lines.v[p->next++]);
	size_t n;

	while (is_continued(line, p->d->escape, &n)) {
		buf_add(out, line, n);
		for (;; p->next++) {
			if (p->next == p->d->lines.n)
				return;
			line = p->d->lines.v[p->next];
			if (is_comment(line))
				continue;
			if (*skip_blanks(line))
				break;
			if (p->next + 1 < p->d->lines.n)
				strv_addf(&p->d->warnings,
					  "%s:%zu: NoEmptyContinuation: Empty "
					  "continuation line",
					  p->d->name, p->next + 1);
		}
		p->next++;
	}
	buf_addstr(out, line);
}

/* "<<NAME", "3<<-'NAME'": the number is allowed and means nothing to us. */
static bool is_heredoc_word(const char *word, struct heredoc *ret)
{
	static const struct strv no_env = STRV_INIT;
	struct expand x = { .escape = '\\', .env = &no_env };
	AUTO(mem) char *name = NULL;
	const char *p = word + strspn(word, "0123456789");

	if (!starts_with(p, "<<"))
		return false;
	p += 2;
	ret->strip_tabs = *p == '-';
	p += ret->strip_tabs;
	if (!*p || strchr(p, '<'))
		return false;
	ret->expand = !strpbrk(p, "'\"\\");
	if (ret->expand)
		ret->name = xstrdup(p);
	else if (expand_word(&x, p, &name, NULL) == 0 && *name)
		ret->name = TAKE_PTR(name);
	else
		return false;
	return true;
}

static int take_heredoc(struct parser *p, struct heredoc *h, struct err **e)
{
	AUTO(buf) struct buf text = BUF_INIT;

	while (p->next < p->d->lines.n) {
		const char *line = p->d->lines.v[p->next++];
		const char *bare = h->strip_tabs ? line + strspn(line, "\t") : line;

		if (streq(bare, h->name)) {
			h->text = buf_take(&text);
			return 0;
		}
		buf_addstr(&text, bare);
		buf_addch(&text, '\n');
	}
	return err_set(e, EINVAL, "unterminated heredoc");
}

static int take_heredocs(struct parser *p, struct instr *i, struct err **e)
{
	AUTO(strv) struct strv words = STRV_INIT;

	if (!instr_takes_heredoc(i->kind) || i->is_json || !strstr(i->text, "<<"))
		return 0;
	expand_split(i->text, p->d->escape, &words);
	for (size_t k = 0; k < words.n; k++) {
		struct heredoc h = { 0 };
		int r;

		if (!is_heredoc_word(words.v[k], &h))
			continue;
		ARRAY_RESERVE(i->heredocs, i->n_heredocs, i->cap_heredocs);
		i->heredocs[i->n_heredocs++] = h;
		r = take_heredoc(p, &i->heredocs[i->n_heredocs - 1], e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_instr(const char *line, char escape, struct instr *ret, struct err **e)
{
	AUTO(mem) char *trimmed = str_dup(str_trim(str_of(line)));
	size_t n = strcspn(trimmed, " \t\v\f\r\n");
	AUTO(mem) char *word = xstrndup(trimmed, n);
	const char *rest = skip_blanks(trimmed + n), *near;
	int kind = instr_find(word), r;

	if (kind < 0) {
		near = instr_suggest(word);
		return err_set(e, EINVAL,
			       near ? "unknown instruction: %s (did you mean %s?)"
				    : "unknown instruction: %s",
			       word, near);
	}
	ret->kind = (enum instr_kind)kind;
	ret->shown = xasprintf("%s%s%s", instr_name(ret->kind), *rest ? " " : "", rest);
	r = instr_parse_flags(ret, &rest, escape, e);
	if (r < 0)
		return r;
	ret->text = xstrdup(rest);
	return instr_parse_args(ret, escape, e);
}

/* The instruction an ONBUILD holds must parse now, though it runs later. */
static int check_trigger(struct parser *p, struct instr *i, struct err **e)
{
	struct instr inner = { 0 };
	int r = parse_instr(i->text, p->d->escape, &inner, e);

	if (r == 0 && (inner.kind == INSTR_ONBUILD || inner.kind == INSTR_FROM ||
		       inner.kind == INSTR_MAINTAINER))
		r = inner.kind == INSTR_ONBUILD
			    ? err_set(e, EINVAL,
				      "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
			    : err_set(e, EINVAL, "%s isn't allowed as an ONBUILD trigger",
				      instr_name(inner.kind));
	if (r == 0) {
		r = take_heredocs(p, &inner, e);
		for (size_t k = 0; k < inner.n_heredocs; k++) {
			ARRAY_RESERVE(i->heredocs, i->n_heredocs, i->cap_heredocs);
			i->heredocs[i->n_heredocs++] = inner.heredocs[k];
			inner.heredocs[k] = (struct heredoc){ 0 };
		}
	}
	instr_done(&inner);
	return r;
}

static int parse_next(struct parser *p, struct err **e)
{
	AUTO(buf) struct buf line = BUF_INIT;
	unsigned first = (unsigned)p->next + 1;
	struct instr i = { .line = first };
	int r;

	take_logical_line(p, &line);
	if (line.n > LINE_MAX_LEN)
		r = err_set(e, EINVAL, "dockerfile line greater than max allowed size of %d",
			    LINE_MAX_LEN);
	else
		r = parse_instr(buf_str(&line), p->d->escape, &i, e);
	if (r == 0)
		r = i.kind == INSTR_ONBUILD ? check_trigger(p, &i, e) : take_heredocs(p, &i, e);
	if (r < 0) {
		instr_done(&i);
		return fail_at(p, first, e);
	}
	i.end_line = (unsigned)p->next;
	ARRAY_RESERVE(p->d->v, p->d->n, p->d->cap);
	p->d->v[p->d->n++] = i;
	return 0;
}

static int check_first(struct parser *p, struct err **e)
{
	const struct dockerfile *d = p->d;

	for (size_t i = 0; i < d->n && d->v[i].kind != INSTR_FROM; i++) {
		if (d->v[i].kind == INSTR_ARG)
			continue;
		(void)err_set(e, EINVAL, "no build stage in current context");
		return fail_at(p, d->v[i].line, e);
	}
	return 0;
}

static int parse_all(struct parser *p, struct err **e)
{
	int r = parse_directives(p, e);

	while (r == 0 && p->next < p->d->lines.n) {
		const char *line = p->d->lines.v[p->next];

		if (is_comment(line) || !*skip_blanks(line))
			p->next++;
		else
			r = parse_next(p, e);
	}
	if (r < 0)
		return r;
	if (!p->d->n)
		return err_set(e, EINVAL, "file with no instructions");
	return check_first(p, e);
}

int dockerfile_parse(const char *name, const char *text, size_t n, struct dockerfile **ret,
		     struct err **e)
{
	AUTO(dockerfile) struct dockerfile *d = xcalloc(1, sizeof(*d));
	struct parser p = { .d = d };
	int r;

	if (n > TEXT_MAX_LEN)
		return err_set(e, EFBIG, "the Dockerfile is longer than %d bytes", TEXT_MAX_LEN);
	if (memchr(text, '\0', n))
		return err_set(e, EINVAL, "the Dockerfile contains a NUL byte");
	d->name = xstrdup(name);
	d->escape = '\\';
	dockerfile_lines(text, n, &d->lines);
	if (!n)
		return err_set(e, EINVAL, "the Dockerfile cannot be empty");
	r = parse_all(&p, e);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(d);
	return 0;
}

int dockerfile_parse_line(const char *text, char escape, unsigned line, struct instr *ret,
			  struct err **e)
{
	struct dockerfile d = { .escape = escape, .name = (char *)"" };
	struct parser p = { .d = &d, .next = 1 };
	struct instr i = { .line = line, .end_line = line };
	int r;

	dockerfile_lines(text, strlen(text), &d.lines);
	r = parse_instr(d.lines.v[0], escape, &i, e);
	if (r == 0)
		r = take_heredocs(&p, &i, e);
	strv_done(&d.lines);
	if (r < 0)
		instr_done(&i);
	else
		*ret = i;
	return r;
}

void dockerfile_excerpt(FILE *to, const char *name, const struct strv *lines, unsigned first,
			unsigned last)
{
	unsigned n = (unsigned)lines->n, from = first, until = last < n ? last : n;
	unsigned pad = first == last ? 4 : 2;

	if (!first || first > n)
		return;
	for (unsigned p = 0; p < pad; p++) {
		if (from > 1) {
			from--;
			p++;
		}
		if (until < n) {
			until++;
			p++;
		}
	}
	fprintf(to, "%s:%u\n--------------------\n", name, first);
	for (unsigned i = from; i <= until; i++)
		fprintf(to, " %3u | %s %s\n", i, i >= first && i <= last ? ">>>" : "   ",
			lines->v[i - 1]);
	fputs("--------------------\n", to);
}
