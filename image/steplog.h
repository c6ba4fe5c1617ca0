/*
 * image/steplog.h - what a build tells as it goes: BuildKit's plain lines, JSON lines, or nothing.
 *
 * Owns:    steplog_free() releases; the stream is the caller's.
 * Units:   seconds since the step began, in the output.
 * Errors:  none; a stream that cannot be written is the caller's matter.
 * Thread:  one.
 * Source:  buildx "--progress plain".
 */
#ifndef IMAGE_STEPLOG_H
#define IMAGE_STEPLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum steplog_mode { STEPLOG_PLAIN, STEPLOG_QUIET, STEPLOG_JSON };
enum steplog_end { STEPLOG_DONE, STEPLOG_CACHED, STEPLOG_CANCELED };

struct steplog;

/* prefix: service name put into the brackets of step names; NULL = none. */
struct steplog *steplog_new(FILE *to, enum steplog_mode mode, const char *prefix);
void steplog_free(struct steplog *p);
static inline void steplog_autop(struct steplog **p)
{
	steplog_free(*p);
}
/* Begins a step: "[internal] load .dockerignore". */
void steplog_begin(struct steplog *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line about the step. */
void steplog_note(struct steplog *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Output of its command; cut into lines here. */
void steplog_output(struct steplog *p, const char *text, size_t n);
void steplog_end(struct steplog *p, enum steplog_end how);
/* Ends the step with an error and shows its last lines of output again. */
void steplog_fail(struct steplog *p, const char *text);
/* A step is going on. */
bool steplog_is_open(const struct steplog *p);

#endif
