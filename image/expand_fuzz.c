/* Any text as a word, a list of words and a here-document; and as an ignore file. */
#include <stdint.h>

#include "base/buf.h"
#include "image/expand.h"
#include "image/ignore.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static char *const entries[] = { (char *)"A=hello", (char *)"E=", (char *)"W=a b  c",
					 NULL };
	static const struct strv env = { (char **)entries, 3, 4 };
	AUTO(mem) char *text = xstrndup((const char *)p, n < 512 ? n : 512);
	struct expand x = { .escape = '\\', .env = &env };
	AUTO(strv) struct strv words = STRV_INIT, raw = STRV_INIT;
	AUTO(mem) char *word = NULL, *body = NULL;
	AUTO(ignore) struct ignore *ig = NULL;

	(void)expand_word(&x, text, &word, NULL);
	(void)expand_words(&x, text, &words, NULL);
	(void)expand_text(&x, text, &body, NULL);
	expand_split(text, '\\', &raw);
	if (ignore_parse(text, &ig, NULL) == 0) {
		(void)ignore_has(ig, "some/dir/file.md", NULL);
		(void)ignore_may_hold(ig, "some/dir");
	}
	return 0;
}
