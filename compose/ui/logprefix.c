#include "compose/ui/logprefix.h"

#include "compose/ui/width.h"

static const char *const colors[] = {
	"36", "33", "32", "35", "34", "36;1", "33;1", "32;1", "35;1", "34;1",
};

void logprefix_done(struct logprefix *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i]->name);
		free(p->v[i]);
	}
	free(p->v);
	p->v = NULL;
	p->n = p->cap = 0;
}

struct logname *logprefix_name(struct logprefix *p, const char *name)
{
	struct logname *l;

	for (size_t i = 0; i < p->n; i++)
		if (streq(p->v[i]->name, name))
			return p->v[i];
	ARRAY_RESERVE(p->v, p->n, p->cap);
	l = p->v[p->n++] = xcalloc(1, sizeof(*l));
	l->name = xstrdup(name);
	l->color = colors[p->n_colors++ % ARRAY_LEN(colors)];
	if (text_width(name) > p->width)
		p->width = text_width(name);
	return l;
}

static void color_start(const struct logprefix *p, const struct logname *name, struct buf *out)
{
	if (p->color)
		buf_addf(out, "\033[%sm", name->color);
}

static void color_end(const struct logprefix *p, struct buf *out)
{
	if (p->color)
		buf_addstr(out, "\033[0m");
}

void logprefix_add(const struct logprefix *p, const struct logname *name, struct buf *out)
{
	size_t pad = p->width + 1 - text_width(name->name);

	if (p->hidden)
		return;
	color_start(p, name, out);
	buf_addf(out, "%s%*s | ", name->name, (int)pad, "");
	color_end(p, out);
}

void logprefix_status(const struct logprefix *p, const struct logname *name, const char *text,
		      struct buf *out)
{
	color_start(p, name, out);
	if (p->color)
		buf_addstr(out, "\r\033[K");
	buf_addf(out, "%s %s\n", name->name, text);
	color_end(p, out);
}
