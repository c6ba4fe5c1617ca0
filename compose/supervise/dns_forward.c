/*
 * A question for somebody else's name server.
 *
 * Normally it goes from a fresh port to the first server and the answer goes back with the client's
 * id. When no answer has come after a while, or the server says it cannot, the next server is asked
 * as well and the first good answer wins; after four seconds, or with nobody left, the client hears
 * SERVFAIL. UDP questions travel over UDP, TCP questions over TCP. A client that goes away cancels.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fdio.h"
#include "base/rand.h"
#include "compose/supervise/dns_internal.h"

enum {
	TRIES_MAX = DNS_SERVERS_MAX,
	NEXT_AFTER_MS = 800,
	NEXT_AFTER_TCP_MS = 1300,
	GIVE_UP_MS = 4000,
	DEAD_MS = 30000,
	HOST_CHECK_MS = 1000,
	DNS_PORT = 53,
};

/* One server being asked. */
struct attempt {
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_udp_t udp;
		uv_tcp_t tcp;
	} h;
	uv_connect_t connect;
	uv_write_t write;
	uint8_t *packet; /* length in front for TCP, then our id and the question */
	struct buf in;
	struct ipaddr server;
	uint16_t id;
	bool is_open;
};

struct dns_forward {
	struct dns_server *s;
	struct dns_ct *ct; /* NULL once answered or cancelled */
	struct dns_conn *conn;
	struct dns_forward *next, **link; /* in server.forwards */
	struct sockaddr_storage to;
	uint8_t *query;
	size_t n;
	struct dns_servers servers;
	struct attempt tries[TRIES_MAX];
	size_t n_tries;
	uv_timer_t timer;
	uint64_t started;
	unsigned handles;
};

static void on_closed(uv_handle_t *h)
{
	struct dns_forward *f = h->data;
	struct dns_server *s = f->s;

	if (--f->handles == 0) {
		for (size_t i = 0; i < f->n_tries; i++) {
			free(f->tries[i].packet);
			buf_done(&f->tries[i].in);
		}
		free(f->query);
		free(f);
	}
	dns_handle_closed(s);
}

static void attempt_close(struct attempt *t)
{
	if (t->is_open) {
		t->is_open = false;
		uv_close(&t->h.handle, on_closed);
	}
}

static void forward_end(struct dns_forward *f)
{
	if (!f->ct)
		return;
	f->ct->n_forwards--;
	f->s->n_forwards--;
	f->ct = NULL;
	f->conn = NULL;
	*f->link = f->next;
	if (f->next)
		f->next->link = f->link;
	for (size_t i = 0; i < f->n_tries; i++)
		attempt_close(&f->tries[i]);
	uv_close((uv_handle_t *)&f->timer, on_closed);
}

static void forward_answer(struct dns_forward *f, const uint8_t *p, size_t n)
{
	if (f->conn)
		dns_conn_send(f->conn, p, n);
	else
		dns_send_udp(f->ct, (struct sockaddr *)&f->to, p, n);
	forward_end(f);
}

static void forward_fail(struct dns_forward *f)
{
	size_t n = dns_answer_error(f->s, f->query, f->n, DNS_SERVFAIL);

	forward_answer(f, f->s->out, n);
}

/* Servers that did not answer lately are asked after the others. */
static bool is_dead(const struct dns_server *s, const struct ipaddr *ip)
{
	for (size_t i = 0; i < ARRAY_LEN(s->dead); i++)
		if (ipaddr_eq(&s->dead[i].ip, ip) && s->dead[i].until > uv_now(s->loop))
			return true;
	return false;
}

static void mark(struct dns_server *s, const struct ipaddr *ip, bool dead)
{
	size_t oldest = 0;

	for (size_t i = 0; i < ARRAY_LEN(s->dead); i++) {
		if (ipaddr_eq(&s->dead[i].ip, ip)) {
			s->dead[i].until = dead ? uv_now(s->loop) + DEAD_MS : 0;
			return;
		}
		if (s->dead[i].until < s->dead[oldest].until)
			oldest = i;
	}
	if (!dead)
		return;
	s->dead[oldest].ip = *ip;
	s->dead[oldest].until = uv_now(s->loop) + DEAD_MS;
}

static void host_parse(struct dns_server *s, struct str text)
{
	s->host.n = 0;
	while (text.p && s->host.n < DNS_SERVERS_MAX) {
		struct str line = str_trim(str_cut(&text, '\n'));
		AUTO(mem) char *word = str_dup(line);
		AUTO(mem) char *addr = NULL;

		if (!starts_with(word, "nameserver "))
			continue;
		addr = str_dup(str_trim(str_of(word + strlen("nameserver "))));
		if (ipaddr_parse(addr, &s->host.v[s->host.n]))
			s->host.n++;
	}
	/* resolv.conf(5): without a server the local one is meant. */
	if (s->host.n == 0)
		(void)ipaddr_parse("127.0.0.1", &s->host.v[s->host.n++]);
}

