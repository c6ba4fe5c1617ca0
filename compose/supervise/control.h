/*
 * compose/supervise/control.h - the control socket: requests in, events and results out.
 *
 * Every connection sends one JSON object per line and gets its answers in order. What a request does is
 * in ops.c; this file only moves lines. A peer of another user is refused (SO_PEERCRED).
 *
 * Owns:    a struct request belongs to its connection until request_finish(); when the client goes
 *          away first, `conn` becomes NULL and the answers go nowhere.
 * Units:   bytes.
 * Errors:  a line longer than CONTROL_LINE_MAX, or one that is not JSON, ends the connection.
 * Thread:  loop.
 * Source:  ARCHITECTURE.md "Contract: control socket".
 */
#ifndef COMPOSE_SUPERVISE_CONTROL_H
#define COMPOSE_SUPERVISE_CONTROL_H

#include "base/buf.h"
#include "base/json.h"
#include "compose/supervise/sup.h"

enum { CONTROL_LINE_MAX = 16 << 20 };

struct conn;
struct request {
	struct sup *sup;
	struct conn *conn; /* NULL: the client is gone */
	struct json *json; /* {"op","args"} */
	/* Called once when the client goes away before request_finish(). */
	void (*on_gone)(struct request *r);
	void *ctx;
};

int control_open(struct sup *s, struct err **e);
/* No new connections; those there are closed. */
void control_close(struct control *k);
/* After the loop has closed the handles. */
void control_free(struct control *k);
/* Clients connected. */
unsigned control_clients(const struct control *k);
/* The socket file is gone and nobody was waiting behind it: safe to end. False: somebody came. */
bool control_retire(struct control *k);

void request_event(struct request *r, const struct json *event);
/* {id,text,status,details}; details may be NULL. */
void request_progress(struct request *r, const char *id, const char *text, const char *status,
		      const char *details);
void request_log(struct request *r, const char *level, const char *msg);
/* Ends the request; takes result (NULL = {}). */
void request_finish(struct request *r, struct json *result);
/* The same with a result that is JSON text already. */
void request_finish_text(struct request *r, const struct buf *result);
void request_fail(struct request *r, const struct err *e, int code);

/* The request stays open and gets every container event from now on. */
void control_listen(struct request *r);
bool control_has_listeners(const struct control *k);
void control_broadcast(struct control *k, const struct json *event);
/* A number for the connection, never 0; 0 when the client is gone. */
int request_conn_id(const struct request *r);

#endif
