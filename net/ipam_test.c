#include <errno.h>
#include <string.h>

#include "base/test.h"
#include "net/ipam.h"

static struct subnet net(const char *text)
{
	struct subnet s;

	assert_true(subnet_parse(text, &s));
	return s;
}

static struct ipaddr ip(const char *text)
{
	struct ipaddr a;

	assert_true(ipaddr_parse(text, &a));
	return a;
}

static void assert_ip(const struct ipaddr *a, const char *want)
{
	char text[IP_TEXT];

	assert_string_equal(ipaddr_format(a, text), want);
}

static void gives_one_name_the_same_subnet_again(void **state)
{
	struct subnet a, b, c;

	(void)state;
	assert_int_equal(ipam_choose4("shop_default", NULL, 0, &a, NULL), 0);
	assert_int_equal(ipam_choose4("shop_default", NULL, 0, &b, NULL), 0);
	assert_true(ipaddr_eq(&a.ip, &b.ip));
	assert_int_equal(ipam_choose4("shop_default", &a, 1, &c, NULL), 0);
	assert_false(subnet_overlaps(&a, &c));
}

static int by_address(const void *a, const void *b)
{
	return memcmp(((const struct subnet *)a)->ip.b, ((const struct subnet *)b)->ip.b, 4);
}

static void chooses_four_thousand_subnets_without_overlap(void **state)
{
	enum { N = 4000 };
	struct subnet *taken = xcalloc(N, sizeof(*taken));

	(void)state;
	for (size_t i = 0; i < N; i++) {
		AUTO(mem) char *name = xasprintf("p%zu_default", i);

		assert_int_equal(ipam_choose4(name, taken, i, &taken[i], NULL), 0);
	}
	qsort(taken, N, sizeof(*taken), by_address);
	for (size_t i = 1; i < N; i++)
		assert_false(subnet_overlaps(&taken[i - 1], &taken[i]));
	free(taken);
}

static void avoids_routes_of_the_host(void **state)
{
	struct subnet taken[] = { net("172.16.0.0/12"), net("10.0.0.0/9") }, got;

	(void)state;
	for (int i = 0; i < 50; i++) {
		AUTO(mem) char *name = xasprintf("n%d", i);

		assert_int_equal(ipam_choose4(name, taken, 2, &got, NULL), 0);
		assert_false(subnet_overlaps(&got, &taken[0]));
		assert_false(subnet_overlaps(&got, &taken[1]));
	}
}

static void says_when_no_pool_is_left(void **state)
{
	struct subnet taken[] = { net("172.16.0.0/12"), net("10.0.0.0/8") }, got;
	AUTO(err) struct err *e = NULL;

	(void)state;
	assert_int_equal(ipam_choose4("n", taken, 2, &got, &e), -ENOSPC);
	assert_non_null(strstr(err_text(e), "could not find an available, non-overlapping IPv4"));
}

static void makes_a_local_ipv6_subnet(void **state)
{
	const uint8_t id[5] = { 1, 2, 3, 4, 5 };
	struct subnet a, b;
	char text[SUBNET_TEXT];

	(void)state;
	assert_int_equal(ipam_choose6("n", id, NULL, 0, &a, NULL), 0);
	assert_int_equal(a.bits, 64);
	assert_non_null(strstr(subnet_format(&a, text), "fd01:203:405:"));
	assert_int_equal(ipam_choose6("n", id, &a, 1, &b, NULL), 0);
	assert_false(subnet_overlaps(&a, &b));
}

static struct ipam_pool pool(const char *subnet)
{
	struct ipam_pool p = { .subnet = net(subnet) };

	assert_int_equal(ipam_pool_check(&p, NULL), 0);
	return p;
}

static void takes_the_first_address_as_gateway(void **state)
{
	struct ipam_pool p = pool("10.1.0.0/24"), q = pool("fd00:1::/64"), r = pool("10.0.0.0/31");

	(void)state;
	assert_ip(&p.gateway, "10.1.0.1");
	assert_ip(&q.gateway, "fd00:1::1");
	assert_ip(&r.gateway, "10.0.0.0");
}

static void takes_the_gateway_from_the_range(void **state)
{
	struct ipam_pool p = { .subnet = net("10.1.0.0/16"), .range = net("10.1.5.0/24") };

	(void)state;
	assert_int_equal(ipam_pool_check(&p, NULL), 0);
	assert_ip(&p.gateway, "10.1.5.0");
}

static void refuses_pools_that_make_no_sense(void **state)
{
	struct ipaddr outside = ip("10.2.0.1");
	struct ipam_pool range = { .subnet = net("10.1.0.0/24"), .range = net("10.2.0.0/24") };
	struct ipam_pool gateway = { .subnet = net("10.1.0.0/24"), .gateway = outside };
	struct ipam_pool aux = { .subnet = net("10.1.0.0/24"),
				 .reserved = &outside,
				 .n_reserved = 1 };
	struct ipam_pool tiny = { .subnet = net("10.1.0.0/32") };

	(void)state;
	assert_int_equal(ipam_pool_check(&range, NULL), -EINVAL);
	assert_int_equal(ipam_pool_check(&gateway, NULL), -EINVAL);
	assert_int_equal(ipam_pool_check(&aux, NULL), -EINVAL);
	assert_int_equal(ipam_pool_check(&tiny, NULL), -EINVAL);
}

