#include "base/test.h"

#include "base/clock.h"
#include "compose/ui/human.h"

static const char now_text[] = "2026-01-02T03:04:05Z";

static struct json *container(const char *text)
{
	struct json *j = NULL;

	assert_int_equal(json_parse(text, strlen(text), &j, NULL), 0);
	return j;
}

static void states_read_as_docker_says_them(void **state)
{
	static const char *const samples[][2] = {
		{ "{\"state\":\"running\",\"started\":\"2026-01-02T03:04:00Z\"}", "Up 5 seconds" },
		{ "{\"state\":\"running\",\"health\":\"healthy\",\"started\":\"2026-01-02T03:04:00Z\"}",
		  "Up 5 seconds (healthy)" },
		{ "{\"state\":\"running\",\"health\":\"starting\",\"started\":\"2026-01-02T03:04:04.5Z\"}",
		  "Up Less than a second (health: starting)" },
		{ "{\"state\":\"paused\",\"started\":\"2026-01-02T03:02:05Z\"}", "Up 2 minutes (Paused)" },
		{ "{\"state\":\"restarting\",\"exit_code\":1,\"finished\":\"2026-01-02T03:04:02Z\"}",
		  "Restarting (1) 3 seconds ago" },
		{ "{\"state\":\"exited\",\"exit_code\":0,\"finished\":\"2026-01-02T01:04:05Z\"}",
		  "Exited (0) 2 hours ago" },
		{ "{\"state\":\"created\"}", "Created" },
	};
	int64_t now;

	(void)state;
	assert_int_equal(time_parse_rfc3339(now_text, &now), 0);
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		AUTO(json) struct json *c = container(samples[i][0]);
		AUTO(mem) char *text = human_status(c, now);

		assert_string_equal(text, samples[i][1]);
	}
}

static void ports_are_sorted_and_ranges_collapse(void **state)
{
	AUTO(json) struct json *c = container(
		"{\"state\":\"running\",\"exposed\":[\"443/tcp\",\"80/tcp\"],\"ports\":["
		"{\"host_ip\":\"0.0.0.0\",\"published\":82,\"target\":82,\"protocol\":\"tcp\"},"
		"{\"host_ip\":\"0.0.0.0\",\"published\":80,\"target\":80,\"protocol\":\"tcp\"},"
		"{\"host_ip\":\"0.0.0.0\",\"published\":81,\"target\":81,\"protocol\":\"tcp\"},"
		"{\"host_ip\":\"::\",\"published\":8080,\"target\":53,\"protocol\":\"udp\"}]}");
	AUTO(mem) char *text = human_ports(c);

	(void)state;
	assert_string_equal(text, "0.0.0.0:80-82->80-82/tcp, 443/tcp, [::]:8080->53/udp");
}

static void a_command_is_cut_at_twenty_columns(void **state)
{
	AUTO(json) struct json *argv = container("[\"sh\",\"-c\",\"trap 'echo bye; exit 0' TERM\"]");
	AUTO(mem) char *text = human_command(argv, 20), *whole = human_command(argv, 0);

	(void)state;
	assert_string_equal(text, "sh -c 'trap 'echo b…");
	assert_string_equal(whole, "sh -c 'trap 'echo bye; exit 0' TERM'");
}

static void created_at_is_go_text(void **state)
{
	AUTO(mem) char *text = human_created_at("2026-01-02T03:04:05.678Z");

	(void)state;
	assert_string_equal(text, "2026-01-02 03:04:05 +0000 UTC");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_read_as_docker_says_them),
		cmocka_unit_test(ports_are_sorted_and_ranges_collapse),
		cmocka_unit_test(a_command_is_cut_at_twenty_columns),
		cmocka_unit_test(created_at_is_go_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
