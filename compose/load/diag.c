#include "compose/load/diag.h"

#include <stdarg.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "compose/load/suggest.h"

struct muted {
	char *file;
	unsigned line, from, to; /* columns, to is the first behind */
};

struct diags *diags_new(void)
{
	struct diags *d = xcalloc(1, sizeof(*d));

	d->sources = xcalloc(1, sizeof(*d->sources));
	return d;
}

static void diag_done(struct diag *g)
{
	free((char *)g->pos.file);
	free(g->message);
	free(g->expected);
	free(g->hint);
}

void diags_free(struct diags *d)
{
	struct map_entry *e;

	if (!d)
		return;
	for (size_t i = 0; i < d->n; i++)
		diag_done(&d->v[i]);
	free(d->v);
	MAP_EACH(e, d->sources)
		free(e->value);
	map_done(d->sources);
	free(d->sources);
	for (size_t i = 0; i < d->n_muted; i++)
		free(d->muted[i].file);
	free(d->muted);
	free(d);
}

void diags_mute(struct diags *d, const struct srcpos *pos, size_t width)
{
	if (!pos->file)
		return;
	ARRAY_RESERVE(d->muted, d->n_muted, d->cap_muted);
	d->muted[d->n_muted++] = (struct muted){ xstrdup(pos->file), pos->line, pos->col,
						 pos->col + (unsigned)(width ? width : 1) };
}

static bool is_muted(const struct diags *d, const struct srcpos *pos)
{
	for (size_t i = 0; i < d->n_muted; i++) {
		const struct muted *m = &d->muted[i];

		if (m->line == pos->line && m->from <= pos->col && pos->col < m->to &&
		    strcmp(m->file, pos->file) == 0)
			return true;
	}
	return false;
}

struct diag *diag_add(struct diags *d, enum diag_level level, const struct srcpos *pos,
		      const char *fmt, ...)
{
	struct diag *g;
	va_list ap;

	if (level == DIAG_ERROR && pos && pos->file && is_muted(d, pos))
		return NULL;
	d->n_errors += level == DIAG_ERROR;
	if (d->n >= DIAG_MAX) {
		d->n_dropped++;
		return NULL;
	}
	ARRAY_RESERVE(d->v, d->n, d->cap);
	g = &d->v[d->n++];
	*g = (struct diag){ .level = level };
	if (pos && pos->file)
		g->pos = (struct srcpos){ xstrdup(pos->file), pos->line, pos->col };
	va_start(ap, fmt);
	g->message = xvasprintf(fmt, ap);
	va_end(ap);
	return g;
}

void diag_expect(struct diag *g, const char *fmt, ...)
{
	va_list ap;

	if (!g)
		return;
	va_start(ap, fmt);
	free(g->expected);
	g->expected = xvasprintf(fmt, ap);
	va_end(ap);
}

void diag_hint(struct diag *g, const char *fmt, ...)
{
	va_list ap;

	if (!g)
		return;
	va_start(ap, fmt);
	free(g->hint);
	g->hint = xvasprintf(fmt, ap);
	va_end(ap);
}

void diag_suggest(struct diag *g, const char *word, const char *const *candidates, size_t n)
{
	const char *near = g ? suggest(word, candidates, n) : NULL;

	if (near)
		diag_hint(g, "did you mean \"%s\"?", near);
}

void diags_source(struct diags *d, const char *file, const char *text)
{
	free(map_set(d->sources, file, xstrdup(text)));
}

static int compare_names(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int compare(const void *pa, const void *pb)
{
	const struct diag *a = pa, *b = pb;
	int c = compare_names(a->pos.file, b->pos.file);

	if (c)
		return c;
	if (a->pos.line != b->pos.line)
		return a->pos.line < b->pos.line ? -1 : 1;
	if (a->pos.col != b->pos.col)
		return a->pos.col < b->pos.col ? -1 : 1;
	if (a->level != b->level)
		return a->level < b->level ? -1 : 1;
	return strcmp(a->message, b->message);
}

void diags_sort(struct diags *d)
{
	size_t kept = 0;

	if (d->n)
		qsort(d->v, d->n, sizeof(*d->v), compare);
	for (size_t i = 0; i < d->n; i++) {
		if (kept && compare(&d->v[kept - 1], &d->v[i]) == 0) {
			d->n_errors -= d->v[i].level == DIAG_ERROR;
			diag_done(&d->v[i]);
			continue;
		}
		d->v[kept++] = d->v[i];
	}
	d->n = kept;
}
