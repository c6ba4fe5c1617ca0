#include "base/err.h"

#include <errno.h>
#include <string.h>

struct err {
	int code;
	char *text;
	char *hint; /* or NULL */
	char *file; /* or NULL; pos.file points here */
	struct srcpos pos;
};

/* Takes ownership of text. */
static int set(struct err **e, int errnum, char *text)
{
	struct err *new;

	if (!e) {
		free(text);
		return -errnum;
	}
	err_free(*e);
	new = xcalloc(1, sizeof(*new));
	new->code = errnum;
	new->text = text;
	*e = new;
	return -errnum;
}

int err_set(struct err **e, int errnum, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	return set(e, errnum, text);
}

int err_sys(struct err **e, int errnum, const char *fmt, ...)
{
	AUTO(mem) char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = xvasprintf(fmt, ap);
	va_end(ap);
	return set(e, errnum, xasprintf("%s: %s", what, strerror(errnum)));
}

int err_at(struct err **e, const struct srcpos *at, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int r;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	r = set(e, EINVAL, text);
	if (e && at) {
		(*e)->file = xstrdup(at->file);
		(*e)->pos = *at;
		(*e)->pos.file = (*e)->file;
	}
	return r;
}

int err_make(struct err **e, int errnum, const char *text, const char *hint)
{
	int r = set(e, errnum, xstrdup(text));

	if (hint)
		err_hint(e, "%s", hint);
	return r;
}

int err_wrap(struct err **e, const char *fmt, ...)
{
	AUTO(mem) char *what = NULL;
	AUTO(mem) char *inner = NULL;
	va_list ap;

	if (!e || !*e)
		return -EIO; /* only reached when the callee forgot to fill e */
	va_start(ap, fmt);
	what = xvasprintf(fmt, ap);
	va_end(ap);
	inner = (*e)->text;
	(*e)->text = xasprintf("%s: %s", what, inner);
	return -(*e)->code;
}

void err_hint(struct err **e, const char *fmt, ...)
{
	va_list ap;

	if (!e || !*e)
		return;
	free((*e)->hint);
	va_start(ap, fmt);
	(*e)->hint = xvasprintf(fmt, ap);
	va_end(ap);
}

int err_code(const struct err *e)
{
	return e ? e->code : 0;
}

const char *err_text(const struct err *e)
{
	return e ? e->text : "";
}

const char *err_hint_text(const struct err *e)
{
	return e ? e->hint : NULL;
}

const struct srcpos *err_pos(const struct err *e)
{
	return e && e->file ? &e->pos : NULL;
}

void err_free(struct err *e)
{
	if (!e)
		return;
	free(e->text);
	free(e->hint);
	free(e->file);
	free(e);
}
