#include "base/test.h"

#include <string.h>

#include "base/buf.h"
#include "compose/load/ports.h"

/* "ip published target/proto" of each mapping, or the error. */
static const char *parsed(struct arena *a, const char *text)
{
	AUTO(buf) struct buf b = BUF_INIT;
	struct port_mapping *v;
	AUTO(err) struct err *e = NULL;
	size_t n;

	if (port_mappings_parse(a, text, 65536, &v, &n, &e) < 0)
		return arena_strdup(a, err_text(e));
	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "%s%s %s %u/%s", i ? "; " : "", v[i].host_ip ? v[i].host_ip : "*",
			 v[i].published ? v[i].published : "any", v[i].target, v[i].protocol);
	return arena_strdup(a, buf_str(&b));
}

static void check(const char *text, const char *want)
{
	AUTO(arena) struct arena *a = arena_new();

	assert_string_equal(parsed(a, text), want);
}

static void reads_one_port(void **state)
{
	(void)state;
	check("80", "* any 80/tcp");
	check("8080:80", "* 8080 80/tcp");
	check("127.0.0.1:8080:80/udp", "127.0.0.1 8080 80/udp");
	check("127.0.0.1::80", "127.0.0.1 any 80/tcp");
	check("0:80", "* 0 80/tcp");
	check("08080:080", "* 8080 80/tcp");
	check(":80", "* any 80/tcp");
}

static void reads_addresses_of_both_kinds(void **state)
{
	(void)state;
	check("[::1]:80:80", "::1 80 80/tcp");
	check("::1:80:80", "::1 80 80/tcp");
	check("[2001:db8::1]::80/sctp", "2001:db8::1 any 80/sctp");
}

static void expands_ranges_in_the_order_of_texts(void **state)
{
	(void)state;
	check("3000-3001", "* any 3000/tcp; * any 3001/tcp");
	check("90-91:80-81", "* 90 80/tcp; * 91 81/tcp");
	check("9999-10000:9999-10000", "* 10000 10000/tcp; * 9999 9999/tcp");
	check("8000-9000:80", "* 8000-9000 80/tcp");
	check("80-80", "* any 80/tcp");
}

static void says_what_is_wrong(void **state)
{
	(void)state;
	check("", "no port specified: <empty>");
	check("8080:", "no port specified: 8080:<empty>");
	check("/tcp", "no port specified: /tcp<empty>");
	check("web", "invalid containerPort: web");
	check("65536", "invalid containerPort: 65536");
	check("-1", "invalid containerPort: -1");
	check("1-2-3", "invalid containerPort: 1-2-3");
	check("90-80", "invalid containerPort: 90-80");
	check("99999:80", "invalid hostPort: 99999");
	check("80/xyz", "invalid proto: xyz");
	check("1.2.3:80:80", "invalid IP address: 1.2.3");
	check("1-3:1-2", "invalid ranges specified for container and host Ports: 1-2 and 1-3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_one_port),
		cmocka_unit_test(reads_addresses_of_both_kinds),
		cmocka_unit_test(expands_ranges_in_the_order_of_texts),
		cmocka_unit_test(says_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
