#include "image/reference.h"

#include "base/buf.h"
#include "base/test.h"

static const char hex64[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static void assert_canonical(const char *in, const char *want)
{
	AUTO(err) struct err *e = NULL;
	AUTO(mem) char *got = reference_canonical(in, &e);

	if (!got)
		fail_msg("%s: %s", in, err_text(e));
	assert_string_equal(got, want);
}

static void assert_refused(const char *in, const char *text)
{
	AUTO(err) struct err *e = NULL;
	AUTO(mem) char *got = reference_canonical(in, &e);

	if (got)
		fail_msg("%s became %s", in, got);
	assert_string_equal(err_text(e), text);
}

static void fills_in_what_docker_hub_implies(void **state)
{
	(void)state;
	assert_canonical("busybox", "docker.io/library/busybox:latest");
	assert_canonical("docker.io/busybox", "docker.io/library/busybox:latest");
	assert_canonical("index.docker.io/busybox", "docker.io/library/busybox:latest");
	assert_canonical("me/app:1", "docker.io/me/app:1");
	assert_canonical("a_b__c/d-e--f", "docker.io/a_b__c/d-e--f:latest");
	assert_canonical("a/b/c", "docker.io/a/b/c:latest");
	assert_canonical("localhost:5000", "docker.io/library/localhost:5000");
}

static void keeps_a_domain(void **state)
{
	(void)state;
	assert_canonical("localhost/app", "localhost/app:latest");
	assert_canonical("localhost:5000/app", "localhost:5000/app:latest");
	assert_canonical("127.0.0.1:5000/app", "127.0.0.1:5000/app:latest");
	assert_canonical("Foo/app", "Foo/app:latest");
	assert_canonical("a.b/c", "a.b/c:latest");
	assert_canonical("a:80/c", "a:80/c:latest");
	assert_canonical("[::1]:5000/x:1", "[::1]:5000/x:1");
	assert_canonical("[2001:db8::1]/x", "[2001:db8::1]/x:latest");
}

static void a_digest_replaces_the_implied_tag(void **state)
{
	AUTO(mem) char *in = xasprintf("app@sha256:%s", hex64);
	AUTO(mem) char *want = xasprintf("docker.io/library/app@sha256:%s", hex64);
	AUTO(mem) char *tagged = xasprintf("app:1@sha256:%s", hex64);
	AUTO(mem) char *want_tagged = xasprintf("docker.io/library/app:1@sha256:%s", hex64);

	(void)state;
	assert_canonical(in, want);
	assert_canonical(tagged, want_tagged);
}

static void refuses_what_is_no_reference(void **state)
{
	static const char *const bad[] = { "",      ":tag", "a//b",  "a/-b",
					   "A/b:",  "-a",   "a:",    "a@sha256:short",
					   "a___b", "a..b", "a_.b",  "a/b/",
					   "/a",    "a b",  "a:b:c", "[::1/x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_refused(bad[i], "invalid reference format");
}

static void says_that_upper_case_is_the_trouble(void **state)
{
	(void)state;
	assert_refused("UPPER", "invalid reference format: repository name (library/UPPER) must be "
				"lowercase");
}

static void tells_identifiers_from_names(void **state)
{
	AUTO(mem)
	char *want = xasprintf("invalid repository name (%s), cannot specify 64-byte "
			       "hexadecimal strings",
			       hex64);

	(void)state;
	assert_refused(hex64, want);
}

static void limits_the_length_of_tags_and_paths(void **state)
{
	AUTO(mem) char *tag = xmalloc(140), *path = xmalloc(300);
	AUTO(reference) struct reference r = REFERENCE_INIT;

	(void)state;
	memcpy(tag, "a:", 2);
	memset(tag + 2, 'x', 129);
	tag[131] = '\0';
	assert_refused(tag, "invalid reference format");
	tag[130] = '\0';
	assert_int_equal(reference_parse(tag, &r, NULL), 0);
	memset(path, 'p', 299);
	path[1] = '/';
	path[299] = '\0';
	assert_refused(path, "repository name must not be more than 255 characters");
}

static void shows_the_familiar_form(void **state)
{
	static const char *const rows[][2] = {
		{ "docker.io/library/busybox:latest", "busybox:latest" },
		{ "docker.io/me/app:1", "me/app:1" },
		{ "localhost:5000/app:2", "localhost:5000/app:2" },
		{ "docker.io/a.b/c:1", "docker.io/a.b/c:1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(mem) char *got = reference_familiar(rows[i][0]);

		assert_string_equal(got, rows[i][1]);
	}
}

static void knows_digests(void **state)
{
	AUTO(mem) char *ok = xasprintf("sha256:%s", hex64);
	AUTO(mem) char *sha512 = xasprintf("sha512:%s%s", hex64, hex64);
	AUTO(mem) char *md5 = xasprintf("a@md5:%s", hex64);

	(void)state;
	assert_true(digest_is_valid(ok));
	assert_true(digest_is_valid(sha512));
	assert_false(digest_is_valid("sha256:12"));
	assert_refused(md5, "unsupported digest algorithm");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills_in_what_docker_hub_implies),
		cmocka_unit_test(keeps_a_domain),
		cmocka_unit_test(a_digest_replaces_the_implied_tag),
		cmocka_unit_test(refuses_what_is_no_reference),
		cmocka_unit_test(says_that_upper_case_is_the_trouble),
		cmocka_unit_test(tells_identifiers_from_names),
		cmocka_unit_test(limits_the_length_of_tags_and_paths),
		cmocka_unit_test(shows_the_familiar_form),
		cmocka_unit_test(knows_digests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
