#include "net/ipam.h"

#include <errno.h>
#include <string.h>

#include "base/sha256.h"

enum {
	CHOICE_BITS = 22,
	/* Dynamic addresses are looked for among so many; a bridge has 1023 ports. */
	SCAN_MAX = 65536,
};

static uint32_t name_hash(const char *name)
{
	struct sha256 s;
	uint8_t h[32];

	sha256_init(&s);
	sha256_add(&s, name, strlen(name));
	sha256_end(&s, h);
	return (uint32_t)h[0] << 24 | (uint32_t)h[1] << 16 | (uint32_t)h[2] << 8 | h[3];
}

static bool is_taken(const struct subnet *s, const struct subnet *taken, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (subnet_overlaps(s, &taken[i]))
			return true;
	return false;
}

/* The index-th block of CHOICE_BITS inside pool. */
static struct subnet block_of(const struct subnet *pool, uint32_t index)
{
	struct subnet s = { .bits = CHOICE_BITS };

	s.ip = subnet_nth(pool, (uint64_t)index << (32 - CHOICE_BITS));
	return s;
}

static uint32_t number_of(const struct ipaddr *ip)
{
	return (uint32_t)ip->b[0] << 24 | (uint32_t)ip->b[1] << 16 | (uint32_t)ip->b[2] << 8 |
	       ip->b[3];
}

/* One byte per block of pool, 1 = touched by something taken: one look at each of thousands of networks
 * instead of one per block. */
static uint8_t *blocks_taken(const struct subnet *pool, uint32_t n, const struct subnet *taken,
			     size_t n_taken)
{
	uint8_t *marks = xcalloc(n, 1);
	uint32_t base = number_of(&pool->ip);

	for (size_t i = 0; i < n_taken; i++) {
		const struct subnet *t = &taken[i];
		uint32_t first, last;

		if (t->ip.family != AF_INET || !subnet_overlaps(t, pool))
			continue;
		if (t->bits <= pool->bits) {
			memset(marks, 1, n);
			break;
		}
		first = (number_of(&t->ip) - base) >> (32 - CHOICE_BITS);
		last = first;
		if (t->bits < CHOICE_BITS) {
			first &= ~((1U << (CHOICE_BITS - t->bits)) - 1);
			last = first + (1U << (CHOICE_BITS - t->bits)) - 1;
		}
		memset(marks + first, 1, last - first + 1);
	}
	return marks;
}

int ipam_choose4(const char *name, const struct subnet *taken, size_t n_taken, struct subnet *ret,
		 struct err **e)
{
	static const struct subnet pools[] = {
		{ .ip = { .family = AF_INET, .b = { 172, 16 } }, .bits = 12 },
		{ .ip = { .family = AF_INET, .b = { 10 } }, .bits = 8 },
	};
	uint32_t hash = name_hash(name);

	for (size_t i = 0; i < ARRAY_LEN(pools); i++) {
		uint32_t n = 1U << (CHOICE_BITS - pools[i].bits);
		AUTO(mem) uint8_t *marks = blocks_taken(&pools[i], n, taken, n_taken);

		for (uint32_t k = 0; k < n; k++)
			if (!marks[(hash + k) % n]) {
				*ret = block_of(&pools[i], (hash + k) % n);
				return 0;
			}
	}
	err_set(e, ENOSPC,
		"could not find an available, non-overlapping IPv4 address pool among "
		"the defaults to assign to the network \"%s\"",
		name);
	err_hint(e, "give the network a subnet of its own under ipam.config");
	return -ENOSPC;
}

int ipam_choose6(const char *name, const uint8_t global_id[5], const struct subnet *taken,
		 size_t n_taken, struct subnet *ret, struct err **e)
{
	struct subnet s = { .ip = { .family = AF_INET6, .b = { 0xfd } }, .bits = 64 };
	uint32_t hash = name_hash(name);

	memcpy(s.ip.b + 1, global_id, 5);
	for (uint32_t k = 0; k < 65536; k++) {
		s.ip.b[6] = (uint8_t)((hash + k) >> 8);
		s.ip.b[7] = (uint8_t)(hash + k);
		if (!is_taken(&s, taken, n_taken)) {
			*ret = s;
			return 0;
		}
	}
	return err_set(e, ENOSPC, "no free IPv6 /64 is left for the network \"%s\"", name);
}

static const struct subnet *dynamic_range(const struct ipam_pool *p)
{
	return p->range.ip.family ? &p->range : &p->subnet;
}

/* The network address, the IPv4 broadcast address, the IPv6 anycast address (RFC 4291 2.6.1). */
static bool is_special(const struct subnet *s, const struct ipaddr *a)
{
	uint64_t size = subnet_size(s);
	struct ipaddr last;

	if (size <= 2)
		return false;
	if (subnet_offset(s, a) == 0)
		return true;
	last = subnet_broadcast(s);
	return a->family == AF_INET && ipaddr_eq(a, &last);
}

static bool is_reserved(const struct ipam_pool *p, const struct ipaddr *a)
{
	for (size_t i = 0; i < p->n_reserved; i++)
		if (ipaddr_eq(&p->reserved[i], a))
			return true;
	return is_special(&p->subnet, a) || ipaddr_eq(&p->gateway, a);
}

