#include <string.h>

#include "base/test.h"
#include "net/addr.h"

static void parses_what_it_formats(void **state)
{
	static const char *const texts[] = { "0.0.0.0", "172.20.0.5", "255.255.255.255",
					     "::",      "::1",        "fd00:1:2::3" };
	char text[IP_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ipaddr a;

		assert_true(ipaddr_parse(texts[i], &a));
		assert_string_equal(ipaddr_format(&a, text), texts[i]);
	}
}

static void takes_ipv6_in_brackets(void **state)
{
	struct ipaddr a;
	char text[IP_TEXT];

	(void)state;
	assert_true(ipaddr_parse("[::1]", &a));
	assert_string_equal(ipaddr_format(&a, text), "::1");
}

static void refuses_what_is_no_address(void **state)
{
	static const char *const texts[] = { "",     "1.2.3", "1.2.3.4.5", "256.1.1.1",
					     "[::1", "x",     "1.2.3.4 " };
	struct ipaddr a;

	(void)state;
	assert_false(ipaddr_parse(NULL, &a));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(ipaddr_parse(texts[i], &a));
}

static void refuses_what_is_no_subnet(void **state)
{
	static const char *const texts[] = { "10.0.0.0",    "10.0.0.0/",  "10.0.0.0/33",
					     "10.0.0.0/-1", "fd00::/129", "/24",
					     "10.0.0.0/+8" };
	struct subnet s;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(subnet_parse(texts[i], &s));
}

static struct subnet net(const char *text)
{
	struct subnet s;

	assert_true(subnet_parse(text, &s));
	return s;
}

static void clears_host_bits(void **state)
{
	struct subnet s = net("10.1.2.3/20"), t = net("fd00::1234:5/112");
	char text[SUBNET_TEXT];

	(void)state;
	assert_string_equal(subnet_format(&s, text), "10.1.0.0/20");
	assert_string_equal(subnet_format(&t, text), "fd00::1234:0/112");
}

static void knows_who_overlaps(void **state)
{
	struct subnet a = net("10.0.0.0/8"), b = net("10.200.0.0/16"), c = net("11.0.0.0/8"),
		      d = net("::/0");

	(void)state;
	assert_true(subnet_overlaps(&a, &b));
	assert_true(subnet_overlaps(&b, &a));
	assert_false(subnet_overlaps(&a, &c));
	assert_false(subnet_overlaps(&a, &d));
	assert_true(subnet_contains(&a, &b));
	assert_false(subnet_contains(&b, &a));
}

static void counts_addresses_from_the_first(void **state)
{
	struct subnet s = net("10.0.252.0/22"), t = net("fd00::/64");
	struct ipaddr a;
	char text[IP_TEXT];

	(void)state;
	assert_int_equal(subnet_size(&s), 1024);
	a = subnet_nth(&s, 1023);
	assert_string_equal(ipaddr_format(&a, text), "10.0.255.255");
	assert_int_equal(subnet_offset(&s, &a), 1023);
	a = subnet_nth(&t, 65537);
	assert_string_equal(ipaddr_format(&a, text), "fd00::1:1");
	assert_int_equal(subnet_offset(&t, &a), 65537);
}

static void reads_hardware_addresses_in_three_notations(void **state)
{
	static const char *const texts[] = { "02:42:ac:11:00:02", "02-42-AC-11-00-02",
					     "0242.ac11.0002" };
	struct mac m;
	char text[MAC_TEXT];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_true(mac_parse(texts[i], &m));
		assert_string_equal(mac_format(&m, text), texts[0]);
	}
}

static void refuses_multicast_and_broken_hardware_addresses(void **state)
{
	static const char *const texts[] = { "",
					     "01:00:5e:00:00:01",
					     "00:00:00:00:00:00",
					     "02:42:ac:11:00",
					     "02:42:ac:11:00:02:03",
					     "0242ac110002",
					     "02:42-ac:11:00:02",
					     ":02:42:ac:11:00",
					     "02::42:ac:11:00:2",
					     "02:42:ac:11:00:02:" };
	struct mac m;

	(void)state;
	assert_false(mac_parse(NULL, &m));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(mac_parse(texts[i], &m));
}

static void derives_the_hardware_address_from_the_ip(void **state)
{
	struct ipaddr a;
	struct mac m;
	char text[MAC_TEXT];

	(void)state;
	assert_true(ipaddr_parse("172.17.0.2", &a));
	m = mac_of_ip(&a);
	assert_string_equal(mac_format(&m, text), "02:42:ac:11:00:02");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_what_it_formats),
		cmocka_unit_test(takes_ipv6_in_brackets),
		cmocka_unit_test(refuses_what_is_no_address),
		cmocka_unit_test(refuses_what_is_no_subnet),
		cmocka_unit_test(clears_host_bits),
		cmocka_unit_test(knows_who_overlaps),
		cmocka_unit_test(counts_addresses_from_the_first),
		cmocka_unit_test(reads_hardware_addresses_in_three_notations),
		cmocka_unit_test(refuses_multicast_and_broken_hardware_addresses),
		cmocka_unit_test(derives_the_hardware_address_from_the_ip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
