#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "runtime/user.h"

static char root[] = "/tmp/user-test-XXXXXX";
static int rootfd;

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "joe:x:1000:1001:Joe:/home/joe:/bin/sh\n"
			     "7:x:0:0:numeric name:/:/bin/sh\n"
			     "broken:x:abc:0::/:\n"
			     "huge:x:4294967296:0::/:\n"
			     "last:x:12:34::/last:/bin/sh";
static const char group[] = "root:x:0:\nwheel:x:10:joe,ann\nusers:x:100:ann,joe\njoe:x:1001:\nx:y:z\n";

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(root))
		return -1;
	rootfd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mkdirat(rootfd, "etc", 0755) < 0)
		return -1;
	return file_write(rootfd, "etc/passwd", passwd, strlen(passwd), 0644, false, NULL) |
	       file_write(rootfd, "etc/group", group, strlen(group), 0644, false, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	close(rootfd);
	return tree_remove(AT_FDCWD, root, NULL);
}

static void name_gives_ids_home_and_groups(void **state)
{
	AUTO(user) struct user u = { 0 };

	(void)state;
	assert_int_equal(user_resolve(rootfd, "joe", &u, NULL), 0);
	assert_int_equal(u.uid, 1000);
	assert_int_equal(u.gid, 1001);
	assert_int_equal(u.n_groups, 2);
	assert_int_equal(u.groups[0], 10);
	assert_int_equal(u.groups[1], 100);
	assert_string_equal(u.home, "/home/joe");
}

static void named_group_replaces_all_others(void **state)
{
	AUTO(user) struct user u = { 0 };

	(void)state;
	assert_int_equal(user_resolve(rootfd, "joe:users", &u, NULL), 0);
	assert_int_equal(u.gid, 100);
	assert_int_equal(u.n_groups, 0);
}

static void number_is_a_number_even_if_a_name_looks_like_it(void **state)
{
	AUTO(user) struct user u = { 0 };

	(void)state;
	assert_int_equal(user_resolve(rootfd, "7", &u, NULL), 0);
	assert_int_equal(u.uid, 7);
	assert_int_equal(u.gid, 0);
}

static void unknown_number_needs_no_entry(void **state)
{
	AUTO(user) struct user u = { 0 };

	(void)state;
	assert_int_equal(user_resolve(rootfd, "54321:99", &u, NULL), 0);
	assert_int_equal(u.uid, 54321);
	assert_int_equal(u.gid, 99);
}

static void strange_texts_are_errors_and_never_root(void **state)
{
	static const char *const bad[] = { "nobody", "joe:nogroup", "-1",   "4294967296", "0x0",
					   "1x",     "2147483648",  "+5",   " 0",	  "root ",
					   "broken", "huge",	    "99999999999999999999" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(err) struct err *e = NULL;
		AUTO(user) struct user u = { .uid = 77 };

		assert_true(user_resolve(rootfd, bad[i], &u, &e) < 0);
		assert_int_equal(u.uid, 77);
		assert_non_null(strstr(err_text(e), "n"));
	}
}

static void last_line_needs_no_newline(void **state)
{
	AUTO(mem) char *home = user_home(rootfd, 12);

	(void)state;
	assert_string_equal(home, "/last");
}

static void fifo_as_passwd_is_an_error_not_a_wait(void **state)
{
	AUTO(err) struct err *e = NULL;
	AUTO(user) struct user u = { 0 };

	(void)state;
	assert_int_equal(unlinkat(rootfd, "etc/passwd", 0), 0);
	assert_int_equal(mkfifoat(rootfd, "etc/passwd", 0644), 0);
	assert_int_equal(user_resolve(rootfd, "joe", &u, &e), -EINVAL);
}

static void missing_files_leave_only_numbers(void **state)
{
	AUTO(user) struct user u = { 0 };

	(void)state;
	assert_int_equal(unlinkat(rootfd, "etc/passwd", 0), 0);
	assert_int_equal(unlinkat(rootfd, "etc/group", 0), 0);
	assert_int_equal(user_resolve(rootfd, "5:6", &u, NULL), 0);
	assert_int_equal(user_resolve(rootfd, "joe", &u, NULL), -ENOKEY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name_gives_ids_home_and_groups),
		cmocka_unit_test(named_group_replaces_all_others),
		cmocka_unit_test(number_is_a_number_even_if_a_name_looks_like_it),
		cmocka_unit_test(unknown_number_needs_no_entry),
		cmocka_unit_test(strange_texts_are_errors_and_never_root),
		cmocka_unit_test(last_line_needs_no_newline),
		cmocka_unit_test(fifo_as_passwd_is_an_error_not_a_wait),
		cmocka_unit_test(missing_files_leave_only_numbers),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
