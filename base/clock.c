#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

static int64_t now(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t clock_mono_ns(void)
{
	return now(CLOCK_BOOTTIME);
}

int64_t clock_wall_ns(void)
{
	return now(CLOCK_REALTIME);
}

/* Years start in March here, so the leap day comes last. */
void time_civil(int64_t days, int64_t *y, unsigned *m, unsigned *d)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	unsigned doe = (unsigned)(z - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;

	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = (int64_t)yoe + era * 400 + (*m <= 2);
}

/* Not by gmtime_r(3): that reads the time zone's file first, which takes longer than starting a thread. */
char *time_format_rfc3339(int64_t wall_ns, bool fixed)
{
	int64_t s = wall_ns / 1000000000, days, y;
	long ns = (long)(wall_ns % 1000000000);
	unsigned m, d, of_day;
	char text[80];
	size_t n;

	if (ns < 0) {
		ns += 1000000000;
		s--;
	}
	days = (s >= 0 ? s : s - 86399) / 86400;
	of_day = (unsigned)(s - days * 86400);
	time_civil(days, &y, &m, &d);
	n = (size_t)snprintf(text, sizeof(text), "%04lld-%02u-%02uT%02u:%02u:%02u", (long long)y, m,
			     d, of_day / 3600, of_day / 60 % 60, of_day % 60);
	if (fixed || ns) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, ".%09ld", ns);
		while (!fixed && text[n - 1] == '0')
			n--;
	}
	text[n++] = 'Z';
	return xstrndup(text, n);
}

int time_parse_rfc3339(const char *s, int64_t *ret_wall_ns)
{
	int64_t scale = 100000000, ns = 0, offset = 0, seconds;
	struct tm tm = { 0 };
	const char *p = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);

	if (!p)
		return -EINVAL;
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++, scale /= 10)
			ns += (*p - '0') * scale;
	if (*p == 'Z' && !p[1]) {
		offset = 0;
	} else if (*p == '+' || *p == '-') {
		int h, m, n = 0;

		if (sscanf(p + 1, "%2d:%2d%n", &h, &m, &n) != 2 || p[1 + n])
			return -EINVAL;
		offset = (h * 3600 + m * 60) * (*p == '-' ? -1 : 1);
	} else {
		return -EINVAL;
	}
	seconds = (int64_t)timegm(&tm) - offset;
	/* What nanoseconds in 64 bits reach: 1677 to 2262. */
	if (seconds > INT64_MAX / 1000000000 - 1 || seconds < INT64_MIN / 1000000000 + 1)
		return -ERANGE;
	*ret_wall_ns = seconds * 1000000000 + ns;
	return 0;
}
