/*
 * Normally a container connects, sends a question with its length in front, reads the answer and
 * closes; several questions may follow each other. A connection that is silent for some seconds, or
 * that breaks the framing, is closed. Closing tells forwards still under way to forget it.
 */
#include <string.h>

#include "compose/supervise/dns_internal.h"

enum { IDLE_MS = 5000 };

struct write {
	uv_write_t req;
	char *bytes;
};

static void on_conn_closed(uv_handle_t *h)
{
	struct dns_conn *c = h->data;
	struct dns_server *s = c->s;

	if (--c->handles == 0) {
		buf_done(&c->in);
		free(c);
	}
	dns_handle_closed(s);
}

static void conn_close(struct dns_conn *c)
{
	if (!c->ct)
		return;
	c->ct->n_conns--;
	c->ct = NULL;
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	dns_forwards_cancel(c->s, NULL, c);
	uv_close((uv_handle_t *)&c->tcp, on_conn_closed);
	uv_close((uv_handle_t *)&c->idle, on_conn_closed);
}

void dns_conns_close(struct dns_ct *ct)
{
	struct dns_conn *next;

	for (struct dns_conn *c = ct->s->conns; c; c = next) {
		next = c->next;
		if (c->ct == ct)
			conn_close(c);
	}
}

static void on_written(uv_write_t *req, int status)
{
	struct write *w = req->data;

	(void)status;
	free(w->bytes);
	free(w);
}

void dns_conn_send(struct dns_conn *c, const uint8_t *p, size_t n)
{
	struct write *w;
	uv_buf_t buf;

	if (!c->ct || n > DNS_TCP_MAX)
		return;
	w = xcalloc(1, sizeof(*w));
	w->bytes = xmalloc(n + 2);
	w->bytes[0] = (char)(n >> 8);
	w->bytes[1] = (char)n;
	memcpy(w->bytes + 2, p, n);
	w->req.data = w;
	buf = uv_buf_init(w->bytes, (unsigned)n + 2);
	if (uv_write(&w->req, (uv_stream_t *)&c->tcp, &buf, 1, on_written) < 0)
		on_written(&w->req, 0);
}

static void question(struct dns_conn *c, const uint8_t *p, size_t n)
{
	ssize_t size = dns_answer_local(c->ct, p, n, /* is_tcp= */ true);

	if (size > 0)
		dns_conn_send(c, c->s->out, (size_t)size);
	else if (size == 0)
		dns_forward_start(c->ct, p, n, NULL, c);
	else
		conn_close(c);
}

static void on_idle(uv_timer_t *t)
{
	conn_close(t->data);
}

static void on_conn_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct dns_conn *c = h->data;

	(void)suggested;
	dns_alloc(c->s, buf);
}

static void on_read(uv_stream_t *h, ssize_t n, const uv_buf_t *buf)
{
	struct dns_conn *c = h->data;

	if (!c->ct)
		return;
	if (n < 0) {
		conn_close(c);
		return;
	}
	buf_add(&c->in, buf->base, (size_t)n);
	while (c->ct && c->in.n >= 2) {
		size_t size = (size_t)(uint8_t)c->in.p[0] << 8 | (uint8_t)c->in.p[1];
		AUTO(mem) uint8_t *packet = NULL;

		if (c->in.n < size + 2)
			break;
		packet = xmemdup(c->in.p + 2, size ? size : 1);
		buf_consume(&c->in, size + 2);
		question(c, packet, size);
	}
	if (c->ct)
		(void)uv_timer_start(&c->idle, on_idle, IDLE_MS, 0);
}

void dns_conn_accept(struct dns_ct *ct)
{
	struct dns_conn *c = xcalloc(1, sizeof(*c));

	c->s = ct->s;
	c->ct = ct;
	(void)uv_tcp_init(c->s->loop, &c->tcp);
	(void)uv_timer_init(c->s->loop, &c->idle);
	c->tcp.data = c->idle.data = c;
	c->handles = 2;
	dns_handle_opened(c->s);
	dns_handle_opened(c->s);
	c->next = c->s->conns;
	c->link = &c->s->conns;
	if (c->next)
		c->next->link = &c->next;
	c->s->conns = c;
	ct->n_conns++;
	if (uv_accept((uv_stream_t *)&ct->tcp, (uv_stream_t *)&c->tcp) < 0 ||
	    ct->n_conns > DNS_CT_CONNS_MAX ||
	    uv_read_start((uv_stream_t *)&c->tcp, on_conn_alloc, on_read) < 0 ||
	    uv_timer_start(&c->idle, on_idle, IDLE_MS, 0) < 0)
		conn_close(c);
}
