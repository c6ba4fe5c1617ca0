#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "net/nl_internal.h"
#include "net/nl_nft_internal.h"

enum {
	/* A list that others changed while it was read is read again. */
	TRIES = 20,
	NOTE_COMMENT = 0,
};

/* The attributes, if any, say which part of the list is wanted. */
static int list_ask(int fd, int type, int flags, uint8_t family, const struct nfbatch *wanted)
{
	AUTO(buf) struct buf bytes = BUF_INIT;
	struct {
		struct nlmsghdr h;
		struct nfgenmsg head;
	} req = { .h = { .nlmsg_len = (uint32_t)(sizeof(req) + wanted->bytes.n),
			 .nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
			 .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags) },
		  .head = { .nfgen_family = family } };

	buf_add(&bytes, &req, sizeof(req));
	buf_add(&bytes, wanted->bytes.p, wanted->bytes.n);
	return send(fd, bytes.p, bytes.n, 0) < 0 ? -errno : 0;
}

struct list {
	int type;
	uint8_t family;
	struct nfbatch wanted; /* only its bytes: attributes */
	netlink_each each;
	void (*forget)(void *ctx);
	void *ctx;
};

static int list(struct nfsock *s, const struct list *l, struct err **e)
{
	int r = nfsock_open(s, e);

	if (r < 0)
		return r;
	for (int i = 0; i < TRIES; i++) {
		r = list_ask(s->fd, l->type, NLM_F_DUMP, l->family, &l->wanted);
		if (r == 0)
			r = netlink_dump_read(s->fd, l->each, l->ctx);
		if (r <= 0)
			break;
		l->forget(l->ctx);
	}
	if (r == 0)
		return 0;
	nfsock_done(s);
	r = err_sys(e, r > 0 ? EAGAIN : -r, "list packet filter rules");
	if (r == -EOPNOTSUPP || r == -EPROTONOSUPPORT || r == -EINVAL)
		err_hint(e, "is the kernel module nf_tables there? try \"modprobe nf_tables\"");
	return r;
}

static uint32_t be32_of(struct nlattr *a)
{
	return a && nla_len(a) >= 4 ? ntohl(nla_get_u32(a)) : 0;
}

static const char *text_of(struct nlattr *a)
{
	return a && nla_len(a) > 0 ? nla_get_string(a) : "";
}

static bool is_filter_family(uint8_t family)
{
	return family == NFPROTO_IPV4 || family == NFPROTO_IPV6 || family == NFPROTO_INET;
}

static bool is_hooked_in_forward(struct nlattr *hook)
{
	struct nlattr *tb[NFTA_HOOK_MAX + 1];

	return hook && nla_parse_nested(tb, NFTA_HOOK_MAX, hook, NULL) == 0 &&
	       tb[NFTA_HOOK_HOOKNUM] && be32_of(tb[NFTA_HOOK_HOOKNUM]) == NF_INET_FORWARD;
}

static void chain_add(struct nlmsghdr *h, void *ctx)
{
	struct nfchains *c = ctx;
	struct nlattr *tb[NFTA_CHAIN_MAX + 1];
	struct nfgenmsg *head = nlmsg_data(h);

	if (nlmsg_parse(h, sizeof(*head), tb, NFTA_CHAIN_MAX, NULL) < 0)
		return;
	ARRAY_RESERVE(c->v, c->n, c->cap);
	c->v[c->n++] = (struct nfchain_info){
		.family = head->nfgen_family,
		.table = xstrdup(text_of(tb[NFTA_CHAIN_TABLE])),
		.name = xstrdup(text_of(tb[NFTA_CHAIN_NAME])),
		.is_forward = is_filter_family(head->nfgen_family) &&
			      is_hooked_in_forward(tb[NFTA_CHAIN_HOOK]),
		.drops = tb[NFTA_CHAIN_POLICY] && be32_of(tb[NFTA_CHAIN_POLICY]) == NF_DROP,
	};
}

void nfchains_done(struct nfchains *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].table);
		free(c->v[i].name);
	}
	free(c->v);
	*c = (struct nfchains){ 0 };
}

static void chains_forget(void *ctx)
{
	nfchains_done(ctx);
}

int nfsock_chains(struct nfsock *s, struct nfchains *ret, struct err **e)
{
	struct list l = { .type = NFT_MSG_GETCHAIN,
			  .family = NFPROTO_UNSPEC,
			  .wanted = NFBATCH_INIT,
			  .each = chain_add,
			  .forget = chains_forget,
			  .ctx = ret };

	return list(s, &l, e);
}

static void nothing(struct nlmsghdr *h, void *ctx)
{
	(void)h;
	(void)ctx;
}

