/* Needs root: mounts a tmpfs, in a mount namespace of its own. */
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "volumes/secret.h"

static char dir[] = "/tmp/secret-test-XXXXXX";

static void files_have_their_owner_and_mode_and_cannot_be_changed(void **state)
{
	const struct secret_file files[] = {
		{ .name = "one", .content = "s3cret", .uid = 70, .gid = 71, .mode = 0440 },
		{ .name = "two", .content = "", .mode = 0644 },
	};
	AUTO(mem) char *one = xasprintf("%s/one", dir);
	AUTO(mem) char *two = xasprintf("%s/two", dir);
	AUTO(buf) struct buf text = BUF_INIT;
	struct stat st;

	(void)state;
	assert_int_equal(secret_dir_fill(dir, files, ARRAY_LEN(files), NULL), 0);
	assert_int_equal(stat(one, &st), 0);
	assert_int_equal(st.st_uid, 70);
	assert_int_equal(st.st_gid, 71);
	assert_int_equal(st.st_mode & 07777, 0440);
	assert_int_equal(stat(two, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_int_equal(file_read(AT_FDCWD, one, 100, &text, NULL), 0);
	assert_string_equal(buf_str(&text), "s3cret");
	assert_int_equal(open(one, O_WRONLY | O_CLOEXEC), -1);
	assert_int_equal(errno, EROFS);
	assert_int_equal(secret_dir_clear(dir, NULL), 0);
	assert_int_equal(access(one, F_OK), -1);
	assert_int_equal(secret_dir_clear(dir, NULL), 0);
}

static void a_missing_file_is_named_and_nothing_stays_mounted(void **state)
{
	const struct secret_file files[] = {
		{ .name = "one", .content = "x", .mode = 0444 },
		{ .name = "two", .path = "/nonexistent/secret", .mode = 0444 },
	};
	AUTO(mem) char *one = xasprintf("%s/one", dir);
	AUTO(err) struct err *e = NULL;

	(void)state;
	assert_int_equal(secret_dir_fill(dir, files, ARRAY_LEN(files), &e), -ENOENT);
	assert_string_equal(err_text(e), "open /nonexistent/secret: No such file or directory");
	assert_int_equal(access(one, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_have_their_owner_and_mode_and_cannot_be_changed),
		cmocka_unit_test(a_missing_file_is_named_and_nothing_stays_mounted),
	};
	int r;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0) {
		puts("skipped: needs root");
		return 77;
	}
	if (!mkdtemp(dir))
		return 1;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return r;
}