static void gives_the_lowest_free_address(void **state)
{
	struct ipam_pool p = pool("10.1.0.0/24");
	struct ipaddr used[] = { ip("10.1.0.2"), ip("10.1.0.4") }, got;

	(void)state;
	assert_int_equal(ipam_alloc(&p, used, 2, NULL, 0, NULL, &got, NULL), 0);
	assert_ip(&got, "10.1.0.3");
}

static void keeps_to_the_range_and_off_reserved_addresses(void **state)
{
	struct ipaddr aux = ip("10.1.5.1"), got;
	struct ipam_pool p = { .subnet = net("10.1.0.0/16"),
			       .range = net("10.1.5.0/30"),
			       .gateway = ip("10.1.0.1"),
			       .reserved = &aux,
			       .n_reserved = 1 };
	struct ipaddr used[] = { ip("10.1.5.0"), ip("10.1.5.2"), ip("10.1.5.3") };

	(void)state;
	assert_int_equal(ipam_pool_check(&p, NULL), 0);
	assert_int_equal(ipam_alloc(&p, used, 2, NULL, 0, NULL, &got, NULL), 0);
	assert_ip(&got, "10.1.5.3");
	assert_int_equal(ipam_alloc(&p, used, 3, NULL, 0, NULL, &got, NULL), -ENOSPC);
}

static void never_gives_network_or_broadcast_address(void **state)
{
	struct ipam_pool p = pool("10.1.0.0/30");
	struct ipaddr used[] = { ip("10.1.0.2") }, got;

	(void)state;
	assert_int_equal(ipam_alloc(&p, used, 1, NULL, 0, NULL, &got, NULL), -ENOSPC);
}

static void reuses_freed_address_last(void **state)
{
	struct ipam_pool p = pool("10.1.0.0/29"); /* .2 to .6 for containers */
	struct ipam_freed freed[] = { { ip("10.1.0.3"), 200 }, { ip("10.1.0.2"), 100 } };
	struct ipaddr used[5], got;
	static const char *const order[] = { "10.1.0.4", "10.1.0.5", "10.1.0.6", "10.1.0.2",
					     "10.1.0.3" };

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(ipam_alloc(&p, used, i, freed, 2, NULL, &got, NULL), 0);
		assert_ip(&got, order[i]);
		used[i] = got;
	}
	assert_int_equal(ipam_alloc(&p, used, 5, freed, 2, NULL, &got, NULL), -ENOSPC);
}

static void gives_a_wish_that_is_free(void **state)
{
	struct ipam_pool p = pool("10.1.0.0/24");
	struct ipaddr wish = ip("10.1.0.9"), got;

	(void)state;
	assert_int_equal(ipam_alloc(&p, NULL, 0, NULL, 0, &wish, &got, NULL), 0);
	assert_ip(&got, "10.1.0.9");
	assert_int_equal(ipam_alloc(&p, &wish, 1, NULL, 0, &wish, &got, NULL), 0);
	assert_ip(&got, "10.1.0.2");
}

static void explains_why_an_address_is_not_to_be_had(void **state)
{
	struct ipam_pool p = pool("10.1.0.0/24");
	struct ipaddr used = ip("10.1.0.7"), outside = ip("10.2.0.7"), gateway = ip("10.1.0.1");
	AUTO(err) struct err *e = NULL;

	(void)state;
	assert_int_equal(ipam_claim(&p, &used, 1, &outside, &e), -EINVAL);
	assert_non_null(strstr(err_text(e), "no configured subnet contains IP address 10.2.0.7"));
	assert_int_equal(ipam_claim(&p, &used, 1, &used, NULL), -EADDRINUSE);
	assert_int_equal(ipam_claim(&p, &used, 1, &gateway, NULL), -EADDRINUSE);
}

static void fills_a_pool_completely_and_only_once(void **state)
{
	struct ipam_pool p = pool("172.20.4.0/22");
	struct ipaddr *used = xcalloc(1024, sizeof(*used));
	size_t n = 0;

	(void)state;
	while (ipam_alloc(&p, used, n, NULL, 0, NULL, &used[n], NULL) == 0)
		n++;
	assert_int_equal(n, 1021);
	for (size_t i = 1; i < n; i++)
		assert_true(memcmp(used[i].b, used[i - 1].b, 4) > 0);
	free(used);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_one_name_the_same_subnet_again),
		cmocka_unit_test(chooses_four_thousand_subnets_without_overlap),
		cmocka_unit_test(avoids_routes_of_the_host),
		cmocka_unit_test(says_when_no_pool_is_left),
		cmocka_unit_test(makes_a_local_ipv6_subnet),
		cmocka_unit_test(takes_the_first_address_as_gateway),
		cmocka_unit_test(takes_the_gateway_from_the_range),
		cmocka_unit_test(refuses_pools_that_make_no_sense),
		cmocka_unit_test(gives_the_lowest_free_address),
		cmocka_unit_test(keeps_to_the_range_and_off_reserved_addresses),
		cmocka_unit_test(never_gives_network_or_broadcast_address),
		cmocka_unit_test(reuses_freed_address_last),
		cmocka_unit_test(gives_a_wish_that_is_free),
		cmocka_unit_test(explains_why_an_address_is_not_to_be_had),
		cmocka_unit_test(fills_a_pool_completely_and_only_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
