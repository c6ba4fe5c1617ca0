#include "base/strv.h"

#include <string.h>

void strv_take(struct strv *s, char *text)
{
	if (s->n + 1 >= s->cap) {
		s->cap = s->cap ? s->cap * 2 : 8;
		s->v = xrealloc(s->v, s->cap * sizeof(*s->v));
	}
	s->v[s->n++] = text;
	s->v[s->n] = NULL;
}

void strv_add(struct strv *s, const char *text)
{
	strv_take(s, xstrdup(text));
}

void strv_addf(struct strv *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strv_take(s, xvasprintf(fmt, ap));
	va_end(ap);
}

bool strv_has(const struct strv *s, const char *text)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i], text) == 0)
			return true;
	return false;
}

void strv_add_unique(struct strv *s, const char *text)
{
	if (!strv_has(s, text))
		strv_add(s, text);
}

void strv_split(struct strv *s, const char *text, char sep)
{
	if (!*text)
		return;
	for (;;) {
		const char *end = strchr(text, sep);

		if (!end) {
			strv_add(s, text);
			return;
		}
		strv_take(s, xstrndup(text, (size_t)(end - text)));
		text = end + 1;
	}
}

char *strv_join(const struct strv *s, const char *sep)
{
	size_t total = 1, sep_n = strlen(sep);
	char *out, *p;

	for (size_t i = 0; i < s->n; i++)
		total += strlen(s->v[i]) + sep_n;
	out = p = xmalloc(total);
	for (size_t i = 0; i < s->n; i++) {
		if (i)
			p = mempcpy(p, sep, sep_n);
		p = mempcpy(p, s->v[i], strlen(s->v[i]));
	}
	*p = '\0';
	return out;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *s)
{
	if (s->n > 1)
		qsort(s->v, s->n, sizeof(*s->v), by_text);
}

static char **env_find(const struct strv *s, const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < s->n; i++)
		if (strncmp(s->v[i], key, n) == 0 && s->v[i][n] == '=')
			return &s->v[i];
	return NULL;
}

void strv_env_set(struct strv *s, const char *key, const char *value)
{
	char **at = env_find(s, key);

	if (!at) {
		strv_addf(s, "%s=%s", key, value);
		return;
	}
	free(*at);
	*at = xasprintf("%s=%s", key, value);
}

const char *strv_env_get(const struct strv *s, const char *key)
{
	char **at = env_find(s, key);

	return at ? *at + strlen(key) + 1 : NULL;
}

void strv_done(struct strv *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	*s = (struct strv)STRV_INIT;
}
