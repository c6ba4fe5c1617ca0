/*
 * Normally: accept, read a line, dispatch, write events, write the result, read the next line. When the
 * client goes away in the middle, its request is told (on_gone) and lives on without a connection until
 * it finishes. When a client does not read, what it does not take is kept up to OUT_MAX, then the
 * connection is closed: nobody else waits for it.
 */
#include "compose/supervise/control.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/log.h"
#include "compose/supervise/ops.h"
#include "compose/supervise/place.h"

enum { OUT_MAX = 32 << 20, CLIENTS_MAX = 1024, READ_CHUNK = 64 << 10 };

struct conn {
	struct conn *next; /* in control.conns */
	struct control *k;
	uv_poll_t poll;
	int fd, id;
	struct buf in, out;
	size_t scanned;          /* bytes of in known to hold no newline */
	struct request *request; /* going on, NULL when idle */
	bool is_listening;       /* gets container events */
	bool is_closed;
};

struct listener {
	uv_poll_t poll;
	int fd;
	struct control *k;
};

struct control {
	struct sup *sup;
	struct listener *listener;
	struct conn *conns;
	unsigned n_conns, n_listening;
	int last_id;
};

static void conn_resume(struct conn *c);

/* ---- closing ---- */

static void on_conn_closed(uv_handle_t *h)
{
	struct conn *c = h->data;

	buf_done(&c->in);
	buf_done(&c->out);
	free(c);
}

static void conn_unlink(struct conn *c)
{
	for (struct conn **p = &c->k->conns; *p; p = &(*p)->next)
		if (*p == c) {
			*p = c->next;
			break;
		}
	c->k->n_conns--;
	if (c->is_listening)
		c->k->n_listening--;
}

static void conn_close(struct conn *c)
{
	struct request *r = c->request;
	struct sup *s = c->k->sup;

	if (c->is_closed)
		return;
	c->is_closed = true;
	c->request = NULL;
	conn_unlink(c);
	(void)uv_poll_stop(&c->poll);
	fd_close(&c->fd);
	uv_close((uv_handle_t *)&c->poll, on_conn_closed);
	ops_conn_gone(s, c->id);
	if (r) {
		r->conn = NULL;
		if (r->on_gone)
			r->on_gone(r);
	}
	sup_maybe_end(s);
}

/* ---- output ---- */

static void watch_conn(struct conn *c);

