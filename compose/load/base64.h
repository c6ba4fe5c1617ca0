/*
 * compose/load/base64.h - the text of YAML's !!binary values.
 *
 * Owns:    the result is the arena's.
 * Units:   bytes.
 * Errors:  NULL for text that is not base64, or that hides a NUL byte.
 * Thread:  any one thread at a time per arena.
 * Source:  RFC 4648 section 4; blanks and line breaks are skipped.
 */
#ifndef COMPOSE_LOAD_BASE64_H
#define COMPOSE_LOAD_BASE64_H

#include "base/arena.h"

char *base64_decode(struct arena *a, const char *text);

#endif
