#include "net/nft_library/nft_library.h"

#include <errno.h>
#include <stdio.h>

#include <nftables/libnftables.h>

#include "base/mem.h"

struct nftlib {
	struct nft_ctx *ctx;
};

struct nftlib *nftlib_new(void)
{
	struct nftlib *n = xcalloc(1, sizeof(*n));

	n->ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	(void)nft_ctx_buffer_output(n->ctx);
	(void)nft_ctx_buffer_error(n->ctx);
	return n;
}

void nftlib_free(struct nftlib *n)
{
	if (n)
		nft_ctx_free(n->ctx);
	free(n);
}

int nftlib_run(struct nftlib *n, const char *text)
{
	int r = nft_run_cmd_from_buffer(n->ctx, text);
	const char *words = nft_ctx_get_error_buffer(n->ctx);

	if (r == 0)
		return 0;
	fprintf(stderr, "nft: %s\n", words ? words : "");
	return -EIO;
}

int nftlib_query(struct nftlib *n, const char *text, const char **ret_json)
{
	unsigned flags = nft_ctx_output_get_flags(n->ctx);
	int r;

	nft_ctx_output_set_flags(n->ctx, flags | NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_HANDLE);
	r = nftlib_run(n, text);
	nft_ctx_output_set_flags(n->ctx, flags);
	if (r == 0)
		*ret_json = nft_ctx_get_output_buffer(n->ctx);
	return r;
}
