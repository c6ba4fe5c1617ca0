/*
 * compose/ui/jsontext.h - JSON as Go's encoding/json writes it: one line, no blanks, HTML-escaped.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  none.
 * Thread:  any.
 * Source:  cli reference 7.3 (">" shows as \u003e), 8 "JSON shapes at a glance".
 */
#ifndef COMPOSE_UI_JSONTEXT_H
#define COMPOSE_UI_JSONTEXT_H

#include "base/buf.h"
#include "base/json.h"

/* A quoted string. Bytes that are not UTF-8 become U+FFFD. */
void jsontext_string(struct buf *out, const char *s);
/* Members in the order they were added; "null" for NULL. */
void jsontext_add(struct buf *out, const struct json *j);

#endif
