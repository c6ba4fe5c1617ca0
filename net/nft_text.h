/*
 * net/nft_text.h - the rules as text for nft; pure.
 *
 * Owns:    text is appended to the caller's buf.
 * Units:   none.
 * Errors:  none.
 * Thread:  any; no I/O.
 * Source:  nft(8).
 */
#ifndef NET_NFT_TEXT_H
#define NET_NFT_TEXT_H

#include "base/buf.h"
#include "net/store.h"

/* "compose_" and the scope, for free(3). */
char *nft_table_name(const struct store *s);
/* Defines the whole table; alien are the names of dockerd's bridges. replaces: deletes it first,
 * otherwise it must not be there. */
void nft_text_table(struct buf *b, const struct store *s, const struct strv *alien, bool replaces);
/* The element command that adds to them; nothing for an empty list. */
void nft_text_alien(struct buf *b, const struct store *s, const struct strv *alien);
/* Element commands of one network; verb is "add" or "delete". */
void nft_text_network(struct buf *b, const struct store *s, const char *verb,
		      const struct network *net);
/* Deletes the table, also when there is none. */
void nft_text_no_table(struct buf *b, const struct store *s);
/* Element commands of one endpoint's ports; verb is "add" or "delete". Returns how many ports. */
size_t nft_text_ports(struct buf *b, const char *table, const char *verb, const struct network *net,
		      const struct endpoint *ep);
/* Whether the network goes through a bridge and these rules. */
bool network_is_bridge(const struct network *net);

#endif
