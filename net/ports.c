#include "net/ports.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <unistd.h>

enum {
	RANDOM_TRIES = 10,
	/* Descriptors travel in one message, and each is held by two processes. Ports beyond are
	 * checked once and not held. */
	HELD_MAX = 200,
};

static const struct {
	const char *name;
	uint8_t proto;
	int type;
} protos[] = {
	{ "tcp", IPPROTO_TCP, SOCK_STREAM },
	{ "udp", IPPROTO_UDP, SOCK_DGRAM },
	{ "sctp", IPPROTO_SCTP, SOCK_STREAM },
};

const char *proto_name(uint8_t proto)
{
	for (size_t i = 0; i < ARRAY_LEN(protos); i++)
		if (protos[i].proto == proto)
			return protos[i].name;
	return "tcp";
}

bool proto_parse(const char *text, uint8_t *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(protos); i++) {
		if (strcmp(protos[i].name, text) != 0)
			continue;
		*ret = protos[i].proto;
		return true;
	}
	return false;
}

static int proto_type(uint8_t proto)
{
	for (size_t i = 0; i < ARRAY_LEN(protos); i++)
		if (protos[i].proto == proto)
			return protos[i].type;
	return SOCK_STREAM;
}

void ports_add(struct ports *p, const struct port *one)
{
	ARRAY_RESERVE(p->v, p->n, p->cap);
	p->v[p->n++] = *one;
}

static void ports_hold(struct ports *p, int fd)
{
	if (p->n_fds == HELD_MAX) {
		close(fd);
		return;
	}
	ARRAY_RESERVE(p->fds, p->n_fds, p->cap_fds);
	p->fds[p->n_fds++] = fd;
}

void ports_done(struct ports *p)
{
	for (size_t i = 0; i < p->n_fds; i++)
		close(p->fds[i]);
	free(p->fds);
	free(p->v);
	*p = (struct ports){ 0 };
}

struct json *ports_format(const struct ports *p)
{
	struct json *arr = json_new_arr();
	char ip[IP_TEXT];

	for (size_t i = 0; i < p->n; i++) {
		struct json *one = json_push(arr, json_new_obj());

		json_set_str(one, "host_ip", ipaddr_format(&p->v[i].host_ip, ip));
		json_set_int(one, "published", p->v[i].published);
		json_set_int(one, "target", p->v[i].target);
		json_set_str(one, "protocol", proto_name(p->v[i].proto));
	}
	return arr;
}

static int port_number(const struct json *obj, const char *key, uint16_t *ret, struct err **e)
{
	int64_t v = json_int(obj, key, 0);

	if (v < 0 || v > 65535)
		return err_set(e, EINVAL, "%s port %lld is out of range", key, (long long)v);
	*ret = (uint16_t)v;
	return 0;
}

int ports_parse(const struct json *arr, struct ports *ret, struct err **e)
{
	JSON_EACH(one, arr) {
		const char *ip = json_str(one, "host_ip", "");
		const char *proto = json_str(one, "protocol", "tcp");
		struct port p = { 0 };
		int r = port_number(one, "published", &p.published, e);

		if (r == 0)
			r = port_number(one, "published_end", &p.published_end, e);
		if (r == 0)
			r = port_number(one, "target", &p.target, e);
		if (r < 0)
			return r;
		if (*ip && !ipaddr_parse(ip, &p.host_ip))
			return err_set(e, EINVAL, "invalid host address \"%s\"", ip);
		if (!proto_parse(*proto ? proto : "tcp", &p.proto))
			return err_set(e, EINVAL, "unknown protocol \"%s\"", proto);
		if (!p.target)
			return err_set(e, EINVAL, "a published port has no target");
		ports_add(ret, &p);
	}
	return 0;
}

bool ports_have_udp(const struct ports *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].proto == IPPROTO_UDP)
			return true;
	return false;
}

bool port_clash(const struct port *a, const struct port *b)
{
	return a->proto == b->proto && a->published == b->published &&
	       a->host_ip.family == b->host_ip.family &&
	       (ipaddr_is_any(&a->host_ip) || ipaddr_is_any(&b->host_ip) ||
		ipaddr_eq(&a->host_ip, &b->host_ip));
}

/* Every packet is dropped before the socket sees it; attached before bind, so there is no gap. */
static int drop_all(int fd)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog prog = { .len = 1, .filter = &drop };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0 ? -errno : 0;
}

