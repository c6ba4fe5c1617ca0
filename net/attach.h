/*
 * net/attach.h - one container being attached: what the request says, and what becomes of it step by step.
 *
 * Owns:    struct attach owns everything in it until attach_done(); endpoints that were recorded in
 *          the store belong to the store.
 * Units:   as net/addr.h.
 * Errors:  as net/worker.h.
 * Thread:  as net/worker.h.
 * Source:  ARCHITECTURE.md "Contract: compose-net", attach; compose-spec 05-services.md "networks".
 */
#ifndef NET_ATTACH_H
#define NET_ATTACH_H

#include "net/netns.h"
#include "net/worker.h"

/* One network the container joins. */
struct slot {
	struct network *net;
	const struct json *req;
	struct endpoint *ep; /* in the store once is_recorded */
	bool is_recorded;
	bool is_new; /* the lease was made by this request */
	int64_t priority, gw_priority;
	char interface[16];
	uint32_t bridge_index;
};

struct attach {
	struct worker *w;
	struct reply *reply;
	const struct json *container, *req;
	const char *id, *name;
	struct slot *slots; /* in the order of the interfaces */
	size_t n;
	struct slot *gateway4, *gateway6; /* NULL: no default route */
	struct ports ports;
	struct netns ns;
};

/* attach_request.c: checks the request and finds networks, interface names, gateways and ports. */
int attach_read(struct attach *a, struct err **e);
/* attach_lease.c */
int attach_lease(struct attach *a, struct err **e);
int attach_reserve(struct attach *a, struct err **e);
int attach_record(struct attach *a, struct err **e);
void attach_unrecord(struct attach *a);
/* attach_links.c */
int attach_netns(struct attach *a, struct err **e);
int attach_links(struct attach *a, struct err **e);

#endif
