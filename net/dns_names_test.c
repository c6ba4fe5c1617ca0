#include <string.h>

#include "base/test.h"
#include "net/dns_names.h"

struct fixture {
	struct dns_net *front, *back;
	struct dns_net *nets[2];
	struct dns_view view;
	uint64_t seed;
};

static void put(struct dns_net *n, const char *id, const char *ip4, const char *ip6,
		const char *names)
{
	AUTO(mem)
	char *text = xasprintf("{\"ipv4\":\"%s\",\"ipv6\":\"%s\",\"boot\":\"b\",\"names\":[%s]}",
			       ip4, ip6, names);
	AUTO(json) struct json *j = NULL;

	assert_int_equal(json_parse(text, strlen(text), &j, NULL), 0);
	assert_int_equal(dns_net_put(n, id, j, "b", NULL), 0);
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->front = f->nets[0] = dns_net_new("shop_front");
	f->back = f->nets[1] = dns_net_new("shop_back");
	f->view = (struct dns_view){ .nets = f->nets, .n_nets = 2 };
	f->seed = 1;
	put(f->front, "a1", "10.0.0.2", "", "\"shop-web-1\",\"web\",\"Shop\"");
	put(f->front, "a2", "10.0.0.3", "fd00::3", "\"shop-web-2\",\"web\"");
	put(f->back, "a3", "10.0.1.2", "", "\"shop-db-1\",\"db\",\"web\"");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	dns_net_free(f->front);
	dns_net_free(f->back);
	free(f);
	return 0;
}

static struct dns_result ask(struct fixture *f, const char *name, uint16_t type,
			     enum dns_verdict want)
{
	struct dns_query q = { .type = type, .class = 1 };
	struct dns_result r;

	memcpy(q.name, name, strlen(name) + 1);
	assert_int_equal(dns_decide(&f->view, &q, &f->seed, &r), want);
	return r;
}

static void check(struct fixture *f, const char *name, uint16_t type, size_t n)
{
	struct dns_result r = ask(f, name, type, DNS_LOCAL);

	assert_int_equal(r.rcode, DNS_NOERROR);
	assert_int_equal(r.n, n);
	dns_result_done(&r);
}

static void gives_all_replicas_of_the_first_network_that_knows(void **state)
{
	check(*state, "web", DNS_A, 2);
}

static void gives_no_data_for_other_types_of_a_known_name(void **state)
{
	check(*state, "shop-web-1", DNS_AAAA, 0);
	check(*state, "web", DNS_AAAA, 1);
	check(*state, "web", DNS_MX, 0);
	check(*state, "web", 16, 0);
	check(*state, "web", DNS_ANY, 3);
}

static void compares_names_in_lower_case(void **state)
{
	check(*state, "shop", DNS_A, 1);
}

static void finds_a_name_with_its_network(void **state)
{
	check(*state, "web.shop_back", DNS_A, 1);
	check(*state, "tasks.web", DNS_A, 2);
}

static void forwards_what_nobody_is_called(void **state)
{
	struct dns_result r = ask(*state, "example.org", DNS_A, DNS_FORWARD);

	dns_result_done(&r);
}

static void sees_only_its_own_networks(void **state)
{
	struct fixture *f = *state;
	struct dns_result r;

	f->view.n_nets = 1;
	r = ask(f, "db", DNS_A, DNS_FORWARD);
	dns_result_done(&r);
}

static bool declares_cache(const void *ctx, const char *name)
{
	(void)ctx;
	return streq(name, "cache");
}

static void denies_declared_names_nobody_answers_to(void **state)
{
	struct fixture *f = *state;
	struct dns_result r;

	f->view.is_declared = declares_cache;
	r = ask(f, "cache", DNS_A, DNS_LOCAL);
	assert_int_equal(r.rcode, DNS_NXDOMAIN);
	dns_result_done(&r);
}

static void follows_an_alias_of_the_asker(void **state)
{
	struct fixture *f = *state;
	struct dns_alias alias = { (char *)"database", (char *)"db" };

	f->view.aliases = &alias;
	f->view.n_aliases = 1;
	check(f, "database", DNS_A, 1);
}

static void names_an_address_by_container_and_network(void **state)
{
	struct dns_result r = ask(*state, "2.1.0.10.in-addr.arpa", DNS_PTR, DNS_LOCAL);

	assert_string_equal(buf_str(&r.ptr), "shop-db-1.shop_back");
	dns_result_done(&r);
	r = ask(*state, "9.9.9.9.in-addr.arpa", DNS_PTR, DNS_FORWARD);
	dns_result_done(&r);
}

static void forgets_a_container_that_left(void **state)
{
	struct fixture *f = *state;

	dns_net_del(f->front, "a1");
	check(f, "web", DNS_A, 1);
	dns_net_del(f->front, "a1");
	put(f->front, "a2", "10.0.0.9", "", "\"other\"");
	check(f, "web", DNS_A, 1); /* now the one on the other network */
	assert_int_equal(dns_net_count(f->front), 1);
}

static void ignores_a_lease_of_an_earlier_boot(void **state)
{
	struct fixture *f = *state;
	AUTO(json) struct json *j = json_new_obj();
	struct json *names = json_set(j, "names", json_new_arr());
	struct dns_result r;

	json_push_str(names, "gone");
	json_set_str(j, "boot", "");
	assert_int_equal(dns_net_put(f->front, "a9", j, "b", NULL), 0);
	r = ask(f, "gone", DNS_A, DNS_FORWARD);
	dns_result_done(&r);
}

static void shuffles_the_addresses(void **state)
{
	struct fixture *f = *state;
	unsigned first[2] = { 0, 0 };

	for (int i = 0; i < 200; i++) {
		struct dns_result r = ask(f, "web", DNS_A, DNS_LOCAL);

		first[r.addrs[0].b[3] - 2]++;
		dns_result_done(&r);
	}
	assert_true(first[0] > 50);
	assert_true(first[1] > 50);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gives_all_replicas_of_the_first_network_that_knows),
		TEST(gives_no_data_for_other_types_of_a_known_name),
		TEST(compares_names_in_lower_case),
		TEST(finds_a_name_with_its_network),
		TEST(forwards_what_nobody_is_called),
		TEST(sees_only_its_own_networks),
		TEST(denies_declared_names_nobody_answers_to),
		TEST(follows_an_alias_of_the_asker),
		TEST(names_an_address_by_container_and_network),
		TEST(forgets_a_container_that_left),
		TEST(ignores_a_lease_of_an_earlier_boot),
		TEST(shuffles_the_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
