#include "base/rand.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void rand_bytes(void *p, size_t n)
{
	char *at = p;

	while (n) {
		ssize_t r = getrandom(at, n, 0);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			abort();
		at += r;
		n -= (size_t)r;
	}
}

void hex_format(char *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * n] = '\0';
}

void rand_hex(char *out, size_t n)
{
	uint8_t chunk[32];

	while (n) {
		size_t part = n < sizeof(chunk) ? n : sizeof(chunk);

		rand_bytes(chunk, part);
		hex_format(out, chunk, part);
		out += 2 * part;
		n -= part;
	}
}
