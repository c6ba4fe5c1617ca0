/*
 * Firewalls of others that drop what they do not know when it is forwarded (dockerd's, ufw's): an
 * accept in our table cannot overrule their drop, so two rules per pattern of bridge names go where
 * they let users put rules: the chain DOCKER-USER where there is one, else the dropping chain
 * itself. Isolation does not suffer: our own forward chain still decides about these packets, also
 * about those to dockerd's bridges, which count on nobody else forwarding to them.
 */
#include <errno.h>
#include <string.h>

#include "net/nft_internal.h"
#include "net/nft_text.h"
#include "net/xtables.h"

static const char ours[] = "cb*"; /* bridges with computed names */
static const char mark[] = "compose ";

/* A chain our rules belong in. */
struct place {
	const char *family, *table, *chain;
	bool is_user_chain;
};

/* What is in it. */
struct rules {
	struct strv comments; /* of our rules */
	struct strv handles;
	int64_t last_return; /* handle of a plain "return" at the end, 0 = none */
};

static void rules_done(struct rules *r)
{
	strv_done(&r->comments);
	strv_done(&r->handles);
}

static bool is_filter_family(const char *family)
{
	return streq(family, "ip") || streq(family, "ip6") || streq(family, "inet");
}

static bool is_forward(const struct json *chain)
{
	return streq(json_str(chain, "hook", ""), "forward") &&
	       is_filter_family(json_str(chain, "family", "")) &&
	       !starts_with(json_str(chain, "table", ""), "compose_");
}

static bool is_dropping(const struct json *chain)
{
	return is_forward(chain) && streq(json_str(chain, "policy", ""), "drop");
}

static bool has_user_chain(const struct json *list, const struct json *like)
{
	JSON_EACH(one, json_get(list, "nftables")) {
		const struct json *c = json_get(one, "chain");

		if (c && streq(json_str(c, "family", ""), json_str(like, "family", "")) &&
		    streq(json_str(c, "table", ""), json_str(like, "table", "")) &&
		    streq(json_str(c, "name", ""), "DOCKER-USER"))
			return true;
	}
	return false;
}

static int query(struct nft *n, const char *cmd, struct json **ret, struct err **e)
{
	const char *text = NULL;
	int r = nft_query(n, cmd, &text, e);

	return r < 0 ? r : json_parse(text, strlen(text), ret, e);
}

static bool is_plain_return(const struct json *rule)
{
	const struct json *expr = json_get(rule, "expr");

	JSON_EACH(one, expr)
		if (!json_get(one, "return") && !json_get(one, "counter"))
			return false;
	return json_len(expr) > 0;
}

static void rule_look(const struct json *rule, struct rules *r)
{
	const char *comment = json_str(rule, "comment", "");

	r->last_return = is_plain_return(rule) ? json_int(rule, "handle", 0) : 0;
	if (!starts_with(comment, mark))
		return;
	strv_add(&r->comments, comment);
	strv_addf(&r->handles, "%lld", (long long)json_int(rule, "handle", 0));
}

static int rules_read(struct nft *n, const struct place *p, struct rules *ret, struct err **e)
{
	AUTO(mem) char *cmd = xasprintf("list chain %s %s %s\n", p->family, p->table, p->chain);
	AUTO(json) struct json *list = NULL;
	int r = query(n, cmd, &list, e);

	JSON_EACH(one, json_get(list, "nftables"))
		if (json_get(one, "rule"))
			rule_look(json_get(one, "rule"), ret);
	return r;
}

/* Before a last "return", behind the rules a user has there; at the front of a chain that is not
 * meant for users. */
static void rule_add(struct buf *b, const struct place *p, const struct rules *r, const char *way,
		     const char *pattern)
{
	AUTO(mem) char *comment = xasprintf("%s%s %s", mark, way, pattern);

	if (strv_has(&r->comments, comment))
		return;
	buf_addf(b, "%s rule %s %s %s ", p->is_user_chain && !r->last_return ? "add" : "insert",
		 p->family, p->table, p->chain);
	if (r->last_return)
		buf_addf(b, "handle %lld ", (long long)r->last_return);
	buf_addf(b, "%s \"%s\" accept comment \"%s\"\n", way, pattern, comment);
}

