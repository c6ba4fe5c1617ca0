/* The short form of ports: whatever the text, mappings make sense or the error has a text. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "compose/load/ports.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(mem) char *text = xstrndup((const char *)data, size);
	AUTO(arena) struct arena *a = arena_new();
	AUTO(err) struct err *e = NULL;
	struct port_mapping *v;
	size_t n;

	if (port_mappings_parse(a, text, 65536, &v, &n, &e) < 0) {
		assert(*err_text(e));
		return 0;
	}
	assert(n > 0 && n <= 65536);
	for (size_t i = 0; i < n; i++)
		assert(v[i].target <= 65535 && *v[i].protocol);
	return 0;
}
