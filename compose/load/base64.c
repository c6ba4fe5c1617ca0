#include "compose/load/base64.h"

#include <stdint.h>
#include <string.h>

static int value_of(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : -1;
}

char *base64_decode(struct arena *a, const char *text)
{
	char *out = arena_alloc(a, strlen(text) / 4 * 3 + 4), *w = out;
	uint32_t bits = 0;
	unsigned n = 0, pad = 0;

	for (; *text; text++) {
		int v = value_of(*text);

		if (strchr(" \t\r\n", *text))
			continue;
		pad += *text == '=';
		if (*text == '=' ? n % 4 < 2 : v < 0 || pad)
			return NULL;
		bits = bits << 6 | (uint32_t)(v < 0 ? 0 : v);
		if (++n % 4)
			continue;
		for (unsigned i = 0; i < 3 - pad; i++)
			*w++ = (char)(bits >> (16 - 8 * i));
	}
	if (n % 4 || pad > 2 || memchr(out, 0, (size_t)(w - out)))
		return NULL;
	return out;
}
