#include "net/addr.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

bool ipaddr_parse(const char *text, struct ipaddr *ret)
{
	struct ipaddr a = { .family = AF_INET };
	char bare[IP_TEXT];
	size_t n;

	if (!text)
		return false;
	if (inet_pton(AF_INET, text, a.b) == 1) {
		*ret = a;
		return true;
	}
	n = strlen(text);
	if (n > 2 && n < sizeof(bare) && text[0] == '[' && text[n - 1] == ']') {
		memcpy(bare, text + 1, n - 2);
		bare[n - 2] = '\0';
		text = bare;
	}
	a.family = AF_INET6;
	if (inet_pton(AF_INET6, text, a.b) != 1)
		return false;
	*ret = a;
	return true;
}

const char *ipaddr_format(const struct ipaddr *a, char buf[IP_TEXT])
{
	buf[0] = '\0';
	if (a->family)
		(void)inet_ntop(a->family, a->b, buf, IP_TEXT);
	return buf;
}

bool ipaddr_eq(const struct ipaddr *a, const struct ipaddr *b)
{
	return a->family == b->family && (!a->family || !memcmp(a->b, b->b, ipaddr_len(a)));
}

bool ipaddr_is_any(const struct ipaddr *a)
{
	static const uint8_t zero[16];

	return a->family && !memcmp(a->b, zero, ipaddr_len(a));
}

bool ipaddr_is_loopback(const struct ipaddr *a)
{
	if (a->family == AF_INET)
		return a->b[0] == 127;
	return a->family == AF_INET6 && !memcmp(a->b, &in6addr_loopback, 16);
}

socklen_t ipaddr_sockaddr(const struct ipaddr *a, uint16_t port, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (a->family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)ret;

		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, a->b, 4);
		return sizeof(*in);
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, a->b, 16);
	return sizeof(*in6);
}

bool ipaddr_from_sockaddr(const struct sockaddr *sa, struct ipaddr *ret, uint16_t *ret_port)
{
	*ret = (struct ipaddr){ .family = (uint8_t)sa->sa_family };
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)sa;

		memcpy(ret->b, &in->sin_addr, 4);
		*ret_port = ntohs(in->sin_port);
		return true;
	}
	if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;

		memcpy(ret->b, &in6->sin6_addr, 16);
		*ret_port = ntohs(in6->sin6_port);
		return true;
	}
	return false;
}

bool subnet_parse(const char *text, struct subnet *ret)
{
	const char *slash = text ? strchr(text, '/') : NULL;
	char ip[IP_TEXT];
	struct subnet s;
	int64_t bits;

	if (!slash || (size_t)(slash - text) >= sizeof(ip))
		return false;
	memcpy(ip, text, (size_t)(slash - text));
	ip[slash - text] = '\0';
	if (!ipaddr_parse(ip, &s.ip) || !isdigit((unsigned char)slash[1]))
		return false;
	if (num_parse(slash + 1, 0, (int64_t)ipaddr_len(&s.ip) * 8, &bits) < 0)
		return false;
	s.bits = (uint8_t)bits;
	*ret = s;
	return true;
}

const char *subnet_format(const struct subnet *s, char buf[SUBNET_TEXT])
{
	struct subnet base = subnet_base(s);
	char ip[IP_TEXT];

	if (snprintf(buf, SUBNET_TEXT, "%s/%u", ipaddr_format(&base.ip, ip), s->bits) < 0)
		buf[0] = '\0';
	return buf;
}

struct subnet subnet_base(const struct subnet *s)
{
	struct subnet base = *s;

	for (size_t i = 0; i < ipaddr_len(&s->ip); i++) {
		if (i * 8 >= s->bits)
			base.ip.b[i] = 0;
		else if (s->bits - i * 8 < 8)
			base.ip.b[i] &= (uint8_t)(0xff << (8 - (s->bits - i * 8)));
	}
	return base;
}

bool subnet_has(const struct subnet *s, const struct ipaddr *a)
{
	struct subnet at = { .ip = *a, .bits = s->bits }, x, y;

	if (a->family != s->ip.family)
		return false;
	x = subnet_base(s);
	y = subnet_base(&at);
	return ipaddr_eq(&x.ip, &y.ip);
}

bool subnet_contains(const struct subnet *outer, const struct subnet *inner)
{
	return inner->bits >= outer->bits && subnet_has(outer, &inner->ip);
}

bool subnet_overlaps(const struct subnet *a, const struct subnet *b)
{
	return subnet_contains(a, b) || subnet_contains(b, a);
}

uint64_t subnet_size(const struct subnet *s)
{
	size_t host_bits = ipaddr_len(&s->ip) * 8 - s->bits;

	return host_bits > 62 ? 1ULL << 62 : 1ULL << host_bits;
}

struct ipaddr subnet_nth(const struct subnet *s, uint64_t offset)
{
	struct ipaddr a = subnet_base(s).ip;

	for (size_t i = ipaddr_len(&a); i-- > 0 && offset; offset >>= 8) {
		unsigned sum = a.b[i] + (unsigned)(offset & 0xff);

		a.b[i] = (uint8_t)sum;
		/* No carry can occur: the base has zero host bits and offset stays below them. */
	}
	return a;
}

uint64_t subnet_offset(const struct subnet *s, const struct ipaddr *a)
{
	struct subnet base = subnet_base(s);
	uint64_t offset = 0;

	for (size_t i = 0; i < ipaddr_len(a); i++) {
		if (offset >> 54)
			return 1ULL << 62;
		offset = offset << 8 | (uint8_t)(a->b[i] - base.ip.b[i]);
	}
	return offset;
}

struct ipaddr subnet_broadcast(const struct subnet *s)
{
	return subnet_nth(s, subnet_size(s) - 1);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool mac_parse(const char *text, struct mac *ret)
{
	struct mac m = { .set = true };
	size_t digits = 0;
	char sep = '\0';

	for (const char *p = text; p && *p; p++) {
		int d = hex_digit(*p);

		if (d < 0) {
			size_t every = *p == '.' ? 4 : 2;

			if (!strchr(":-.", *p) || (sep && sep != *p) || digits % every || !digits ||
			    digits == 12 || hex_digit(p[-1]) < 0)
				return false;
			sep = *p;
			continue;
		}
		if (digits == 12)
			return false;
		m.b[digits / 2] = (uint8_t)(m.b[digits / 2] << 4 | d);
		digits++;
	}
	if (digits != 12 || !sep || (m.b[0] & 1) || !memcmp(m.b, "\0\0\0\0\0\0", 6))
		return false;
	*ret = m;
	return true;
}

const char *mac_format(const struct mac *m, char buf[MAC_TEXT])
{
	const uint8_t *b = m->b;

	buf[0] = '\0';
	if (m->set && snprintf(buf, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2],
			       b[3], b[4], b[5]) < 0)
		buf[0] = '\0';
	return buf;
}

struct mac mac_of_ip(const struct ipaddr *a)
{
	struct mac m = { .set = true, .b = { 0x02, a->family == AF_INET ? 0x42 : 0x43 } };

	memcpy(m.b + 2, a->b + ipaddr_len(a) - 4, 4);
	return m;
}
