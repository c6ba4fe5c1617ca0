/*
 * compose/ui/width.h - how many terminal columns UTF-8 text takes.
 *
 * Owns:    nothing.
 * Units:   columns and bytes.
 * Errors:  bytes that are not UTF-8 count one column each.
 * Thread:  any; independent of the locale.
 * Source:  Unicode East Asian Width (W and F), zero width for combining marks.
 */
#ifndef COMPOSE_UI_WIDTH_H
#define COMPOSE_UI_WIDTH_H

#include <stddef.h>
#include <stdint.h>

/* Decodes one character of s (n bytes left, n > 0) and returns its length in bytes. */
size_t utf8_next(const char *s, size_t n, uint32_t *ret_char);
/* Columns of one character: 0, 1 or 2. */
size_t char_width(uint32_t c);
/* ANSI colour sequences (ESC [ ... m) take no column. */
size_t text_width(const char *s);
/* Bytes of the longest start of s that is at most width columns wide. */
size_t text_fit(const char *s, size_t width);
/* s when it is at most width columns wide, else cut so that "…" ends it. For free(3). */
char *text_ellipsis(const char *s, size_t width);

#endif
