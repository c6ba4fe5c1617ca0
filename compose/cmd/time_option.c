#include "compose/cmd/time_option.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"

int time_option_parse(const char *text, int64_t *ret_ns, struct err **e)
{
	AUTO(mem) char *zoned = xasprintf("%s%s", text, strchr(text, 'T') ? "Z" : "T00:00:00Z");
	int64_t age;
	char *end;
	double seconds;

	if (time_parse_rfc3339(text, ret_ns) == 0 || time_parse_rfc3339(zoned, ret_ns) == 0)
		return 0;
	if (duration_parse(text, &age) == 0 && strpbrk(text, "hmsuµn")) {
		*ret_ns = clock_wall_ns() - age;
		return 0;
	}
	seconds = strtod(text, &end);
	if (*text && !*end && seconds >= 0 && seconds < 9e9) {
		*ret_ns = (int64_t)(seconds * 1e9);
		return 0;
	}
	return err_set(e, EINVAL, "invalid time \"%s\": expected RFC 3339, seconds since 1970 or a "
		       "duration such as 42m", text);
}
