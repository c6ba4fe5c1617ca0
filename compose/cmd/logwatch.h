/*
 * compose/cmd/logwatch.h - logs that are followed together with the life of their containers: those
 * that start later join, those that end are reported.
 *
 * Owns:    the follower and the connection that streams events.
 * Units:   none.
 * Errors:  -errno with e filled.
 * Thread:  main thread.
 * Source:  cli reference 4.6, 5.1, 7.4.
 */
#ifndef COMPOSE_CMD_LOGWATCH_H
#define COMPOSE_CMD_LOGWATCH_H

#include "compose/cmd/cmd.h"
#include "compose/cmd/containers.h"
#include "compose/cmd/follow.h"

struct logwatch {
	struct cli *cli;
	struct follow follow;
	struct client *events;  /* NULL when not following */
	bool has_ended;         /* the supervisor is gone: nothing runs any more */
	/* Whether containers of a service belong to what is watched. */
	bool (*wants)(void *ctx, const char *service);
	/* A container ended and does not come back by itself; may be NULL. */
	void (*on_exit)(void *ctx, struct source *s);
	void *ctx;
};

/* watch = follow. The caller then sets prefix, timestamps... in follow. */
int logwatch_init(struct logwatch *w, struct cli *cli, bool watch, struct err **e);
void logwatch_done(struct logwatch *w);
static inline void logwatch_autop(struct logwatch *w)
{
	logwatch_done(w);
}
/* A container of `list`, from the start of its log; quiet = only its life is of interest. */
struct source *logwatch_add(struct logwatch *w, const struct json *container, bool quiet);
/* -1 when not following. */
int logwatch_events_fd(const struct logwatch *w);
/* The events connection is readable. */
int logwatch_events_ready(struct logwatch *w, struct err **e);
bool logwatch_any_running(const struct logwatch *w);
/* Everything that is left in the files, and the ends of open lines. */
int logwatch_finish(struct logwatch *w, struct err **e);

#endif
