#include "compose/ui/width.h"

#include <string.h>

#include "base/mem.h"

struct range {
	uint32_t first, last;
};

/* sorted */
static const struct range zero[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x0610, 0x061a },
	{ 0x064b, 0x065f }, { 0x0e31, 0x0e31 }, { 0x0e34, 0x0e3a }, { 0x1ab0, 0x1aff },
	{ 0x1dc0, 0x1dff }, { 0x200b, 0x200f }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f },
	{ 0xfe20, 0xfe2f }, { 0xfeff, 0xfeff }, { 0xe0100, 0xe01ef },
};
static const struct range wide[] = {
	{ 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x2329, 0x232a },	  { 0x23e9, 0x23ec },
	{ 0x25fd, 0x25fe },   { 0x2614, 0x2615 },   { 0x26a1, 0x26a1 },	  { 0x2705, 0x2705 },
	{ 0x270a, 0x270b },   { 0x274c, 0x274c },   { 0x2753, 0x2755 },	  { 0x2e80, 0x303e },
	{ 0x3041, 0x33ff },   { 0x3400, 0x4dbf },   { 0x4e00, 0x9fff },	  { 0xa000, 0xa4cf },
	{ 0xa960, 0xa97f },   { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },	  { 0xfe30, 0xfe6f },
	{ 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff },
	{ 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

static int in_ranges(const struct range *v, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++)
		if (c >= v[i].first && c <= v[i].last)
			return 1;
	return 0;
}

size_t utf8_next(const char *s, size_t n, uint32_t *ret_char)
{
	unsigned char c = (unsigned char)s[0];
	size_t len = c < 0x80 ? 1 : c >= 0xf0 && c < 0xf8 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 1;
	uint32_t v = len == 1 ? c : c & (0x7fu >> len);

	if (c >= 0xf8 || len > n)
		len = 1, v = c;
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80) {
			*ret_char = c;
			return 1;
		}
		v = v << 6 | ((unsigned char)s[i] & 0x3f);
	}
	*ret_char = v;
	return len;
}

size_t char_width(uint32_t c)
{
	if (c < 0x300)
		return c >= 0x20 && c != 0x7f;
	if (in_ranges(zero, ARRAY_LEN(zero), c))
		return 0;
	return in_ranges(wide, ARRAY_LEN(wide), c) ? 2 : 1;
}

/* Bytes of a colour sequence at s, 0 when there is none. */
static size_t escape_length(const char *s)
{
	size_t n = 2;

	if (s[0] != '\033' || s[1] != '[')
		return 0;
	while ((s[n] >= '0' && s[n] <= '9') || s[n] == ';')
		n++;
	return s[n] == 'm' ? n + 1 : 0;
}

size_t text_fit(const char *s, size_t width)
{
	size_t n = strlen(s), i = 0, used = 0;

	while (i < n) {
		uint32_t c;
		size_t len = escape_length(s + i);

		if (len == 0) {
			len = utf8_next(s + i, n - i, &c);
			used += char_width(c);
			if (used > width)
				break;
		}
		i += len;
	}
	return i;
}

size_t text_width(const char *s)
{
	size_t n = strlen(s), i = 0, used = 0;

	while (i < n) {
		uint32_t c;
		size_t len = escape_length(s + i);

		if (len == 0) {
			len = utf8_next(s + i, n - i, &c);
			used += char_width(c);
		}
		i += len;
	}
	return used;
}

char *text_ellipsis(const char *s, size_t width)
{
	if (text_width(s) <= width)
		return xstrdup(s);
	if (width <= 1)
		return xstrndup(s, text_fit(s, width));
	return xasprintf("%.*s…", (int)text_fit(s, width - 1), s);
}
