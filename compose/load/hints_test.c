#include "compose/load/hints.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "compose/load/set.h"

/* The first error of a file has the hint. */
static void hints(const char *text, const char *want)
{
	AUTO(arena) struct arena *a = arena_new();
	AUTO(diags) struct diags *d = diags_new();
	AUTO(env) struct env *env = env_new();
	const struct load_options opt = { 0 };
	struct loader l = { .arena = a, .diags = d, .opt = &opt, .env = env, .working_dir = "/" };
	struct source s = { .path = "-", .shown = "-" };

	(void)yaml_read(a, d, "-", text, strlen(text), &s.docs);
	(void)set_load(&l, &s, 1);
	diags_sort(d);
	assert_true(d->n > 0);
	if (!d->v[0].hint || strcmp(d->v[0].hint, want) != 0)
		fail_msg("%s: hint is \"%s\", want \"%s\"", d->v[0].message, d->v[0].hint, want);
}

static void names_what_is_wrong_with_colons_and_dashes(void **state)
{
	(void)state;
	hints("services:\n  web:\n    image:nginx\n",
	      "a blank is missing behind the colon: image: nginx");
	hints("services:\n  a:\n    environment:\n      - A: 1\n",
	      "write it as \"A=1\", or leave out all dashes");
	hints("services:\n  a:\n    environment:\n      A=1\n", "begin the line with \"- \"");
	hints("services:\n  a:\n    volumes: ./a:/b\n", "write it as a list: [./a:/b]");
	hints("services:\n- web:\n    image: x\n",
	      "leave out the dashes: each name stands on a line of its own");
	hints("services:\n  a:\n    depends_on:\n      - b: {condition: service_started}\n",
	      "to give options, write all of them as a mapping: b: ..., without dashes");
}

static void names_what_is_wrong_with_indentation(void **state)
{
	(void)state;
	hints("services:\n  web:\n  image: nginx\n",
	      "image below it must be indented further than web");
	hints("services:\n  web: {}\n  image: nginx\n",
	      "image is an attribute of a service and must be indented further than its name");
	hints("web:\n  image: nginx\n", "a service stands below \"services:\"");
	hints("image: nginx\n", "image is an attribute of a service");
}

static void names_what_must_be_quoted(void **state)
{
	(void)state;
	hints("services: {a: {user: 1000}}\n", "put it in quotes: \"1000\"");
	hints("services: {a: {image: {{ x }}}}\n",
	      "if the braces are meant as text, quote the whole value");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_what_is_wrong_with_colons_and_dashes),
		cmocka_unit_test(names_what_is_wrong_with_indentation),
		cmocka_unit_test(names_what_must_be_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
