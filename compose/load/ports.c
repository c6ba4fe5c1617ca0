#include "compose/load/ports.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "compose/load/words.h"

struct range {
	unsigned start, end;
};

static int port_number(struct str s, unsigned *ret)
{
	char digits[8];
	uint64_t v;

	if (!s.n || s.n >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, s.p, s.n);
	digits[s.n] = 0;
	if (num_parse_u64(digits, 65535, &v) < 0)
		return -EINVAL;
	*ret = (unsigned)v;
	return 0;
}

/* PORT or PORT-PORT, not backwards. */
static int range_parse(struct str s, struct range *ret)
{
	struct range r;
	struct str start = str_cut(&s, '-');

	if (port_number(start, &r.start) < 0)
		return -EINVAL;
	r.end = r.start;
	if (s.p && port_number(s, &r.end) < 0)
		return -EINVAL;
	if (r.end < r.start)
		return -EINVAL;
	*ret = r;
	return 0;
}

struct parts {
	struct str ip, host, container, proto;
};

/* Cuts s at its last c: the tail is returned, s keeps what was in front; no c: all of s is the tail. */
static struct str cut_last(struct str *s, char c, bool *found)
{
	const char *at = s->n ? memrchr(s->p, c, s->n) : NULL;
	struct str tail = *s;

	*found = at != NULL;
	if (!at) {
		*s = (struct str){ 0 };
		return tail;
	}
	tail = (struct str){ at + 1, (size_t)(s->p + s->n - at - 1) };
	s->n = (size_t)(at - s->p);
	return tail;
}

/* From the right: container, host, and the rest is an address, which may itself have colons. */
static void split(const char *text, struct parts *p)
{
	struct str rest = str_of(text), proto;
	bool more;

	*p = (struct parts){ 0 };
	p->container = cut_last(&rest, ':', &more);
	if (more)
		p->host = cut_last(&rest, ':', &more);
	if (more)
		p->ip = rest;
	proto = p->container;
	p->container = str_cut(&proto, '/');
	p->proto = proto.n ? str_cut(&proto, '/') : str_of("tcp");
}

static const char *lower(struct arena *a, struct str s)
{
	char *copy = arena_strndup(a, s.p, s.n);

	for (char *c = copy; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy;
}

static int address(struct arena *a, struct str s, const char **ret, struct err **e)
{
	const char *ip;

	if (s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		s = (struct str){ s.p + 1, s.n - 2 };
	ip = arena_strndup(a, s.p ? s.p : "", s.n);
	if (*ip && !is_ip(ip))
		return err_set(e, EINVAL, "invalid IP address: %s", ip);
	*ret = *ip ? ip : NULL;
	return 0;
}

static int protocol(struct arena *a, struct str s, const char **ret, struct err **e)
{
	const char *proto = lower(a, s);

	if (!streq(proto, "tcp") && !streq(proto, "udp") && !streq(proto, "sctp"))
		return err_set(e, EINVAL, "invalid proto: %.*s", (int)s.n, s.p);
	*ret = proto;
	return 0;
}

/* Decimal numbers as texts: "10000" sorts before "9999". */
static int by_text(const void *x, const void *y)
{
	char a[16], b[16];
	int r;

	r = snprintf(a, sizeof(a), "%u/", ((const struct port_mapping *)x)->target);
	(void)r;
	r = snprintf(b, sizeof(b), "%u/", ((const struct port_mapping *)y)->target);
	(void)r;
	return strcmp(a, b);
}

static const char *published_text(struct arena *a, struct range container, struct range host,
				  unsigned i)
{
	if (container.start == container.end && host.start != host.end)
		return arena_printf(a, "%u-%u", host.start, host.end);
	return arena_printf(a, "%u", host.start + i);
}

int port_mappings_parse(struct arena *a, const char *text, size_t max, struct port_mapping **ret,
		size_t *ret_n, struct err **e)
{
	struct range container, host = { 0, 0 };
	struct port_mapping first, *v;
	struct parts p;
	unsigned n;

	split(text, &p);
	if (address(a, p.ip, &first.host_ip, e) < 0)
		return -EINVAL;
	if (!p.container.n)
		return err_set(e, EINVAL, "no port specified: %s<empty>", text);
	/* Nothing listens on port 0. */
	if (range_parse(p.container, &container) < 0 || !container.start)
		return err_set(e, EINVAL, "invalid containerPort: %.*s", (int)p.container.n,
			       p.container.p);
	if (p.host.n && range_parse(p.host, &host) < 0)
		return err_set(e, EINVAL, "invalid hostPort: %.*s", (int)p.host.n, p.host.p);
	n = container.end - container.start + 1;
	if (p.host.n && n > 1 && host.end - host.start + 1 != n)
		return err_set(e, EINVAL,
			       "invalid ranges specified for container and host Ports: %.*s and %.*s",
			       (int)p.container.n, p.container.p, (int)p.host.n, p.host.p);
	if (protocol(a, p.proto, &first.protocol, e) < 0)
		return -EINVAL;
	if (n > max)
		return err_set(e, EINVAL, "the port ranges of the project are too large together");

	v = arena_alloc(a, n * sizeof(*v));
	for (unsigned i = 0; i < n; i++) {
		v[i] = first;
		v[i].target = container.start + i;
		v[i].published = p.host.n ? published_text(a, container, host, i) : NULL;
	}
	qsort(v, n, sizeof(*v), by_text);
	*ret = v;
	*ret_n = n;
	return 0;
}
