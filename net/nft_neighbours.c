/*
 * Firewalls of others that drop what they do not know when it is forwarded (dockerd's, ufw's): an
 * accept in our table cannot overrule their drop, so two rules for our bridges go where they let
 * users put rules: the chain DOCKER-USER where there is one, else the dropping chain itself.
 * Isolation does not suffer: our own forward chain still decides about these packets.
 */
#include <errno.h>
#include <string.h>

#include "net/nft_internal.h"
#include "net/nft_text.h"

/* One forward base chain with policy drop. */
struct dropper {
	const char *family, *table, *chain;
	bool has_docker_user;
};

static const char mark[] = "compose";

static bool chain_exists(const struct json *list, const char *family, const char *table,
			 const char *name)
{
	JSON_EACH(one, json_get(list, "nftables")) {
		const struct json *c = json_get(one, "chain");

		if (c && streq(json_str(c, "family", ""), family) &&
		    streq(json_str(c, "table", ""), table) && streq(json_str(c, "name", ""), name))
			return true;
	}
	return false;
}

static bool is_dropper(const struct json *chain)
{
	const char *family = json_str(chain, "family", "");

	return chain && streq(json_str(chain, "hook", ""), "forward") &&
	       streq(json_str(chain, "policy", ""), "drop") &&
	       (streq(family, "ip") || streq(family, "ip6") || streq(family, "inet"));
}

static int chains_list(struct nft *n, struct json **ret, struct err **e)
{
	const char *text = NULL;
	int r = nft_query(n, "list chains\n", &text, e);

	return r < 0 ? r : json_parse(text, strlen(text), ret, e);
}

/* What is in the chain already: our rules' handles, and the handle of a last "return". */
struct chain_state {
	bool has_in, has_out;
	int64_t return_handle;
	struct buf deletes;
};

static bool is_plain_return(const struct json *rule)
{
	const struct json *expr = json_get(rule, "expr");

	JSON_EACH(one, expr)
		if (!json_get(one, "return") && !json_get(one, "counter"))
			return false;
	return json_len(expr) > 0;
}

static void rule_look(const struct json *rule, struct chain_state *st)
{
	const char *comment = json_str(rule, "comment", "");

	st->return_handle = is_plain_return(rule) ? json_int(rule, "handle", 0) : 0;
	if (!starts_with(comment, mark))
		return;
	st->has_in |= ends_with(comment, " in");
	st->has_out |= ends_with(comment, " out");
	buf_addf(&st->deletes, "delete rule %s %s %s handle %lld\n", json_str(rule, "family", ""),
		 json_str(rule, "table", ""), json_str(rule, "chain", ""),
		 (long long)json_int(rule, "handle", 0));
}

static int chain_look(struct nft *n, const struct dropper *d, const char *chain,
		      struct chain_state *st, struct err **e)
{
	AUTO(mem) char *cmd = xasprintf("list chain %s %s %s\n", d->family, d->table, chain);
	AUTO(json) struct json *list = NULL;
	const char *text = NULL;
	int r = nft_query(n, cmd, &text, e);

	if (r == 0)
		r = json_parse(text, strlen(text), &list, e);
	if (r < 0)
		return r;
	JSON_EACH(one, json_get(list, "nftables"))
		if (json_get(one, "rule"))
			rule_look(json_get(one, "rule"), st);
	return 0;
}

static void rule_add(struct buf *b, const struct dropper *d, const char *chain,
		     const struct chain_state *st, const char *key, const char *way)
{
	if (st->return_handle)
		buf_addf(b, "insert rule %s %s %s handle %lld %s \"cb*\" accept comment \"%s %s\"\n",
			 d->family, d->table, chain, (long long)st->return_handle, key, mark, way);
	else if (d->has_docker_user)
		buf_addf(b, "add rule %s %s %s %s \"cb*\" accept comment \"%s %s\"\n", d->family,
			 d->table, chain, key, mark, way);
	else
		buf_addf(b, "insert rule %s %s %s %s \"cb*\" accept comment \"%s %s\"\n",
			 d->family, d->table, chain, key, mark, way);
}

static int dropper_open(struct nft *n, const struct dropper *d, struct err **e)
{
	const char *chain = d->has_docker_user ? "DOCKER-USER" : d->chain;
	struct chain_state st = { .deletes = BUF_INIT };
	AUTO(buf) struct buf text = BUF_INIT;
	int r = chain_look(n, d, chain, &st, e);

	buf_done(&st.deletes);
	if (r < 0)
		return r;
	if (!st.has_in)
		rule_add(&text, d, chain, &st, "iifname", "in");
	if (!st.has_out)
		rule_add(&text, d, chain, &st, "oifname", "out");
	if (!text.n)
		return 0;
	return nft_run(n, buf_str(&text), "let our bridges pass the host's firewall", e);
}

int nft_neighbours_ensure(struct nft *n, const struct store *s, char **ret_warning,
			  struct err **e)
{
	AUTO(json) struct json *list = NULL;
	int r = chains_list(n, &list, e);

	(void)s;
	*ret_warning = NULL;
	JSON_EACH(one, json_get(list, "nftables")) {
		const struct json *c = json_get(one, "chain");
		struct dropper d = { json_str(c, "family", ""), json_str(c, "table", ""),
				     json_str(c, "name", ""), false };

		if (r < 0 || !is_dropper(c))
			continue;
		d.has_docker_user = chain_exists(list, d.family, d.table, "DOCKER-USER");
		r = dropper_open(n, &d, e);
	}
	return r;
}

int nft_neighbours_clear(struct nft *n, struct err **e)
{
	(void)n;
	(void)e;
	return 0;
}
