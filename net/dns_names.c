#include "net/dns_names.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/map.h"
#include "base/strv.h"

struct record {
	struct ipaddr ip4, ip6;
	struct strv names;
};

/* Records with one name, in the order of their arrival. */
struct holders {
	struct record **v;
	size_t n, cap;
};

struct dns_net {
	char *name;
	struct map records; /* container id -> struct record */
	struct map names;   /* name -> struct holders */
};

static void record_free(struct record *r)
{
	strv_done(&r->names);
	free(r);
}

static void holders_free(struct holders *h)
{
	free(h->v);
	free(h);
}

struct dns_net *dns_net_new(const char *network)
{
	struct dns_net *n = xcalloc(1, sizeof(*n));

	n->name = xstrdup(network);
	return n;
}

const char *dns_net_name(const struct dns_net *n)
{
	return n->name;
}

size_t dns_net_count(const struct dns_net *n)
{
	return n->records.n;
}

void dns_net_clear(struct dns_net *n)
{
	struct map_entry *entry;

	MAP_EACH(entry, &n->records)
		record_free(entry->value);
	MAP_EACH(entry, &n->names)
		holders_free(entry->value);
	map_done(&n->records);
	map_done(&n->names);
	n->records = n->names = (struct map)MAP_INIT;
}

void dns_net_free(struct dns_net *n)
{
	if (!n)
		return;
	dns_net_clear(n);
	free(n->name);
	free(n);
}

static void holders_add(struct dns_net *n, const char *name, struct record *r)
{
	struct holders *h = map_get(&n->names, name);

	if (!h) {
		h = xcalloc(1, sizeof(*h));
		map_set(&n->names, name, h);
	}
	ARRAY_RESERVE(h->v, h->n, h->cap);
	h->v[h->n++] = r;
}

static void holders_del(struct dns_net *n, const char *name, const struct record *r)
{
	struct holders *h = map_get(&n->names, name);

	for (size_t i = 0; h && i < h->n; i++) {
		if (h->v[i] != r)
			continue;
		memmove(h->v + i, h->v + i + 1, (h->n - i - 1) * sizeof(*h->v));
		h->n--;
		break;
	}
	if (h && h->n == 0) {
		map_del(&n->names, name);
		holders_free(h);
	}
}

void dns_net_del(struct dns_net *n, const char *id)
{
	struct record *r = map_del(&n->records, id);

	if (!r)
		return;
	for (size_t i = 0; i < r->names.n; i++)
		holders_del(n, r->names.v[i], r);
	record_free(r);
}

