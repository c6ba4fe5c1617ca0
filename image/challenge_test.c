#include "base/test.h"

#include <errno.h>

#include "base/buf.h"
#include "image/challenge.h"

static void check(const char *header, int scheme, const char *realm, const char *service,
		  const char *scope)
{
	AUTO(challenge) struct challenge c = CHALLENGE_INIT;

	assert_int_equal(challenge_parse(header, &c), 0);
	assert_int_equal(c.scheme, scheme);
	assert_true(streq(c.realm, realm));
	assert_true(streq(c.service, service));
	assert_true(streq(c.scope, scope));
}

static void bearer_and_basic_are_read(void **state)
{
	(void)state;
	check("Bearer realm=\"https://a/token\",service=\"s\",scope=\"repository:l/b:pull\"",
	      CHALLENGE_BEARER, "https://a/token", "s", "repository:l/b:pull");
	check("bearer  REALM = \"x\" , service=plain", CHALLENGE_BEARER, "x", "plain", NULL);
	check("Basic realm=\"basic-realm\"", CHALLENGE_BASIC, "basic-realm", NULL, NULL);
	check("Basic", CHALLENGE_BASIC, NULL, NULL, NULL);
	check("Bearer realm=\"a\\\"b, c=d\"", CHALLENGE_BEARER, "a\"b, c=d", NULL, NULL);
	check("Bearer realm=first, realm=second", CHALLENGE_BEARER, "first", NULL, NULL);
}

static void others_are_passed_over(void **state)
{
	(void)state;
	check("Negotiate, Digest realm=\"x\", nonce=abc, Basic realm=plain", CHALLENGE_BASIC,
	      "plain", NULL, NULL);
	check("NTLM abc==, Bearer realm=\"y\"", CHALLENGE_BEARER, "y", NULL, NULL);
}

static void refused(const char *header, int error)
{
	AUTO(challenge) struct challenge c = CHALLENGE_INIT;

	assert_int_equal(challenge_parse(header, &c), error);
}

static void what_is_none_is_refused(void **state)
{
	(void)state;
	refused("", -ENOTSUP);
	refused(" , ", -ENOTSUP);
	refused("Negotiate", -ENOTSUP);
	refused("Bearer service=x", -EINVAL);
	refused("Bearer realm=\"open", -EINVAL);
	refused("=", -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bearer_and_basic_are_read),
		cmocka_unit_test(others_are_passed_over),
		cmocka_unit_test(what_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
