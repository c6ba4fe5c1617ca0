#include "compose/cmd/flags.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"

struct parse {
	const struct flagset *sets;
	size_t n_sets;
	char **argv;
	size_t n, i; /* argv[i] is the next word */
	struct parsed *out;
	size_t cap_given;
	struct err **e;
};

int bool_parse(const char *s, bool *ret)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };

	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		if (streq(s, yes[i]))
			return *ret = true, 0;
		if (streq(s, no[i]))
			return *ret = false, 0;
	}
	return -EINVAL;
}

static void *value_of(const struct flagset *set, const struct opt *o)
{
	return (char *)set->values + o->offset;
}

static int value_set(void *value, const struct opt *o, const char *text)
{
	int64_t v;
	int r;

	switch (o->kind) {
	case OPT_BOOL:
		return bool_parse(text, value);
	case OPT_INT:
		r = num_parse(text, INT_MIN, INT_MAX, &v);
		if (r == 0)
			*(int *)value = (int)v;
		return r;
	case OPT_STR:
		*(const char **)value = text;
		return 0;
	case OPT_ARRAY:
		strv_add(value, text);
		return 0;
	}
	return -EINVAL;
}

void flagset_init(const struct flagset *set)
{
	for (const struct opt *o = set->opts; o && o->name; o++)
		if (o->dflt)
			(void)value_set(value_of(set, o), o, o->dflt);
}

void flagset_done(const struct flagset *set)
{
	for (const struct opt *o = set->opts; o && o->name; o++)
		if (o->kind == OPT_ARRAY)
			strv_done(value_of(set, o));
}

static bool name_is(const char *name, const char *s, size_t n)
{
	return name && strlen(name) == n && memcmp(name, s, n) == 0;
}

static const struct opt *find_long(const struct flagset *sets, size_t n_sets, const char *name,
				   size_t n, const struct flagset **ret_set)
{
	for (size_t i = 0; i < n_sets; i++) {
		for (const struct opt *o = sets[i].opts; o && o->name; o++) {
			if (name_is(o->name, name, n) || name_is(o->alias, name, n)) {
				*ret_set = &sets[i];
				return o;
			}
		}
	}
	return NULL;
}

static const struct opt *find_short(const struct parse *p, char c, const struct flagset **ret_set)
{
	for (size_t i = 0; i < p->n_sets; i++) {
		for (const struct opt *o = p->sets[i].opts; o && o->name; o++) {
			if (o->brief == c) {
				*ret_set = &p->sets[i];
				return o;
			}
		}
	}
	return NULL;
}

const struct opt *flags_find(const struct flagset *sets, size_t n_sets, const char *name, size_t n)
{
	const struct flagset *set;

	return find_long(sets, n_sets, name, n, &set);
}

static void given_add(struct parse *p, const struct opt *o)
{
	struct parsed *out = p->out;

	if (out->n_given + 2 > p->cap_given) {
		p->cap_given = p->cap_given ? p->cap_given * 2 : 8;
		out->given = xrealloc(out->given, p->cap_given * sizeof(*out->given));
	}
	out->given[out->n_given++] = o;
	out->given[out->n_given] = NULL;
}

/* Go's wording for a value that does not convert. */
static int bad_value(struct parse *p, const struct opt *o, const char *text, int r)
{
	const char *call = o->kind == OPT_BOOL ? "strconv.ParseBool" : "strconv.ParseInt";
	const char *why = r == -ERANGE ? "value out of range" : "invalid syntax";
	AUTO(mem) char *flag = o->brief ? xasprintf("-%c, --%s", o->brief, o->name)
					: xasprintf("--%s", o->name);

	return err_set(p->e, EINVAL, "invalid argument \"%s\" for \"%s\" flag: %s: parsing \"%s\": %s",
		       text, flag, call, text, why);
}

static int apply(struct parse *p, const struct flagset *set, const struct opt *o, const char *text)
{
	int r = value_set(value_of(set, o), o, text);

	if (r < 0)
		return bad_value(p, o, text, r);
	given_add(p, o);
	return 0;
}

static int unknown_long(struct parse *p, const char *name, size_t n)
{
	if (name_is("help", name, n)) {
		p->out->help = true;
		return 0;
	}
	return err_set(p->e, EINVAL, "unknown flag: --%.*s", (int)n, name);
}

static int parse_long(struct parse *p, const char *word)
{
	const char *name = word + 2, *eq = strchr(name, '=');
	size_t n = eq ? (size_t)(eq - name) : strlen(name);
	const struct flagset *set;
	const struct opt *o;

	if (n == 0 || name[0] == '-')
		return err_set(p->e, EINVAL, "bad flag syntax: %s", word);
	o = find_long(p->sets, p->n_sets, name, n, &set);
	if (!o)
		return unknown_long(p, name, n);
	if (eq)
		return apply(p, set, o, eq + 1);
	if (o->kind == OPT_BOOL)
		return apply(p, set, o, "true");
	if (p->i == p->n)
		return err_set(p->e, EINVAL, "flag needs an argument: --%.*s", (int)n, name);
	return apply(p, set, o, p->argv[p->i++]);
}

/* One letter of "-abc"; *s moves behind what was used. */
static int parse_brief(struct parse *p, const char **s, const char *word)
{
	char c = *(*s)++;
	const struct flagset *set;
	const struct opt *o = find_short(p, c, &set);
	const char *text;

	if (!o && c == 'h') {
		p->out->help = true;
		return 0;
	}
	if (!o)
		return err_set(p->e, EINVAL, "unknown shorthand flag: '%c' in %s", c, word);
	if (**s == '=') {
		text = *s + 1;
	} else if (o->kind == OPT_BOOL) {
		return apply(p, set, o, "true");
	} else if (**s) {
		text = *s;
	} else if (p->i < p->n) {
		text = p->argv[p->i++];
	} else {
		return err_set(p->e, EINVAL, "flag needs an argument: '%c' in %s", c, word);
	}
	*s = "";
	return apply(p, set, o, text);
}

static int parse_short(struct parse *p, const char *word)
{
	const char *s = word + 1;
	int r;

	while (*s && !p->out->help) {
		r = parse_brief(p, &s, word);
		if (r < 0)
			return r;
	}
	return 0;
}

static void rest_is_positional(struct parse *p)
{
	while (p->i < p->n)
		p->out->args[p->out->n_args++] = p->argv[p->i++];
}

int flags_parse(const struct flagset *sets, size_t n_sets, char **argv, size_t n,
		bool stop_at_positional, struct parsed *ret, struct err **e)
{
	struct parse p = { .sets = sets, .n_sets = n_sets, .argv = argv, .n = n, .out = ret, .e = e };
	int r = 0;

	ret->args = xcalloc(n + 1, sizeof(char *));
	while (p.i < n && r == 0 && !ret->help) {
		char *word = argv[p.i++];

		if (streq(word, "--")) {
			rest_is_positional(&p);
		} else if (word[0] != '-' || !word[1]) {
			ret->args[ret->n_args++] = word;
			if (stop_at_positional)
				rest_is_positional(&p);
		} else {
			r = word[1] == '-' ? parse_long(&p, word) : parse_short(&p, word);
		}
	}
	return r;
}

void parsed_done(struct parsed *p)
{
	free(p->args);
	free(p->given);
	memset(p, 0, sizeof(*p));
}
