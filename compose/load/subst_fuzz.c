/* Any text as an interpolation template: no crash, and a text that was interpolated with every
 * dollar doubled comes out as it went in. */
#include <string.h>

#include "base/fuzz.h"
#include "compose/load/subst.h"

static const char *get(void *ctx, const char *name)
{
	(void)ctx;
	return name[0] == 'A' ? "value" : name[0] == 'E' ? "" : NULL;
}

static void unset(void *ctx, const char *name, size_t offset)
{
	CHECK(name[0] != 'A' && name[0] != 'E');
	CHECK(offset < *(size_t *)ctx);
}

static void doubled_dollars_are_text(const struct subst_lookup *l, struct str text)
{
	AUTO(buf) struct buf twice = BUF_INIT;
	AUTO(buf) struct buf out = BUF_INIT;
	struct subst_failure f;

	for (size_t i = 0; i < text.n; i++)
		buf_add(&twice, text.p[i] == '$' ? "$$" : text.p + i, text.p[i] == '$' ? 2 : 1);
	CHECK(subst_eval(l, (struct str){ buf_str(&twice), twice.n }, &out, &f) == 0);
	CHECK(out.n == text.n && memcmp(buf_str(&out), text.p, text.n) == 0);
	subst_failure_done(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct subst_lookup l = { get, unset, &size };
	struct str text = { (const char *)data, size };
	AUTO(buf) struct buf out = BUF_INIT;
	struct subst_failure f;

	if (subst_eval(&l, text, &out, &f) < 0)
		CHECK(f.offset < size || !size);
	subst_failure_done(&f);
	if (size)
		doubled_dollars_are_text(&l, text);
	return 0;
}
