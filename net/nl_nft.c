/*
 * A transaction is one datagram: messages between two marks. Only the last message asks for an
 * answer, which comes once all of it is done; of a transaction that is refused the kernel names the
 * messages that did not fit. What else may be on its way then goes with the socket.
 */
#include "net/nl_nft.h"

#include <arpa/inet.h>
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdio.h"
#include "net/nl_internal.h"
#include "net/nl_nft_internal.h"

enum {
	ANSWER_MAX = 32768,
	/* A list attribute has 16 bits for its length; an element is shorter than the rest. */
	LIST_MAX = 60000,
	/* What the kernel takes without being asked for more room. */
	SEND_PLAIN = 65536,
	/* A rule's or set's notes for nft(8): type, length, value. */
	NOTE_COMMENT = 0,
	NOTE_KEY_ORDER = 0,
	NOTE_DATA_ORDER = 1,
	ORDER_NONE = 0,
	ORDER_HOST = 1,
	ORDER_NETWORK = 2,
};

void nfsock_done(struct nfsock *s)
{
	fd_close(&s->fd);
}

int nfsock_open(struct nfsock *s, struct err **e)
{
	return s->fd >= 0 ? 0 : netlink_open_proto(NETLINK_NETFILTER, &s->fd, e);
}

static void bytes_add(struct nfbatch *b, const void *p, size_t n)
{
	static const char filling[NLMSG_ALIGNTO];

	buf_add(&b->bytes, p, n);
	buf_add(&b->bytes, filling, NLMSG_ALIGN(n) - n);
}

void nfmsg_put(struct nfbatch *b, uint16_t type, const void *p, size_t n)
{
	struct nlattr a = { .nla_len = (uint16_t)(sizeof(a) + n), .nla_type = type };

	bytes_add(b, &a, sizeof(a));
	bytes_add(b, p, n);
}

void nfmsg_put_be32(struct nfbatch *b, uint16_t type, uint32_t v)
{
	v = htonl(v);
	nfmsg_put(b, type, &v, sizeof(v));
}

void nfmsg_put_be64(struct nfbatch *b, uint16_t type, uint64_t v)
{
	v = htobe64(v);
	nfmsg_put(b, type, &v, sizeof(v));
}

void nfmsg_put_text(struct nfbatch *b, uint16_t type, const char *s)
{
	nfmsg_put(b, type, s, strlen(s) + 1);
}

size_t nfmsg_open(struct nfbatch *b, uint16_t type)
{
	size_t at = b->bytes.n;

	nfmsg_put(b, type | NLA_F_NESTED, NULL, 0);
	return at;
}

void nfmsg_close(struct nfbatch *b, size_t at)
{
	uint16_t n = (uint16_t)(b->bytes.n - at);

	memcpy(b->bytes.p + at + offsetof(struct nlattr, nla_len), &n, sizeof(n));
}

void nfmsg_put_value(struct nfbatch *b, uint16_t type, const void *p, size_t n)
{
	size_t at = nfmsg_open(b, type);

	nfmsg_put(b, NFTA_DATA_VALUE, p, n);
	nfmsg_close(b, at);
}

/* Lengths are known only once the message is complete. */
static void message_end(struct nfbatch *b)
{
	uint32_t n = (uint32_t)(b->bytes.n - b->message);

	memcpy(b->bytes.p + b->message + offsetof(struct nlmsghdr, nlmsg_len), &n, sizeof(n));
}

static void message_begin(struct nfbatch *b, int type, int flags, const struct nfgenmsg *head)
{
	struct nlmsghdr h = { .nlmsg_type = (uint16_t)type,
			      .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags) };

	b->message = b->bytes.n;
	bytes_add(b, &h, sizeof(h));
	bytes_add(b, head, sizeof(*head));
	message_end(b);
}

static void mark(struct nfbatch *b, int type)
{
	struct nfgenmsg head = { .res_id = htons(NFNL_SUBSYS_NFTABLES) };

	message_begin(b, type, 0, &head);
}

static void change_begin(struct nfbatch *b, int type, int flags)
{
	struct nfgenmsg head = { .nfgen_family = b->family };

	message_begin(b, NFNL_SUBSYS_NFTABLES << 8 | type, flags, &head);
}

void nfbatch_begin(struct nfbatch *b, uint8_t family, const char *table)
{
	nfbatch_done(b);
	mark(b, NFNL_MSG_BATCH_BEGIN);
	b->family = family;
	b->table = table;
}

void nfbatch_done(struct nfbatch *b)
{
	buf_done(&b->bytes);
	*b = (struct nfbatch)NFBATCH_INIT;
}