static int reserve_socket(const struct port *p, int *ret_fd)
{
	AUTO(fd) int fd = socket(p->host_ip.family, proto_type(p->proto) | SOCK_CLOEXEC, p->proto);
	struct sockaddr_storage addr;
	socklen_t n = ipaddr_sockaddr(&p->host_ip, p->published, &addr);
	int on = 1, r;

	if (fd < 0)
		return -errno;
	r = drop_all(fd);
	if (r < 0)
		return r;
	/* TIME_WAIT left by the last holder must not stand in the way; a listener still does. */
	if (p->proto != IPPROTO_UDP &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -errno;
	if (p->host_ip.family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&addr, n) < 0)
		return -errno;
	if (p->proto != IPPROTO_UDP && listen(fd, 1) < 0)
		return -errno;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static uint16_t bound_port(int fd)
{
	struct sockaddr_storage addr;
	socklen_t n = sizeof(addr);
	struct ipaddr ip;
	uint16_t port = 0;

	if (getsockname(fd, (struct sockaddr *)&addr, &n) == 0)
		(void)ipaddr_from_sockaddr((struct sockaddr *)&addr, &ip, &port);
	return port;
}

static int conflict(const struct port *p, int errnum, struct err **e)
{
	AUTO(mem) char *holder = errnum == EADDRINUSE ? port_holder(p) : NULL;
	char ip[IP_TEXT];
	bool v6 = p->host_ip.family == AF_INET6;

	ipaddr_format(&p->host_ip, ip);
	if (errnum == EPROTONOSUPPORT || errnum == ESOCKTNOSUPPORT)
		return err_set(e, errnum,
			       "bind host port %s%s%s:%u/%s: this kernel does not "
			       "support the protocol",
			       v6 ? "[" : "", ip, v6 ? "]" : "", p->published,
			       proto_name(p->proto));
	if (errnum != EADDRINUSE)
		return err_sys(e, errnum, "failed to bind host port %s%s%s:%u/%s", v6 ? "[" : "",
			       ip, v6 ? "]" : "", p->published, proto_name(p->proto));
	err_set(e, errnum, "failed to bind host port %s%s%s:%u/%s: address already in use%s%s%s",
		v6 ? "[" : "", ip, v6 ? "]" : "", p->published, proto_name(p->proto),
		holder ? " (held by " : "", holder ? holder : "", holder ? ")" : "");
	err_hint(e, "stop the other program or publish another host port");
	return -errnum;
}

/* Entries i .. ret - 1 want the same number: the same port on both address families. */
static size_t twin_end(const struct ports *p, size_t i)
{
	size_t end = i + 1;

	while (end < p->n && p->v[end].target == p->v[i].target &&
	       p->v[end].proto == p->v[i].proto && p->v[end].published == p->v[i].published &&
	       p->v[end].published_end == p->v[i].published_end &&
	       p->v[end].host_ip.family != p->v[end - 1].host_ip.family)
		end++;
	return end;
}

/* One try with one number (0: the kernel picks); all of the twins or none. */
static int reserve_twins(struct ports *p, size_t from, size_t to, uint16_t number,
			 size_t *ret_failed)
{
	int got[2] = { -1, -1 };
	int r = 0;

	for (size_t i = from; i < to; i++) {
		struct port one = p->v[i];

		one.published = number;
		r = reserve_socket(&one, &got[i - from]);
		if (r < 0) {
			*ret_failed = i;
			goto undo;
		}
		if (!number)
			number = bound_port(got[i - from]);
	}
	for (size_t i = from; i < to; i++) {
		p->v[i].published = number;
		p->v[i].published_end = 0;
		ports_hold(p, got[i - from]);
	}
	return 0;
undo:
	fd_close(&got[0]);
	fd_close(&got[1]);
	return r;
}

static int reserve_at(struct ports *p, size_t from, size_t to, struct err **e)
{
	struct port wanted = p->v[from];
	unsigned last =
		wanted.published_end > wanted.published ? wanted.published_end : wanted.published;
	size_t failed = from;
	int r = 0;

	if (!wanted.published) {
		for (int i = 0; i < RANDOM_TRIES; i++) {
			r = reserve_twins(p, from, to, 0, &failed);
			if (r != -EADDRINUSE)
				break;
		}
		return r < 0 ? conflict(&p->v[failed], -r, e) : 0;
	}
	for (unsigned number = wanted.published; number <= last; number++) {
		r = reserve_twins(p, from, to, (uint16_t)number, &failed);
		if (r != -EADDRINUSE)
			break;
	}
	if (r == 0)
		return 0;
	r = conflict(&p->v[failed], -r, e);
	return last > wanted.published
		       ? err_wrap(e, "no port of %u-%u is free", wanted.published, last)
		       : r;
}

int ports_reserve(struct ports *p, struct err **e)
{
	for (size_t i = 0; i < p->n;) {
		size_t end = twin_end(p, i);
		int r;

		if (end - i > 2)
			end = i + 2;
		r = reserve_at(p, i, end, e);
		if (r < 0)
			return r;
		i = end;
	}
	return 0;
}
