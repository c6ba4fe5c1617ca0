#include "net/dns.h"

#include <ctype.h>
#include <string.h>

#include "base/num.h"

enum {
	HEADER = 12,
	LABEL_MAX = 63,
	CLASS_IN = 1,
	OPT_SIZE = 11,
	/* Byte 2 of the header. */
	FLAG_QR = 0x80,
	FLAG_TC = 0x02,
	FLAG_RD = 0x01,
	/* Byte 3. */
	FLAG_RA = 0x80,
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint8_t *put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
	return put16(put16(p, v >> 16), v & 0xffff);
}

/* A name without compression at p[*at]; false when it is broken or too long. */
static bool name_read(const uint8_t *p, size_t n, size_t *at, struct dns_query *q)
{
	size_t used = 0;

	for (;;) {
		uint8_t len;

		if (*at >= n)
			return false;
		len = p[(*at)++];
		if (len == 0)
			break;
		if (len > LABEL_MAX || *at + len > n || used + len + 1 > DNS_NAME_MAX - 1)
			return false;
		if (used)
			q->name[used++] = '.';
		for (uint8_t i = 0; i < len; i++) {
			unsigned char c = p[(*at)++];

			q->is_odd |= c == '.' || c <= ' ' || c >= 127;
			q->name[used++] = (char)tolower(c ? c : '?');
		}
	}
	q->name[used] = '\0';
	return true;
}

/* Steps over a name that may be compressed. */
static bool name_skip(const uint8_t *p, size_t n, size_t *at)
{
	while (*at < n) {
		uint8_t len = p[(*at)++];

		if (len == 0)
			return true;
		if (len >= 0xc0) {
			(*at)++;
			return *at <= n;
		}
		if (len > LABEL_MAX)
			return false;
		*at += len;
	}
	return false;
}

/* Looks for OPT among the records behind the question; anything broken there is not our business. */
static enum dns_rcode edns_read(const uint8_t *p, size_t n, struct dns_query *q)
{
	unsigned records = get16(p + 6) + get16(p + 8) + get16(p + 10);
	size_t at = q->question_end;

	for (unsigned i = 0; i < records; i++) {
		uint16_t type, size;

		if (!name_skip(p, n, &at) || at + 10 > n)
			return DNS_NOERROR;
		type = get16(p + at);
		if (type == DNS_OPT) {
			size = get16(p + at + 2);
			q->has_edns = true;
			if (size > q->udp_size)
				q->udp_size = size > DNS_UDP_MAX ? DNS_UDP_MAX : size;
			return p[at + 5] ? DNS_BADVERS : DNS_NOERROR;
		}
		at += 10 + (size_t)get16(p + at + 8);
	}
	return DNS_NOERROR;
}

enum dns_parsed dns_parse(const uint8_t *p, size_t n, struct dns_query *ret,
			  enum dns_rcode *ret_rcode)
{
	struct dns_query *q = ret;
	size_t at = HEADER;

	if (n < HEADER || p[2] & FLAG_QR)
		return DNS_DROP;
	memset(q, 0, sizeof(*q));
	q->id = get16(p);
	q->wants_recursion = p[2] & FLAG_RD;
	q->udp_size = DNS_UDP_MIN;
	q->question_end = HEADER;
	*ret_rcode = DNS_NOTIMP;
	if (p[2] >> 3 & 15)
		return DNS_ERROR;
	*ret_rcode = DNS_FORMERR;
	if (get16(p + 4) == 0 || !name_read(p, n, &at, q) || at + 4 > n)
		return DNS_ERROR;
	q->type = get16(p + at);
	q->class = get16(p + at + 2);
	q->question_end = at + 4;
	*ret_rcode = edns_read(p, n, q);
	return *ret_rcode == DNS_NOERROR ? DNS_OK : DNS_ERROR;
}

struct reply {
	uint8_t *p;
	size_t n, limit;
	unsigned answers;
	bool is_truncated;
};

/* The head of a record about the name asked for; room for its data, or NULL when it does not fit. */
static uint8_t *record_add(struct reply *r, unsigned type, uint32_t ttl, size_t n_data)
{
	uint8_t *at = r->p + r->n;

	if (r->n + 12 + n_data > r->limit) {
		r->is_truncated = true;
		return NULL;
	}
	at = put16(at, 0xc000 | HEADER);
	at = put16(at, type);
	at = put16(at, CLASS_IN);
	at = put32(at, ttl);
	at = put16(at, (unsigned)n_data);
	r->n += 12 + n_data;
	r->answers++;
	return at;
}

