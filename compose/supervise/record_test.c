#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "compose/supervise/record.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char text[] =
	"{\"id\":\"" ID "\",\"name\":\"p-a-1\",\"service\":\"a\",\"number\":1,\"oneoff\":false,"
	"\"image\":\"i\",\"bundle\":\"/r/p-a-1\",\"created\":\"2026-01-02T03:04:05Z\","
	"\"labels\":{\"com.docker.compose.config-hash\":\"h\",\"x\":\"<y>\"},"
	"\"mounts\":[{\"type\":\"volume\",\"name\":\"v\",\"destination\":\"/v\"},"
	"{\"type\":\"volume\",\"name\":\"anon\",\"anonymous\":true,\"destination\":\"/w\"}],"
	"\"state\":\"exited\",\"exit_code\":3,\"restart_count\":2,\"was_up\":true,"
	"\"spec\":{\"service\":{},\"extra\":{\"stop_signal\":2,\"grace_ns\":5,\"restart\":"
	"\"on-failure:3\",\"networks\":[\"n\"],\"health\":{\"argv\":[\"true\"],\"retries\":3}}}}";

static struct record load(const char *json)
{
	AUTO(json) struct json *j = NULL;
	struct record r = { 0 };

	assert_int_equal(json_parse(json, strlen(json), &j, NULL), 0);
	assert_int_equal(record_from_json(j, &r, NULL), 0);
	return r;
}

static void reads_what_the_supervisor_needs(void **state)
{
	struct record r = load(text);

	(void)state;
	assert_string_equal(r.name, "p-a-1");
	assert_string_equal(r.config_hash, "h");
	assert_int_equal(r.exit_code, 3);
	assert_int_equal(r.stop_signal, 2);
	assert_int_equal(r.policy.max, 3);
	assert_string_equal(r.volumes.v[0], "v");
	assert_string_equal(r.anonymous.v[0], "anon");
	assert_string_equal(r.probe.v[0], "true");
	assert_true(r.was_up);
	record_done(&r);
}

static void printing_and_reading_changes_nothing(void **state)
{
	struct record a = load(text), b;
	AUTO(buf) struct buf one = BUF_INIT;
	AUTO(buf) struct buf two = BUF_INIT;

	(void)state;
	record_print(&a, &one);
	b = load(one.p);
	record_print(&b, &two);
	assert_string_equal(one.p, two.p);
	record_done(&a);
	record_done(&b);
}

static void list_does_not_show_the_specification(void **state)
{
	struct record r = load(text);
	AUTO(buf) struct buf out = BUF_INIT;
	AUTO(json) struct json *shown = NULL;

	(void)state;
	record_show(&r, &out);
	assert_int_equal(json_parse(out.p, out.n, &shown, NULL), 0);
	assert_null(json_get(shown, "spec"));
	assert_string_equal(json_str(shown, "state", ""), "exited");
	assert_string_equal(json_str(json_get(shown, "labels"), "x", ""), "<y>");
	record_done(&r);
}

static void a_new_name_is_shown_at_once(void **state)
{
	struct record r = load(text);
	AUTO(buf) struct buf out = BUF_INIT;

	(void)state;
	record_rename(&r, "p-a-2", "/r/p-a-2");
	record_show(&r, &out);
	assert_non_null(strstr(out.p, "\"name\":\"p-a-2\""));
	assert_non_null(strstr(out.p, "\"bundle\":\"/r/p-a-2\""));
	record_done(&r);
}

static void refuses_what_is_no_record(void **state)
{
	static const char *const texts[] = { "{}", "[]", "{\"id\":\"short\",\"name\":\"n\"}",
					     "{\"id\":\"" ID
					     "\",\"name\":\"n\",\"service\":\"s\"}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(json) struct json *j = NULL;
		struct record r;

		assert_int_equal(json_parse(texts[i], strlen(texts[i]), &j, NULL), 0);
		assert_int_equal(record_from_json(j, &r, NULL), -EINVAL);
	}
}

static void an_intent_lasts_until_it_is_cleared(void **state)
{
	char dir[] = "/tmp/record-test-XXXXXX";
	AUTO(mem) char *word = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_null(intent_read(dir));
	assert_int_equal(intent_write(dir, "stop", NULL), 0);
	assert_int_equal(intent_write(dir, "remove", NULL), 0);
	word = intent_read(dir);
	assert_string_equal(word, "remove");
	intent_clear(dir);
	assert_null(intent_read(dir));
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_the_supervisor_needs),
		cmocka_unit_test(printing_and_reading_changes_nothing),
		cmocka_unit_test(list_does_not_show_the_specification),
		cmocka_unit_test(a_new_name_is_shown_at_once),
		cmocka_unit_test(refuses_what_is_no_record),
		cmocka_unit_test(an_intent_lasts_until_it_is_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
