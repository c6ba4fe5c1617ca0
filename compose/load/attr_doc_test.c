#include "base/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/map.h"
#include "base/strv.h"
#include "compose/load/attr.h"
#include "compose/load/attr_doc.h"

#define PAGE "docs/compose-attributes.md"
#define LIST_FILE "tests/golden/attributes.txt"

static void read_file(const char *path, struct buf *out)
{
	struct err *e = NULL;

	if (file_read(AT_FDCWD, path, 1 << 20, out, &e) < 0)
		fail_msg("%s", err_text(e));
}

/* COMPOSE_UPDATE_DOCS=1 writes the page instead of comparing it. */
static void page_is_up_to_date(void **state)
{
	AUTO(buf) struct buf page = BUF_INIT;
	AUTO(mem) char *made = attr_doc_markdown();

	(void)state;
	if (getenv("COMPOSE_UPDATE_DOCS"))
		assert_int_equal(file_write(AT_FDCWD, PAGE, made, strlen(made), 0644, false, NULL), 0);
	read_file(PAGE, &page);
	assert_string_equal(buf_str(&page), made);
}

static void add_all(struct map *m, const struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		map_set(m, v->v[i], v->v[i]);
}

static size_t missing(const struct strv *wanted, const struct strv *given, const char *where)
{
	AUTO(map) struct map m = MAP_INIT;
	size_t n = 0;

	add_all(&m, given);
	for (size_t i = 0; i < wanted->n; i++) {
		if (!wanted->v[i][0] || wanted->v[i][0] == '#' || map_has(&m, wanted->v[i]))
			continue;
		print_error("%s is not in %s\n", wanted->v[i], where);
		n++;
	}
	return n;
}

static void rows_and_specification_name_the_same_attributes(void **state)
{
	AUTO(buf) struct buf text = BUF_INIT;
	AUTO(strv) struct strv listed = STRV_INIT, rows = STRV_INIT;

	(void)state;
	read_file(LIST_FILE, &text);
	strv_split(&listed, buf_str(&text), '\n');
	attr_doc_paths(&rows);
	assert_true(listed.n > 300);
	assert_int_equal(missing(&listed, &rows, "the rows"), 0);
	assert_int_equal(missing(&rows, &listed, LIST_FILE), 0);
}

static void every_row_says_what_it_is(void **state)
{
	AUTO(strv) struct strv rows = STRV_INIT;

	(void)state;
	attr_doc_paths(&rows);
	for (size_t i = 0; i < rows.n; i++) {
		AUTO(mem) char *path = xstrdup(rows.v[i]);
		const struct attr *a = attr_root();

		/* Down the path: names, "*" for names of the user, "[]" for items. */
		for (char *step = path; step && a;) {
			char *dot = strchr(step, '.'), *items;

			if (dot)
				*dot = 0;
			items = strstr(step, "[]");
			if (items)
				*items = 0;
			a = attr_child(a, step);
			if (items)
				a = attr_item(a);
			step = dot ? dot + 1 : NULL;
		}
		if (!a || !a->doc || !a->forms)
			fail_msg("%s has no meaning or no forms", rows.v[i]);
	}
}

static void unknown_keys_have_no_row(void **state)
{
	(void)state;
	assert_null(attr_child(attr_root(), "service"));
	assert_null(attr_child(attr_child(attr_child(attr_root(), "services"), "web"), "imagee"));
	assert_non_null(attr_child(attr_root(), "x-anything"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_is_up_to_date),
		cmocka_unit_test(rows_and_specification_name_the_same_attributes),
		cmocka_unit_test(every_row_says_what_it_is),
		cmocka_unit_test(unknown_keys_have_no_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
