#include "net/nft.h"

#include <errno.h>
#include <string.h>

#include <nftables/libnftables.h>

#include "net/nft_internal.h"
#include "net/nft_text.h"

struct nft {
	struct nft_ctx *ctx;
};

struct nft *nft_new(void)
{
	return xcalloc(1, sizeof(struct nft));
}

void nft_free(struct nft *n)
{
	if (n && n->ctx)
		nft_ctx_free(n->ctx);
	free(n);
}

static struct nft_ctx *ctx_new(struct err **e)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);

	if (!ctx || nft_ctx_buffer_error(ctx) != 0 || nft_ctx_buffer_output(ctx) != 0) {
		err_set(e, EOPNOTSUPP, "open the packet filter (nf_tables)");
		err_hint(e, "is the kernel module nf_tables there? try \"modprobe nf_tables\"");
		if (ctx)
			nft_ctx_free(ctx);
		return NULL;
	}
	return ctx;
}

/* Only the first line of what nft says: the ones behind it draw arrows below the command. */
static int run(struct nft_ctx *ctx, const char *text, const char *what, struct err **e)
{
	const char *words;
	int r = nft_run_cmd_from_buffer(ctx, text);

	words = nft_ctx_get_error_buffer(ctx);
	if (r == 0)
		return 0;
	r = words && strstr(words, "No such file or directory") ? ENOENT : EIO;
	return err_set(e, r, "%s: nft: %.*s", what, (int)(words ? strcspn(words, "\n") : 0),
		       words ? words : "");
}

int nft_run(struct nft *n, const char *text, const char *what, struct err **e)
{
	if (!n->ctx) {
		n->ctx = ctx_new(e);
		if (!n->ctx)
			return -EOPNOTSUPP;
	}
	return run(n->ctx, text, what, e);
}

int nft_query(struct nft *n, const char *text, const char **ret_json, struct err **e)
{
	unsigned flags;
	int r;

	if (!n->ctx) {
		n->ctx = ctx_new(e);
		if (!n->ctx)
			return -EOPNOTSUPP;
	}
	flags = nft_ctx_output_get_flags(n->ctx);
	nft_ctx_output_set_flags(n->ctx, flags | NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_HANDLE);
	(void)nft_ctx_get_output_buffer(n->ctx);
	r = run(n->ctx, text, "list packet filter rules", e);
	nft_ctx_output_set_flags(n->ctx, flags);
	if (r == 0)
		*ret_json = nft_ctx_get_output_buffer(n->ctx);
	return r;
}

static bool any_bridge(const struct store *s)
{
	for (size_t i = 0; i < s->n_networks; i++)
		if (network_is_bridge(s->networks[i]))
			return true;
	return false;
}

void nft_warm(struct nft *n, const struct store *s)
{
	AUTO(buf) struct buf text = BUF_INIT;
	struct strv none = STRV_INIT;
	const char *chains;

	nft_text_table(&text, s, &none, /* replaces= */ false);
	buf_addstr(&text, "end of the rehearsal\n"); /* no command: nothing before it is done */
	(void)nft_run(n, buf_str(&text), "rehearse", NULL);
	(void)nft_query(n, "list chains\n", &chains, NULL);
}

/* "docker0", and "br-" with twelve hex digits. */
static bool is_alien(const struct link_info *l)
{
	size_t n = strlen(l->name);

	if (!streq(l->kind, "bridge"))
		return false;
	return streq(l->name, "docker0") || (n == 15 && starts_with(l->name, "br-") &&
					     strspn(l->name + 3, "0123456789abcdef") == 12);
}

/* Best effort: without the list containers could merely reach those of dockerd. */
static void alien_find(struct strv *ret)
{
	AUTO(links) struct links links = { 0 };
	AUTO(fd) int nl = -1;

	if (netlink_open(&nl, NULL) < 0 || netlink_links(nl, &links, NULL) < 0)
		return;
	for (size_t i = 0; i < links.n; i++)
		if (is_alien(&links.v[i]))
			strv_add(ret, links.v[i].name);
}

int nft_rebuild(struct nft *n, const struct store *s, struct err **e)
{
	AUTO(buf) struct buf text = BUF_INIT;
	AUTO(strv) struct strv alien = STRV_INIT;

	if (!any_bridge(s)) {
		nft_text_no_table(&text, s);
		return nft_run(n, buf_str(&text), "remove the packet filter rules", e);
	}
	/* Usually there is no table yet; deleting one, even none, would look like a flush to others. */
	alien_find(&alien);
	nft_text_table(&text, s, &alien, /* replaces= */ false);
	if (nft_run(n, buf_str(&text), "load the packet filter rules", NULL) == 0)
		return 0;
	buf_reset(&text);
	nft_text_table(&text, s, &alien, /* replaces= */ true);
	return nft_run(n, buf_str(&text), "load the packet filter rules", e);
}

int nft_network_ensure(struct nft *n, const struct store *s, const struct network *net,
		       struct err **e)
{
	AUTO(buf) struct buf text = BUF_INIT;
	AUTO(strv) struct strv alien = STRV_INIT;

	if (!network_is_bridge(net))
		return 0;
	alien_find(&alien);
	nft_text_alien(&text, s, &alien);
	nft_text_network(&text, s, "add", net);
	if (nft_run(n, buf_str(&text), "add the network", NULL) == 0)
		return 0;
	return nft_rebuild(n, s, e);
}

int nft_network_del(struct nft *n, const struct store *s, struct network *net, struct err **e)
{
	AUTO(buf) struct buf text = BUF_INIT;

	if (!network_is_bridge(net))
		return 0;
	nft_text_network(&text, s, "delete", net);
	net->is_leaving = true;
	if (any_bridge(s) && nft_run(n, buf_str(&text), "remove the network", NULL) == 0)
		return 0;
	return nft_rebuild(n, s, e);
}

int nft_ensure(struct nft *n, const struct store *s, struct err **e)
{
	AUTO(mem) char *text = xasprintf("list chain inet compose_%s rawpre\n", s->scope);

	int r = 0;

	if (!any_bridge(s))
		return 0;
	if (nft_run(n, text, "look for the rules", NULL) < 0)
		r = nft_rebuild(n, s, e);
	return r < 0 ? r : nft_neighbours_ensure(n, s, e);
}

int nft_ports_add(struct nft *n, const struct store *s, const struct network *net,
		  const struct endpoint *ep, struct err **e)
{
	AUTO(mem) char *table = nft_table_name(s);
	AUTO(buf) struct buf text = BUF_INIT;

	if (nft_text_ports(&text, table, "add", net, ep) == 0)
		return 0;
	if (nft_run(n, buf_str(&text), "publish ports", NULL) == 0)
		return 0;
	/* The table is gone, or an element is left over from a worker that died. */
	return nft_rebuild(n, s, e);
}

int nft_ports_del(struct nft *n, const struct store *s, const struct network *net,
		  const struct endpoint *ep, struct err **e)
{
	AUTO(mem) char *table = nft_table_name(s);
	AUTO(buf) struct buf text = BUF_INIT;

	if (nft_text_ports(&text, table, "delete", net, ep) == 0)
		return 0;
	if (nft_run(n, buf_str(&text), "withdraw ports", NULL) == 0)
		return 0;
	return nft_rebuild(n, s, e);
}