static void patterns_add(struct buf *b, const struct place *p, const struct rules *r,
			 const struct store *s)
{
	rule_add(b, p, r, "iifname", ours);
	rule_add(b, p, r, "oifname", ours);
	for (size_t i = 0; i < s->n_networks; i++) {
		const struct network *net = s->networks[i];

		if (!network_is_bridge(net) || starts_with(net->bridge, "cb"))
			continue;
		rule_add(b, p, r, "iifname", net->bridge);
		rule_add(b, p, r, "oifname", net->bridge);
	}
}

static int place_open(struct nft *n, const struct place *p, const struct store *s, struct err **e)
{
	AUTO(buf) struct buf text = BUF_INIT;
	struct rules rules = { 0 };
	int r = rules_read(n, p, &rules, e);

	if (r == 0)
		patterns_add(&text, p, &rules, s);
	rules_done(&rules);
	if (r < 0 || !text.n)
		return r;
	return nft_run(n, buf_str(&text), "let our bridges pass the host's firewall", e);
}

static struct place place_of(const struct json *chain, bool is_user_chain)
{
	return (struct place){ json_str(chain, "family", ""), json_str(chain, "table", ""),
			       is_user_chain ? "DOCKER-USER" : json_str(chain, "name", ""),
			       is_user_chain };
}

int nft_neighbours_ensure(struct nft *n, const struct store *s, struct err **e)
{
	AUTO(json) struct json *list = NULL;
	int r = query(n, "list chains\n", &list, e);

	if (r < 0)
		return r;
	JSON_EACH(one, json_get(list, "nftables")) {
		const struct json *c = json_get(one, "chain");
		struct place p;

		if (!is_dropping(c))
			continue;
		p = place_of(c, has_user_chain(list, c));
		r = place_open(n, &p, s, e);
		if (r < 0)
			return r;
	}
	return xtables_open(e);
}

/* A rule is of use as long as there is a bridge with such a name, whoever made it. */
static bool is_needed(const char *comment, const struct links *links)
{
	const char *pattern = strrchr(comment, ' ') + 1;
	size_t n = strlen(pattern);

	for (size_t i = 0; i < links->n; i++) {
		const char *name = links->v[i].name;

		if (streq(name, pattern))
			return true;
		if (pattern[n - 1] == '*' && strncmp(name, pattern, n - 1) == 0)
			return true;
	}
	return false;
}

static int place_clear(struct nft *n, const struct place *p, const struct links *links,
		       struct err **e)
{
	AUTO(buf) struct buf text = BUF_INIT;
	struct rules rules = { 0 };
	int r = rules_read(n, p, &rules, e);

	for (size_t i = 0; r == 0 && i < rules.comments.n; i++)
		if (!is_needed(rules.comments.v[i], links))
			buf_addf(&text, "delete rule %s %s %s handle %s\n", p->family, p->table,
				 p->chain, rules.handles.v[i]);
	rules_done(&rules);
	if (r < 0 || !text.n)
		return r;
	return nft_run(n, buf_str(&text), "remove our rules from the host's firewall", e);
}

static bool has_cb(const struct links *links)
{
	for (size_t i = 0; i < links->n; i++)
		if (starts_with(links->v[i].name, "cb") && streq(links->v[i].kind, "bridge"))
			return true;
	return false;
}

int nft_neighbours_clear(struct nft *n, const struct network *gone, const struct links *links,
			 struct err **e)
{
	AUTO(json) struct json *list = NULL;
	int r;

	if (!network_is_bridge(gone) || (starts_with(gone->bridge, "cb") && has_cb(links)))
		return 0;
	r = query(n, "list chains\n", &list, e);
	if (r < 0)
		return r;
	/* Also where nothing drops any more: the policy may have changed since. */
	JSON_EACH(one, json_get(list, "nftables")) {
		const struct json *c = json_get(one, "chain");
		bool is_user_chain = c && streq(json_str(c, "name", ""), "DOCKER-USER");
		struct place p;

		if (!is_user_chain && !is_forward(c))
			continue;
		p = place_of(c, is_user_chain);
		r = place_clear(n, &p, links, e);
		if (r < 0)
			return r;
	}
	return has_cb(links) ? 0 : xtables_clear(e);
}
