/*
 * Firewalls of others that drop what they do not know when it is forwarded (dockerd's, ufw's): an
 * accept in our table cannot overrule their drop, so two rules per pattern of bridge names go where
 * they let users put rules: the chain DOCKER-USER where there is one, else the dropping chain
 * itself. Isolation does not suffer: our own forward chain still decides about these packets, also
 * about those to dockerd's bridges, which count on nobody else forwarding to them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>
#include <string.h>

#include "base/buf.h"
#include "net/nft_internal.h"
#include "net/nft_table.h"
#include "net/xtables.h"

static const char ours[] = "cb*"; /* bridges with computed names */
static const char mark[] = "compose ";

/* A chain our rules belong in. */
struct place {
	uint8_t family;
	const char *table, *chain;
	bool is_user_chain;
};

static bool is_forward(const struct nfchain_info *c)
{
	return c->is_forward && !starts_with(c->table, "compose_");
}

static bool is_user_chain_of(const struct nfchain_info *c, const struct nfchain_info *like)
{
	return c->family == like->family && streq(c->table, like->table) &&
	       streq(c->name, "DOCKER-USER");
}

static bool has_user_chain(const struct nfchains *list, const struct nfchain_info *like)
{
	for (size_t i = 0; i < list->n; i++)
		if (is_user_chain_of(&list->v[i], like))
			return true;
	return false;
}

static bool has_comment(const struct nfrules *r, const char *comment)
{
	for (size_t i = 0; i < r->n; i++)
		if (streq(r->v[i].comment, comment))
			return true;
	return false;
}

/* Matches the names that begin with the pattern when a "*" ends it, else the name itself. */
static void put_pattern(struct nfbatch *b, const char *pattern)
{
	char name[IFNAMSIZ] = "";
	size_t n = strnlen(pattern, sizeof(name) - 1);
	bool is_prefix = n && pattern[n - 1] == '*';

	memcpy(name, pattern, is_prefix ? n - 1 : n);
	nfexpr_match(b, true, name, is_prefix ? n - 1 : sizeof(name));
}

/* Before a last "return", behind the rules a user has there; at the front of a chain that is not
 * meant for users. */
static void rule_add(struct nfbatch *b, const struct place *p, const struct nfrules *r, bool is_out,
		     const char *pattern)
{
	AUTO(mem)
	char *comment = xasprintf("%s%s %s", mark, is_out ? "oifname" : "iifname", pattern);
	bool ends_in_return = r->n && r->v[r->n - 1].is_plain_return;
	enum nf_place where = ends_in_return ? NF_BEFORE : p->is_user_chain ? NF_LAST : NF_FIRST;

	if (has_comment(r, comment))
		return;
	nfbatch_rule_begin(b, p->chain, where, ends_in_return ? r->v[r->n - 1].handle : 0);
	nfexpr_load_meta(b, is_out ? NFT_META_OIFNAME : NFT_META_IIFNAME, 0);
	put_pattern(b, pattern);
	nfexpr_verdict(b, NF_ACCEPT, NULL);
	nfbatch_rule_end(b, comment);
}

static void pattern_add(struct nfbatch *b, const struct place *p, const struct nfrules *r,
			const char *pattern)
{
	rule_add(b, p, r, /* is_out= */ false, pattern);
	rule_add(b, p, r, /* is_out= */ true, pattern);
}

static void patterns_add(struct nfbatch *b, const struct place *p, const struct nfrules *r,
			 const struct store *s)
{
	pattern_add(b, p, r, ours);
	for (size_t i = 0; i < s->n_networks; i++) {
		const struct network *net = s->networks[i];

		if (network_is_bridge(net) && !starts_with(net->bridge, "cb"))
			pattern_add(b, p, r, net->bridge);
	}
}

static int place_open(struct nft *n, const struct place *p, const struct store *s, struct err **e)
{
	AUTO(nfbatch) struct nfbatch b = NFBATCH_INIT;
	AUTO(nfrules) struct nfrules rules = { 0 };
	int r = nfsock_rules(&n->sock, p->family, p->table, p->chain, &rules, e);

	if (r < 0)
		return r;
	nfbatch_begin(&b, p->family, p->table);
	patterns_add(&b, p, &rules, s);
	return nfsock_send(&n->sock, &b, "let our bridges pass the host's firewall", e);
}

static struct place place_of(const struct nfchain_info *c, bool is_user_chain)
{
	return (struct place){ c->family, c->table, is_user_chain ? "DOCKER-USER" : c->name,
			       is_user_chain };
}

int nft_neighbours_ensure(struct nft *n, const struct store *s, struct err **e)
{
	AUTO(nfchains) struct nfchains list = { 0 };
	int r = nfsock_chains(&n->sock, &list, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < list.n; i++) {
		const struct nfchain_info *c = &list.v[i];
		struct place p;

		if (!is_forward(c) || !c->drops)
			continue;
		p = place_of(c, has_user_chain(&list, c));
		r = place_open(n, &p, s, e);
		if (r < 0)
			return r;
	}
	return xtables_open(e);
}

static bool fits(const char *pattern, const char *name)
{
	size_t n = strlen(pattern);

	return pattern[n - 1] == '*' ? strncmp(name, pattern, n - 1) == 0 : streq(name, pattern);
}

static bool any_fits(const char *pattern, const struct strv *names)
{
	for (size_t i = 0; i < names->n; i++)
		if (fits(pattern, names->v[i]))
			return true;
	return false;
}

/* A rule is of use as long as there is a link with such a name, whoever made it. */
static bool is_needed(const char *comment, const struct strv *names)
{
	return any_fits(strrchr(comment, ' ') + 1, names);
}

static int place_clear(struct nft *n, const struct place *p, const struct strv *names,
		       struct err **e)
{
	AUTO(nfbatch) struct nfbatch b = NFBATCH_INIT;
	AUTO(nfrules) struct nfrules rules = { 0 };
	int r = nfsock_rules(&n->sock, p->family, p->table, p->chain, &rules, e);

	if (r < 0)
		return r;
	nfbatch_begin(&b, p->family, p->table);
	for (size_t i = 0; i < rules.n; i++)
		if (starts_with(rules.v[i].comment, mark) && !is_needed(rules.v[i].comment, names))
			nfbatch_rule_del(&b, p->chain, rules.v[i].handle);
	return nfsock_send(&n->sock, &b, "remove our rules from the host's firewall", e);
}

int nft_neighbours_clear(struct nft *n, const struct network *gone, const struct strv *names,
			 struct err **e)
{
	AUTO(nfchains) struct nfchains list = { 0 };
	int r;

	if (!network_is_bridge(gone) || (starts_with(gone->bridge, "cb") && any_fits(ours, names)))
		return 0;
	r = nfsock_chains(&n->sock, &list, e);
	if (r < 0)
		return r;
	/* Also where nothing drops any more: the policy may have changed since. */
	for (size_t i = 0; i < list.n; i++) {
		const struct nfchain_info *c = &list.v[i];
		bool is_user_chain = streq(c->name, "DOCKER-USER");
		struct place p;

		if (!is_user_chain && !is_forward(c))
			continue;
		p = place_of(c, is_user_chain);
		r = place_clear(n, &p, names, e);
		if (r < 0)
			return r;
	}
	return any_fits(ours, names) ? 0 : xtables_clear(e);
}
