/*
 * Normally a packet arrives on a container's socket, is decided by net/dns_names.h from memory and
 * answered in the same callback; what is not ours is forwarded. When packets come faster than a
 * container may send them, they are dropped. Closing closes every handle; the callback of the last
 * one frees the server.
 */
#include "compose/supervise/dns_server.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/rand.h"
#include "compose/supervise/dns_internal.h"

enum { TCP_BACKLOG = 64 };

void dns_handle_opened(struct dns_server *s)
{
	s->handles++;
}

static void server_free(struct dns_server *s)
{
	void (*closed)(void *ctx) = s->closed;
	void *ctx = s->closed_ctx;

	map_done(&s->containers);
	map_done(&s->watches);
	map_done(&s->declared);
	free(s->root);
	free(s);
	if (closed)
		closed(ctx);
}

void dns_handle_closed(struct dns_server *s)
{
	if (--s->handles == 0 && s->is_closing)
		server_free(s);
}

void dns_alloc(struct dns_server *s, uv_buf_t *buf)
{
	*buf = uv_buf_init(s->room, sizeof(s->room));
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct dns_ct *ct = h->data;

	(void)suggested;
	dns_alloc(ct->s, buf);
}

static bool is_declared(const void *ctx, const char *name)
{
	const struct dns_server *s = ctx;

	return map_has(&s->declared, name);
}

static size_t answer_size(const struct dns_query *q, bool is_tcp)
{
	return is_tcp ? DNS_TCP_MAX : q->udp_size;
}

ssize_t dns_answer_local(struct dns_ct *ct, const uint8_t *p, size_t n, bool is_tcp)
{
	struct dns_server *s = ct->s;
	struct dns_view view = { .nets = ct->nets,
				 .n_nets = ct->n_nets,
				 .aliases = ct->aliases,
				 .n_aliases = ct->n_aliases,
				 .is_declared = is_declared,
				 .ctx = s };
	struct dns_answer a = { .ttl = DNS_TTL_S };
	struct dns_result res;
	struct dns_query q;
	ssize_t size = 0;

	switch (dns_parse(p, n, &q, &a.rcode)) {
	case DNS_DROP:
		return -1;
	case DNS_ERROR:
		return (ssize_t)dns_reply(p, &q, &a, s->out, answer_size(&q, is_tcp));
	case DNS_OK:
		break;
	}
	if (dns_decide(&view, &q, &s->seed, &res) == DNS_LOCAL) {
		a.rcode = res.rcode;
		a.addrs = res.addrs;
		a.n_addrs = res.n;
		a.ptr = res.ptr.n ? buf_str(&res.ptr) : NULL;
		size = (ssize_t)dns_reply(p, &q, &a, s->out, answer_size(&q, is_tcp));
	}
	dns_result_done(&res);
	return size;
}

size_t dns_answer_error(struct dns_server *s, const uint8_t *p, size_t n, enum dns_rcode rcode)
{
	struct dns_answer a = { .rcode = rcode };
	struct dns_query q;
	enum dns_rcode ignored;

	if (dns_parse(p, n, &q, &ignored) == DNS_DROP)
		return 0;
	return dns_reply(p, &q, &a, s->out, DNS_UDP_MIN);
}

void dns_send_udp(struct dns_ct *ct, const struct sockaddr *to, const uint8_t *p, size_t n)
{
	uv_buf_t buf = uv_buf_init((char *)p, (unsigned)n);

	/* A full socket loses the answer; the client asks again, as with any lost packet. */
	if (!ct->is_closing)
		(void)uv_udp_try_send(&ct->udp, &buf, 1, to);
}

/* A bucket of DNS_CT_BURST questions that fills with DNS_CT_RATE per second. */
static bool may_ask(struct dns_ct *ct)
{
	uint64_t now = uv_now(ct->s->loop);

	ct->tokens += (double)(now - ct->tokens_at) * DNS_CT_RATE / 1000;
	ct->tokens_at = now;
	if (ct->tokens > DNS_CT_BURST)
		ct->tokens = DNS_CT_BURST;
	if (ct->tokens < 1)
		return false;
	ct->tokens--;
	return true;
}

