/* Any text is parsed or refused, and runs over a small document without touching what is not its own. */
#include <stdint.h>

#include "compose/ui/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char document[] = "{\"A\":\"a\",\"L\":[1,2,{\"B\":\"b\"}],\"O\":{\"k\":null}}";
	AUTO(mem) char *text = xstrndup((const char *)p, n);
	AUTO(json) struct json *root = NULL;
	AUTO(template) struct template *t = NULL;
	AUTO(buf) struct buf out = BUF_INIT;
	struct template_data d = { 0 };

	if (json_parse(document, sizeof(document) - 1, &root, NULL) < 0)
		return 0;
	d.root = d.labels = root;
	if (template_parse(text, &t, NULL) == 0)
		(void)template_exec(t, &d, &out, NULL);
	return 0;
}