static void conn_flush(struct conn *c)
{
	size_t done = 0;
	ssize_t n;

	while (done < c->out.n) {
		n = send(c->fd, c->out.p + done, c->out.n - done, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		done += (size_t)n;
	}
	if (done < c->out.n && errno != EAGAIN) {
		conn_close(c);
		return;
	}
	buf_consume(&c->out, done);
	if (c->out.n > OUT_MAX) {
		log_write(LOG_WARN, "project %s: a client does not read, closing its connection",
			  c->k->sup->project);
		conn_close(c);
		return;
	}
	watch_conn(c);
}

static void conn_add(struct conn *c, const char *key, const char *json, size_t n)
{
	buf_addf(&c->out, "{\"%s\":", key);
	buf_add(&c->out, json, n);
	buf_addstr(&c->out, "}\n");
}

/* With whatever waits. */
static void conn_send(struct conn *c, const char *key, const char *json, size_t n)
{
	if (c->is_closed)
		return;
	conn_add(c, key, json, n);
	conn_flush(c);
}

/* Goes with the next turn of the loop: what happens at once to ten containers wakes a client once. */
static void conn_send_event(struct conn *c, const char *json, size_t n)
{
	if (c->is_closed)
		return;
	conn_add(c, "event", json, n);
	watch_conn(c);
}

/* ---- input ---- */

static void dispatch(struct conn *c, struct json *j)
{
	struct request *r = xcalloc(1, sizeof(*r));

	r->sup = c->k->sup;
	r->conn = c;
	r->json = j;
	c->request = r;
	ops_dispatch(r);
}

/* One line out of the buffer; false when there is none. A line that is not JSON ends the connection. */
static bool take_line(struct conn *c)
{
	char *end = c->in.n > c->scanned ? memchr(c->in.p + c->scanned, '\n', c->in.n - c->scanned)
					 : NULL;
	struct json *j = NULL;
	size_t n;
	int r;

	if (!end) {
		c->scanned = c->in.n;
		return false;
	}
	n = (size_t)(end - c->in.p);
	r = json_parse(c->in.p, n, &j, NULL);
	buf_consume(&c->in, n + 1);
	c->scanned = 0;
	if (r < 0) {
		conn_close(c);
		return false;
	}
	dispatch(c, j);
	return true;
}

static void conn_resume(struct conn *c)
{
	while (!c->is_closed && !c->request && take_line(c))
		continue;
	if (!c->is_closed && c->in.n == 0)
		buf_done(&c->in); /* a project may be megabytes; an idle connection keeps nothing */
	if (!c->is_closed)
		watch_conn(c);
}

static void conn_read(struct conn *c)
{
	ssize_t n;

	for (;;) {
		n = read(c->fd, buf_space(&c->in, READ_CHUNK), READ_CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		buf_commit(&c->in, (size_t)n);
		if (c->in.n > CONTROL_LINE_MAX)
			break;
	}
	if (n == 0 || (n < 0 && errno != EAGAIN) || c->in.n > CONTROL_LINE_MAX)
		conn_close(c);
	else
		conn_resume(c);
}

static void on_conn(uv_poll_t *h, int status, int events)
{
	struct conn *c = h->data;

	if (c->is_closed)
		return;
	if (status < 0) {
		conn_close(c);
		return;
	}
	if (events & UV_WRITABLE)
		conn_flush(c);
	if (!c->is_closed && (events & (UV_READABLE | UV_DISCONNECT)))
		conn_read(c);
}

static void watch_conn(struct conn *c)
{
	int events = UV_READABLE | UV_DISCONNECT;

	if (c->out.n)
		events |= UV_WRITABLE;
	(void)uv_poll_start(&c->poll, events, on_conn);
}

/* ---- accepting ---- */

static bool is_allowed(int fd)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

static void conn_new(struct control *k, int fd)
{
	struct conn *c;

	if (!is_allowed(fd) || k->n_conns >= CLIENTS_MAX) {
		close(fd);
		return;
	}
	c = xcalloc(1, sizeof(*c));
	c->k = k;
	c->fd = fd;
	c->id = ++k->last_id;
	c->poll.data = c;
	if (uv_poll_init(&k->sup->loop, &c->poll, fd) < 0) {
		close(fd);
		free(c);
		return;
	}
	c->next = k->conns;
	k->conns = c;
	k->n_conns++;
	sup_client_came(k->sup);
	watch_conn(c);
}

static bool accept_all(struct listener *l)
{
	bool any = false;
	int fd;

	while ((fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		conn_new(l->k, fd);
		any = true;
	}
	return any;
}

static void on_accept(uv_poll_t *h, int status, int events)
{
	(void)status;
	(void)events;
	(void)accept_all(h->data);
}

static void on_listener_closed(uv_handle_t *h)
{
	free(h->data);
}

static void listener_close(struct listener *l)
{
	if (!l)
		return;
	(void)uv_poll_stop(&l->poll);
	fd_close(&l->fd);
	uv_close((uv_handle_t *)&l->poll, on_listener_closed);
}

static int listener_open(struct control *k, struct err **e)
{
	AUTO(fd) int dir = dir_open(AT_FDCWD, k->sup->run_dir, e);
	AUTO(fd) int fd = dir < 0 ? -1 : sock_listen(dir, PLACE_CONTROL, SOCK_STREAM, e);
	struct listener *l;
	int r;

	if (fd < 0)
		return dir < 0 ? dir : -EIO;
	l = xcalloc(1, sizeof(*l));
	(void)fd_set_nonblock(fd, true);
	r = uv_poll_init(&k->sup->loop, &l->poll, fd);
	if (r < 0) {
		free(l);
		return err_sys(e, -r, "watch the control socket");
	}
	l->fd = TAKE_FD(fd);
	l->k = k;
	l->poll.data = l;
	k->listener = l;
	return uv_poll_start(&l->poll, UV_READABLE, on_accept);
}

int control_open(struct sup *s, struct err **e)
{
	struct control *k = xcalloc(1, sizeof(*k));
	int r;

	k->sup = s;
	r = listener_open(k, e);
	if (r < 0) {
		free(k);
		return r;
	}
	s->control = k;
	return 0;
}

bool control_retire(struct control *k)
{
	AUTO(mem) char *path = xasprintf("%s/" PLACE_CONTROL, k->sup->run_dir);
	AUTO(err) struct err *e = NULL;

	/* Nobody new can find the socket now; who found it before is in the queue. */
	(void)unlink(path);
	if (!k->listener || !accept_all(k->listener))
		return true;
	listener_close(k->listener);
	k->listener = NULL;
	if (listener_open(k, &e) < 0)
		log_write(LOG_ERROR, "%s", err_text(e));
	return false;
}

void control_close(struct control *k)
{
	while (k->conns) {
		struct conn *c = k->conns;

		conn_flush(c);
		conn_close(c);
	}
	listener_close(k->listener);
	k->listener = NULL;
}

void control_free(struct control *k)
{
	free(k);
}

unsigned control_clients(const struct control *k)
{
	return k->n_conns;
}

/* ---- answers ---- */

int request_conn_id(const struct request *r)
{
	return r->conn ? r->conn->id : 0;
}

void request_event(struct request *r, const struct json *event)
{
	AUTO(mem) char *text = r->conn ? json_print(event, false) : NULL;

	if (text)
		conn_send_event(r->conn, text, strlen(text));
}

void request_progress(struct request *r, const char *id, const char *text, const char *status,
		      const char *details)
{
	AUTO(json) struct json *ev = NULL;

	if (!r->conn)
		return;
	ev = json_new_obj();
	json_set_str(ev, "id", id);
	json_set_str(ev, "status", status);
	json_set_str(ev, "text", text);
	if (details)
		json_set_str(ev, "details", details);
	request_event(r, ev);
}

void request_log(struct request *r, const char *level, const char *msg)
{
	AUTO(json) struct json *ev = json_new_obj();

	json_set_str(ev, "level", level);
	json_set_str(ev, "msg", msg);
	request_event(r, ev);
}

static void request_end(struct request *r, const char *key, const char *text, size_t n)
{
	struct conn *c = r->conn;

	json_free(r->json);
	free(r);
	if (!c)
		return;
	c->request = NULL;
	conn_send(c, key, text, n);
	if (!c->is_closed)
		conn_resume(c);
}

void request_finish_text(struct request *r, const struct buf *result)
{
	request_end(r, "result", buf_str(result), result->n);
}

void request_finish(struct request *r, struct json *result)
{
	AUTO(json) struct json *j = result ? result : json_new_obj();
	AUTO(mem) char *text = json_print(j, false);

	request_end(r, "result", text, strlen(text));
}

void request_fail(struct request *r, const struct err *e, int code)
{
	AUTO(json) struct json *j = json_new_obj();
	AUTO(mem) char *text = NULL;

	json_set_str(j, "message", err_text(e));
	if (err_hint_text(e))
		json_set_str(j, "hint", err_hint_text(e));
	json_set_int(j, "code", code);
	json_set_int(j, "errno", err_code(e));
	text = json_print(j, false);
	request_end(r, "error", text, strlen(text));
}

void control_listen(struct request *r)
{
	if (!r->conn || r->conn->is_listening)
		return;
	r->conn->is_listening = true;
	r->conn->k->n_listening++;
}

bool control_has_listeners(const struct control *k)
{
	return k && k->n_listening > 0;
}

void control_broadcast(struct control *k, const struct json *event)
{
	AUTO(mem) char *text = json_print(event, false);
	struct conn *next;

	for (struct conn *c = k->conns; c; c = next) {
		next = c->next;
		if (c->is_listening)
			conn_send_event(c, text, strlen(text));
	}
}