int nfsock_has_chain(struct nfsock *s, uint8_t family, const char *table, const char *name)
{
	AUTO(nfbatch) struct nfbatch wanted = NFBATCH_INIT;
	int r = nfsock_open(s, NULL);

	if (r < 0)
		return r;
	nfmsg_put_text(&wanted, NFTA_CHAIN_TABLE, table);
	nfmsg_put_text(&wanted, NFTA_CHAIN_NAME, name);
	/* With an acknowledgement the answer ends as that of a question that found nothing. */
	r = list_ask(s->fd, NFT_MSG_GETCHAIN, NLM_F_ACK, family, &wanted);
	return r < 0 ? r : netlink_dump_read(s->fd, nothing, NULL);
}

/* An immediate expression that returns. */
static bool is_return(struct nlattr *expr)
{
	struct nlattr *data[NFTA_IMMEDIATE_MAX + 1], *verdict[NFTA_DATA_MAX + 1];
	struct nlattr *code[NFTA_VERDICT_MAX + 1];

	return expr && nla_parse_nested(data, NFTA_IMMEDIATE_MAX, expr, NULL) == 0 &&
	       data[NFTA_IMMEDIATE_DATA] &&
	       nla_parse_nested(verdict, NFTA_DATA_MAX, data[NFTA_IMMEDIATE_DATA], NULL) == 0 &&
	       verdict[NFTA_DATA_VERDICT] &&
	       nla_parse_nested(code, NFTA_VERDICT_MAX, verdict[NFTA_DATA_VERDICT], NULL) == 0 &&
	       (int32_t)be32_of(code[NFTA_VERDICT_CODE]) == NFT_RETURN;
}

/* Everything in it is a return or a counter. */
static bool is_plain_return(struct nlattr *list)
{
	struct nlattr *elem, *tb[NFTA_EXPR_MAX + 1];
	bool any = false;
	int left;

	if (!list)
		return false;
	nla_for_each_nested(elem, list, left)
	{
		const char *name;

		if (nla_parse_nested(tb, NFTA_EXPR_MAX, elem, NULL) < 0)
			return false;
		name = text_of(tb[NFTA_EXPR_NAME]);
		any = true;
		if (!streq(name, "counter") &&
		    !(streq(name, "immediate") && is_return(tb[NFTA_EXPR_DATA])))
			return false;
	}
	return any;
}

/* The notes nft(8) leaves with a rule: type, length, value, one behind the other. */
static char *comment_of(struct nlattr *notes)
{
	const uint8_t *p = notes ? nla_data(notes) : NULL;
	size_t n = notes ? (size_t)nla_len(notes) : 0;

	while (n >= 2 && n - 2 >= p[1]) {
		if (p[0] == NOTE_COMMENT)
			return xstrndup((const char *)p + 2, p[1]);
		n -= 2U + p[1];
		p += 2U + p[1];
	}
	return xstrdup("");
}

static void rule_add(struct nlmsghdr *h, void *ctx)
{
	struct nfrules *r = ctx;
	struct nlattr *tb[NFTA_RULE_MAX + 1];

	if (nlmsg_parse(h, sizeof(struct nfgenmsg), tb, NFTA_RULE_MAX, NULL) < 0 ||
	    !tb[NFTA_RULE_HANDLE] || nla_len(tb[NFTA_RULE_HANDLE]) < 8)
		return;
	ARRAY_RESERVE(r->v, r->n, r->cap);
	r->v[r->n++] = (struct nfrule_info){
		.handle = be64toh(nla_get_u64(tb[NFTA_RULE_HANDLE])),
		.comment = comment_of(tb[NFTA_RULE_USERDATA]),
		.is_plain_return = is_plain_return(tb[NFTA_RULE_EXPRESSIONS]),
	};
}

void nfrules_done(struct nfrules *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->v[i].comment);
	free(r->v);
	*r = (struct nfrules){ 0 };
}

static void rules_forget(void *ctx)
{
	nfrules_done(ctx);
}

int nfsock_rules(struct nfsock *s, uint8_t family, const char *table, const char *chain,
		 struct nfrules *ret, struct err **e)
{
	struct list l = { .type = NFT_MSG_GETRULE,
			  .family = family,
			  .wanted = NFBATCH_INIT,
			  .each = rule_add,
			  .forget = rules_forget,
			  .ctx = ret };
	int r;

	nfmsg_put_text(&l.wanted, NFTA_RULE_TABLE, table);
	nfmsg_put_text(&l.wanted, NFTA_RULE_CHAIN, chain);
	r = list(s, &l, e);
	nfbatch_done(&l.wanted);
	return r;
}