static void on_packet(uv_udp_t *h, ssize_t n, const uv_buf_t *buf, const struct sockaddr *from,
		      unsigned flags)
{
	struct dns_ct *ct = h->data;
	ssize_t size;

	if (ct->is_closing || n <= 0 || !from || flags & UV_UDP_PARTIAL || !may_ask(ct))
		return;
	size = dns_answer_local(ct, (uint8_t *)buf->base, (size_t)n, /* is_tcp= */ false);
	if (size > 0)
		dns_send_udp(ct, from, ct->s->out, (size_t)size);
	else if (size == 0)
		dns_forward_start(ct, (uint8_t *)buf->base, (size_t)n, from, NULL);
}

static void on_connection(uv_stream_t *h, int status)
{
	struct dns_ct *ct = h->data;

	if (status == 0 && !ct->is_closing)
		dns_conn_accept(ct);
}

static void ct_free(struct dns_ct *ct)
{
	for (size_t i = 0; i < ct->n_aliases; i++) {
		free(ct->aliases[i].alias);
		free(ct->aliases[i].target);
	}
	for (size_t i = 0; i < ct->n_nets; i++)
		dns_watch_put(ct->watches[i]);
	free(ct->aliases);
	free(ct->watches);
	free(ct->nets);
	free(ct->id);
	free(ct);
}

static void on_ct_closed(uv_handle_t *h)
{
	struct dns_ct *ct = h->data;
	struct dns_server *s = ct->s;

	if (--ct->handles == 0)
		ct_free(ct);
	dns_handle_closed(s);
}

static void ct_close(struct dns_ct *ct)
{
	struct dns_server *s = ct->s;

	if (ct->is_closing)
		return;
	ct->is_closing = true;
	if (map_get(&s->containers, ct->id) == ct)
		map_del(&s->containers, ct->id);
	dns_forwards_cancel(s, ct, NULL);
	dns_conns_close(ct);
	uv_close((uv_handle_t *)&ct->udp, on_ct_closed);
	uv_close((uv_handle_t *)&ct->tcp, on_ct_closed);
}

/* Nothing but internal networks: what leaves the container's reach is not asked for either. */
static bool is_internal(const struct dns_server *s, const struct dns_client *c)
{
	for (size_t i = 0; i < c->n_networks; i++) {
		AUTO(mem)
		char *path = xasprintf("%s/networks/%s/network.json", s->root, c->networks[i]);
		AUTO(json) struct json *j = NULL;

		if (json_parse_file(AT_FDCWD, path, 1 << 20, &j, NULL) < 0 ||
		    !json_bool(j, "internal", false))
			return false;
	}
	return c->n_networks > 0;
}

static struct dns_ct *ct_new(struct dns_server *s, const struct dns_client *c)
{
	struct dns_ct *ct = xcalloc(1, sizeof(*ct));

	ct->s = s;
	ct->id = xstrdup(c->id);
	ct->is_internal = is_internal(s, c);
	ct->tokens = DNS_CT_BURST;
	ct->tokens_at = uv_now(s->loop);
	ct->watches = xcalloc(c->n_networks + 1, sizeof(struct dns_watch *));
	ct->nets = xcalloc(c->n_networks + 1, sizeof(struct dns_net *));
	for (size_t i = 0; i < c->n_networks; i++) {
		ct->watches[i] = dns_watch_get(s, c->networks[i]);
		ct->nets[i] = ct->watches[i]->net;
	}
	ct->n_nets = c->n_networks;
	ct->aliases = xcalloc(c->n_links + 1, sizeof(*ct->aliases));
	for (size_t i = 0; i < c->n_links; i++)
		ct->aliases[i] = (struct dns_alias){ xstrdup(c->links[i].alias),
						     xstrdup(c->links[i].target) };
	ct->n_aliases = c->n_links;
	return ct;
}

static bool is_on_network(const struct dns_server *s, const struct dns_client *c,
			  const struct ipaddr *ip)
{
	for (size_t i = 0; i < c->n_networks; i++) {
		AUTO(mem)
		char *path = xasprintf("%s/networks/%s/network.json", s->root, c->networks[i]);
		AUTO(json) struct json *j = NULL;

		if (json_parse_file(AT_FDCWD, path, 1 << 20, &j, NULL) < 0)
			continue;
		JSON_EACH(one, json_get(j, "subnets")) {
			struct subnet sub;

			if (subnet_parse(json_str(one, "subnet", ""), &sub) && subnet_has(&sub, ip))
				return true;
		}
	}
	return false;
}

