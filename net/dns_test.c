#include <string.h>

#include "base/test.h"
#include "net/dns.h"

/* A query for name, type, with or without EDNS of a size; returns its length. */
static size_t make_query(uint8_t *p, const char *name, unsigned type, unsigned edns)
{
	size_t n = 12;

	memset(p, 0, 12);
	p[0] = 0x12;
	p[1] = 0x34;
	p[2] = 1;
	p[5] = 1;
	while (*name) {
		size_t len = strcspn(name, ".");

		p[n++] = (uint8_t)len;
		memcpy(p + n, name, len);
		n += len;
		name += len + (name[len] == '.');
	}
	p[n++] = 0;
	p[n++] = (uint8_t)(type >> 8);
	p[n++] = (uint8_t)type;
	p[n++] = 0;
	p[n++] = 1;
	if (edns) {
		const uint8_t opt[] = { 0, 0, 41, (uint8_t)(edns >> 8), (uint8_t)edns, 0, 0, 0,
					0, 0, 0 };

		p[11] = 1;
		memcpy(p + n, opt, sizeof(opt));
		n += sizeof(opt);
	}
	return n;
}

static void reads_the_name_in_lower_case(void **state)
{
	uint8_t p[512];
	size_t n = make_query(p, "Web.Example", DNS_A, 0);
	struct dns_query q;
	enum dns_rcode rcode;

	(void)state;
	assert_int_equal(dns_parse(p, n, &q, &rcode), DNS_OK);
	assert_string_equal(q.name, "web.example");
	assert_int_equal(q.id, 0x1234);
	assert_int_equal(q.udp_size, 512);
	assert_true(q.wants_recursion);
}

static void echoes_the_question_as_it_was_written(void **state)
{
	uint8_t p[512], out[512];
	size_t n = make_query(p, "wEb", DNS_A, 0);
	struct ipaddr ip = { AF_INET, { 10, 1, 2, 3 } };
	struct dns_answer a = { .addrs = &ip, .n_addrs = 1, .ttl = 5 };
	struct dns_query q;
	enum dns_rcode rcode;

	(void)state;
	assert_int_equal(dns_parse(p, n, &q, &rcode), DNS_OK);
	assert_int_equal(dns_reply(p, &q, &a, out, 512), n + 16);
	assert_memory_equal(out + 12, p + 12, n - 12);
	assert_int_equal(out[2], 0x81);
	assert_int_equal(out[7], 1);
	assert_memory_equal(out + n + 12, ip.b, 4);
}

static void refuses_a_pointer_in_the_question(void **state)
{
	uint8_t p[16] = { 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1 };
	struct dns_query q;
	enum dns_rcode rcode;

	(void)state;
	assert_int_equal(dns_parse(p, sizeof(p), &q, &rcode), DNS_ERROR);
	assert_int_equal(rcode, DNS_FORMERR);
	assert_int_equal(q.question_end, 12);
}

static void drops_what_is_no_query(void **state)
{
	uint8_t p[512] = { 0 };
	size_t n = make_query(p, "a", DNS_A, 0);
	struct dns_query q;
	enum dns_rcode rcode;

	(void)state;
	assert_int_equal(dns_parse(p, 11, &q, &rcode), DNS_DROP);
	p[2] |= 0x80;
	assert_int_equal(dns_parse(p, n, &q, &rcode), DNS_DROP);
}

static void answers_other_opcodes_with_notimp(void **state)
{
	uint8_t p[512];
	size_t n = make_query(p, "a", DNS_A, 0);
	struct dns_query q;
	enum dns_rcode rcode;

	(void)state;
	p[2] = 0x10;
	assert_int_equal(dns_parse(p, n, &q, &rcode), DNS_ERROR);
	assert_int_equal(rcode, DNS_NOTIMP);
}

static void refuses_every_prefix_of_a_question(void **state)
{
	uint8_t p[512];
	size_t n = make_query(p, "some.longer.name", DNS_A, 0);
	struct dns_query q;
	enum dns_rcode rcode;

	(void)state;
	for (size_t i = 12; i < n; i++)
		assert_int_equal(dns_parse(p, i, &q, &rcode), DNS_ERROR);
}

static void refuses_names_longer_than_255(void **state)
{
	uint8_t p[512] = { 0, 1, 1, 0, 0, 1 };
	struct dns_query q;
	enum dns_rcode rcode;
	size_t n = 12;

	(void)state;
	for (int i = 0; i < 5; i++) {
		p[n] = 63;
		memset(p + n + 1, 'a', 63);
		n += 64;
	}
	p[n] = 0;
	assert_int_equal(dns_parse(p, n + 5, &q, &rcode), DNS_ERROR);
}

static void marks_labels_with_dots_as_odd(void **state)
{
	uint8_t p[512];
	size_t n = make_query(p, "ab", DNS_A, 0);
	struct dns_query q;
	enum dns_rcode rcode;

	(void)state;
	p[14] = '.';
	assert_int_equal(dns_parse(p, n, &q, &rcode), DNS_OK);
	assert_true(q.is_odd);
}