/* Name servers change with a VPN: the file is looked at when there is a question, at most once a
 * second. */
static void host_refresh(struct dns_server *s)
{
	AUTO(buf) struct buf text = BUF_INIT;
	uint64_t now = uv_now(s->loop);
	struct stat st;

	if (s->host.n && now - s->host_checked < HOST_CHECK_MS)
		return;
	s->host_checked = now;
	if (stat("/etc/resolv.conf", &st) < 0)
		memset(&st, 0, sizeof(st));
	if (s->host.n && st.st_mtim.tv_sec == s->host_mtime.tv_sec &&
	    st.st_mtim.tv_nsec == s->host_mtime.tv_nsec)
		return;
	s->host_mtime = st.st_mtim;
	if (file_read(AT_FDCWD, "/etc/resolv.conf", 65536, &text, NULL) < 0)
		buf_reset(&text);
	host_parse(s, (struct str){ buf_str(&text), text.n });
}

static void servers_choose(struct dns_forward *f)
{
	const struct dns_servers *from = &f->ct->servers;

	if (!from->n && !f->ct->is_internal) {
		host_refresh(f->s);
		from = &f->s->host;
	}
	for (int dead = 0; dead <= 1; dead++)
		for (size_t i = 0; i < from->n; i++)
			if (is_dead(f->s, &from->v[i]) == dead)
				f->servers.v[f->servers.n++] = from->v[i];
}

static void forward_next(struct dns_forward *f);

/* This attempt leads nowhere; the forward fails with its last one. */
static void attempt_fail(struct dns_forward *f, struct attempt *t)
{
	attempt_close(t);
	if (f->n_tries < f->servers.n) {
		forward_next(f);
		return;
	}
	for (size_t i = 0; i < f->n_tries; i++)
		if (f->tries[i].is_open)
			return;
	forward_fail(f);
}

static void attempt_answer(struct dns_forward *f, struct attempt *t, uint8_t *p, size_t n)
{
	enum dns_rcode rcode;

	if (n < 12 || dns_id(p) != t->id || !dns_matches(f->query, f->n, p, n))
		return; /* not for us, perhaps forged: go on waiting */
	mark(f->s, &t->server, false);
	rcode = dns_rcode_of(p);
	if ((rcode == DNS_SERVFAIL || rcode == DNS_REFUSED) && f->n_tries < f->servers.n) {
		attempt_fail(f, t);
		return;
	}
	dns_set_id(p, dns_id(f->query));
	forward_answer(f, p, n);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct dns_forward *f = h->data;

	(void)suggested;
	dns_alloc(f->s, buf);
}

/* Which attempt a handle belongs to: it is the first member. */
static struct attempt *attempt_of(void *handle)
{
	return handle;
}

static void on_udp(uv_udp_t *h, ssize_t n, const uv_buf_t *buf, const struct sockaddr *from,
		   unsigned flags)
{
	struct dns_forward *f = h->data;

	(void)from;
	if (!f->ct || n == 0)
		return;
	if (n < 0)
		attempt_fail(f, attempt_of(h));
	else if (!(flags & UV_UDP_PARTIAL))
		attempt_answer(f, attempt_of(h), (uint8_t *)buf->base, (size_t)n);
}

static void on_tcp_read(uv_stream_t *h, ssize_t n, const uv_buf_t *buf)
{
	struct dns_forward *f = h->data;
	struct attempt *t = attempt_of(h);
	size_t size;

	if (!f->ct)
		return;
	if (n < 0) {
		attempt_fail(f, t);
		return;
	}
	buf_add(&t->in, buf->base, (size_t)n);
	if (t->in.n < 2)
		return;
	size = (size_t)(uint8_t)t->in.p[0] << 8 | (uint8_t)t->in.p[1];
	if (t->in.n >= size + 2)
		attempt_answer(f, t, (uint8_t *)t->in.p + 2, size);
}

static void on_tcp_written(uv_write_t *req, int status)
{
	struct dns_forward *f = req->handle->data;

	if (f->ct && status < 0)
		attempt_fail(f, attempt_of(req->handle));
}

static void on_tcp_connected(uv_connect_t *req, int status)
{
	struct dns_forward *f = req->handle->data;
	struct attempt *t = attempt_of(req->handle);
	uv_buf_t buf = uv_buf_init((char *)t->packet, (unsigned)f->n + 2);

	if (!f->ct || !t->is_open)
		return;
	if (status < 0 || uv_read_start(&t->h.stream, on_alloc, on_tcp_read) < 0 ||
	    uv_write(&t->write, &t->h.stream, &buf, 1, on_tcp_written) < 0)
		attempt_fail(f, t);
}

