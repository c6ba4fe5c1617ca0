/*
 * compose/cmd/follow.h - the logs of several containers written to our standard streams, prefixed, as
 * they grow.
 *
 *	follow_init(&f, ...); source = follow_add(&f, ...); logfile_from_end(source->file);
 *	poll(f.inotify_fd) -> follow_ready(&f); on exit of a container -> follow_drain(&f, source)
 *
 * Owns:    the sources and their files; follow_done() releases all.
 * Units:   wall-clock nanoseconds.
 * Errors:  -errno; -EPIPE when nobody reads our output any more.
 * Thread:  any one thread at a time.
 * Source:  cli reference 5.1; inotify(7).
 */
#ifndef COMPOSE_CMD_FOLLOW_H
#define COMPOSE_CMD_FOLLOW_H

#include "base/buf.h"
#include "base/err.h"
#include "compose/cmd/logfile.h"
#include "compose/ui/logprefix.h"

struct source {
	char *id, *service;
	struct logname *name;
	struct logfile *file;
	int watch;             /* inotify descriptor of the directory, -1 = not watched */
	bool is_running;
	bool is_quiet;         /* only its life is of interest, nothing is shown */
	bool counts;           /* as long as it runs, following goes on */
	int exit_code;
	bool has_exited;       /* at least once since it is followed */
	int64_t since_ns;      /* earlier lines are not shown */
	struct buf partial[2]; /* pieces of a line that is not ended: stdout, stderr */
	int64_t partial_ns[2];
	struct source *next;
};

struct follow {
	struct source *first, *last;
	struct logprefix prefix;
	int inotify_fd;
	bool timestamps;
	bool split_streams; /* stderr to our stderr, else all to stdout */
	int64_t until_ns;   /* 0 = no end */
	struct buf out, err;
	/* Called before anything is written; may be NULL. */
	void (*on_write)(void *ctx);
	void *ctx;
};

/* watch = lines are followed as they are written; else inotify_fd stays -1. */
int follow_init(struct follow *f, bool watch, struct err **e);
void follow_done(struct follow *f);
static inline void follow_autop(struct follow *f)
{
	follow_done(f);
}
/* dir is the container's log directory. name NULL = quiet. */
struct source *follow_add(struct follow *f, const char *id, const char *service, const char *name,
			  const char *dir);
struct source *follow_find(const struct follow *f, const char *id);
/* Writes every line that is there. */
int follow_drain(struct follow *f, struct source *s, struct err **e);
/* The same for all sources, lines in the order of their times. */
int follow_merge(struct follow *f, struct err **e);
/* inotify_fd is readable: drains the sources whose files changed. */
int follow_ready(struct follow *f, struct err **e);
/* Pieces of lines that will not be ended any more get their newline. */
void follow_close_lines(struct follow *f, struct source *s);
/* "NAME exited with code 0" */
void follow_status(struct follow *f, struct source *s, const char *text);
/* Writes out what the calls above have gathered. */
int follow_flush(struct follow *f, struct err **e);

#endif
