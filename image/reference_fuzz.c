/* Any text as a reference: what parses must format to something that parses to the same. */
#include <stdint.h>

#include "base/buf.h"
#include "image/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(mem) char *text = xstrndup((const char *)p, n);
	AUTO(err) struct err *e = NULL;
	AUTO(mem) char *canonical = reference_canonical(text, &e), *again = NULL, *familiar = NULL;
	AUTO(mem) char *back = NULL;

	if (!canonical)
		return 0;
	again = reference_canonical(canonical, NULL);
	familiar = reference_familiar(canonical);
	back = reference_canonical(familiar, NULL);
	if (!streq(canonical, again) || !streq(canonical, back))
		abort();
	return 0;
}
