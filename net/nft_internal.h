/*
 * net/nft_internal.h - what the nft*.c files share.
 *
 * Owns:    struct nft its socket, opened at first use.
 * Units:   none.
 * Errors:  none.
 * Thread:  as net/nft.h.
 * Source:  none.
 */
#ifndef NET_NFT_INTERNAL_H
#define NET_NFT_INTERNAL_H

#include "net/nft.h"
#include "net/nl_nft.h"

struct nft {
	struct nfsock sock;
};

#endif
