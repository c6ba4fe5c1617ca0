/*
 * compose/supervise/client.h - a command's connection to the supervisor of one project.
 *
 *	AUTO(client) struct client *c = NULL;
 *	r = client_connect("shop", CLIENT_START, &c, e);
 *	r = client_call(c, "apply", args, on_event, ctx, &result, e);
 *
 * Normally one request runs at a time and client_call() waits for its end. A command that has other
 * things to watch uses client_send(), polls client_fd() and takes messages with client_next().
 *
 * When no supervisor runs and the project has neither containers nor networks, and the command does
 * not want one started, the client is "idle": list, down, stop and the like answer at once with what
 * an empty project gives. A supervisor that ends between two requests is replaced without the
 * command noticing.
 *
 * Owns:    args stay the caller's; results and messages are the caller's.
 * Units:   none.
 * Errors:  -errno with the supervisor's own text and hint; client_code() gives the exit status it
 *          asked for. -EPIPE when the supervisor died in the middle of a request.
 * Thread:  any one thread at a time; blocks.
 * Source:  ARCHITECTURE.md "Contract: control socket".
 */
#ifndef COMPOSE_SUPERVISE_CLIENT_H
#define COMPOSE_SUPERVISE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json.h"

struct client;

enum client_start {
	CLIENT_LOOK,  /* start a supervisor only when there is state on disk that needs one */
	CLIENT_START, /* start one when none runs */
};

int client_connect(const char *project, enum client_start how, struct client **ret, struct err **e);
void client_free(struct client *c);
static inline void client_autop(struct client **c)
{
	client_free(*c);
}
/* No supervisor runs and nothing of the project is there. */
bool client_is_idle(const struct client *c);

/* A progress event {id,text,status,details}, a log record {level,msg}, or what the op streams. */
typedef void (*client_event_fn)(const struct json *event, void *ctx);

/* Sends one request and reads up to its result. on_event may be NULL, args NULL = {}, ret NULL. */
int client_call(struct client *c, const char *op, const struct json *args, client_event_fn on_event,
		void *ctx, struct json **ret, struct err **e);

int client_send(struct client *c, const char *op, const struct json *args, struct err **e);
/* For poll(2), POLLIN. -1 when idle. */
int client_fd(const struct client *c);
/* One whole message {"event":..}, {"result":..} or {"error":..} without blocking: 1 and *ret, or 0
 * when more bytes have to come first. Call until 0 before polling again. */
int client_next(struct client *c, struct json **ret, struct err **e);
/* Turns {"error":{...}} into e and returns -errno. */
int client_error(struct client *c, const struct json *msg, struct err **e);
/* Exit status the last failed request asked for; 1 when it said nothing. */
int client_code(const struct client *c);

/* Whether any state of this project is on disk: containers or networks. */
bool client_project_exists(const char *project);

#endif
