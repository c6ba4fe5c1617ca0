#include "image/owner.h"

#include "base/test.h"
#include "image/testdir.h"

static struct testdir dir;

static int setup(void **state)
{
	(void)state;
	testdir_init(&dir);
	testdir_write(&dir, "etc/passwd",
		      "root:x:0:0::/:\napp:x:1000:1001::/:\nbroken\nlater:x:9:9::/:\n");
	testdir_write(&dir, "etc/group", "staff:x:50:app\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	testdir_done(&dir);
	return 0;
}

static void finds_names_and_numbers(void **state)
{
	static const struct {
		const char *spec;
		unsigned uid, gid;
	} rows[] = {
		{ "", 0, 0 },
		{ "root", 0, 0 },
		{ "app", 1000, 1001 },
		{ "app:staff", 1000, 50 },
		{ "7", 7, 7 },
		{ "7:8", 7, 8 },
		{ "later", 9, 9 },
		{ ":staff", 0, 50 },
		{ "2147483647", 2147483647, 2147483647 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uid_t uid;
		gid_t gid;

		assert_int_equal(owner_find(dir.fd, rows[i].spec, &uid, &gid, NULL), 0);
		assert_int_equal(uid, rows[i].uid);
		assert_int_equal(gid, rows[i].gid);
	}
}

static void says_which_name_is_missing(void **state)
{
	AUTO(err) struct err *e = NULL, *e2 = NULL;
	uid_t uid;
	gid_t gid;

	(void)state;
	assert_true(owner_find(dir.fd, "nobody", &uid, &gid, &e) < 0);
	assert_string_equal(err_text(e),
			    "unable to find user nobody: no matching entries in passwd file");
	assert_true(owner_find(dir.fd, "app:none", &uid, &gid, &e2) < 0);
	assert_string_equal(err_text(e2),
			    "unable to find group none: no matching entries in group file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_names_and_numbers),
		cmocka_unit_test(says_which_name_is_missing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