/* "a.b" as labels; 0 when it is no name. */
static size_t name_write(const char *name, uint8_t out[DNS_NAME_MAX])
{
	size_t n = 0;

	while (*name) {
		size_t len = strcspn(name, ".");

		if (len == 0 || len > LABEL_MAX || n + len + 2 > DNS_NAME_MAX)
			return 0;
		out[n++] = (uint8_t)len;
		memcpy(out + n, name, len);
		n += len;
		name += len + (name[len] == '.');
	}
	out[n++] = 0;
	return n;
}

static void ptr_add(struct reply *r, const struct dns_answer *a)
{
	uint8_t name[DNS_NAME_MAX];
	size_t n = name_write(a->ptr, name);
	uint8_t *at = n ? record_add(r, DNS_PTR, a->ttl, n) : NULL;

	if (at)
		memcpy(at, name, n);
}

static void addrs_add(struct reply *r, const struct dns_answer *a)
{
	for (size_t i = 0; i < a->n_addrs && !r->is_truncated; i++) {
		const struct ipaddr *ip = &a->addrs[i];
		uint8_t *at = record_add(r, ip->family == AF_INET ? DNS_A : DNS_AAAA, a->ttl,
					 ipaddr_len(ip));

		if (at)
			memcpy(at, ip->b, ipaddr_len(ip));
	}
}

static void opt_add(struct reply *r, enum dns_rcode rcode)
{
	uint8_t *at = r->p + r->n;

	*at++ = 0;
	at = put16(at, DNS_OPT);
	at = put16(at, DNS_UDP_OURS);
	*at++ = (uint8_t)(rcode >> 4);
	*at++ = 0;
	at = put16(at, 0);
	(void)put16(at, 0);
	r->n += OPT_SIZE;
}

size_t dns_reply(const uint8_t *packet, const struct dns_query *q, const struct dns_answer *a,
		 uint8_t *out, size_t limit)
{
	struct reply r = { .p = out, .n = q->question_end };

	r.limit = limit - (q->has_edns ? OPT_SIZE : 0);
	memcpy(out, packet, q->question_end);
	if (a->ptr)
		ptr_add(&r, a);
	addrs_add(&r, a);
	out[2] = (uint8_t)(FLAG_QR | (packet[2] & 0x78) | (q->wants_recursion ? FLAG_RD : 0) |
			   (r.is_truncated ? FLAG_TC : 0));
	out[3] = (uint8_t)(FLAG_RA | (a->rcode & 15));
	put16(out + 4, q->question_end > HEADER);
	put16(out + 6, r.answers);
	put16(out + 8, 0);
	put16(out + 10, q->has_edns);
	if (q->has_edns)
		opt_add(&r, a->rcode);
	return r.n;
}

static bool reverse4(const char *name, struct ipaddr *ret)
{
	struct ipaddr ip = { .family = AF_INET };

	for (int i = 3; i >= 0; i--) {
		size_t len = strcspn(name, ".");
		char part[4] = { 0 };
		uint64_t v;

		if (len == 0 || len > 3)
			return false;
		memcpy(part, name, len);
		if (num_parse_u64(part, 255, &v) < 0)
			return false;
		ip.b[i] = (uint8_t)v;
		name += len;
		if (*name++ != '.')
			return false;
	}
	if (strcmp(name, "in-addr.arpa") != 0)
		return false;
	*ret = ip;
	return true;
}

static bool reverse6(const char *name, struct ipaddr *ret)
{
	static const char digits[] = "0123456789abcdef";
	struct ipaddr ip = { .family = AF_INET6 };

	for (int i = 31; i >= 0; i--) {
		const char *d = *name ? strchr(digits, *name) : NULL;

		if (!d || name[1] != '.')
			return false;
		ip.b[i / 2] |= (uint8_t)((d - digits) << (i % 2 ? 0 : 4));
		name += 2;
	}
	if (strcmp(name, "ip6.arpa") != 0)
		return false;
	*ret = ip;
	return true;
}

bool dns_reverse_parse(const char *name, struct ipaddr *ret)
{
	return reverse4(name, ret) || reverse6(name, ret);
}

bool dns_matches(const uint8_t *query, size_t n_query, const uint8_t *answer, size_t n_answer)
{
	struct dns_query asked, said = { 0 };
	enum dns_rcode rcode;
	size_t at = HEADER;

	if (n_answer < HEADER || !(answer[2] & FLAG_QR) || get16(answer + 4) != 1)
		return false;
	if (dns_parse(query, n_query, &asked, &rcode) == DNS_DROP)
		return false;
	if (!name_read(answer, n_answer, &at, &said) || at + 4 > n_answer)
		return false;
	return strcmp(asked.name, said.name) == 0 && asked.is_odd == said.is_odd &&
	       asked.type == get16(answer + at) && asked.class == get16(answer + at + 2);
}
