/*
 * image/mode.h - the value of --chmod: octal, or symbolic as chmod(1) has it.
 *
 * Owns:    nothing.
 * Units:   permission bits 0..07777.
 * Errors:  -EINVAL with BuildKit's wording.
 * Thread:  any.
 * Source:  chmod(1p); Dockerfile reference "COPY --chmod".
 */
#ifndef IMAGE_MODE_H
#define IMAGE_MODE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* Checks the text. */
int mode_check(const char *text, struct err **e);
/* What a file of that mode gets. text passed mode_check(). */
mode_t mode_apply(const char *text, mode_t mode, bool is_dir);

#endif
