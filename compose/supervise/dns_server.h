/*
 * compose/supervise/dns_server.h - answers the name queries of containers at 127.0.0.11.
 *
 * Each container brings its own sockets, made inside its namespace by compose-net; so the socket
 * says who asks, and who asks decides which networks are searched. The names are the endpoint files
 * of those networks, watched: containers of other projects on a shared network appear by themselves.
 * What nobody here is called is asked of the host's name servers, from the host's side.
 *
 * Owns:    the server owns the sockets given to dns_server_add() once it has succeeded.
 * Units:   none.
 * Errors:  -errno with text; a network whose directory is missing has no names until refreshed.
 * Thread:  loop.
 * Source:  net/dns.h; ARCHITECTURE.md "Contract: compose-net".
 */
#ifndef COMPOSE_SUPERVISE_DNS_SERVER_H
#define COMPOSE_SUPERVISE_DNS_SERVER_H

#include <stddef.h>
#include <uv.h>

#include "base/err.h"

struct dns_server;

/* root as place_root(). */
int dns_server_open(uv_loop_t *loop, const char *root, struct dns_server **ret, struct err **e);
/* closed (may be NULL) is called from the loop once all handles are gone; s is freed then. */
void dns_server_close(struct dns_server *s, void (*closed)(void *ctx), void *ctx);

struct dns_link {
	const char *alias;  /* name seen by this container only */
	const char *target; /* a name it is looked up as, for example a container's */
};

struct dns_client {
	const char *id; /* of the container */
	int udp, tcp;
	const char *const *networks; /* in the order in which they are searched */
	size_t n_networks;
	const struct dns_link *links;
	size_t n_links;
	/* The service's `dns:`; none: the host's /etc/resolv.conf. For a container with internal
	 * networks only, servers outside of them are not asked. */
	const char *const *servers;
	size_t n_servers;
};
/* Everything is copied, the sockets are taken. A container that is there already is replaced. */
int dns_server_add(struct dns_server *s, const struct dns_client *c, struct err **e);
/* An unknown id is fine. */
void dns_server_remove(struct dns_server *s, const char *id);

/* Names of declared services: while no container answers to one of them, the answer is that there is
 * no such name, and no other server is asked. Replaces the list of before. */
void dns_server_declare(struct dns_server *s, const char *const *names, size_t n);

/* Reads again the endpoint files of networks that could not be watched so far. The files of the others
 * are known: changes are reported by the kernel and read in the loop's next turn. */
void dns_server_refresh(struct dns_server *s);

#endif
