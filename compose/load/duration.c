#include "compose/load/duration.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

static const struct {
	const char *name;
	int64_t ns;
} units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "\xc2\xb5s", 1000 },
	{ "\xce\xbcs", 1000 },
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "m", 60000000000 },
	{ "h", 3600000000000 },
	{ "d", 24 * 3600000000000 },
	{ "w", 7 * 24 * 3600000000000 },
};

static int64_t unit_ns(const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strlen(units[i].name) == n && memcmp(units[i].name, name, n) == 0)
			return units[i].ns;
	}
	return 0;
}

struct amount {
	uint64_t whole;
	double part; /* what stands behind the point, below 1 */
};

/* Digits with at most one point; false when there is no digit or the number is too great. */
static bool amount_parse(const char **s, struct amount *ret)
{
	double scale = 0.1;
	bool digits = false;

	*ret = (struct amount){ 0, 0 };
	for (; isdigit((unsigned char)**s); (*s)++, digits = true) {
		if (ret->whole > INT64_MAX / 10 - 1)
			return false;
		ret->whole = ret->whole * 10 + (uint64_t)(**s - '0');
	}
	if (**s == '.') {
		for ((*s)++; isdigit((unsigned char)**s); (*s)++, digits = true) {
			ret->part += (**s - '0') * scale;
			scale /= 10;
		}
	}
	return digits;
}

static int invalid(struct err **e, const char *text)
{
	return err_set(e, EINVAL, "time: invalid duration \"%s\"", text);
}

/* One number with its unit, added to *total. */
static int add_term(const char *text, const char **s, uint64_t *total, struct err **e)
{
	struct amount amount;
	const char *unit;
	int64_t ns;
	uint64_t v;
	size_t n;

	if (!amount_parse(s, &amount))
		return invalid(e, text);
	unit = *s;
	while (**s && **s != '.' && !isdigit((unsigned char)**s))
		(*s)++;
	n = (size_t)(*s - unit);
	if (!n)
		return err_set(e, EINVAL, "time: missing unit in duration \"%s\"", text);
	ns = unit_ns(unit, n);
	if (!ns)
		return err_set(e, EINVAL, "time: unknown unit \"%.*s\" in duration \"%s\"", (int)n,
			       unit, text);
	if (amount.whole > (uint64_t)INT64_MAX / (uint64_t)ns)
		return invalid(e, text);
	v = amount.whole * (uint64_t)ns + (uint64_t)(amount.part * (double)ns + 0.5);
	if (v > (uint64_t)INT64_MAX - *total)
		return invalid(e, text);
	*total += v;
	return 0;
}

int compose_duration_parse(const char *text, int64_t *ret_ns, struct err **e)
{
	const char *s = text;
	bool negative = *s == '-';
	uint64_t total = 0;

	if (*s == '-' || *s == '+')
		s++;
	if (!*s)
		return invalid(e, text);
	if (strcmp(s, "0") != 0) {
		while (*s) {
			int r = add_term(text, &s, &total, e);

			if (r < 0)
				return r;
		}
	}
	*ret_ns = negative ? -(int64_t)total : (int64_t)total;
	return 0;
}
