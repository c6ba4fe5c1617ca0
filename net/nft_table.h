/*
 * net/nft_table.h - what our table is: sets, chains, rules, and the elements of networks and ports.
 *
 * Owns:    changes are appended to the caller's batch, which borrows table from the caller.
 * Units:   none.
 * Errors:  none.
 * Thread:  any; no I/O.
 * Source:  nft(8), whose `list ruleset` shows the result.
 */
#ifndef NET_NFT_TABLE_H
#define NET_NFT_TABLE_H

#include "net/nl_nft.h"
#include "net/store.h"

/* "compose_" and the scope, for free(3). */
char *nft_table_name(const struct store *s);
/* All of it: sets, chains, rules, and the elements of every network and port in the store; alien
 * are the names of dockerd's bridges. The table itself was added before. */
void nft_table_fill(struct nfbatch *b, const struct store *s, const struct strv *alien);
void nft_table_alien(struct nfbatch *b, const struct strv *alien);
/* nft_rules.c: the chains with their rules. */
void nft_rules_add(struct nfbatch *b);
/* Elements of one network. */
void nft_table_network(struct nfbatch *b, const struct network *net, bool deletes);
/* Elements of one endpoint's ports. */
void nft_table_ports(struct nfbatch *b, const struct network *net, const struct endpoint *ep,
		     bool deletes);
/* Whether the endpoint has any. */
bool nft_table_has_ports(const struct network *net, const struct endpoint *ep);
/* Whether the network goes through a bridge and these rules. */
bool network_is_bridge(const struct network *net);

#endif
