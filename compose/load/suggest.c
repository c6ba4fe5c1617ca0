#include "compose/load/suggest.h"

#include <ctype.h>
#include <string.h>

/* Longer words are not mistyped attribute names. */
enum { WORD_MAX = 64 };

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

static int same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Edits that turn a into b, letter case not counted; both at most WORD_MAX long. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *prev = rows[1], *row = rows[2];

	for (size_t j = 0; j <= nb; j++)
		prev[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned *spare = before;

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			row[j] = min3(prev[j] + 1, row[j - 1] + 1,
				      prev[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
			    same(a[i - 2], b[j - 1]) && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = prev;
		prev = row;
		row = spare;
	}
	return prev[nb];
}

const char *suggest(const char *word, const char *const *candidates, size_t n)
{
	size_t len = strlen(word);
	/* One slip in three letters is a typing mistake; more is another word. */
	unsigned best = (unsigned)(len < 3 ? 1 : (len + 1) / 3) + 1;
	const char *ret = NULL;

	if (!len || len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t nc = candidates[i] ? strlen(candidates[i]) : 0;
		unsigned d;

		if (!nc || nc > WORD_MAX || strcmp(word, candidates[i]) == 0)
			continue;
		d = distance(word, len, candidates[i], nc);
		if (d < best && d < len) {
			best = d;
			ret = candidates[i];
		}
	}
	return ret;
}
