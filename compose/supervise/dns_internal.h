/*
 * compose/supervise/dns_internal.h - what the dns_*.c files share.
 *
 *   dns_server.c   containers and their UDP sockets     dns_watch.c    endpoint files of a network
 *   dns_tcp.c      connections from containers          dns_forward.c  questions to name servers
 *
 * Owns:    the server owns watches, containers, connections and forwards; each lives until the close
 *          callback of its last handle. Every handle counts in server.handles.
 * Units:   milliseconds of the loop's clock.
 * Errors:  none cross these functions except as text.
 * Thread:  loop.
 * Source:  compose/supervise/dns_server.h.
 */
#ifndef COMPOSE_SUPERVISE_DNS_INTERNAL_H
#define COMPOSE_SUPERVISE_DNS_INTERNAL_H

#include <uv.h>

#include "base/buf.h"
#include "base/map.h"
#include "compose/supervise/dns_server.h"
#include "net/dns_names.h"

enum {
	DNS_TTL_S = 5,
	DNS_SERVERS_MAX = 3,
	DNS_FORWARDS_MAX = 1024,  /* at one time, all containers together */
	DNS_CT_FORWARDS_MAX = 64, /* of one container: one in a crash loop must not starve others */
	DNS_CT_CONNS_MAX = 16,
	DNS_CT_RATE = 2000, /* questions per second */
	DNS_CT_BURST = 4000,
	DNS_RECV = 65536,
};

struct dns_servers {
	struct ipaddr v[DNS_SERVERS_MAX];
	size_t n;
};

/* One network some container here is on. */
struct dns_watch {
	struct dns_server *s;
	uv_fs_event_t event;
	struct dns_net *net;
	char *dir;      /* ROOT/networks/NAME/endpoints */
	unsigned users; /* containers */
	bool is_watching;
};

struct dns_ct {
	struct dns_server *s;
	char *id;
	uv_udp_t udp;
	uv_tcp_t tcp;
	unsigned handles; /* close callbacks still to come */
	bool is_closing;
	struct dns_watch **watches;
	struct dns_net **nets; /* of the watches, in the same order */
	size_t n_nets;
	struct dns_alias *aliases;
	size_t n_aliases;
	struct dns_servers servers; /* n 0: the host's */
	bool is_internal;
	unsigned n_forwards, n_conns;
	double tokens;
	uint64_t tokens_at;
};

/* A connection from a container. */
struct dns_conn {
	struct dns_ct *ct; /* NULL once closing */
	struct dns_server *s;
	struct dns_conn *next, **link; /* in server.conns */
	uv_tcp_t tcp;
	uv_timer_t idle;
	unsigned handles;
	struct buf in;
};

struct dns_forward;

struct dns_server {
	uv_loop_t *loop;
	char *root;
	char boot_id[40];
	struct map containers; /* id -> struct dns_ct */
	struct map watches;    /* network name -> struct dns_watch */
	struct map declared;
	struct dns_conn *conns;
	struct dns_forward *forwards;
	unsigned n_forwards;
	struct dns_servers host;
	uint64_t host_checked; /* when resolv.conf was looked at */
	struct timespec host_mtime;
	struct {
		struct ipaddr ip;
		uint64_t until;
	} dead[DNS_SERVERS_MAX * 2]; /* did not answer lately: asked last */
	uint64_t seed;
	unsigned handles;
	bool is_closing;
	void (*closed)(void *ctx);
	void *closed_ctx;
	char room[DNS_RECV]; /* one read at a time */
	uint8_t out[DNS_RECV];
};

/* Counts one handle that was initialised; the close callback calls dns_handle_closed(). */
void dns_handle_opened(struct dns_server *s);
void dns_handle_closed(struct dns_server *s);
void dns_alloc(struct dns_server *s, uv_buf_t *buf);

/* Answers one question of a container, at most limit bytes into s->out. 0: forward it; -1: drop it. */
ssize_t dns_answer_local(struct dns_ct *ct, const uint8_t *p, size_t n, bool is_tcp);
/* The answer that tells of rcode; size in s->out. */
size_t dns_answer_error(struct dns_server *s, const uint8_t *p, size_t n, enum dns_rcode rcode);
void dns_send_udp(struct dns_ct *ct, const struct sockaddr *to, const uint8_t *p, size_t n);

/* dns_watch.c */
struct dns_watch *dns_watch_get(struct dns_server *s, const char *network);
void dns_watch_put(struct dns_watch *w);
void dns_watch_refresh(struct dns_watch *w);
/* Everything when it is not being watched yet, else the file of one container. */
void dns_watch_update(struct dns_watch *w, const char *id);

/* dns_tcp.c */
void dns_conn_accept(struct dns_ct *ct);
void dns_conn_send(struct dns_conn *c, const uint8_t *p, size_t n);
void dns_conns_close(struct dns_ct *ct);

/* dns_forward.c: exactly one of to (UDP) and conn is given. The answer goes there by itself. */
void dns_forward_start(struct dns_ct *ct, const uint8_t *p, size_t n, const struct sockaddr *to,
		       struct dns_conn *conn);
void dns_forwards_cancel(struct dns_server *s, const struct dns_ct *ct,
			 const struct dns_conn *conn);

#endif
