#include "compose/cmd/detach.h"

#include <ctype.h>
#include <errno.h>

static int key_parse(struct str word, unsigned char *ret)
{
	if (word.n == 1) {
		*ret = (unsigned char)word.p[0];
		return 0;
	}
	if (word.n != 6 || memcmp(word.p, "ctrl-", 5) != 0)
		return -EINVAL;
	if (!isalpha((unsigned char)word.p[5]) && !strchr("@[\\]^_", word.p[5]))
		return -EINVAL;
	*ret = (unsigned char)toupper((unsigned char)word.p[5]) & 0x1f;
	return 0;
}

int detach_parse(const char *text, struct detach *ret, struct err **e)
{
	struct str rest = str_of(text && *text ? text : "ctrl-p,ctrl-q");
	struct detach d = { .n = 0 };

	while (rest.p) {
		if (d.n == sizeof(d.keys) || key_parse(str_cut(&rest, ','), &d.keys[d.n++]) < 0)
			return err_set(e, EINVAL, "invalid detach keys \"%s\": expected letters or "
				       "ctrl-LETTER, separated by commas", text);
	}
	*ret = d;
	return 0;
}

bool detach_feed(struct detach *d, const char *p, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		if (d->n && (unsigned char)p[i] == d->keys[d->matched]) {
			if (++d->matched == d->n)
				return true;
			continue;
		}
		/* A false start: what was held back goes on. */
		buf_add(out, d->keys, d->matched);
		d->matched = d->n && (unsigned char)p[i] == d->keys[0];
		if (!d->matched)
			buf_addch(out, p[i]);
		else if (d->n == 1)
			return true;
	}
	return false;
}