/* From an internal network nothing is asked outside of it, whoever would do the asking. */
static void servers_read(struct dns_server *s, const struct dns_client *c, struct dns_ct *ct)
{
	for (size_t i = 0; i < c->n_servers && ct->servers.n < DNS_SERVERS_MAX; i++) {
		struct ipaddr ip;

		if (!ipaddr_parse(c->servers[i], &ip))
			continue;
		if (ct->is_internal && !is_on_network(s, c, &ip))
			continue;
		ct->servers.v[ct->servers.n++] = ip;
	}
}

/* A descriptor that libuv has taken becomes -1. */
static int ct_listen(struct dns_ct *ct, struct dns_client *c)
{
	int r = uv_udp_open(&ct->udp, c->udp);

	if (r == 0) {
		c->udp = -1;
		r = uv_tcp_open(&ct->tcp, c->tcp);
	}
	if (r == 0)
		c->tcp = -1;
	if (r == 0)
		r = uv_udp_recv_start(&ct->udp, on_alloc, on_packet);
	if (r == 0)
		r = uv_listen((uv_stream_t *)&ct->tcp, TCP_BACKLOG, on_connection);
	return r;
}

int dns_server_add(struct dns_server *s, const struct dns_client *c, struct err **e)
{
	int udp = fcntl(c->udp, F_DUPFD_CLOEXEC, 0), tcp = fcntl(c->tcp, F_DUPFD_CLOEXEC, 0);
	struct dns_client own = *c;
	struct dns_ct *ct;
	int r;

	if (udp < 0 || tcp < 0) {
		r = err_sys(e, errno, "take the DNS sockets of container %.12s", c->id);
		fd_close(&udp);
		fd_close(&tcp);
		return r;
	}
	own.udp = udp;
	own.tcp = tcp;
	dns_server_remove(s, c->id);
	ct = ct_new(s, c);
	servers_read(s, c, ct);
	(void)uv_udp_init(s->loop, &ct->udp);
	(void)uv_tcp_init(s->loop, &ct->tcp);
	ct->udp.data = ct->tcp.data = ct;
	ct->handles = 2;
	dns_handle_opened(s);
	dns_handle_opened(s);
	r = ct_listen(ct, &own);
	/* What libuv has taken it closes with its handle. */
	fd_close(&own.udp);
	fd_close(&own.tcp);
	if (r < 0) {
		ct_close(ct);
		return err_sys(e, -r, "serve DNS for container %.12s", c->id);
	}
	map_set(&s->containers, ct->id, ct);
	for (size_t i = 0; i < ct->n_nets; i++)
		dns_watch_update(ct->watches[i], ct->id);
	(void)close(c->udp);
	(void)close(c->tcp);
	return 0;
}

void dns_server_remove(struct dns_server *s, const char *id)
{
	struct dns_ct *ct = map_get(&s->containers, id);

	if (ct)
		ct_close(ct);
}

void dns_server_declare(struct dns_server *s, const char *const *names, size_t n)
{
	map_done(&s->declared);
	s->declared = (struct map)MAP_INIT;
	for (size_t i = 0; i < n; i++)
		map_set(&s->declared, names[i], s);
}

void dns_server_refresh(struct dns_server *s)
{
	struct map_entry *entry;

	MAP_EACH(entry, &s->watches) {
		struct dns_watch *w = entry->value;

		if (!w->is_watching)
			dns_watch_refresh(w);
	}
}

static int boot_id_read(char ret[40], struct err **e)
{
	AUTO(buf) struct buf text = BUF_INIT;
	int r = file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &text, e);
	struct str id = str_trim((struct str){ text.p, text.n });

	if (r < 0)
		return r;
	memcpy(ret, id.p, id.n < 39 ? id.n : 39);
	return 0;
}

int dns_server_open(uv_loop_t *loop, const char *root, struct dns_server **ret, struct err **e)
{
	struct dns_server *s = xcalloc(1, sizeof(*s));
	int r = boot_id_read(s->boot_id, e);

	if (r < 0) {
		free(s);
		return r;
	}
	s->loop = loop;
	s->root = xstrdup(root);
	rand_bytes(&s->seed, sizeof(s->seed));
	s->seed |= 1;
	*ret = s;
	return 0;
}

void dns_server_close(struct dns_server *s, void (*closed)(void *ctx), void *ctx)
{
	struct map_entry *entry;

	if (!s || s->is_closing)
		return;
	s->closed = closed;
	s->closed_ctx = ctx;
	/* Not before all containers are on their way out: the count may reach 0 in between. */
	MAP_EACH(entry, &s->containers)
		ct_close(entry->value);
	s->is_closing = true;
	if (s->handles == 0)
		server_free(s);
}