static void takes_the_edns_size_within_bounds(void **state)
{
	uint8_t p[512], out[4096];
	struct dns_answer a = { 0 };
	struct dns_query q;
	enum dns_rcode rcode;
	size_t n = make_query(p, "a", DNS_A, 1400);

	(void)state;
	assert_int_equal(dns_parse(p, n, &q, &rcode), DNS_OK);
	assert_int_equal(q.udp_size, 1400);
	assert_int_equal(dns_reply(p, &q, &a, out, q.udp_size), q.question_end + 11);
	assert_int_equal(out[11], 1);
	n = make_query(p, "a", DNS_A, 65535);
	assert_int_equal(dns_parse(p, n, &q, &rcode), DNS_OK);
	assert_int_equal(q.udp_size, DNS_UDP_MAX);
	n = make_query(p, "a", DNS_A, 100);
	assert_int_equal(dns_parse(p, n, &q, &rcode), DNS_OK);
	assert_int_equal(q.udp_size, 512);
}

static void answers_a_newer_edns_with_badvers(void **state)
{
	uint8_t p[512], out[512];
	size_t n = make_query(p, "a", DNS_A, 1232);
	struct dns_answer a = { 0 };
	struct dns_query q;

	(void)state;
	p[n - 5] = 1;
	assert_int_equal(dns_parse(p, n, &q, &a.rcode), DNS_ERROR);
	assert_int_equal(a.rcode, DNS_BADVERS);
	n = dns_reply(p, &q, &a, out, 512);
	assert_int_equal(out[3] & 15, 0);
	assert_int_equal(out[n - 6], 1); /* the upper bits are in the OPT record */
}

static void truncates_what_does_not_fit(void **state)
{
	uint8_t p[512], out[DNS_TCP_MAX];
	struct ipaddr ips[64];
	struct dns_answer a = { .addrs = ips, .n_addrs = 64, .ttl = 5 };
	struct dns_query q;
	enum dns_rcode rcode;
	size_t n = make_query(p, "many", DNS_A, 0), size;

	(void)state;
	for (size_t i = 0; i < 64; i++)
		ips[i] = (struct ipaddr){ AF_INET, { 10, 0, 0, (uint8_t)i } };
	assert_int_equal(dns_parse(p, n, &q, &rcode), DNS_OK);
	size = dns_reply(p, &q, &a, out, 512);
	assert_true(size <= 512);
	assert_true(out[2] & 2);
	assert_int_equal(out[7], (512 - n) / 16);
	size = dns_reply(p, &q, &a, out, DNS_TCP_MAX);
	assert_int_equal(size, n + 64 * 16);
	assert_false(out[2] & 2);
}

static void understands_reverse_names(void **state)
{
	struct ipaddr ip;
	char text[IP_TEXT];

	(void)state;
	assert_true(dns_reverse_parse("4.3.2.1.in-addr.arpa", &ip));
	assert_string_equal(ipaddr_format(&ip, text), "1.2.3.4");
	assert_false(dns_reverse_parse("256.3.2.1.in-addr.arpa", &ip));
	assert_false(dns_reverse_parse("3.2.1.in-addr.arpa", &ip));
	assert_false(dns_reverse_parse("", &ip));
	assert_true(dns_reverse_parse("2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
				      "0.d.f.ip6.arpa",
				      &ip));
	assert_string_equal(ipaddr_format(&ip, text), "fd00::2");
}

static void takes_an_answer_only_for_its_question(void **state)
{
	uint8_t a[512], b[512], out[512];
	size_t n = make_query(a, "one", DNS_A, 0), m = make_query(b, "two", DNS_A, 0), size;
	struct dns_answer answer = { 0 };
	struct dns_query q;
	enum dns_rcode rcode;

	(void)state;
	assert_int_equal(dns_parse(a, n, &q, &rcode), DNS_OK);
	size = dns_reply(a, &q, &answer, out, 512);
	assert_true(dns_matches(a, n, out, size));
	assert_false(dns_matches(b, m, out, size));
	assert_false(dns_matches(a, n, a, n));
	assert_false(dns_matches(a, n, out, 11));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_name_in_lower_case),
		cmocka_unit_test(echoes_the_question_as_it_was_written),
		cmocka_unit_test(refuses_a_pointer_in_the_question),
		cmocka_unit_test(drops_what_is_no_query),
		cmocka_unit_test(answers_other_opcodes_with_notimp),
		cmocka_unit_test(refuses_every_prefix_of_a_question),
		cmocka_unit_test(refuses_names_longer_than_255),
		cmocka_unit_test(marks_labels_with_dots_as_odd),
		cmocka_unit_test(takes_the_edns_size_within_bounds),
		cmocka_unit_test(answers_a_newer_edns_with_badvers),
		cmocka_unit_test(truncates_what_does_not_fit),
		cmocka_unit_test(understands_reverse_names),
		cmocka_unit_test(takes_an_answer_only_for_its_question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
