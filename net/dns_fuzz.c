/*
 * Any bytes as a query and, cut in two, as query and answer. The first byte chooses the split.
 */
#include <stdlib.h>
#include <string.h>

#include "net/dns_names.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char endpoint[] = "{\"ipv4\":\"10.0.0.2\",\"ipv6\":\"fd00::2\",\"boot\":\"b\","
			       "\"names\":[\"web\",\"a.b\",\"shop-web-1\"]}";

static struct dns_net *names(void)
{
	static struct dns_net *net;
	struct json *j;

	if (net)
		return net;
	net = dns_net_new("n");
	if (json_parse(endpoint, strlen(endpoint), &j, NULL) < 0)
		abort();
	(void)dns_net_put(net, "a1", j, "b", NULL);
	json_free(j);
	return net;
}

static void answer(const uint8_t *p, size_t n, size_t limit)
{
	struct dns_net *net = names();
	struct dns_view view = { .nets = &net, .n_nets = 1 };
	uint8_t *out = malloc(limit);
	struct dns_answer a = { .ttl = 5 };
	struct dns_query q;
	struct dns_result r = { 0 };
	uint64_t seed = 1;
	enum dns_parsed parsed = dns_parse(p, n, &q, &a.rcode);

	if (parsed == DNS_OK && dns_decide(&view, &q, &seed, &r) == DNS_LOCAL) {
		a.rcode = r.rcode;
		a.addrs = r.addrs;
		a.n_addrs = r.n;
		a.ptr = r.ptr.n ? buf_str(&r.ptr) : NULL;
	}
	if (parsed != DNS_DROP && dns_reply(p, &q, &a, out, limit) > limit)
		abort();
	dns_result_done(&r);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	size_t cut;

	if (n < 1)
		return 0;
	cut = (size_t)p[0] % n;
	answer(p + 1, n - 1, 512);
	answer(p + 1, n - 1, DNS_UDP_MAX);
	(void)dns_matches(p + 1, cut, p + 1 + cut, n - 1 - cut);
	return 0;
}
