/*
 * compose/supervise/sup.h - the supervisor's own state, shared by the files that make it up.
 *
 * Owns:    supervise_main() owns struct sup; containers belong to sup->containers.
 * Units:   none.
 * Errors:  as the functions say.
 * Thread:  loop.
 * Source:  ARCHITECTURE.md "Programs and processes".
 */
#ifndef COMPOSE_SUPERVISE_SUP_H
#define COMPOSE_SUPERVISE_SUP_H

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "base/json.h"
#include "base/map.h"
#include "compose/supervise/child.h"
#include "compose/supervise/netc.h"

struct container;
struct control;
struct guardian;
struct op;
struct recovery;
struct dns_server;
struct netwatch;

/* Somebody interested in what happens to containers. */
struct waiter {
	struct waiter *next; /* in sup.waiters */
	/* Called for every change of any container; it may remove itself. */
	void (*on_change)(struct waiter *w, struct container *c);
};

/* A walk over the waiters, during which any of them may go. */
struct waiter_walk {
	struct waiter *next;
	struct waiter_walk *outer; /* a walk this one happens inside of */
};

struct sup {
	uv_loop_t loop;
	const char *project;
	const char *root, *run;
	char *dir, *containers_dir, *run_dir;
	char *shim, *runtime;
	char boot_id[37];
	int log_fd;
	int lock_fd;  /* held as long as we live */
	int ready_fd; /* -1: nobody waits for readiness */
	struct children children;
	struct netc net;
	struct control *control;
	struct dns_server *dns;
	struct netwatch *netwatch; /* NULL: nothing to watch */
	struct map containers;     /* id -> struct container, in order of creation */
	struct waiter *waiters;
	struct waiter_walk *walks;
	struct op *active;         /* the operation that may begin steps */
	struct op *queue;          /* operations waiting for their turn */
	struct op *ops;            /* all of them */
	struct recovery *recovery; /* NULL once what was found has been adopted */
	void (*on_recovered)(struct sup *s);
	unsigned n_recovering; /* shims that have not answered yet */
	struct guardian *guardian;
	struct waiter reaper;
	unsigned n_saving; /* container.json files being written */
	unsigned n_jobs;   /* other pool work of containers */
	bool is_closing;
	bool wants_trim;     /* an operation has left memory behind */
	bool expects_client; /* somebody waits to connect: not before it has come */
	uv_timer_t patience; /* ends that expectation */
	uv_idle_t ending;    /* looks whether there is reason to go on, once things have settled */
};

void waiter_add(struct sup *s, struct waiter *w);
void waiter_del(struct sup *s, struct waiter *w);

/* Something ended: ends the supervisor when nothing is left to do. */
void sup_maybe_end(struct sup *s);
/* Whoever was expected has connected. */
void sup_client_came(struct sup *s);

#endif
