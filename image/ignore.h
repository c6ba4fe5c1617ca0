/*
 * image/ignore.h - .dockerignore: which paths of a build context are left out. Also the patterns of
 * COPY --exclude and of COPY sources.
 *
 * Owns:    ignore_free() releases.
 * Units:   paths are relative to the root of the context, '/'-separated, without "./".
 * Errors:  -EINVAL, with the line.
 * Thread:  any.
 * Source:  Dockerfile reference ".dockerignore file"; Go filepath.Match.
 */
#ifndef IMAGE_IGNORE_H
#define IMAGE_IGNORE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strv.h"

struct ignore;

int ignore_parse(const char *text, struct ignore **ret, struct err **e);
/* The same from a list of patterns (--exclude). */
int ignore_from_list(const struct strv *patterns, struct ignore **ret, struct err **e);
void ignore_free(struct ignore *i);
static inline void ignore_autop(struct ignore **i)
{
	ignore_free(*i);
}
/* NULL ignores nothing. ret_line: line of the pattern that decided, may be NULL. */
bool ignore_has(const struct ignore *i, const char *path, unsigned *ret_line);
/* Whether something below an ignored directory may be let in again. */
bool ignore_may_hold(const struct ignore *i, const char *dir);

/* One component: *, ?, [a-z], \x. '*' does not match '/'. */
bool ignore_match_name(const char *pattern, const char *name);

#endif
