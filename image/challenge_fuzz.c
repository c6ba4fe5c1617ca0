/* Any header as a challenge: no crash, and a Bearer one that is accepted says where tokens come from. */
#include <stdint.h>

#include "base/buf.h"
#include "image/challenge.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(mem) char *text = xstrndup((const char *)p, n);
	AUTO(challenge) struct challenge c = CHALLENGE_INIT;

	if (challenge_parse(text, &c) == 0 && c.scheme == CHALLENGE_BEARER && !c.realm)
		abort();
	return 0;
}
