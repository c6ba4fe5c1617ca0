/*
 * net/nft_library/nft_library.h - libnftables for the tests: rules in nft's words, written and read
 * by somebody else than the code under test.
 *
 * Owns:    *ret_json is borrowed from the library's context, valid until its next use.
 * Units:   none.
 * Errors:  EIO; nft's own words go to stderr.
 * Thread:  any one thread at a time; the network namespace is that of nftlib_new().
 * Source:  libnftables(3), libnftables-json(5).
 */
#ifndef NET_NFT_LIBRARY_H
#define NET_NFT_LIBRARY_H

struct nftlib;

struct nftlib *nftlib_new(void);
void nftlib_free(struct nftlib *n);
static inline void nftlib_autop(struct nftlib **n)
{
	nftlib_free(*n);
}
int nftlib_run(struct nftlib *n, const char *text);
int nftlib_query(struct nftlib *n, const char *text, const char **ret_json);

#endif
