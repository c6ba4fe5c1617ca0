#include "base/test.h"

#include "base/mem.h"
#include "compose/load/words.h"

struct sample {
	const char *(*check)(const char *text);
	const char *text;
	bool legal;
};

static const struct sample samples[] = {
	{ check_restart, "no", true },
	{ check_restart, "on-failure:3", true },
	{ check_restart, "on-failure:", false },
	{ check_restart, "on-failure:-1", false },
	{ check_restart, "Always", false },
	{ check_signal, "SIGTERM", true },
	{ check_signal, "term", true },
	{ check_signal, "9", true },
	{ check_signal, "65", false },
	{ check_signal, "RTMIN+3", true },
	{ check_signal, "SIGRTMAX-30", true },
	{ check_signal, "RTMIN+31", false },
	{ check_signal, "SIGKIL", false },
	{ check_capability, "CAP_NET_ADMIN", true },
	{ check_capability, "net_admin", true },
	{ check_capability, "ALL", true },
	{ check_capability, "NET", false },
	{ check_ipv4, "10.0.0.1", true },
	{ check_ipv4, "10.0.0", false },
	{ check_ipv6, "fd00::5", true },
	{ check_ipv6, "10.0.0.1", false },
	{ check_subnet, "10.0.0.0/24", true },
	{ check_subnet, "fd00::/64", true },
	{ check_subnet, "10.0.0.0", false },
	{ check_subnet, "10.0.0.0/33", false },
	{ check_mac, "02:42:ac:11:65:43", true },
	{ check_mac, "02-42-ac-11-65-43", true },
	{ check_mac, "0242.ac11.6543", true },
	{ check_mac, "02:42:ac:11:65", false },
	{ check_mac, "02:42:ac:11:65:4g", false },
	{ check_device_rule, "c 1:3 mr", true },
	{ check_device_rule, "a *:* rwm", true },
	{ check_device_rule, "c 1:3", false },
	{ check_device_rule, "c 1:3 x", false },
	{ check_device_rule, "", false },
	{ check_container_name, "web-1", true },
	{ check_container_name, "-", false },
	{ check_pull_policy, "every_12h", true },
	{ check_pull_policy, "every_h", false },
	{ check_pull_policy, "sometimes", false },
	{ check_network_mode, "host", true },
	{ check_network_mode, "service:web", true },
	{ check_network_mode, "service:", false },
	{ check_network_mode, "a b", false },
	{ check_platform, "linux/arm64/v8", true },
	{ check_platform, "linux//arm64", false },
	{ check_platform, "a/b/c/d", false },
};

static void tells_legal_texts_from_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		if ((samples[i].check(samples[i].text) == NULL) != samples[i].legal)
			fail_msg("\"%s\" is %s", samples[i].text,
				 samples[i].legal ? "refused" : "accepted");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(tells_legal_texts_from_others) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
