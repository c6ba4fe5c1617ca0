#include <ctype.h>
#include <errno.h>

#include "compose/ui/jsontext.h"
#include "compose/ui/template_int.h"
#include "compose/ui/width.h"

struct call {
	struct run *r;
	const char *name;
	const struct json **args;
	size_t n;
	const struct json **ret;
};

static int give(struct call *c, struct json *j)
{
	*c->ret = run_own(c->r, j);
	return 0;
}

static int give_text(struct call *c, struct buf *b)
{
	return give(c, json_new_str(buf_str(b)));
}

static int wrong(struct call *c, const char *what)
{
	return err_set(c->r->e, EINVAL, "template parsing error: template: :1: executing \"\": "
		       "error calling %s: %s", c->name, what);
}

static const char *arg_text(const struct call *c, size_t i)
{
	const char *s = i < c->n ? json_text(c->args[i]) : NULL;

	return s ? s : "";
}

static int f_json(struct call *c)
{
	AUTO(buf) struct buf b = BUF_INIT;

	jsontext_add(&b, c->args[0]);
	return give_text(c, &b);
}

static int f_split(struct call *c)
{
	struct json *list = json_new_arr();
	const char *s = arg_text(c, 0), *sep = arg_text(c, 1), *hit;

	while (*sep && (hit = strstr(s, sep))) {
		json_push(list, json_new_str(strndupa(s, (size_t)(hit - s))));
		s = hit + strlen(sep);
	}
	json_push_str(list, s);
	return give(c, list);
}

static int f_join(struct call *c)
{
	AUTO(buf) struct buf b = BUF_INIT;

	JSON_EACH (item, c->args[0]) {
		if (item != json_first(c->args[0]))
			buf_addstr(&b, arg_text(c, 1));
		value_print(&b, item);
	}
	return give_text(c, &b);
}

static int map_chars(struct call *c, int (*first)(int), int (*rest)(int))
{
	AUTO(mem) char *s = xstrdup(arg_text(c, 0));

	for (char *p = s; *p; p++)
		*p = (char)(p == s || p[-1] == ' ' ? first((unsigned char)*p) : rest((unsigned char)*p));
	return give(c, json_new_str(s));
}

static int same(int ch)
{
	return ch;
}

static int f_title(struct call *c)
{
	return map_chars(c, toupper, same);
}

static int f_lower(struct call *c)
{
	return map_chars(c, tolower, tolower);
}

static int f_upper(struct call *c)
{
	return map_chars(c, toupper, toupper);
}

/* pad TEXT BEFORE AFTER: blanks around a text that is not empty. */
static int f_pad(struct call *c)
{
	AUTO(buf) struct buf b = BUF_INIT;
	int before = (int)json_num(c->args[1], 0), after = (int)json_num(c->args[2], 0);

	if (*arg_text(c, 0) && before >= 0 && after >= 0 && before < 4096 && after < 4096)
		buf_addf(&b, "%*s%s%*s", before, "", arg_text(c, 0), after, "");
	return give_text(c, &b);
}

static int f_truncate(struct call *c)
{
	double n = json_num(c->args[1], 0);
	const char *s = arg_text(c, 0);
	size_t max = n > 0 ? (size_t)n : 0, len = strlen(s);

	return give(c, json_new_str(strndupa(s, len < max ? len : max)));
}

static int f_len(struct call *c)
{
	const char *s = json_text(c->args[0]);

	return give(c, json_new_int((int64_t)(s ? strlen(s) : json_len(c->args[0]))));
}

static int f_index(struct call *c)
{
	const struct json *v = c->args[0];

	for (size_t i = 1; i < c->n; i++) {
		const char *key = json_text(c->args[i]);
		double at = json_num(c->args[i], -1);

		if (!key && (at < 0 || at >= (double)json_len(v)))
			return wrong(c, "index out of range");
		v = key ? json_get(v, key) : json_at(v, (size_t)at);
	}
	*c->ret = v ? v : run_own(c->r, json_new_str(""));
	return 0;
}

static int compare(const struct json *a, const struct json *b)
{
	const char *s = json_text(a), *t = json_text(b);
	double x, y;

	if (s && t)
		return strcmp(s, t);
	if (json_is(a, JSON_BOOL) || json_is(b, JSON_BOOL))
		return json_is_true(a) - json_is_true(b);
	x = json_num(a, 0);
	y = json_num(b, 0);
	return x < y ? -1 : x > y;
}

static bool same_type(const struct json *a, const struct json *b)
{
	return a && b ? json_type(a) == json_type(b) : a == b;
}

static int f_eq(struct call *c)
{
	for (size_t i = 1; i < c->n; i++)
		if (same_type(c->args[0], c->args[i]) && compare(c->args[0], c->args[i]) == 0)
			return give(c, json_new_bool(true));
	return give(c, json_new_bool(false));
}

