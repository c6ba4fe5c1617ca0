#include "base/test.h"

#include <errno.h>
#include <sys/resource.h>

#include "runtime/spec.h"
#include "runtime/sysctl.h"

#define HEAD "{\"ociVersion\":\"1.1.0\",\"root\":{\"path\":\"rootfs\"},"
#define NS   "\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]}"

static int parse(const char *text, struct spec **ret, struct err **e)
{
	return spec_parse(text, strlen(text), ret, e);
}

static void smallest_configuration_is_accepted(void **state)
{
	AUTO(spec) struct spec *s = NULL;

	(void)state;
	assert_int_equal(parse(HEAD "\"process\":{\"args\":[\"a\"],\"cwd\":\"/\"}," NS "}", &s, NULL),
			 0);
	assert_string_equal(s->process.args[0], "a");
	assert_true(s->ns[NS_MOUNT].present);
	assert_false(s->ns[NS_PID].present);
}

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *text, *part;
	} rows[] = {
		{ "{", "JSON" },
		{ "{\"root\":{\"path\":\"r\"}," NS "}", "ociVersion" },
		{ "{\"ociVersion\":\"2.0\",\"root\":{\"path\":\"r\"}," NS "}", "version" },
		{ HEAD "\"process\":{\"args\":[]}," NS "}", "process.args" },
		{ HEAD "\"process\":{\"args\":[\"a\"],\"cwd\":\"x\"}," NS "}", "process.cwd" },
		{ HEAD "\"process\":{\"args\":[\"a\"],\"user\":{\"uid\":4294967296}}," NS "}", "uid" },
		{ HEAD "\"process\":{\"args\":[\"a\"],\"user\":{\"uid\":-1}}," NS "}", "uid" },
		{ HEAD "\"process\":{\"args\":[\"a\"],\"user\":{\"uid\":1.5}}," NS "}", "uid" },
		{ HEAD "\"process\":{\"args\":[\"a\"],\"rlimits\":[{\"type\":\"RLIMIT_X\"}]}," NS "}",
		  "RLIMIT_X" },
		{ HEAD "\"linux\":{\"namespaces\":[{\"type\":\"moon\"}]}}", "moon" },
		{ HEAD "\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\"}]}}", "twice" },
		{ HEAD "\"linux\":{\"namespaces\":[{\"type\":\"pid\",\"path\":\"x\"}]}}", "absolute" },
		{ HEAD "\"linux\":{}}", "mount namespace" },
		{ HEAD "\"hostname\":\"h\"," NS "}", "uts" },
		{ HEAD "\"mounts\":[{\"type\":\"proc\"}]," NS "}", "destination" },
		{ HEAD "\"hooks\":{\"prestart\":[{\"path\":\"x\"}]}," NS "}", "hooks.prestart" },
		{ HEAD "\"linux\":{\"namespaces\":[{\"type\":\"mount\"}],\"rootfsPropagation\":\"q\"}}",
		  "rootfsPropagation" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(spec) struct spec *s = NULL;
		AUTO(err) struct err *e = NULL;

		assert_int_equal(parse(rows[i].text, &s, &e), -EINVAL);
		assert_non_null(strstr(err_text(e), rows[i].part));
	}
}

static void infinity_is_minus_one_or_all_ones(void **state)
{
	AUTO(spec) struct spec *s = NULL;

	(void)state;
	assert_int_equal(parse(HEAD "\"process\":{\"args\":[\"a\"],\"rlimits\":["
				    "{\"type\":\"RLIMIT_CORE\",\"soft\":-1,\"hard\":18446744073709551615},"
				    "{\"type\":\"RLIMIT_NOFILE\",\"soft\":1024,\"hard\":2048}]}," NS
				    "}",
			       &s, NULL),
			 0);
	assert_true(s->process.rlimits[0].soft == RLIM_INFINITY);
	assert_true(s->process.rlimits[0].hard == RLIM_INFINITY);
	assert_int_equal(s->process.rlimits[1].hard, 2048);
}

static void capability_sets_become_masks(void **state)
{
	AUTO(spec) struct spec *s = NULL;

	(void)state;
	assert_int_equal(parse(HEAD "\"process\":{\"args\":[\"a\"],\"capabilities\":{\"bounding\":"
				    "[\"CAP_CHOWN\",\"cap_kill\",\"CAP_FROM_THE_FUTURE\"]}}," NS "}",
			       &s, NULL),
			 0);
	assert_true(s->process.has_caps);
	assert_int_equal(s->process.caps.bounding, 1 | 1 << 5);
	assert_int_equal(s->process.caps.inheritable, 0);
}

static void sysctl_of_the_host_is_refused(void **state)
{
	static const struct {
		const char *key, *value;
		int result;
	} rows[] = {
		{ "net.ipv4.ip_forward", "1", 0 },
		{ "net/ipv4/conf/eth0.100/rp_filter", "1", 0 },
		{ "kernel.shmmax", "1", -EINVAL }, /* no ipc namespace below */
		{ "kernel.hostname", "x", -EINVAL },
		{ "kernel.core_pattern", "|/x", -EINVAL },
		{ "vm.swappiness", "1", -EINVAL },
		{ "net.ipv4.x", "a+b", -EINVAL },
		{ "net.ipv4.x", "a\\nb", -EINVAL },
		{ "net/../kernel/core_pattern", "x", -EINVAL },
		{ "net..x", "1", -EINVAL },
		{ "", "1", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(spec) struct spec *s = NULL;
		AUTO(mem) char *text = xasprintf(
			HEAD "\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"network\"}],"
			     "\"sysctl\":{\"%s\":\"%s\"}}}",
			rows[i].key, rows[i].value);

		assert_int_equal(parse(text, &s, NULL), 0);
		assert_int_equal(sysctl_check(s, NULL), rows[i].result);
	}
}

static void dot_is_literal_in_a_key_with_slashes(void **state)
{
	AUTO(mem) char *a = sysctl_path("net/ipv4/conf/eth0.100/rp_filter");
	AUTO(mem) char *b = sysctl_path("net.ipv4.ip_forward");

	(void)state;
	assert_string_equal(a, "net/ipv4/conf/eth0.100/rp_filter");
	assert_string_equal(b, "net/ipv4/ip_forward");
}

static void new_user_namespace_without_maps_is_the_identity(void **state)
{
	AUTO(spec) struct spec *s = NULL;

	(void)state;
	assert_int_equal(
		parse(HEAD "\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"}]}}", &s,
		      NULL),
		0);
	assert_int_equal(s->n_uid_maps, 1);
	assert_int_equal(s->uid_maps[0].container, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smallest_configuration_is_accepted),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(infinity_is_minus_one_or_all_ones),
		cmocka_unit_test(capability_sets_become_masks),
		cmocka_unit_test(sysctl_of_the_host_is_refused),
		cmocka_unit_test(dot_is_literal_in_a_key_with_slashes),
		cmocka_unit_test(new_user_namespace_without_maps_is_the_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
