#include "compose/ui/prompt.h"

#include <errno.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"

bool word_is_true(const char *s)
{
	static const char *const words[] = { "y", "1", "t", "true", "yes", "on" };
	struct str t = str_trim(str_of(s));

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (t.n == strlen(words[i]) && strncasecmp(t.p, words[i], t.n) == 0)
			return true;
	return false;
}

/* Byte by byte: what follows the line belongs to somebody else. */
static bool read_line(struct buf *line)
{
	char c;
	ssize_t n;

	for (;;) {
		n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || c == '\n')
			return n > 0 || line->n > 0;
		buf_addch(line, c);
	}
}

bool prompt_confirm(const char *message, bool dflt)
{
	AUTO(buf) struct buf line = BUF_INIT;

	buf_limit(&line, 4096);
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		printf("? %s (%s) ", message, dflt ? "Y/n" : "y/N");
	else
		printf("%s", message);
	(void)fflush(stdout);
	if (!read_line(&line) || str_trim(str_of(buf_str(&line))).n == 0)
		return dflt;
	return word_is_true(buf_str(&line));
}
