/* Any bytes as an env file, in both grammars: no crash, positions inside the file. */
#include <string.h>

#include "base/fuzz.h"
#include "compose/load/dotenv.h"

static unsigned lines(const uint8_t *data, size_t size)
{
	unsigned n = 1;

	for (size_t i = 0; i < size; i++)
		n += data[i] == '\n';
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned last = lines(data, size);

	for (int raw = 0; raw < 2; raw++) {
		AUTO(env) struct env *shell = env_new();
		AUTO(env) struct env *out = env_new();
		AUTO(diags) struct diags *d = diags_new();
		const struct dotenv e = { .file = "f", .lookup = { shell }, .out = out, .d = d };
		const char *name, *value;
		size_t cursor = 0;
		int r;

		env_set(shell, "A", "shell", NULL);
		r = (raw ? dotenv_parse_raw : dotenv_parse)(&e, (const char *)data, size);
		CHECK((r < 0) == diags_failed(d));
		while ((name = env_next(out, &cursor, &value))) {
			CHECK(*name && value);
			CHECK(env_pos(out, name)->line >= 1 && env_pos(out, name)->line <= last);
		}
		for (size_t i = 0; i < d->n; i++)
			CHECK(d->v[i].pos.line >= 1 && d->v[i].pos.line <= last);
	}
	return 0;
}
