#include "net/nft.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>

#include "net/nft_internal.h"
#include "net/nft_table.h"
#include "net/nl.h"

struct nft *nft_new(void)
{
	struct nft *n = xcalloc(1, sizeof(*n));

	n->sock = (struct nfsock)NFSOCK_INIT;
	return n;
}

void nft_free(struct nft *n)
{
	if (!n)
		return;
	nfsock_done(&n->sock);
	free(n);
}

static bool any_bridge(const struct store *s)
{
	for (size_t i = 0; i < s->n_networks; i++)
		if (network_is_bridge(s->networks[i]))
			return true;
	return false;
}

static void table_make(struct nfbatch *b, const char *table, const struct store *s,
		       const struct strv *alien, bool replaces)
{
	nfbatch_begin(b, NFPROTO_INET, table);
	if (replaces) {
		nfbatch_table_add(b, false);
		nfbatch_table_del(b);
	}
	nfbatch_table_add(b, /* is_new= */ true);
	nft_table_fill(b, s, alien);
}

void nft_warm(struct nft *n, const struct store *s)
{
	AUTO(nfbatch) struct nfbatch b = NFBATCH_INIT;
	AUTO(nfchains) struct nfchains chains = { 0 };
	struct strv none = STRV_INIT;

	table_make(&b, "rehearsal", s, &none, false);
	(void)nfsock_chains(&n->sock, &chains, NULL);
}

/* "docker0", and "br-" with twelve hex digits. */
static bool is_alien(const char *name)
{
	return streq(name, "docker0") || (strlen(name) == 15 && starts_with(name, "br-") &&
					  strspn(name + 3, "0123456789abcdef") == 12);
}

/* Best effort: without the list containers could merely reach those of dockerd. */
static void alien_find(struct strv *ret)
{
	AUTO(strv) struct strv names = STRV_INIT;

	(void)link_names(&names, NULL);
	for (size_t i = 0; i < names.n; i++)
		if (is_alien(names.v[i]))
			strv_add(ret, names.v[i]);
}

/* Asking costs some microseconds; a batch that fails makes the kernel wait for a grace period of RCU. */
static bool has_table(struct nft *n, const char *table)
{
	return nfsock_has_chain(&n->sock, NFPROTO_INET, table, "rawpre") == 0;
}

static int rebuild(struct nft *n, const struct store *s, bool is_there, struct err **e)
{
	AUTO(mem) char *table = nft_table_name(s);
	AUTO(nfbatch) struct nfbatch b = NFBATCH_INIT;
	AUTO(strv) struct strv alien = STRV_INIT;

	if (!any_bridge(s)) {
		nfbatch_begin(&b, NFPROTO_INET, table);
		nfbatch_table_add(&b, false);
		nfbatch_table_del(&b);
		return nfsock_send(&n->sock, &b, "remove the packet filter rules", e);
	}
	alien_find(&alien);
	/* Usually there is no table yet; deleting one, even none, would look like a flush to others. */
	if (!is_there) {
		table_make(&b, table, s, &alien, /* replaces= */ false);
		if (nfsock_send(&n->sock, &b, "load the packet filter rules", NULL) == 0)
			return 0;
	}
	table_make(&b, table, s, &alien, /* replaces= */ true);
	return nfsock_send(&n->sock, &b, "load the packet filter rules", e);
}

int nft_rebuild(struct nft *n, const struct store *s, struct err **e)
{
	AUTO(mem) char *table = nft_table_name(s);

	return rebuild(n, s, has_table(n, table), e);
}

int nft_network_ensure(struct nft *n, const struct store *s, const struct network *net,
		       struct err **e)
{
	AUTO(mem) char *table = nft_table_name(s);
	AUTO(nfbatch) struct nfbatch b = NFBATCH_INIT;
	AUTO(strv) struct strv alien = STRV_INIT;

	if (!network_is_bridge(net))
		return 0;
	if (!has_table(n, table))
		return rebuild(n, s, /* is_there= */ false, e);
	alien_find(&alien);
	nfbatch_begin(&b, NFPROTO_INET, table);
	nft_table_alien(&b, &alien);
	nft_table_network(&b, net, /* deletes= */ false);
	if (nfsock_send(&n->sock, &b, "add the network", NULL) == 0)
		return 0;
	return rebuild(n, s, /* is_there= */ true, e);
}

int nft_network_del(struct nft *n, const struct store *s, struct network *net, struct err **e)
{
	AUTO(mem) char *table = nft_table_name(s);
	AUTO(nfbatch) struct nfbatch b = NFBATCH_INIT;

	if (!network_is_bridge(net))
		return 0;
	nfbatch_begin(&b, NFPROTO_INET, table);
	nft_table_network(&b, net, /* deletes= */ true);
	net->is_leaving = true;
	if (any_bridge(s) && nfsock_send(&n->sock, &b, "remove the network", NULL) == 0)
		return 0;
	return nft_rebuild(n, s, e);
}

int nft_ensure(struct nft *n, const struct store *s, struct err **e)
{
	AUTO(mem) char *table = nft_table_name(s);
	int r = 0;

	if (!any_bridge(s))
		return 0;
	if (!has_table(n, table))
		r = rebuild(n, s, /* is_there= */ false, e);
	return r < 0 ? r : nft_neighbours_ensure(n, s, e);
}

static int ports_change(struct nft *n, const struct store *s, const struct network *net,
			const struct endpoint *ep, bool deletes, struct err **e)
{
	AUTO(mem) char *table = nft_table_name(s);
	AUTO(nfbatch) struct nfbatch b = NFBATCH_INIT;

	if (!nft_table_has_ports(net, ep))
		return 0;
	nfbatch_begin(&b, NFPROTO_INET, table);
	nft_table_ports(&b, net, ep, deletes);
	if (nfsock_send(&n->sock, &b, "change the published ports", NULL) == 0)
		return 0;
	/* The table is gone, or an element is left over from a worker that died. */
	return nft_rebuild(n, s, e);
}

int nft_ports_add(struct nft *n, const struct store *s, const struct network *net,
		  const struct endpoint *ep, struct err **e)
{
	return ports_change(n, s, net, ep, /* deletes= */ false, e);
}

int nft_ports_del(struct nft *n, const struct store *s, const struct network *net,
		  const struct endpoint *ep, struct err **e)
{
	return ports_change(n, s, net, ep, /* deletes= */ true, e);
}
