/*
 * compose/cmd/logfile.h - the log of one container, read in order over its rotated files, to its end
 * and beyond.
 *
 * The shim writes DIR/json.log, one JSON object per line, and rotates it to json.log.1, json.log.2 ...
 * A reader holds the file it reads open: after a rotation it finishes that file and goes on with the
 * next newer one.
 *
 * Owns:    logfile_close() releases everything; text of a line is borrowed until the next call.
 * Units:   wall-clock nanoseconds, bytes.
 * Errors:  -errno. A log that does not exist (yet) is empty. A line that is no log record is skipped.
 * Thread:  any one thread at a time.
 * Source:  ARCHITECTURE.md "State on disk"; Docker's json-file format.
 */
#ifndef COMPOSE_CMD_LOGFILE_H
#define COMPOSE_CMD_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct logfile;

struct logline {
	int64_t time_ns;
	bool is_stderr;
	const char *text; /* with its newline, except for a piece of a line that is not ended */
	size_t n;
};

struct logfile *logfile_open(const char *dir);
void logfile_close(struct logfile *l);
static inline void logfile_autop(struct logfile **l)
{
	logfile_close(*l);
}
/* Where the next line comes from: the oldest one there is (the start value), */
void logfile_from_start(struct logfile *l);
/* the one after what is there now, */
void logfile_from_end(struct logfile *l);
/* or the n-th from the end. */
void logfile_from_tail(struct logfile *l, size_t n);
/* 1 and *ret, or 0 at the end of what is there. */
int logfile_next(struct logfile *l, struct logline *ret, struct err **e);
/* The directory, for inotify(7). Borrowed. */
const char *logfile_dir(const struct logfile *l);

#endif
