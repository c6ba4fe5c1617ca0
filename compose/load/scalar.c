#include "compose/load/scalar.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(s, *words) == 0)
			return true;
	return false;
}

static bool resolve_word(const char *s, struct scalar *ret)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const trues[] = { "true", "True", "TRUE", NULL };
	static const char *const falses[] = { "false", "False", "FALSE", NULL };
	static const char *const nans[] = { ".nan", ".NaN", ".NAN", NULL };
	static const char *const infs[] = { ".inf", ".Inf", ".INF", NULL };
	bool minus = *s == '-';

	if (one_of(s, nulls))
		*ret = (struct scalar){ .kind = NODE_NULL };
	else if (one_of(s, trues))
		*ret = (struct scalar){ .kind = NODE_BOOL, .b = true };
	else if (one_of(s, falses))
		*ret = (struct scalar){ .kind = NODE_BOOL, .b = false };
	else if (one_of(s, nans))
		*ret = (struct scalar){ .kind = NODE_FLOAT, .f = (double)NAN };
	else if (one_of(s + (minus || *s == '+'), infs))
		*ret = (struct scalar){ .kind = NODE_FLOAT, .f = minus ? -HUGE_VAL : HUGE_VAL };
	else
		return false;
	return true;
}

/* Digits of base with nothing behind them; *ret is valid only without overflow. */
static bool digits(const char *s, int base, uint64_t *ret, bool *overflow)
{
	uint64_t v = 0;

	*overflow = false;
	if (!*s)
		return false;
	for (; *s; s++) {
		int c = tolower((unsigned char)*s);
		int d = isdigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;

		if (d >= base)
			return false;
		if (__builtin_mul_overflow(v, (uint64_t)base, &v) ||
		    __builtin_add_overflow(v, (uint64_t)d, &v))
			*overflow = true;
	}
	*ret = v;
	return true;
}

static bool resolve_int(const char *s, struct scalar *ret)
{
	bool minus = *s == '-', overflow;
	uint64_t v;
	int base = 10;

	if (minus || *s == '+')
		s++;
	if (*s == '0' && s[1]) {
		int c = tolower((unsigned char)s[1]);

		base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
		s += c == 'x' || c == 'b' || c == 'o' ? 2 : 1;
	}
	/* What does not fit is a float when it is written like one. */
	if (!digits(s, base, &v, &overflow) || overflow)
		return false;
	if (v > (uint64_t)INT64_MAX + minus)
		*ret = (struct scalar){ .kind = NODE_FLOAT, .f = minus ? -(double)v : (double)v };
	else
		*ret = (struct scalar){ .kind = NODE_INT,
					.i = minus ? (int64_t)(0 - v) : (int64_t)v };
	return true;
}

/* [-+]?(.d+|d+(.d*)?)([eE][-+]?d+)? */
static bool is_float(const char *s)
{
	size_t before, after = 0;

	s += *s == '-' || *s == '+';
	before = strspn(s, "0123456789");
	s += before;
	if (*s == '.') {
		after = strspn(++s, "0123456789");
		s += after;
	}
	if (!before && !after)
		return false;
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '-' || *s == '+';
		if (!isdigit((unsigned char)*s))
			return false;
		s += strspn(s, "0123456789");
	}
	return !*s;
}

static bool resolve_number(const char *s, struct scalar *ret)
{
	if (resolve_int(s, ret))
		return true;
	if (!is_float(s))
		return false;
	*ret = (struct scalar){ .kind = NODE_FLOAT, .f = strtod(s, NULL) };
	return true;
}

/* Numbers longer than this are text. */
enum { NUMBER_MAX = 400 };

struct scalar scalar_resolve(const char *text)
{
	struct scalar ret = { .kind = NODE_STR };
	char plain[NUMBER_MAX];
	size_t n = 0;

	/* The words begin with one of these (and strchr finds the end of an empty text), most texts do not. */
	if (strchr("nNtTfF.~-+", *text) && resolve_word(text, &ret))
		return ret;
	if (!isdigit((unsigned char)*text) && !strchr("+-.", *text))
		return ret;
	for (const char *p = text; *p; p++) {
		if (n + 1 == sizeof(plain))
			return ret;
		if (*p != '_')
			plain[n++] = *p;
	}
	plain[n] = 0;
	if (!resolve_number(plain, &ret))
		ret.kind = NODE_STR;
	return ret;
}

static bool digits_then(const char **s, size_t min, size_t max, const char *ends)
{
	size_t n = strspn(*s, "0123456789");

	if (n < min || n > max || (*ends && (!(*s)[n] || !strchr(ends, (*s)[n]))))
		return false;
	*s += n;
	return true;
}

bool scalar_is_date(const char *text)
{
	const char *s = text;

	if (!digits_then(&s, 4, 4, "-"))
		return false;
	s++;
	if (!digits_then(&s, 1, 2, "-"))
		return false;
	s++;
	if (!digits_then(&s, 1, 2, ""))
		return false;
	/* A date alone, or with a time behind it. */
	if (!*s)
		return true;
	if (*s != 'T' && *s != 't' && *s != ' ')
		return false;
	s += strspn(s, " Tt");
	return digits_then(&s, 1, 2, ":");
}