static int f_ne(struct call *c)
{
	bool equal = same_type(c->args[0], c->args[1]) && compare(c->args[0], c->args[1]) == 0;

	return give(c, json_new_bool(!equal));
}

static int f_order(struct call *c)
{
	int d = compare(c->args[0], c->args[1]);
	bool less = c->name[0] == 'l', or_equal = c->name[1] == 'e';

	return give(c, json_new_bool((d == 0 && or_equal) || (less ? d < 0 : d > 0)));
}

static int f_and(struct call *c)
{
	size_t i = 0;

	while (i + 1 < c->n && value_is_true(c->args[i]))
		i++;
	*c->ret = c->args[i];
	return 0;
}

static int f_or(struct call *c)
{
	size_t i = 0;

	while (i + 1 < c->n && !value_is_true(c->args[i]))
		i++;
	*c->ret = c->args[i];
	return 0;
}

static int f_not(struct call *c)
{
	return give(c, json_new_bool(!value_is_true(c->args[0])));
}

static int f_print(struct call *c)
{
	AUTO(buf) struct buf b = BUF_INIT;
	bool line = streq(c->name, "println");

	for (size_t i = 0; i < c->n; i++) {
		bool both = i && !json_is(c->args[i - 1], JSON_STR) && !json_is(c->args[i], JSON_STR);

		if (i && (line || both))
			buf_addch(&b, ' ');
		value_print(&b, c->args[i]);
	}
	if (line)
		buf_addch(&b, '\n');
	return give_text(c, &b);
}

/* Width, flags and verb of one directive; s points behind '%'. */
static const char *add_directive(struct call *c, const char *s, size_t *arg, struct buf *out)
{
	AUTO(buf) struct buf text = BUF_INIT;
	const char *start = s;
	bool left;
	size_t width, used;

	s += strspn(s, "-+# 0");
	left = memchr(start, '-', (size_t)(s - start)) != NULL;
	width = strtoul(s, NULL, 10) % 4096;
	s += strspn(s, "0123456789.");
	if (*s == '%') {
		buf_addch(out, '%');
		return s + 1;
	}
	if (*arg >= c->n) {
		buf_addf(out, "%%!%c(MISSING)", *s ? *s : '?');
		return *s ? s + 1 : s;
	}
	if (*s == 'q')
		jsontext_string(&text, arg_text(c, *arg));
	else
		value_print(&text, c->args[*arg]);
	(*arg)++;
	used = text_width(buf_str(&text));
	if (!left && used < width)
		buf_addf(out, "%*s", (int)(width - used), "");
	buf_addstr(out, buf_str(&text));
	if (left && used < width)
		buf_addf(out, "%*s", (int)(width - used), "");
	return *s ? s + 1 : s;
}

static int f_printf(struct call *c)
{
	AUTO(buf) struct buf b = BUF_INIT;
	const char *s = arg_text(c, 0);
	size_t arg = 1;

	while (*s) {
		if (*s == '%')
			s = add_directive(c, s + 1, &arg, &b);
		else
			buf_addch(&b, *s++);
	}
	return give_text(c, &b);
}

static const struct function {
	const char *name;
	size_t min_args;
	int (*call)(struct call *c);
	bool header; /* leaves a column title as it is */
} functions[] = {
	{ "and", 1, f_and, false },	  { "eq", 2, f_eq, false },	    { "ge", 2, f_order, false },
	{ "gt", 2, f_order, false },	  { "index", 1, f_index, false },   { "join", 2, f_join, true },
	{ "json", 1, f_json, true },	  { "le", 2, f_order, false },	    { "len", 1, f_len, false },
	{ "lower", 1, f_lower, true },	  { "lt", 2, f_order, false },	    { "ne", 2, f_ne, false },
	{ "not", 1, f_not, false },	  { "or", 1, f_or, false },	    { "pad", 3, f_pad, false },
	{ "print", 0, f_print, false },	  { "printf", 1, f_printf, false },
	{ "println", 0, f_print, false }, { "split", 2, f_split, true },    { "title", 1, f_title, true },
	{ "truncate", 2, f_truncate, true }, { "upper", 1, f_upper, true },
};

static const struct function *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(functions); i++)
		if (streq(functions[i].name, name))
			return &functions[i];
	return NULL;
}

bool template_has_function(const char *name)
{
	return find(name) != NULL;
}

int template_call(struct run *r, const char *name, const struct json **args, size_t n,
		  const struct json **ret)
{
	const struct function *f = find(name);
	struct call c = { .r = r, .name = name, .args = args, .n = n, .ret = ret };

	if (n < f->min_args)
		return wrong(&c, "wrong number of args");
	if (r->data->header && f->header) {
		*ret = args[0];
		return 0;
	}
	return f->call(&c);
}
