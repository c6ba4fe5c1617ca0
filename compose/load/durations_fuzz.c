/* Durations: what is read and printed reads back as the same. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "compose/load/duration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(mem) char *text = xstrndup((const char *)data, size), *printed = NULL;
	AUTO(err) struct err *e = NULL;
	int64_t ns, again;

	if (compose_duration_parse(text, &ns, &e) < 0) {
		assert(*err_text(e));
		return 0;
	}
	printed = duration_format(ns);
	assert(compose_duration_parse(printed, &again, NULL) == 0);
	assert(again == ns);
	return 0;
}
