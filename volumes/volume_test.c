/* The store needs no root except where owners and mounts are checked; those cases skip without it. */
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/strv.h"
#include "volumes/volume.h"

static int make_root(void **state)
{
	char *dir = xstrdup("/tmp/volume-test-XXXXXX");

	if (!mkdtemp(dir))
		return -1;
	*state = dir;
	return 0;
}

static int drop_root(void **state)
{
	int r = tree_remove(AT_FDCWD, *state, NULL);

	free(*state);
	return r;
}

static void put(const char *root, const char *path, const char *text, mode_t mode)
{
	AUTO(mem) char *full = xasprintf("%s/%s", root, path);

	assert_int_equal(file_write(AT_FDCWD, full, text, strlen(text), mode, false, NULL), 0);
}

static struct volume_spec spec_of(const char *name)
{
	return (struct volume_spec){ .name = name, .hash = "h" };
}

static void creating_twice_keeps_the_first(void **state)
{
	struct volume_spec spec = spec_of("shop_data");
	AUTO(json) struct json *v = NULL;
	bool created = false;

	assert_int_equal(volume_create(*state, &spec, &created, NULL), 0);
	assert_true(created);
	spec.hash = "other";
	assert_int_equal(volume_create(*state, &spec, &created, NULL), 0);
	assert_false(created);
	assert_int_equal(volume_inspect(*state, "shop_data", &v, NULL), 0);
	assert_string_equal(json_str(v, "hash", ""), "h");
	assert_string_equal(json_str(v, "driver", ""), "local");
	assert_true(ends_with(json_str(v, "mountpoint", ""), "/volumes/shop_data/_data"));
}

static void refuses_bad_names_and_options(void **state)
{
	static const char *const names[] = { "x", "a/b", "../up", ".hidden", "", "sp ace" };
	AUTO(json) struct json *opts = json_new_obj();
	struct volume_spec spec = spec_of("good_name");
	AUTO(err) struct err *e = NULL;
	bool created;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct volume_spec bad = spec_of(names[i]);

		assert_int_equal(volume_create(*state, &bad, &created, NULL), -EINVAL);
	}
	json_set_str(opts, "type", "tmpfs");
	spec.driver_opts = opts;
	assert_int_equal(volume_create(*state, &spec, &created, &e), -EINVAL);
	assert_non_null(strstr(err_text(e), "missing required option: \"device\""));
	json_set_str(opts, "colour", "red");
	assert_int_equal(volume_create(*state, &spec, &created, &e), -EINVAL);
	assert_non_null(strstr(err_text(e), "invalid option: \"colour\""));
	spec.driver_opts = NULL;
	spec.driver = "rexray";
	assert_int_equal(volume_create(*state, &spec, &created, &e), -EINVAL);
	assert_non_null(strstr(err_text(e), "plugin \"rexray\" not found"));
}

static void a_volume_in_use_is_not_removed(void **state)
{
	struct volume_spec spec = spec_of("used");
	AUTO(err) struct err *e = NULL;
	AUTO(json) struct json *list = NULL;
	bool created;

	assert_int_equal(volume_create(*state, &spec, &created, NULL), 0);
	assert_int_equal(volume_ref(*state, "used", "abc123", NULL), 0);
	assert_int_equal(volume_ref(*state, "used", "abc123", NULL), 0);
	assert_int_equal(volume_remove(*state, "used", &e), -EBUSY);
	assert_string_equal(err_text(e), "remove used: volume is in use - [abc123]");
	assert_int_equal(volume_unref(*state, "used", "abc123", NULL), 0);
	assert_int_equal(volume_remove(*state, "used", NULL), 0);
	assert_int_equal(volume_remove(*state, "used", NULL), -ENOENT);
	assert_int_equal(volume_list(*state, &list, NULL), 0);
	assert_int_equal(json_len(list), 0);
}

static void sweeping_removes_what_a_crash_left(void **state)
{
	struct volume_spec spec = spec_of("kept");
	AUTO(mem) char *dir = xasprintf("%s/volumes", (char *)*state);
	AUTO(mem) char *half = xasprintf("%s/.tmp-0123/_data", dir);
	AUTO(mem) char *gone = xasprintf("%s/.trash-0123/_data/x", dir);
	AUTO(strv) struct strv names = STRV_INIT;
	bool created;

	assert_int_equal(volume_create(*state, &spec, &created, NULL), 0);
	assert_int_equal(dir_make(AT_FDCWD, half, 0755, NULL), 0);
	assert_int_equal(dir_make(AT_FDCWD, gone, 0755, NULL), 0);
	assert_int_equal(volume_sweep(*state, NULL), 0);
	assert_int_equal(dir_list(AT_FDCWD, dir, &names, NULL), 0);
	assert_int_equal(names.n, 2); /* .lock and kept */
	assert_true(strv_has(&names, "kept"));
}

