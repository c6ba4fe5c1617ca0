/*
 * Text becomes a tree of nodes (template_parse); executing walks it with a current value ("dot") and a
 * stack of variables. Every value is a struct json; results of functions live in the run's arena-like
 * pool and are freed when it ends.
 */
#include "compose/ui/template.h"

#include <ctype.h>
#include <errno.h>

#include "compose/ui/template_int.h"

enum { MAX_DEPTH = 50 };

struct parser {
	const char *p; /* next character */
	struct tnode *pending; /* the else or end that ended a list */
	int depth;
	struct err **e;
};

static int fail(struct parser *p, const char *what)
{
	return err_set(p->e, EINVAL, "template parsing error: template: :1: %s", what);
}

static struct tnode *tnode_new(enum tnode_kind kind)
{
	struct tnode *n = xcalloc(1, sizeof(*n));

	n->kind = kind;
	return n;
}

void tnode_free(struct tnode *n)
{
	while (n) {
		struct tnode *next = n->next;

		free(n->text);
		strv_done(&n->path);
		tnode_free(n->args);
		tnode_free(n->body);
		tnode_free(n->other);
		free(n);
		n = next;
	}
}

static void skip_blanks(struct parser *p)
{
	while (*p->p && isspace((unsigned char)*p->p))
		p->p++;
}

