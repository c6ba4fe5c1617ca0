/* Any text as container.json: no crash, and a record that was understood says the same again. */
#include <string.h>

#include "base/fuzz.h"
#include "compose/supervise/record.h"

static int parse(const char *text, size_t n, struct record *ret)
{
	AUTO(json) struct json *j = NULL;
	int r = json_parse(text, n, &j, NULL);

	return r < 0 ? r : record_from_json(j, ret, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record first = { 0 }, second = { 0 };
	AUTO(buf) struct buf printed = BUF_INIT;
	AUTO(buf) struct buf again = BUF_INIT;

	if (parse((const char *)data, size, &first) < 0)
		return 0;
	record_print(&first, &printed);
	CHECK(parse(printed.p, printed.n, &second) == 0);
	record_print(&second, &again);
	CHECK(printed.n == again.n && memcmp(printed.p, again.p, again.n) == 0);
	record_done(&first);
	record_done(&second);
	return 0;
}
