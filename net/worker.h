/*
 * net/worker.h - the operations of the network worker: one request in, one reply with descriptors out.
 *
 * Every operation takes the store's lock, brings the kernel to what was asked for, and is idempotent.
 * On failure everything made for that request is undone.
 *
 * Owns:    the worker owns store, packet filter context and sockets. A reply owns its descriptors
 *          and JSON until reply_done().
 * Units:   as net/addr.h.
 * Errors:  as ARCHITECTURE.md "Contract: compose-net": ENOENT, EBUSY, EINVAL, EADDRINUSE, ...
 * Thread:  always the same one: operations enter network namespaces and come back.
 * Source:  ARCHITECTURE.md "Contract: compose-net".
 */
#ifndef NET_WORKER_H
#define NET_WORKER_H

#include "base/json.h"
#include "net/nft.h"
#include "net/store.h"

enum { REPLY_MAX_FDS = 253 };

struct worker {
	struct store *store;
	struct nft *nft;
	int nl;     /* rtnetlink socket of the host's namespace */
	int hostns; /* the namespace in which the worker was started */
};

struct reply {
	struct json *body;
	int fds[REPLY_MAX_FDS];
	size_t n_fds;
};

int worker_open(const char *root, struct worker *w, struct err **e);
void worker_close(struct worker *w);

/* Carries out one request and always fills the reply, with "error" when it failed. */
void worker_handle(struct worker *w, const struct json *request, struct reply *ret);
void reply_done(struct reply *r);
/* A line in the reply's "warnings". */
void reply_warn(struct reply *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

typedef int op_fn(struct worker *w, const struct json *req, struct reply *r, struct err **e);
op_fn op_network_create, op_network_remove, op_network_inspect, op_attach, op_detach, op_sweep;

/* Makes the bridge of a network (or finds it) with its addresses. */
int bridge_ensure(struct worker *w, const struct network *net, struct err **e);

/* Withdraws ports, gives the lease back (or keeps it) and removes the record. */
int endpoint_detach(struct worker *w, struct network *net, struct endpoint *ep, bool keep_lease,
		    struct err **e);
/* All endpoints of one container; -ENOENT when there were none. */
int container_detach(struct worker *w, const char *id, bool keep_lease, struct err **e);

#endif
