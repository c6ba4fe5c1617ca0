/*
 * compose/ui/progress.h - what running operations are doing: a live block on a terminal, one line per
 * event in a pipe, one JSON object per event, or nothing.
 *
 *	struct progress *p = progress_new(&(struct progress_options){ .mode = PROGRESS_TTY, ... });
 *	progress_event(p, &(struct progress_event){ .id = "Container a-1", .text = "Started",
 *						   .status = PROGRESS_DONE });
 *	poll(..., progress_timeout_ms(p)); progress_tick(p);
 *	progress_end(p); progress_free(p);
 *
 * Owns:    copies of what events say.
 * Units:   nanoseconds of the monotonic clock, columns.
 * Errors:  none: what cannot be written is dropped.
 * Thread:  any one thread at a time.
 * Source:  cli reference 5.2 "Progress modes" and 5.3 "Verbs".
 */
#ifndef COMPOSE_UI_PROGRESS_H
#define COMPOSE_UI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"

enum progress_mode { PROGRESS_TTY, PROGRESS_PLAIN, PROGRESS_JSON, PROGRESS_QUIET };
enum progress_status { PROGRESS_WORKING, PROGRESS_DONE, PROGRESS_WARNING, PROGRESS_ERROR };

struct progress_options {
	enum progress_mode mode;
	bool color;
	bool dry_run;
	const char *operation; /* the word behind "[+]"; NULL = events are lines of their own */
	int fd;
	int64_t (*now)(void);  /* NULL = clock_mono_ns; tests have their own */
	size_t rows, cols;     /* 0 = ask the terminal at every frame */
};

struct progress_event {
	const char *id, *parent, *text, *details;
	enum progress_status status;
	int64_t current, total; /* total 0 = unknown */
	int percent;
};

struct progress;

struct progress *progress_new(const struct progress_options *opt);
void progress_free(struct progress *p);
static inline void progress_autop(struct progress **p)
{
	progress_free(*p);
}
void progress_event(struct progress *p, const struct progress_event *ev);
/* An event as the supervisor sends it: id, parent_id, text, status, details, current, total. */
void progress_json_event(struct progress *p, const struct json *ev);
/* Draws a frame when one is due. */
void progress_tick(struct progress *p);
/* Milliseconds until the next frame, -1 when nothing has to be drawn: for poll(2). */
int progress_timeout_ms(const struct progress *p);
/* Draws the last frame; later events are lines of their own until progress_begin(). */
void progress_end(struct progress *p);
/* Starts a new block for another operation. */
void progress_begin(struct progress *p, const char *operation);
/* Text other than progress has been or will be printed below the block: the next frame starts anew. */
void progress_interrupt(struct progress *p);
/* From now on Starting and Started are not shown on a terminal. */
void progress_hide_start(struct progress *p);
enum progress_mode progress_mode_of(const struct progress *p);

#endif