/* An image with /srv: a file, a hard link to it, a link that points out, a sparse file, a directory. */
static int make_image(const char *root)
{
	AUTO(mem) char *dir = xasprintf("%s/image/srv/sub", root);
	AUTO(mem) char *srv = xasprintf("%s/image/srv", root);
	AUTO(mem) char *image = xasprintf("%s/image", root);
	AUTO(fd) int fd = -1, sparse = -1;

	assert_int_equal(dir_make(AT_FDCWD, dir, 0755, NULL), 0);
	put(root, "image/srv/file", "hello", 0640);
	put(root, "image/srv/sub/deep", "deep", 0600);
	fd = dir_open(AT_FDCWD, srv, NULL);
	assert_int_equal(linkat(fd, "file", fd, "twin", 0), 0);
	assert_int_equal(symlinkat("/etc/passwd", fd, "out"), 0);
	sparse = openat(fd, "sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(ftruncate(sparse, 8 << 20), 0);
	assert_int_equal(pwrite(sparse, "x", 1, 4 << 20), 1);
	assert_int_equal(fchmod(fd, 02750), 0);
	if (geteuid() == 0)
		assert_int_equal(fchown(fd, 999, 998), 0);
	assert_int_equal(fchmod(fd, 02750), 0);
	return dir_open(AT_FDCWD, image, NULL);
}

static void populating_copies_everything_once(void **state)
{
	struct volume_spec spec = spec_of("fresh");
	AUTO(fd) int image = make_image(*state);
	AUTO(mem) char *data = volume_data_path(*state, "fresh");
	AUTO(buf) struct buf text = BUF_INIT;
	AUTO(fd) int fd = -1;
	struct stat st, twin;
	bool created;

	assert_int_equal(volume_create(*state, &spec, &created, NULL), 0);
	assert_int_equal(volume_populate(*state, "fresh", image, "/srv", NULL), 0);
	fd = dir_open(AT_FDCWD, data, NULL);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 02750);
	if (geteuid() == 0)
		assert_int_equal(st.st_uid, 999);
	assert_int_equal(file_read(fd, "sub/deep", 100, &text, NULL), 0);
	assert_string_equal(buf_str(&text), "deep");
	assert_int_equal(fstatat(fd, "file", &st, 0), 0);
	assert_int_equal(fstatat(fd, "twin", &twin, 0), 0);
	assert_int_equal(st.st_ino, twin.st_ino);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(fstatat(fd, "sparse", &st, 0), 0);
	assert_int_equal(st.st_size, 8 << 20);
	assert_true(st.st_blocks * 512 < 1 << 20);
	assert_int_equal(fstatat(fd, "out", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISLNK(st.st_mode));

	assert_int_equal(unlinkat(fd, "file", 0), 0);
	assert_int_equal(volume_populate(*state, "fresh", image, "/srv", NULL), 0);
	assert_int_equal(faccessat(fd, "file", F_OK, 0), -1);
}

static void populating_leaves_content_and_missing_paths_alone(void **state)
{
	struct volume_spec spec = spec_of("full");
	AUTO(fd) int image = make_image(*state);
	AUTO(mem) char *mine = xasprintf("%s/volumes/full/_data/mine", (char *)*state);
	AUTO(mem) char *copied = xasprintf("%s/volumes/full/_data/file", (char *)*state);
	bool created;

	assert_int_equal(volume_create(*state, &spec, &created, NULL), 0);
	assert_int_equal(volume_populate(*state, "full", image, "/absent", NULL), 0);
	put(*state, "volumes/full/_data/mine", "1", 0600);
	assert_int_equal(volume_populate(*state, "full", image, "/srv", NULL), 0);
	assert_int_equal(access(mine, F_OK), 0);
	assert_int_equal(access(copied, F_OK), -1);
}

static void a_link_in_the_image_does_not_lead_to_the_host(void **state)
{
	struct volume_spec spec = spec_of("trap");
	AUTO(fd) int image = make_image(*state);
	AUTO(mem) char *data = NULL;
	AUTO(strv) struct strv names = STRV_INIT;
	bool created;

	assert_int_equal(symlinkat("/etc", image, "evil"), 0);
	assert_int_equal(volume_create(*state, &spec, &created, NULL), 0);
	assert_int_equal(volume_populate(*state, "trap", image, "/evil", NULL), 0);
	data = volume_data_path(*state, "trap");
	assert_int_equal(dir_list(AT_FDCWD, data, &names, NULL), 0);
	assert_int_equal(names.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(creating_twice_keeps_the_first, make_root, drop_root),
		cmocka_unit_test_setup_teardown(refuses_bad_names_and_options, make_root, drop_root),
		cmocka_unit_test_setup_teardown(a_volume_in_use_is_not_removed, make_root, drop_root),
		cmocka_unit_test_setup_teardown(sweeping_removes_what_a_crash_left, make_root,
						drop_root),
		cmocka_unit_test_setup_teardown(populating_copies_everything_once, make_root,
						drop_root),
		cmocka_unit_test_setup_teardown(populating_leaves_content_and_missing_paths_alone,
						make_root, drop_root),
		cmocka_unit_test_setup_teardown(a_link_in_the_image_does_not_lead_to_the_host,
						make_root, drop_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
