#include "compose/cmd/suggest.h"

#include <string.h>

enum { MAX_WORD = 64 };

static size_t min_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t edit_distance(const char *a, const char *b)
{
	size_t d[MAX_WORD + 1][MAX_WORD + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > MAX_WORD || m > MAX_WORD)
		return MAX_WORD;
	for (size_t i = 0; i <= n; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		for (size_t j = 1; j <= m; j++) {
			size_t cost = a[i - 1] != b[j - 1];

			d[i][j] = min_of(min_of(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = min_of(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[n][m];
}

char *suggest_command(const struct cmd *const *list, const char *word)
{
	const char *best = NULL;
	size_t best_distance = strlen(word) / 2 + 1;

	if (best_distance > 3)
		best_distance = 3;
	for (; *list; list++) {
		size_t d = (*list)->hidden ? MAX_WORD : edit_distance(word, (*list)->name);

		if (d < best_distance) {
			best_distance = d;
			best = (*list)->name;
		}
	}
	return best ? xstrdup(best) : NULL;
}
