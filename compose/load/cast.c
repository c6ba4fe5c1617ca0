#include "compose/load/cast.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/num.h"

static struct diag *fail(struct diags *d, struct arena *a, const struct node *n, const char *what)
{
	struct diag *g =
		diag_add(d, DIAG_ERROR, &n->pos,
			 "error while interpolating %s: failed to cast to expected type: %s: %s",
			 node_path(a, n), what, *n->text ? n->text : "\"\"");

	diags_mute(d, &n->pos, n->is_exact ? strlen(n->text) : 1);
	return g;
}

static const struct {
	const char *word;
	bool value, is_core;
} booleans[] = {
	{ "true", true, true }, { "false", false, true }, { "y", true, false },
	{ "yes", true, false }, { "n", false, false },    { "no", false, false },
	{ "on", true, false },  { "off", false, false },
};

static void cast_bool(struct diags *d, struct arena *a, struct node *n)
{
	for (size_t i = 0; i < ARRAY_LEN(booleans); i++) {
		if (strcasecmp(n->text, booleans[i].word) != 0)
			continue;
		if (!booleans[i].is_core)
			diag_add(d, DIAG_WARNING, &n->pos,
				 "\"%s\" for boolean is not supported by YAML 1.2, please use `%s`",
				 n->text, booleans[i].value ? "true" : "false");
		n->kind = NODE_BOOL;
		n->b = booleans[i].value;
		return;
	}
	diag_expect(fail(d, a, n, "invalid boolean"), "true or false");
}

static void cast_int(struct diags *d, struct arena *a, struct node *n)
{
	int64_t v;

	if (num_parse(n->text, INT64_MIN, INT64_MAX, &v) < 0) {
		diag_expect(fail(d, a, n, "invalid integer"), "a whole number");
		return;
	}
	n->kind = NODE_INT;
	n->i = v;
}

static void cast_float(struct diags *d, struct arena *a, struct node *n)
{
	char *end;
	double v;

	errno = 0;
	v = strtod(n->text, &end);
	if (!*n->text || *end || strspn(n->text, " \t\n") || strpbrk(n->text, "xXnN(")) {
		diag_expect(fail(d, a, n, "invalid number"), "a number");
		return;
	}
	n->kind = NODE_FLOAT;
	n->f = v;
}

void cast_node(struct diags *d, struct arena *a, struct node *n, enum cast_kind kind)
{
	switch (kind) {
	case CAST_NONE:
		break;
	case CAST_INT:
	case CAST_INT64:
		cast_int(d, a, n);
		break;
	case CAST_FLOAT32:
	case CAST_FLOAT64:
		cast_float(d, a, n);
		break;
	case CAST_BOOL:
		cast_bool(d, a, n);
		break;
	}
}
