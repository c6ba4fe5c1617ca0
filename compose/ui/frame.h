/*
 * compose/ui/frame.h - the picture progress.c draws on a terminal: header, one line per task.
 *
 * Owns:    copies of ids and texts.
 * Units:   nanoseconds, columns.
 * Errors:  none.
 * Thread:  any one thread at a time.
 * Source:  cli reference 5.2 "TTY block".
 */
#ifndef COMPOSE_UI_FRAME_H
#define COMPOSE_UI_FRAME_H

#include "base/buf.h"
#include "compose/ui/progress.h"
#include "compose/ui/term.h"

struct task {
	char *id, *parent, *text, *details;
	enum progress_status status;
	int64_t start_ns, end_ns; /* end_ns: of the latest event */
	int64_t current, total;
};

struct frame {
	struct task *v; /* in order of appearance */
	size_t n, cap;
	char *operation;
	bool color;
	size_t lines_drawn; /* of the frame on the screen, header included */
	unsigned spin;      /* moves on with every frame */
};

void frame_done(struct frame *f);
/* Forgets the tasks; what is on the screen stays there. */
void frame_reset(struct frame *f, const char *operation);
void frame_event(struct frame *f, const struct progress_event *ev, int64_t now_ns);
bool frame_is_working(const struct frame *f);
/* Appends the bytes that paint the frame over the previous one. */
void frame_draw(struct frame *f, struct term_size size, int64_t now_ns, struct buf *out);

#endif
