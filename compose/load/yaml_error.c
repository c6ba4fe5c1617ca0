#include "compose/load/yaml_error.h"

#include <string.h>

#include "base/mem.h"

struct advice {
	const char *problem; /* beginning of libyaml's text */
	char byte;           /* 0 = any */
	const char *message; /* NULL = libyaml's own */
	const char *hint;
	bool at_context; /* the mistake is where the construct began */
};

static const struct advice advices[] = {
	{ "found unexpected end of stream", 0,
	  "found unexpected end of stream: the quote opened here is never closed",
	  "close the quote", true },
	{ "found character that cannot start any token", '\t',
	  "found a tab character that violates indentation", "indent with spaces", false },
	{ "found a tab character that violate", 0,
	  "found a tab character that violates indentation", "indent with spaces", false },
	{ "found character that cannot start any token", 0, NULL,
	  "values that begin with @, ` or % must be quoted", false },
	{ "mapping values are not allowed in this context", 0, NULL,
	  "a value with \": \" in it must be quoted; otherwise check the indentation", false },
	{ "could not find expected ':'", 0, NULL,
	  "every line of a mapping is KEY: VALUE, with a space behind the colon", false },
	{ "did not find expected key", 0, NULL, "this line is not indented like its neighbours",
	  false },
	{ "did not find expected '-' indicator", 0, NULL,
	  "every item of a list begins with \"- \" in the same column", false },
	{ "did not find expected ',' or '}'", 0, NULL, "a comma or the closing brace is missing",
	  false },
	{ "did not find expected ',' or ']'", 0, NULL, "a comma or the closing bracket is missing",
	  false },
	{ "block sequence entries are not allowed", 0, NULL, "a list begins on a line of its own",
	  false },
	{ "block mapping entries are not allowed", 0, NULL, "check the indentation", false },
	{ "did not find expected <document start>", 0, NULL,
	  "check the indentation: the first line begins further right than this one", false },
	{ "found unknown escape character", 0, NULL,
	  "write \\\\ for a backslash, or use single quotes", false },
	{ "found undefined tag handle", 0, NULL, "a value that begins with ! must be quoted",
	  false },
	{ "did not find expected alphabetic or numeric character", 0, NULL,
	  "a value that begins with & or * must be quoted", false },
	{ "found duplicate %YAML directive", 0, NULL, "one %YAML line is enough", false },
};

static const struct advice *advice_for(const struct yaml_problem *p)
{
	for (size_t i = 0; i < ARRAY_LEN(advices); i++) {
		const struct advice *a = &advices[i];

		if (strncmp(p->problem, a->problem, strlen(a->problem)) == 0 &&
		    (!a->byte || a->byte == p->byte))
			return a;
	}
	return NULL;
}

void yaml_problem_report(struct diags *d, const struct yaml_problem *p)
{
	const struct advice *a = advice_for(p);
	bool at_context = a && a->at_context && p->context_at.line;
	const struct srcpos *at = at_context ? &p->context_at : &p->at;
	const char *message = a && a->message ? a->message : p->problem;
	struct diag *g;

	if (p->context && p->context_at.line && !at_context && p->context_at.line != p->at.line)
		g = diag_add(d, DIAG_ERROR, at, "yaml: %s %s that begins on line %u", message,
			     p->context, p->context_at.line);
	else if (p->context && !at_context)
		g = diag_add(d, DIAG_ERROR, at, "yaml: %s %s", message, p->context);
	else
		g = diag_add(d, DIAG_ERROR, at, "yaml: %s", message);
	if (a)
		diag_hint(g, "%s", a->hint);
}
