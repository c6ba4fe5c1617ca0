/*
 * net/nft.h - the packet filter: one table of ours per root directory, and the one in each container.
 *
 * The table is a pure function of the store. Changes of single ports and networks are element
 * transactions; when one does not fit what is in the kernel (somebody flushed the rules), the whole
 * table is replaced by one transaction made from the store. Its cost does not depend on the number
 * of published ports: addresses and ports sit in sets and maps.
 *
 * Owns:    struct nft owns its socket, opened at first use.
 * Units:   none.
 * Errors:  the kernel's own codes, EOPNOTSUPP when it has no nf_tables.
 * Thread:  any one thread at a time; the network namespace is that of the first use.
 * Source:  nft(8). The messages are made here and not by libnftables: its start and its view of
 *          all tables, made anew for each command, cost more than everything else the worker does.
 */
#ifndef NET_NFT_H
#define NET_NFT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "net/store.h"

struct nft;

struct nft *nft_new(void);
void nft_free(struct nft *n);
static inline void nft_autop(struct nft **n)
{
	nft_free(*n);
}

/* Does what can be done before the first request: opens the socket, has the kernel load what it needs
 * for a first answer, and touches the memory and code that making a table needs. Changes nothing. */
void nft_warm(struct nft *n, const struct store *s);

/* Replaces the table by what the store says; without any bridge network the table is removed. */
int nft_rebuild(struct nft *n, const struct store *s, struct err **e);
/* The table knows this network: adds its elements, rebuilds when there is no table. */
int nft_network_ensure(struct nft *n, const struct store *s, const struct network *net,
		       struct err **e);
/* Takes out a network that is about to leave the store; the last one takes the table along. */
int nft_network_del(struct nft *n, const struct store *s, struct network *net, struct err **e);
/* The table is there, and foreign firewalls let us pass; else puts that right. */
int nft_ensure(struct nft *n, const struct store *s, struct err **e);
/* Publishes, withdraws the ports of one endpoint of net. add = after it is in the store, del =
 * before or after it left. */
int nft_ports_add(struct nft *n, const struct store *s, const struct network *net,
		  const struct endpoint *ep, struct err **e);
int nft_ports_del(struct nft *n, const struct store *s, const struct network *net,
		  const struct endpoint *ep, struct err **e);

/* Lets traffic of our bridges pass the forward chains of other firewalls that drop by default. */
int nft_neighbours_ensure(struct nft *n, const struct store *s, struct err **e);
/* Takes out of them what no link is left for, after gone has lost its bridge; names of all links. */
int nft_neighbours_clear(struct nft *n, const struct network *gone, const struct strv *names,
			 struct err **e);

#endif
