/* A command written as one string. */
#include <assert.h>
#include <stdint.h>

#include "base/mem.h"
#include "compose/load/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(mem) char *text = xstrndup((const char *)data, size);
	AUTO(strv) struct strv words = STRV_INIT;
	AUTO(err) struct err *e = NULL;

	if (command_split(text, &words, &e) < 0)
		assert(*err_text(e));
	return 0;
}
