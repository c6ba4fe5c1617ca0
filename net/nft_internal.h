/*
 * net/nft_internal.h - what the nft_*.c files share.
 *
 * Owns:    *ret_json is borrowed from the context, valid until its next use.
 * Units:   none.
 * Errors:  ENOENT when nft says that something does not exist, else EIO.
 * Thread:  as net/nft.h.
 * Source:  libnftables(3), libnftables-json(5).
 */
#ifndef NET_NFT_INTERNAL_H
#define NET_NFT_INTERNAL_H

#include "net/nft.h"

int nft_run(struct nft *n, const char *text, const char *what, struct err **e);
int nft_query(struct nft *n, const char *text, const char **ret_json, struct err **e);

#endif
