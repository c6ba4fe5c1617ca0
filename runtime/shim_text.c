#include "runtime/shim_text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

void text_bytes(struct text *t, const char *s, size_t n)
{
	size_t room = t->cap - t->n - 1;

	if (n > room)
		n = room;
	memcpy(t->p + t->n, s, n);
	t->n += n;
	t->p[t->n] = '\0';
}

void text_str(struct text *t, const char *s)
{
	text_bytes(t, s, strlen(s));
}

bool text_full(const struct text *t)
{
	return t->n + 1 >= t->cap;
}

static void padded(struct text *t, uint64_t v, unsigned width)
{
	char digits[20];
	unsigned n = sizeof(digits);

	do {
		digits[--n] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	while (sizeof(digits) - n < width)
		digits[--n] = '0';
	text_bytes(t, digits + n, sizeof(digits) - n);
}

void text_int(struct text *t, int64_t v)
{
	if (v < 0)
		text_str(t, "-");
	padded(t, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 1);
}

void text_time(struct text *t, int64_t wall_ns)
{
	int64_t s = wall_ns / 1000000000, y;
	uint64_t fraction = (uint64_t)(wall_ns % 1000000000);
	unsigned m, d, of_day = (unsigned)(s % 86400), width = 9;

	time_civil(s / 86400, &y, &m, &d);
	padded(t, (uint64_t)y, 4);
	text_str(t, "-");
	padded(t, m, 2);
	text_str(t, "-");
	padded(t, d, 2);
	text_str(t, "T");
	padded(t, of_day / 3600, 2);
	text_str(t, ":");
	padded(t, of_day / 60 % 60, 2);
	text_str(t, ":");
	padded(t, of_day % 60, 2);
	if (fraction) {
		for (; fraction % 10 == 0; width--)
			fraction /= 10;
		text_str(t, ".");
		padded(t, fraction, width);
	}
	text_str(t, "Z");
}

int text_parse(const char *s, int64_t max, int64_t *ret)
{
	int64_t v = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || v > (max - (*s - '0')) / 10)
			return -EINVAL;
		v = v * 10 + (*s - '0');
	}
	*ret = v;
	return 0;
}

static int64_t now(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t wall_now(void)
{
	return now(CLOCK_REALTIME);
}

int64_t mono_now(void)
{
	return now(CLOCK_BOOTTIME);
}

int write_whole(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t r = write(fd, at, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		at += r;
		n -= (size_t)r;
	}
	return 0;
}

long read_small(int dirfd, const char *name, char *buf, size_t cap)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t n = 0;

	if (fd < 0)
		return -errno;
	while (n + 1 < cap) {
		ssize_t r = read(fd, buf + n, cap - n - 1);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		n += (size_t)r;
	}
	close(fd);
	buf[n] = '\0';
	return (long)n;
}