int ipam_pool_check(struct ipam_pool *p, struct err **e)
{
	char net[SUBNET_TEXT], text[SUBNET_TEXT];
	const struct subnet *range;

	subnet_format(&p->subnet, net);
	if (subnet_size(&p->subnet) < 2 || (p->subnet.bits == 0))
		return err_set(e, EINVAL, "subnet %s has no room for containers", net);
	if (p->range.ip.family && !subnet_contains(&p->subnet, &p->range))
		return err_set(e, EINVAL, "ip_range %s is not inside the subnet %s",
			       subnet_format(&p->range, text), net);
	for (size_t i = 0; i < p->n_reserved; i++)
		if (!subnet_has(&p->subnet, &p->reserved[i]))
			return err_set(e, EINVAL,
				       "auxiliary address: (%s) must belong to the "
				       "master pool: %s",
				       ipaddr_format(&p->reserved[i], text), net);
	if (p->gateway.family && !subnet_has(&p->subnet, &p->gateway))
		return err_set(e, EINVAL, "gateway %s is not inside the subnet %s",
			       ipaddr_format(&p->gateway, text), net);
	if (p->gateway.family)
		return 0;
	range = dynamic_range(p);
	for (uint64_t i = 0; i < subnet_size(range) && i < SCAN_MAX; i++) {
		struct ipaddr a = subnet_nth(range, i);

		if (!is_reserved(p, &a)) {
			p->gateway = a;
			return 0;
		}
	}
	return err_set(e, ENOSPC, "subnet %s has no address left for the gateway", net);
}

int ipam_claim(const struct ipam_pool *p, const struct ipaddr *used, size_t n_used,
	       const struct ipaddr *want, struct err **e)
{
	char net[SUBNET_TEXT], text[IP_TEXT];

	ipaddr_format(want, text);
	if (!subnet_has(&p->subnet, want))
		return err_set(e, EINVAL,
			       "no configured subnet contains IP address %s (the subnet "
			       "is %s)",
			       text, subnet_format(&p->subnet, net));
	if (is_reserved(p, want))
		return err_set(e, EADDRINUSE, "address %s is reserved in this network", text);
	for (size_t i = 0; i < n_used; i++)
		if (ipaddr_eq(&used[i], want))
			return err_set(e, EADDRINUSE, "Address already in use: %s", text);
	return 0;
}

/* Bits of the addresses of `range`, counted from its first address, that must not be given out. */
static void mark(uint8_t *map, const struct subnet *range, const struct ipaddr *a)
{
	uint64_t at;

	if (!subnet_has(range, a))
		return;
	at = subnet_offset(range, a);
	if (at < SCAN_MAX)
		map[at / 8] |= (uint8_t)(1 << at % 8);
}

static bool is_marked(const uint8_t *map, uint64_t at)
{
	return map[at / 8] >> at % 8 & 1;
}

static bool lowest_unmarked(const struct ipam_pool *p, const uint8_t *map, struct ipaddr *ret)
{
	const struct subnet *range = dynamic_range(p);
	uint64_t size = subnet_size(range);

	for (uint64_t i = 0; i < size && i < SCAN_MAX; i++) {
		struct ipaddr a;

		if (is_marked(map, i))
			continue;
		a = subnet_nth(range, i);
		if (is_reserved(p, &a))
			continue;
		*ret = a;
		return true;
	}
	return false;
}

static bool oldest_freed(const struct ipam_pool *p, const uint8_t *used,
			 const struct ipam_freed *freed, size_t n, struct ipaddr *ret)
{
	const struct subnet *range = dynamic_range(p);
	const struct ipam_freed *best = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct ipaddr *a = &freed[i].ip;

		if (!subnet_has(range, a) || is_reserved(p, a) ||
		    subnet_offset(range, a) >= SCAN_MAX || is_marked(used, subnet_offset(range, a)))
			continue;
		if (!best || freed[i].at_ns < best->at_ns)
			best = &freed[i];
	}
	if (best)
		*ret = best->ip;
	return best != NULL;
}

int ipam_alloc(const struct ipam_pool *p, const struct ipaddr *used, size_t n_used,
	       const struct ipam_freed *freed, size_t n_freed, const struct ipaddr *wish,
	       struct ipaddr *ret, struct err **e)
{
	const struct subnet *range = dynamic_range(p);
	AUTO(mem) uint8_t *taken = NULL, *avoid = NULL;
	char net[SUBNET_TEXT];

	if (wish && wish->family && ipam_claim(p, used, n_used, wish, NULL) == 0) {
		*ret = *wish;
		return 0;
	}
	taken = xcalloc(1, SCAN_MAX / 8);
	for (size_t i = 0; i < n_used; i++)
		mark(taken, range, &used[i]);
	avoid = xmemdup(taken, SCAN_MAX / 8);
	for (size_t i = 0; i < n_freed; i++)
		mark(avoid, range, &freed[i].ip);
	if (lowest_unmarked(p, avoid, ret) || oldest_freed(p, taken, freed, n_freed, ret))
		return 0;
	return err_set(e, ENOSPC, "no available addresses on this pool: %s",
		       subnet_format(range, net));
}
