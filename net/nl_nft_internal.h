/*
 * net/nl_nft_internal.h - how the nl_nft*.c files write messages: straight into the bytes of the batch.
 *
 * Owns:    nothing.
 * Units:   bytes; positions count from the beginning of the batch.
 * Errors:  none; running out of memory aborts.
 * Thread:  as net/nl_nft.h.
 * Source:  netlink(7): attributes are a length, a type and data, filled up to four bytes.
 */
#ifndef NET_NL_NFT_INTERNAL_H
#define NET_NL_NFT_INTERNAL_H

#include "net/nl_nft.h"

void nfmsg_put(struct nfbatch *b, uint16_t type, const void *p, size_t n);
void nfmsg_put_be32(struct nfbatch *b, uint16_t type, uint32_t v);
void nfmsg_put_be64(struct nfbatch *b, uint16_t type, uint64_t v);
void nfmsg_put_text(struct nfbatch *b, uint16_t type, const char *s);
/* Opens an attribute that holds others; the value goes to nfmsg_close(). */
size_t nfmsg_open(struct nfbatch *b, uint16_t type);
void nfmsg_close(struct nfbatch *b, size_t at);
/* Data in the form "value". */
void nfmsg_put_value(struct nfbatch *b, uint16_t type, const void *p, size_t n);

int nfsock_open(struct nfsock *s, struct err **e);

#endif