void nfbatch_table_add(struct nfbatch *b, bool is_new)
{
	change_begin(b, NFT_MSG_NEWTABLE, NLM_F_CREATE | (is_new ? NLM_F_EXCL : 0));
	nfmsg_put_text(b, NFTA_TABLE_NAME, b->table);
	message_end(b);
}

void nfbatch_table_del(struct nfbatch *b)
{
	change_begin(b, NFT_MSG_DELTABLE, 0);
	nfmsg_put_text(b, NFTA_TABLE_NAME, b->table);
	message_end(b);
}

void nfbatch_chain_add(struct nfbatch *b, const struct nfchain *c)
{
	size_t at;

	change_begin(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	nfmsg_put_text(b, NFTA_CHAIN_TABLE, b->table);
	nfmsg_put_text(b, NFTA_CHAIN_NAME, c->name);
	if (c->type) {
		nfmsg_put_text(b, NFTA_CHAIN_TYPE, c->type);
		nfmsg_put_be32(b, NFTA_CHAIN_POLICY, NF_ACCEPT);
		at = nfmsg_open(b, NFTA_CHAIN_HOOK);
		nfmsg_put_be32(b, NFTA_HOOK_HOOKNUM, c->hook);
		nfmsg_put_be32(b, NFTA_HOOK_PRIORITY, (uint32_t)c->priority);
		nfmsg_close(b, at);
	}
	message_end(b);
}

/* nft(8) prints the names of interfaces backwards when nobody told it the byte order. */
static uint32_t order_of(uint32_t type)
{
	if (type >> NF_CONCAT_BITS)
		return ORDER_NONE;
	return type == NF_IFNAME ? ORDER_HOST : ORDER_NETWORK;
}

static void note_add(struct buf *notes, uint8_t type, const void *p, size_t n)
{
	uint8_t head[] = { type, (uint8_t)n };

	buf_add(notes, head, sizeof(head));
	buf_add(notes, p, n);
}

void nfbatch_set_add(struct nfbatch *b, const struct nfset *s)
{
	AUTO(buf) struct buf notes = BUF_INIT;
	uint32_t key_order = order_of(s->key_type), data_order = order_of(s->data_type);

	change_begin(b, NFT_MSG_NEWSET, NLM_F_CREATE);
	nfmsg_put_text(b, NFTA_SET_TABLE, b->table);
	nfmsg_put_text(b, NFTA_SET_NAME, s->name);
	nfmsg_put_be32(b, NFTA_SET_FLAGS,
		       (s->has_intervals ? NFT_SET_INTERVAL : 0) |
			       (s->data_bytes ? NFT_SET_MAP : 0));
	nfmsg_put_be32(b, NFTA_SET_KEY_TYPE, s->key_type);
	nfmsg_put_be32(b, NFTA_SET_KEY_LEN, s->key_bytes);
	nfmsg_put_be32(b, NFTA_SET_ID, ++b->n_sets);
	note_add(&notes, NOTE_KEY_ORDER, &key_order, sizeof(key_order));
	if (s->data_bytes) {
		nfmsg_put_be32(b, NFTA_SET_DATA_TYPE, s->data_type);
		nfmsg_put_be32(b, NFTA_SET_DATA_LEN, s->data_bytes);
		note_add(&notes, NOTE_DATA_ORDER, &data_order, sizeof(data_order));
	}
	nfmsg_put(b, NFTA_SET_USERDATA, notes.p, notes.n);
	message_end(b);
}

void nfkey_add(struct nfkey *k, const void *p, size_t n)
{
	assert(k->n + NLMSG_ALIGN(n) <= sizeof(k->b));
	memset(k->b + k->n, 0, NLMSG_ALIGN(n));
	memcpy(k->b + k->n, p, n);
	k->n += NLMSG_ALIGN(n);
}

void nfbatch_elements_begin(struct nfbatch *b, const char *set, bool deletes)
{
	b->set = set;
	b->set_type = deletes ? NFT_MSG_DELSETELEM : NFT_MSG_NEWSETELEM;
	b->list = 0;
}

void nfbatch_elements_end(struct nfbatch *b)
{
	if (!b->list)
		return;
	nfmsg_close(b, b->list);
	message_end(b);
	b->list = 0;
}

static void list_ready(struct nfbatch *b)
{
	if (b->list && b->bytes.n - b->list > LIST_MAX)
		nfbatch_elements_end(b);
	if (b->list)
		return;
	change_begin(b, b->set_type, b->set_type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0);
	nfmsg_put_text(b, NFTA_SET_ELEM_LIST_TABLE, b->table);
	nfmsg_put_text(b, NFTA_SET_ELEM_LIST_SET, b->set);
	b->list = nfmsg_open(b, NFTA_SET_ELEM_LIST_ELEMENTS);
}

static void element_add(struct nfbatch *b, uint32_t flags, const struct nfkey *key,
			const struct nfkey *data)
{
	size_t at;

	list_ready(b);
	at = nfmsg_open(b, NFTA_LIST_ELEM);
	if (flags)
		nfmsg_put_be32(b, NFTA_SET_ELEM_FLAGS, flags);
	nfmsg_put_value(b, NFTA_SET_ELEM_KEY, key->b, key->n);
	if (data)
		nfmsg_put_value(b, NFTA_SET_ELEM_DATA, data->b, data->n);
	nfmsg_close(b, at);
}

void nfbatch_element(struct nfbatch *b, const struct nfkey *key, const struct nfkey *data)
{
	element_add(b, 0, key, data);
}

void nfbatch_interval_end(struct nfbatch *b, const struct nfkey *key)
{
	element_add(b, NFT_SET_ELEM_INTERVAL_END, key, NULL);
}

void nfbatch_rule_begin(struct nfbatch *b, const char *chain, enum nf_place place, uint64_t handle)
{
	change_begin(b, NFT_MSG_NEWRULE, NLM_F_CREATE | (place == NF_LAST ? NLM_F_APPEND : 0));
	nfmsg_put_text(b, NFTA_RULE_TABLE, b->table);
	nfmsg_put_text(b, NFTA_RULE_CHAIN, chain);
	if (place == NF_BEFORE)
		nfmsg_put_be64(b, NFTA_RULE_POSITION, handle);
	b->list = nfmsg_open(b, NFTA_RULE_EXPRESSIONS);
}

void nfbatch_rule_end(struct nfbatch *b, const char *comment)
{
	AUTO(buf) struct buf notes = BUF_INIT;

	nfmsg_close(b, b->list);
	b->list = 0;
	if (comment) {
		note_add(&notes, NOTE_COMMENT, comment, strlen(comment) + 1);
		nfmsg_put(b, NFTA_RULE_USERDATA, notes.p, notes.n);
	}
	message_end(b);
}

void nfbatch_rule_del(struct nfbatch *b, const char *chain, uint64_t handle)
{
	change_begin(b, NFT_MSG_DELRULE, 0);
	nfmsg_put_text(b, NFTA_RULE_TABLE, b->table);
	nfmsg_put_text(b, NFTA_RULE_CHAIN, chain);
	nfmsg_put_be64(b, NFTA_RULE_HANDLE, handle);
	message_end(b);
}

static int refused(int error, const char *what, const char *words, struct err **e)
{
	err_sys(e, -error, "%s%s%s", what, *words ? ": " : "", words);
	if (error == -EOPNOTSUPP || error == -EPROTONOSUPPORT)
		err_hint(e, "is the kernel module nf_tables there? try \"modprobe nf_tables\"");
	return error;
}

/* The answer to the last message, or the first refusal. */
static int answer_read(int fd, const char *what, struct err **e)
{
	AUTO(mem) char *room = xmalloc(ANSWER_MAX);

	for (;;) {
		ssize_t got = netlink_recv(fd, room, ANSWER_MAX);
		struct nlmsghdr *h = (struct nlmsghdr *)room;
		struct nlmsgerr *answer = nlmsg_data(h);
		int left = (int)got;

		if (got < 0)
			return err_sys(e, (int)-got, "%s: read the kernel's answer", what);
		if (!nlmsg_ok(h, left) || h->nlmsg_type != NLMSG_ERROR)
			continue;
		return answer->error ? refused(answer->error, what, netlink_extack(h), e) : 0;
	}
}

static int send_all(int fd, const struct buf *bytes, const char *what, struct err **e)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int room = (int)bytes->n;

	/* Thousands of ports in one transaction. */
	if (bytes->n > SEND_PLAIN)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	if (sendto(fd, bytes->p, bytes->n, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return err_sys(e, errno, "%s", what);
	return answer_read(fd, what, e);
}

int nfsock_send(struct nfsock *s, struct nfbatch *b, const char *what, struct err **e)
{
	struct nlmsghdr *last = (struct nlmsghdr *)(b->bytes.p + b->message);
	int r = nfsock_open(s, e);

	if (b->message == 0) /* only the mark that begins it */
		return r;
	last->nlmsg_flags |= NLM_F_ACK;
	mark(b, NFNL_MSG_BATCH_END);
	if (r == 0)
		r = send_all(s->fd, &b->bytes, what, e);
	if (r < 0)
		nfsock_done(s);
	nfbatch_done(b);
	return r;
}