static bool at_end_of_action(const struct parser *p)
{
	if (starts_with(p->p, "}}"))
		return true;
	return p->p[0] == '-' && starts_with(p->p + 1, "}}");
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static char *take_word(struct parser *p)
{
	const char *start = p->p;

	while (is_word(*p->p))
		p->p++;
	return xstrndup(start, (size_t)(p->p - start));
}

/* ".A.B" behind a value or on its own. */
static void take_path(struct parser *p, struct strv *path)
{
	while (*p->p == '.' && is_word(p->p[1])) {
		p->p++;
		strv_take(path, take_word(p));
	}
}

static void add_escape(struct parser *p, struct buf *out)
{
	static const char from[] = "nrt\"\\", to[] = "\n\r\t\"\\";
	const char *at = strchr(from, *p->p);

	if (at && *at)
		buf_addch(out, to[at - from]);
	else
		buf_addf(out, "\\%c", *p->p);
	p->p++;
}

static int parse_string(struct parser *p, struct tnode **ret)
{
	char quote = *p->p++;
	AUTO(buf) struct buf text = BUF_INIT;

	while (*p->p && *p->p != quote) {
		if (*p->p == '\\' && quote == '"' && p->p[1]) {
			p->p++;
			add_escape(p, &text);
		} else {
			buf_addch(&text, *p->p++);
		}
	}
	if (!*p->p)
		return fail(p, "unterminated quoted string");
	p->p++;
	*ret = tnode_new(T_STRING);
	(*ret)->text = buf_take(&text);
	return 0;
}

static int parse_number(struct parser *p, struct tnode **ret)
{
	char *end;
	double v = strtod(p->p, &end);

	if (end == p->p || is_word(*end))
		return fail(p, "bad number syntax");
	p->p = end;
	*ret = tnode_new(T_NUMBER);
	(*ret)->number = v;
	return 0;
}

static int parse_pipeline(struct parser *p, struct tnode **ret);

static int parse_parens(struct parser *p, struct tnode **ret)
{
	int r;

	p->p++;
	r = parse_pipeline(p, ret);
	if (r < 0)
		return r;
	skip_blanks(p);
	if (*p->p != ')')
		return fail(p, "unclosed left paren");
	p->p++;
	take_path(p, &(*ret)->path);
	return 0;
}

static struct tnode *parse_variable(struct parser *p)
{
	struct tnode *n = tnode_new(T_VARIABLE);

	p->p++;
	n->text = take_word(p);
	take_path(p, &n->path);
	return n;
}

static struct tnode *parse_word(struct parser *p)
{
	struct tnode *n = tnode_new(T_FUNCTION);

	n->text = take_word(p);
	if (streq(n->text, "true") || streq(n->text, "false")) {
		n->kind = T_BOOL;
		n->number = n->text[0] == 't';
	} else if (streq(n->text, "nil")) {
		n->kind = T_NIL;
	}
	return n;
}

static int parse_operand(struct parser *p, struct tnode **ret)
{
	char c = *p->p;

	if (c == '.') {
		*ret = tnode_new(T_FIELD);
		if (is_word(p->p[1]))
			take_path(p, &(*ret)->path);
		else
			p->p++;
		return 0;
	}
	if (c == '$') {
		*ret = parse_variable(p);
		return 0;
	}
	if (c == '"' || c == '`')
		return parse_string(p, ret);
	if (c == '(')
		return parse_parens(p, ret);
	if (isdigit((unsigned char)c) || ((c == '-' || c == '+') && isdigit((unsigned char)p->p[1])))
		return parse_number(p, ret);
	if (is_word(c)) {
		*ret = parse_word(p);
		return 0;
	}
	return fail(p, "unexpected character in command");
}

/* An operand and its arguments: "printf "%s" .X". */
static int parse_call(struct parser *p, struct tnode **ret)
{
	struct tnode **tail;
	int r;

	if (++p->depth > MAX_DEPTH)
		return fail(p, "nested too deep");
	r = parse_operand(p, ret);
	if (r < 0)
		return r;
	tail = &(*ret)->args;
	for (;;) {
		skip_blanks(p);
		if (!*p->p || *p->p == '|' || *p->p == ')' || at_end_of_action(p))
			break;
		r = parse_operand(p, tail);
		if (r < 0)
			return r;
		tail = &(*tail)->next;
	}
	p->depth--;
	return 0;
}

/* calls separated by '|': each is the last argument of the one behind it. */
static int parse_pipeline(struct parser *p, struct tnode **ret)
{
	struct tnode *left = NULL;
	int r;

	for (;;) {
		struct tnode *call = NULL, **tail;

		skip_blanks(p);
		r = parse_call(p, &call);
		if (r < 0) {
			tnode_free(call);
			tnode_free(left);
			return r;
		}
		if (left) {
			for (tail = &call->args; *tail; tail = &(*tail)->next)
				;
			*tail = left;
		}
		left = tnode_new(T_PIPE);
		left->args = call;
		if (*p->p != '|')
			break;
		p->p++;
	}
	*ret = left;
	return 0;
}

/* "$x := pipeline" or "$i, $x := pipeline" in range. */
static int parse_assign(struct parser *p, struct tnode *n)
{
	const char *back = p->p;

	skip_blanks(p);
	while (*p->p == '$') {
		p->p++;
		strv_take(&n->path, take_word(p));
		skip_blanks(p);
		if (*p->p == ',') {
			p->p++;
			skip_blanks(p);
		}
	}
	if (n->path.n && starts_with(p->p, ":=")) {
		p->p += 2;
	} else if (n->path.n && *p->p == '=') {
		p->p++;
	} else {
		strv_done(&n->path);
		p->p = back;
	}
	return parse_pipeline(p, &n->args);
}

static int end_action(struct parser *p)
{
	skip_blanks(p);
	if (starts_with(p->p, "}}")) {
		p->p += 2;
		return 0;
	}
	if (*p->p == '-' && starts_with(p->p + 1, "}}")) {
		p->p += 3;
		skip_blanks(p);
		return 0;
	}
	return fail(p, *p->p ? "unexpected token in action" : "unclosed action");
}

static int parse_list(struct parser *p, struct tnode **ret);

/* The lists of if, with and range up to their end. */
static int parse_branch(struct parser *p, struct tnode *n)
{
	int r;

	if (++p->depth > MAX_DEPTH)
		return fail(p, "nested too deep");
	r = parse_assign(p, n);
	if (r == 0)
		r = end_action(p);
	if (r == 0)
		r = parse_list(p, &n->body);
	if (r == 0 && !p->pending)
		return fail(p, "unexpected EOF");
	if (r == 0 && p->pending->kind == T_ELSE) {
		struct tnode *more = p->pending->body; /* the if of "else if" */

		p->pending->body = NULL;
		tnode_free(p->pending);
		p->pending = NULL;
		if (more) {
			n->other = more;
			r = parse_branch(p, more);
			p->depth--;
			return r;
		}
		r = parse_list(p, &n->other);
		if (r == 0 && (!p->pending || p->pending->kind != T_END))
			return fail(p, "expected end");
	}
	tnode_free(p->pending);
	p->pending = NULL;
	p->depth--;
	return r;
}

static bool take_keyword(struct parser *p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(p->p, word, n) != 0 || is_word(p->p[n]))
		return false;
	p->p += n;
	return true;
}

