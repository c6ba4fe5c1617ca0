#include "base/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "compose/load/hash.h"
#include "compose/load/project_json.h"

static struct loaded *load(const char *text)
{
	static char *const environment[] = { (char *)"TOKEN=s3cret", (char *)"CONF=conf", NULL };
	AUTO(diags) struct diags *d = diags_new();
	struct loaded *p = NULL;
	AUTO(fd) int fd = memfd_create("compose", MFD_CLOEXEC);
	AUTO(mem) char *path = xasprintf("/proc/self/fd/%d", fd);
	const char *const files[] = { path };

	assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
	if (project_load(&(struct load_options){ .files = files,
						 .n_files = 1,
						 .project_name = "p",
						 .project_directory = "/srv",
						 .environ = environment },
			 &p, d) < 0) {
		AUTO(mem) char *why = diags_format(d, DIAG_ERROR, false);

		fail_msg("%s", why);
	}
	return p;
}

static void values_are_literal(void **state)
{
	AUTO(loaded) struct loaded *p = load("services: {a: {image: x, environment: {A: $$9}}}");
	AUTO(json) struct json *j = project_to_json(p);

	(void)state;
	assert_string_equal(json_str(json_path(j, "services", "a", "environment", NULL), "A", ""),
			    "$9");
	assert_string_equal(json_str(j, "name", ""), "p");
}

static void entries_have_hashes(void **state)
{
	AUTO(loaded) struct loaded *p =
		load("services: {a: {image: x, volumes: ['v:/v']}}\nvolumes: {v: }");
	AUTO(json) struct json *j = project_to_json(p);
	char hash[HASH_TEXT];

	(void)state;
	config_hash(HASH_SERVICE, node_at(p->root, "services", "a", NULL), hash);
	assert_string_equal(json_str(json_path(j, "services", "a", NULL), "x-compose-hash", ""), hash);
	assert_int_equal(strlen(json_str(json_path(j, "networks", "default", NULL),
					 "x-compose-hash", "")), 64);
	assert_int_equal(strlen(json_str(json_path(j, "volumes", "v", NULL), "x-compose-hash", "")),
			 64);
}

static void content_of_variables_comes_along(void **state)
{
	AUTO(loaded) struct loaded *p = load("services: {a: {image: x, secrets: [s], configs: [c, d]}}\n"
					     "secrets: {s: {environment: TOKEN}}\n"
					     "configs: {c: {environment: CONF}, d: {content: own}}\n");
	AUTO(json) struct json *j = project_to_json(p);

	(void)state;
	assert_string_equal(json_str(json_path(j, "secrets", "s", NULL), "x-compose-content", ""),
			    "s3cret");
	assert_string_equal(json_str(json_path(j, "configs", "c", NULL), "x-compose-content", ""),
			    "conf");
	assert_null(json_path(j, "configs", "d", "x-compose-content", NULL));
	assert_string_equal(json_str(json_path(j, "configs", "d", NULL), "content", ""), "own");
}

static void default_driver_is_no_change(void **state)
{
	AUTO(loaded) struct loaded *a = load("services: {a: {image: x, networks: [n]}}\n"
					     "networks: {n: }\n");
	AUTO(loaded) struct loaded *b = load("services: {a: {image: x, networks: [n]}}\n"
					     "networks: {n: {internal: true}}\n");
	AUTO(loaded) struct loaded *c = load("services: {a: {image: x, networks: [n]}}\n"
					     "networks: {n: {driver: bridge}}\n");
	char one[HASH_TEXT], two[HASH_TEXT], again[HASH_TEXT];

	(void)state;
	config_hash(HASH_NETWORK, node_at(a->root, "networks", "n", NULL), one);
	config_hash(HASH_NETWORK, node_at(c->root, "networks", "n", NULL), again);
	config_hash(HASH_NETWORK, node_at(b->root, "networks", "n", NULL), two);
	assert_string_equal(one, again);
	assert_string_not_equal(one, two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_literal),
		cmocka_unit_test(entries_have_hashes),
		cmocka_unit_test(content_of_variables_comes_along),
		cmocka_unit_test(default_driver_is_no_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