static int ask_udp(struct dns_forward *f, struct attempt *t, const struct sockaddr *server)
{
	uv_buf_t buf = uv_buf_init((char *)t->packet + 2, (unsigned)f->n);
	int r = uv_udp_connect(&t->h.udp, server);

	if (r == 0)
		r = uv_udp_recv_start(&t->h.udp, on_alloc, on_udp);
	if (r == 0)
		r = uv_udp_try_send(&t->h.udp, &buf, 1, NULL);
	return r;
}

static int attempt_start(struct dns_forward *f, struct attempt *t)
{
	struct sockaddr_storage server;

	(void)ipaddr_sockaddr(&t->server, DNS_PORT, &server);
	rand_bytes(&t->id, sizeof(t->id));
	t->packet = xmalloc(f->n + 2);
	t->packet[0] = (uint8_t)(f->n >> 8);
	t->packet[1] = (uint8_t)f->n;
	memcpy(t->packet + 2, f->query, f->n);
	dns_set_id(t->packet + 2, t->id);
	if (f->conn)
		(void)uv_tcp_init(f->s->loop, &t->h.tcp);
	else
		(void)uv_udp_init(f->s->loop, &t->h.udp);
	t->h.handle.data = f;
	t->is_open = true;
	f->handles++;
	dns_handle_opened(f->s);
	if (f->conn)
		return uv_tcp_connect(&t->connect, &t->h.tcp, (struct sockaddr *)&server,
				      on_tcp_connected);
	return ask_udp(f, t, (struct sockaddr *)&server);
}

static void on_timer(uv_timer_t *h)
{
	struct dns_forward *f = h->data;

	if (!f->ct)
		return;
	/* The one asked last had its time. */
	mark(f->s, &f->tries[f->n_tries - 1].server, true);
	if (uv_now(f->s->loop) - f->started >= GIVE_UP_MS)
		forward_fail(f);
	else
		forward_next(f);
}

static void timer_arm(struct dns_forward *f)
{
	uint64_t gone = uv_now(f->s->loop) - f->started;
	uint64_t left = gone < GIVE_UP_MS ? GIVE_UP_MS - gone : 0;
	uint64_t step = f->conn ? NEXT_AFTER_TCP_MS : NEXT_AFTER_MS;

	if (f->n_tries == TRIES_MAX || left < step)
		step = left;
	(void)uv_timer_start(&f->timer, on_timer, step, 0);
}

/* Asks the next server in turn; with fewer servers than attempts the first one is asked again, for
 * packets get lost. */
static void forward_next(struct dns_forward *f)
{
	struct attempt *t;

	if (f->n_tries == TRIES_MAX) {
		timer_arm(f);
		return;
	}
	t = &f->tries[f->n_tries];
	t->server = f->servers.v[f->n_tries % f->servers.n];
	f->n_tries++;
	timer_arm(f);
	if (attempt_start(f, t) < 0)
		attempt_fail(f, t);
}

static struct dns_forward *forward_new(struct dns_ct *ct, const uint8_t *p, size_t n,
				       const struct sockaddr *to, struct dns_conn *conn)
{
	struct dns_forward *f = xcalloc(1, sizeof(*f));

	f->s = ct->s;
	f->ct = ct;
	f->conn = conn;
	f->query = xmemdup(p, n);
	f->n = n;
	f->started = uv_now(f->s->loop);
	if (to)
		memcpy(&f->to, to,
		       to->sa_family == AF_INET ? sizeof(struct sockaddr_in)
						: sizeof(struct sockaddr_in6));
	(void)uv_timer_init(f->s->loop, &f->timer);
	f->timer.data = f;
	f->handles = 1;
	dns_handle_opened(f->s);
	f->next = f->s->forwards;
	f->link = &f->s->forwards;
	if (f->next)
		f->next->link = &f->next;
	f->s->forwards = f;
	f->s->n_forwards++;
	ct->n_forwards++;
	return f;
}

void dns_forward_start(struct dns_ct *ct, const uint8_t *p, size_t n, const struct sockaddr *to,
		       struct dns_conn *conn)
{
	struct dns_server *s = ct->s;
	struct dns_forward *f;

	if (s->n_forwards >= DNS_FORWARDS_MAX || ct->n_forwards >= DNS_CT_FORWARDS_MAX) {
		size_t size = dns_answer_error(s, p, n, DNS_REFUSED);

		if (conn)
			dns_conn_send(conn, s->out, size);
		else
			dns_send_udp(ct, to, s->out, size);
		return;
	}
	f = forward_new(ct, p, n, to, conn);
	servers_choose(f);
	if (f->servers.n)
		forward_next(f);
	else
		forward_fail(f);
}

void dns_forwards_cancel(struct dns_server *s, const struct dns_ct *ct, const struct dns_conn *conn)
{
	struct dns_forward *next;

	for (struct dns_forward *f = s->forwards; f; f = next) {
		next = f->next;
		if ((ct && f->ct == ct) || (conn && f->conn == conn))
			forward_end(f);
	}
}
