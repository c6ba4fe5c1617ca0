/*
 * base/path.h - paths as text. For paths inside a container's root see base/fdio.h.
 *
 * Owns:    every char * returned is for free(3).
 * Units:   none.
 * Errors:  none; path_cwd() aborts only without memory and returns "/" when the cwd is gone.
 * Thread:  any.
 * Source:  Go path/filepath Clean and Join, whose lexical rules compose files rely on.
 */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>

/* "" gives "."; removes "//", "." and inner ".."; keeps leading ".." of relative paths. */
char *path_clean(const char *path);
/* path itself when absolute, else base/path; cleaned. */
char *path_join(const char *base, const char *path);
/* Against the cwd; cleaned. */
char *path_abs(const char *path);
char *path_cwd(void);
/* Everything before the last '/', "." when there is none, "/" for "/x". */
char *path_dir(const char *path);
/* What follows the last '/'. Borrowed. */
const char *path_base(const char *path);
bool path_is_abs(const char *path);
/* "~" and "~/x" become $HOME...; anything else is copied. */
char *path_expand_home(const char *path);

#endif
