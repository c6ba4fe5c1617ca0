#include <stdint.h>
#include <string.h>

#include "compose/load/emit.h"

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* Bytes of other scripts count as letters; comparing UTF-8 by bytes is comparing by code points. */
static bool is_letter(unsigned char c)
{
	return (c | 0x20) >= 'a' ? (c | 0x20) <= 'z' || c >= 0x80 : false;
}

/* The number that starts at s; *n is its count of digits. */
static uint64_t number_at(const char *s, size_t *n)
{
	uint64_t v = 0;

	for (*n = 0; is_digit((unsigned char)s[*n]); (*n)++)
		v = v * 10 + (uint64_t)(s[*n] - '0');
	return v;
}

/* Digits before position i that are not all zeros: then a zero here does not lead a number. */
static bool continues_number(const char *s, size_t i)
{
	while (i && is_digit((unsigned char)s[i - 1])) {
		if (s[--i] != '0')
			return true;
	}
	return false;
}

/* a and b differ at i, where neither has a letter. */
static int compare_numbers(const char *a, const char *b, size_t i)
{
	size_t na, nb;
	uint64_t va = number_at(a + i, &na), vb = number_at(b + i, &nb);

	if ((a[i] == '0' || b[i] == '0') && continues_number(a, i) && na != nb)
		return na < nb ? -1 : 1;
	if (va != vb)
		return va < vb ? -1 : 1;
	if (na != nb)
		return na < nb ? -1 : 1;
	return (unsigned char)a[i] < (unsigned char)b[i] ? -1 : 1;
}

int natural_compare(const char *a, const char *b)
{
	bool digits = false;

	for (size_t i = 0;; i++) {
		unsigned char ca = (unsigned char)a[i], cb = (unsigned char)b[i];
		bool la = is_letter(ca), lb = is_letter(cb);

		if (ca == cb) {
			if (!ca)
				return 0;
			digits = is_digit(ca);
			continue;
		}
		if (!ca || !cb)
			return ca ? 1 : -1;
		if (la && lb)
			return ca < cb ? -1 : 1;
		if (la || lb)
			return (digits ? la : lb) ? -1 : 1;
		return compare_numbers(a, b, i);
	}
}
