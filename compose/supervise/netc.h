/*
 * compose/supervise/netc.h - the network worker's client: requests in, replies with descriptors out.
 *
 * The worker process is started with the first request and its socket is closed when nobody holds it
 * any more: an operation of the supervisor takes a hold for its whole length, so that the requests of
 * ten containers meet one warm worker. Requests are answered in the order they were made. When the
 * worker dies, the requests it has not answered fail and the next one starts another.
 *
 * Owns:    struct netc is the caller's; a request's JSON is taken by netc_call().
 * Units:   none.
 * Errors:  replies carry the worker's text, hint and errno.
 * Thread:  loop.
 * Source:  ARCHITECTURE.md "Contract: compose-net".
 */
#ifndef COMPOSE_SUPERVISE_NETC_H
#define COMPOSE_SUPERVISE_NETC_H

#include <uv.h>

#include "base/err.h"
#include "base/json.h"
#include "compose/supervise/child.h"

/* e NULL: success. The callee takes descriptors out of fds by setting them to -1; what it leaves is
 * closed. reply and e are borrowed. Never called before netc_call() has returned. */
typedef void (*netc_reply_fn)(void *ctx, const struct json *reply, int *fds, size_t n_fds,
			      struct err *e);

struct net_call;
struct netc {
	uv_loop_t *loop;
	struct children *children;
	char *program;
	struct net_link *link;          /* the worker's socket, NULL: none runs */
	struct net_call *first, **last; /* not answered yet, oldest first */
	struct net_call *unsent;        /* the first one not sent yet */
	uv_idle_t failing; /* tells calls that failed at once about it, from the loop */
	unsigned holds;
	int64_t next_id;
	int log_fd; /* the worker's standard error */
	bool is_closed;
};

int netc_open(struct netc *n, uv_loop_t *loop, struct children *children, const char *program,
	      int log_fd, struct err **e);
/* Unanswered calls are answered with ECANCELED. */
void netc_close(struct netc *n);

void netc_hold(struct netc *n);
/* The worker ends with the last hold, once everything is answered. */
void netc_release(struct netc *n);
/* Starts the worker ahead of the first request. */
void netc_warm(struct netc *n);

/* request: {"op":..., ...}; "id" is added. done may be NULL. */
void netc_call(struct netc *n, struct json *request, netc_reply_fn done, void *ctx);

#endif