static void name_add(struct record *r, const char *name)
{
	AUTO(mem) char *lower = xstrdup(name);

	for (char *p = lower; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	if (*lower)
		strv_add_unique(&r->names, lower);
}

int dns_net_put(struct dns_net *n, const char *id, const struct json *endpoint, const char *boot_id,
		struct err **e)
{
	const char *ip4 = json_str(endpoint, "ipv4", ""), *ip6 = json_str(endpoint, "ipv6", "");
	struct record *r;

	if (!json_is(endpoint, JSON_OBJ))
		return err_set(e, EINVAL, "endpoint %.12s is not an object", id);
	dns_net_del(n, id);
	if (!streq(json_str(endpoint, "boot", ""), boot_id))
		return 0;
	r = xcalloc(1, sizeof(*r));
	(void)ipaddr_parse(ip4, &r->ip4);
	(void)ipaddr_parse(ip6, &r->ip6);
	JSON_EACH(name, json_get(endpoint, "names"))
		if (json_text(name))
			name_add(r, json_text(name));
	map_set(&n->records, id, r);
	for (size_t i = 0; i < r->names.n; i++)
		holders_add(n, r->names.v[i], r);
	return 0;
}

static void result_add(struct dns_result *res, const struct ipaddr *ip)
{
	if (!ip->family)
		return;
	for (size_t i = 0; i < res->n; i++)
		if (ipaddr_eq(&res->addrs[i], ip))
			return;
	ARRAY_RESERVE(res->addrs, res->n, res->cap);
	res->addrs[res->n++] = *ip;
}

static void result_fill(struct dns_result *res, const struct holders *h, uint16_t type)
{
	for (size_t i = 0; i < h->n; i++) {
		if (type == DNS_A || type == DNS_ANY)
			result_add(res, &h->v[i]->ip4);
		if (type == DNS_AAAA || type == DNS_ANY)
			result_add(res, &h->v[i]->ip6);
	}
}

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void shuffle(struct dns_result *res, uint64_t *seed)
{
	for (size_t i = res->n; i > 1; i--) {
		size_t k = (size_t)(next_random(seed) % i);
		struct ipaddr swap = res->addrs[i - 1];

		res->addrs[i - 1] = res->addrs[k];
		res->addrs[k] = swap;
	}
}

static const struct holders *find_plain(const struct dns_view *v, const char *name)
{
	for (size_t i = 0; i < v->n_nets; i++) {
		const struct holders *h = map_get(&v->nets[i]->names, name);

		if (h)
			return h;
	}
	return NULL;
}

/* "db.shop_default": names and networks may have dots of their own, so each dot is tried, from the
 * right. */
static const struct holders *find_in_network(const struct dns_view *v, const char *name)
{
	for (size_t at = strlen(name); at-- > 1;) {
		AUTO(mem) char *head = NULL;

		if (name[at] != '.')
			continue;
		head = xstrndup(name, at);
		for (size_t i = 0; i < v->n_nets; i++)
			if (strcasecmp(v->nets[i]->name, name + at + 1) == 0 &&
			    map_has(&v->nets[i]->names, head))
				return map_get(&v->nets[i]->names, head);
	}
	return NULL;
}

static const char *alias_of(const struct dns_view *v, const char *name)
{
	for (size_t i = 0; i < v->n_aliases; i++)
		if (strcasecmp(v->aliases[i].alias, name) == 0)
			return v->aliases[i].target;
	return NULL;
}

static const struct holders *find(const struct dns_view *v, const char *name)
{
	const char *target = alias_of(v, name);
	const struct holders *h = target ? find_plain(v, target) : NULL;

	if (!h)
		h = find_plain(v, name);
	if (!h)
		h = find_in_network(v, name);
	/* What swarm calls all containers of a service. */
	if (!h && starts_with(name, "tasks."))
		h = find_plain(v, name + 6);
	return h;
}

static enum dns_verdict decide_reverse(const struct dns_view *v, const char *name,
				       struct dns_result *ret)
{
	struct ipaddr ip;

	if (!dns_reverse_parse(name, &ip))
		return DNS_FORWARD;
	for (size_t i = 0; i < v->n_nets; i++) {
		struct map_entry *entry;

		MAP_EACH(entry, &v->nets[i]->records) {
			const struct record *r = entry->value;

			if ((ipaddr_eq(&r->ip4, &ip) || ipaddr_eq(&r->ip6, &ip)) && r->names.n) {
				buf_addf(&ret->ptr, "%s.%s", r->names.v[0], v->nets[i]->name);
				return DNS_LOCAL;
			}
		}
	}
	return DNS_FORWARD;
}

enum dns_verdict dns_decide(const struct dns_view *v, const struct dns_query *q, uint64_t *seed,
			    struct dns_result *ret)
{
	const struct holders *h;

	*ret = (struct dns_result){ .rcode = DNS_NOERROR };
	if (q->is_odd || q->class != 1)
		return DNS_FORWARD;
	if (q->type == DNS_PTR)
		return decide_reverse(v, q->name, ret);
	h = find(v, q->name);
	if (h) {
		/* Other types of a name of ours get an empty answer: asking outside would leak the
		 * name, and "no such name" for one type makes some resolvers give up the others. */
		result_fill(ret, h, q->type);
		shuffle(ret, seed);
		return DNS_LOCAL;
	}
	if (v->is_declared && v->is_declared(v->ctx, q->name)) {
		ret->rcode = DNS_NXDOMAIN;
		return DNS_LOCAL;
	}
	return DNS_FORWARD;
}

void dns_result_done(struct dns_result *r)
{
	free(r->addrs);
	buf_done(&r->ptr);
	*r = (struct dns_result){ 0 };
}