static int parse_else(struct parser *p, struct tnode *n)
{
	n->kind = T_ELSE;
	skip_blanks(p);
	if (take_keyword(p, "if")) {
		n->body = tnode_new(T_IF);
		return 0; /* its condition is read by parse_branch */
	}
	return end_action(p);
}

/* Behind "{{" and trimming. */
static int parse_action(struct parser *p, struct tnode *n)
{
	static const struct {
		const char *word;
		enum tnode_kind kind;
	} branches[] = { { "if", T_IF }, { "range", T_RANGE }, { "with", T_WITH } };
	int r;

	if (starts_with(p->p, "/*")) {
		const char *end = strstr(p->p, "*/");

		if (!end)
			return fail(p, "unclosed comment");
		p->p = end + 2;
		n->kind = T_TEXT;
		n->text = xstrdup("");
		return end_action(p);
	}
	for (size_t i = 0; i < ARRAY_LEN(branches); i++) {
		if (take_keyword(p, branches[i].word)) {
			n->kind = branches[i].kind;
			return parse_branch(p, n);
		}
	}
	if (take_keyword(p, "end")) {
		n->kind = T_END;
		return end_action(p);
	}
	if (take_keyword(p, "else"))
		return parse_else(p, n);
	n->kind = T_ACTION;
	r = parse_assign(p, n);
	return r < 0 ? r : end_action(p);
}

/* Plain text up to the next action; docker turns the two characters \t and \n into real ones. */
static struct tnode *parse_text(struct parser *p)
{
	struct tnode *n = tnode_new(T_TEXT);
	AUTO(buf) struct buf text = BUF_INIT;

	while (*p->p && !starts_with(p->p, "{{")) {
		if (p->p[0] == '\\' && (p->p[1] == 't' || p->p[1] == 'n')) {
			buf_addch(&text, p->p[1] == 't' ? '\t' : '\n');
			p->p += 2;
		} else {
			buf_addch(&text, *p->p++);
		}
	}
	if (starts_with(p->p, "{{-") && isspace((unsigned char)p->p[3]))
		while (text.n && isspace((unsigned char)text.p[text.n - 1]))
			text.p[--text.n] = '\0';
	n->text = buf_take(&text);
	return n;
}

/* Nodes up to the end of the text, or up to an else or end, which is left in p->pending. */
static int parse_list(struct parser *p, struct tnode **ret)
{
	struct tnode **tail = ret;
	int r;

	while (*p->p) {
		if (!starts_with(p->p, "{{")) {
			*tail = parse_text(p);
			tail = &(*tail)->next;
			continue;
		}
		p->p += 2;
		if (p->p[0] == '-' && isspace((unsigned char)p->p[1]))
			p->p++;
		skip_blanks(p);
		*tail = tnode_new(T_TEXT);
		r = parse_action(p, *tail);
		if (r < 0)
			return r;
		if ((*tail)->kind == T_END || (*tail)->kind == T_ELSE) {
			p->pending = *tail;
			*tail = NULL;
			return 0;
		}
		tail = &(*tail)->next;
	}
	return 0;
}

int template_parse(const char *text, struct template **ret, struct err **e)
{
	struct parser p = { .p = text, .e = e };
	struct tnode *list = NULL;
	int r = parse_list(&p, &list);

	if (r == 0 && p.pending)
		r = fail(&p, p.pending->kind == T_END ? "unexpected {{end}}" : "unexpected {{else}}");
	tnode_free(p.pending);
	if (r < 0) {
		tnode_free(list);
		return r;
	}
	*ret = xcalloc(1, sizeof(**ret));
	(*ret)->list = list;
	return 0;
}

void template_free(struct template *t)
{
	if (!t)
		return;
	tnode_free(t->list);
	free(t);
}
