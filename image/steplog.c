#include "image/steplog.h"

#include <stdarg.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/strv.h"

enum { TAIL_LINES = 10 };

struct steplog {
	FILE *to;
	enum steplog_mode mode;
	char *prefix;
	unsigned number; /* of the current step */
	char *name;      /* NULL between steps */
	int64_t begun_ns;
	struct buf line;  /* output that has no newline yet */
	struct strv tail; /* the last lines of output, "0.312 text" */
};

struct steplog *steplog_new(FILE *to, enum steplog_mode mode, const char *prefix)
{
	struct steplog *p = xcalloc(1, sizeof(*p));

	p->to = to;
	p->mode = mode;
	p->prefix = xstrdup(prefix);
	return p;
}

void steplog_free(struct steplog *p)
{
	if (!p)
		return;
	free(p->prefix);
	free(p->name);
	buf_done(&p->line);
	strv_done(&p->tail);
	free(p);
}

static void emit_json(struct steplog *p, const char *text, const char *status)
{
	AUTO(json) struct json *j = json_new_obj();
	AUTO(mem) char *id = xasprintf("#%u %s", p->number, p->name), *line = NULL;

	json_set_str(j, "id", id);
	if (text)
		json_set_str(j, "text", text);
	json_set_str(j, "status", status);
	line = json_print(j, false);
	fprintf(p->to, "%s\n", line);
}

static void emit(struct steplog *p, const char *text, const char *status)
{
	if (p->mode == STEPLOG_PLAIN)
		fprintf(p->to, "#%u %s\n", p->number, text);
	else if (p->mode == STEPLOG_JSON)
		emit_json(p, text, status);
	fflush(p->to);
}

/* "[stage 1/2] RUN x" with a prefix is "[web stage 1/2] RUN x". */
static char *with_prefix(const struct steplog *p, char *name)
{
	char *out;

	if (!p->prefix)
		return name;
	out = name[0] == '[' ? xasprintf("[%s %s", p->prefix, name + 1)
			     : xasprintf("[%s] %s", p->prefix, name);
	free(name);
	return out;
}

void steplog_begin(struct steplog *p, const char *fmt, ...)
{
	va_list ap;

	free(p->name);
	va_start(ap, fmt);
	p->name = with_prefix(p, xvasprintf(fmt, ap));
	va_end(ap);
	if (p->number++ && p->mode == STEPLOG_PLAIN)
		fputc('\n', p->to);
	p->begun_ns = clock_mono_ns();
	strv_done(&p->tail);
	emit(p, p->name, "Working");
}

void steplog_note(struct steplog *p, const char *fmt, ...)
{
	AUTO(mem) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	emit(p, text, "Working");
}

static double seconds(const struct steplog *p)
{
	return (double)(clock_mono_ns() - p->begun_ns) / 1e9;
}

static void output_line(struct steplog *p, const char *line)
{
	AUTO(mem) char *text = xasprintf("%.3f %s", seconds(p), line);

	emit(p, text, "Working");
	if (p->tail.n == TAIL_LINES) {
		free(p->tail.v[0]);
		memmove(p->tail.v, p->tail.v + 1, p->tail.n * sizeof(char *));
		p->tail.n--;
	}
	strv_add(&p->tail, text);
}

void steplog_output(struct steplog *p, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n' || p->line.n > 65536) {
			output_line(p, buf_str(&p->line));
			buf_reset(&p->line);
		}
		/* A carriage return begins the line anew, on a terminal. */
		if (text[i] == '\r' && i + 1 < n && text[i + 1] != '\n')
			buf_reset(&p->line);
		else if (text[i] != '\n' && text[i] != '\r' && text[i] != '\0')
			buf_addch(&p->line, text[i]);
	}
}

static void end_output(struct steplog *p)
{
	if (p->line.n)
		output_line(p, buf_str(&p->line));
	buf_reset(&p->line);
}

void steplog_end(struct steplog *p, enum steplog_end how)
{
	AUTO(mem) char *done = xasprintf("DONE %.1fs", seconds(p));

	end_output(p);
	emit(p,
	     how == STEPLOG_CACHED     ? "CACHED"
	     : how == STEPLOG_CANCELED ? "CANCELED"
				       : done,
	     how == STEPLOG_CANCELED ? "Warning" : "Done");
	free(TAKE_PTR(p->name));
}

void steplog_fail(struct steplog *p, const char *text)
{
	AUTO(mem) char *line = xasprintf("ERROR: %s", text);

	end_output(p);
	emit(p, line, "Error");
	if (p->mode == STEPLOG_PLAIN) {
		fprintf(p->to, "------\n > %s:\n", p->name);
		for (size_t i = 0; i < p->tail.n; i++)
			fprintf(p->to, "%s\n", p->tail.v[i]);
		fputs("------\n", p->to);
		fflush(p->to);
	}
	free(TAKE_PTR(p->name));
}

bool steplog_is_open(const struct steplog *p)
{
	return p->name != NULL;
}
