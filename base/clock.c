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

char *time_format_rfc3339(int64_t wall_ns, bool fixed)
{
	time_t s = wall_ns / 1000000000;
	long ns = (long)(wall_ns % 1000000000);
	char text[80];
	struct tm tm;
	size_t n;

	if (ns < 0) {
		ns += 1000000000;
		s--;
	}
	gmtime_r(&s, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
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
