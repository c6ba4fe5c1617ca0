/* Any bytes as a Dockerfile; what parses is applied to a config where that needs no files. */
#include <stdint.h>

#include "image/config_edit.h"
#include "image/mount_opt.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void use(const struct dockerfile *d, struct json *doc, const struct instr *i)
{
	AUTO(strv) struct strv env = STRV_INIT;
	struct expand x = { .escape = d->escape, .env = &env };
	AUTO(mem) char *text = NULL;
	bool cmd_set = false;

	config_env(doc, &env);
	(void)config_apply(doc, i, &x, &cmd_set, &text, NULL);
	for (size_t k = 0; k < i->flags.n; k++) {
		AUTO(mount_opt) struct mount_opt o = { 0 };

		(void)mount_opt_parse(i->flags.v[k], &x, &o, NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(dockerfile) struct dockerfile *d = NULL;
	AUTO(json) struct json *doc = NULL;
	AUTO(err) struct err *e = NULL;

	if (n > 65536 || dockerfile_parse("Dockerfile", (const char *)p, n, &d, &e) < 0)
		return 0;
	doc = config_new();
	for (size_t i = 0; i < d->n; i++)
		use(d, doc, &d->v[i]);
	return 0;
}
