#include "base/num.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

int num_parse_u64(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		unsigned d = (unsigned)(*s - '0');

		if (d > 9)
			return -EINVAL;
		if (v > (UINT64_MAX - d) / 10)
			return -ERANGE;
		v = v * 10 + d;
	}
	if (v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

int num_parse(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	bool negative = *s == '-';
	uint64_t v;
	int64_t signed_v;
	int r;

	if (*s == '-' || *s == '+')
		s++;
	r = num_parse_u64(s, negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX, &v);
	if (r < 0)
		return r;
	signed_v = negative ? (int64_t)(0 - v) : (int64_t)v;
	if (signed_v < min || signed_v > max)
		return -ERANGE;
	*ret = signed_v;
	return 0;
}

static const struct {
	const char *name;
	int64_t ns;
} duration_units[] = {
	{ "ns", 1 },		   { "us", 1000 },
	{ "\xc2\xb5s", 1000 },	   { "\xce\xbcs", 1000 },
	{ "ms", 1000000 },	   { "s", 1000000000 },
	{ "m", 60000000000 },	   { "h", 3600000000000 },
};

/* The unit that *s starts with, longest first; 0 when there is none. Moves *s behind it. */
static int64_t duration_unit(const char **s)
{
	size_t best = 0;
	int64_t ns = 0;

	for (size_t i = 0; i < ARRAY_LEN(duration_units); i++) {
		size_t n = strlen(duration_units[i].name);

		if (n > best && strncmp(*s, duration_units[i].name, n) == 0) {
			best = n;
			ns = duration_units[i].ns;
		}
	}
	*s += best;
	return ns;
}

int duration_parse(const char *s, int64_t *ret_ns)
{
	bool negative = *s == '-';
	uint64_t total = 0;

	if (*s == '-' || *s == '+')
		s++;
	if (strcmp(s, "0") == 0) {
		*ret_ns = 0;
		return 0;
	}
	if (!*s)
		return -EINVAL;
	while (*s) {
		uint64_t whole = 0, part = 0, scale = 1;
		bool digits = false;
		int64_t unit;

		for (; isdigit((unsigned char)*s); s++, digits = true) {
			if (whole > (INT64_MAX - 9) / 10)
				return -ERANGE;
			whole = whole * 10 + (uint64_t)(*s - '0');
		}
		if (*s == '.') {
			for (s++; isdigit((unsigned char)*s); s++, digits = true) {
				if (scale < 1000000000000000ULL) {
					part = part * 10 + (uint64_t)(*s - '0');
					scale *= 10;
				}
			}
		}
		if (!digits)
			return -EINVAL;
		unit = duration_unit(&s);
		if (!unit)
			return -EINVAL;
		if (whole > (uint64_t)INT64_MAX / (uint64_t)unit)
			return -ERANGE;
		whole = whole * (uint64_t)unit +
			(uint64_t)((double)part * ((double)unit / (double)scale));
		if (whole > (uint64_t)INT64_MAX - total)
			return -ERANGE;
		total += whole;
	}
	*ret_ns = negative ? -(int64_t)total : (int64_t)total;
	return 0;
}

/* v / scale with the zeros behind the point cut off. */
static void add_fraction(struct buf *b, uint64_t v, uint64_t scale)
{
	uint64_t rest = v % scale;

	buf_addf(b, "%llu", (unsigned long long)(v / scale));
	if (!rest)
		return;
	buf_addch(b, '.');
	while (rest) {
		scale /= 10;
		buf_addch(b, (char)('0' + rest / scale));
		rest %= scale;
	}
}

char *duration_format(int64_t ns)
{
	AUTO(buf) struct buf b = BUF_INIT;
	uint64_t v = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;

	if (!v)
		return xstrdup("0s");
	if (ns < 0)
		buf_addch(&b, '-');
	if (v < 1000) {
		buf_addf(&b, "%lluns", (unsigned long long)v);
	} else if (v < 1000000) {
		add_fraction(&b, v, 1000);
		buf_addstr(&b, "\xc2\xb5s");
	} else if (v < 1000000000) {
		add_fraction(&b, v, 1000000);
		buf_addstr(&b, "ms");
	} else {
		uint64_t minutes = v / 60000000000ULL;

		if (minutes >= 60)
			buf_addf(&b, "%lluh", (unsigned long long)(minutes / 60));
		if (minutes)
			buf_addf(&b, "%llum", (unsigned long long)(minutes % 60));
		add_fraction(&b, v % 60000000000ULL, 1000000000);
		buf_addch(&b, 's');
	}
	return buf_take(&b);
}

int bytes_parse(const char *s, int64_t *ret)
{
	static const char prefixes[] = "bkmgtp";
	const char *p = s;
	double v = 0, scale = 1;
	bool digits = false;
	const char *at;
	int power = 0;

	for (; isdigit((unsigned char)*p); p++, digits = true)
		v = v * 10 + (*p - '0');
	if (*p == '.')
		for (p++; isdigit((unsigned char)*p); p++, digits = true) {
			scale /= 10;
			v += (*p - '0') * scale;
		}
	if (!digits)
		return -EINVAL;
	if (*p == ' ')
		p++;
	if (*p) {
		at = strchr(prefixes, tolower((unsigned char)*p));
		if (!at)
			return -EINVAL;
		power = (int)(at - prefixes);
		p++;
		if (power && strcasecmp(p, "ib") != 0 && strcasecmp(p, "b") != 0 && *p)
			return -EINVAL;
		if (!power && *p)
			return -EINVAL;
	}
	while (power--)
		v *= 1024;
	if (v >= 9.2e18)
		return -ERANGE;
	*ret = (int64_t)v;
	return 0;
}

static char *scaled(double v, double base, const char *const *units, size_t n, int precision)
{
	size_t i = 0;

	while (v >= base && i + 1 < n) {
		v /= base;
		i++;
	}
	return xasprintf("%.*g%s", precision, v, units[i]);
}

char *bytes_format_decimal(double v, int precision)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB" };

	return scaled(v, 1000, units, ARRAY_LEN(units), precision);
}

char *bytes_format_binary(double v)
{
	static const char *const units[] = { "B",   "KiB", "MiB", "GiB", "TiB",
					     "PiB", "EiB", "ZiB", "YiB" };

	return scaled(v, 1024, units, ARRAY_LEN(units), 4);
}

char *duration_format_human(int64_t ns)
{
	int64_t s = ns / 1000000000, m = s / 60, h = (ns / 1000000000 + 1800) / 3600;

	if (s < 1)
		return xstrdup("Less than a second");
	if (s == 1)
		return xstrdup("1 second");
	if (s < 60)
		return xasprintf("%lld seconds", (long long)s);
	if (m == 1)
		return xstrdup("About a minute");
	if (m < 60)
		return xasprintf("%lld minutes", (long long)m);
	if (h == 1)
		return xstrdup("About an hour");
	if (h < 48)
		return xasprintf("%lld hours", (long long)h);
	if (h < 24 * 7 * 2)
		return xasprintf("%lld days", (long long)(h / 24));
	if (h < 24 * 30 * 2)
		return xasprintf("%lld weeks", (long long)(h / 24 / 7));
	if (h < 24 * 365 * 2)
		return xasprintf("%lld months", (long long)(h / 24 / 30));
	return xasprintf("%lld years", (long long)(h / 24 / 365));
}
