#include "base/test.h"

#include <string.h>

#include "base/mem.h"
#include "compose/supervise/values.h"

static void secrets_leave_the_project_and_configs_keep_their_text(void **state)
{
	static const char text[] =
		"{\"project\":{\"secrets\":{\"a\":{\"environment\":\"A\",\"x-compose-content\":\"s3cret\"},"
		"\"f\":{\"file\":\"/f\"}},\"configs\":{\"c\":{\"environment\":\"C\",\"x-compose-content\":\"open\"}}}}";
	struct json *args = NULL;
	AUTO(mem) char *project = NULL;

	(void)state;
	assert_int_equal(json_parse(text, sizeof(text) - 1, &args, NULL), 0);
	values_take(args);
	assert_string_equal(json_str(json_get(args, "values"), "secrets/a", ""), "s3cret");
	assert_int_equal(json_len(json_get(args, "values")), 1);
	project = json_print(json_get(args, "project"), false);
	assert_null(strstr(project, "s3cret"));
	assert_null(strstr(project, "x-compose-content"));
	assert_string_equal(json_str(json_path(args, "project", "configs", "c", NULL), "content", ""),
			    "open");
	json_free(args);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_leave_the_project_and_configs_keep_their_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
