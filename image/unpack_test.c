#include "image/unpack.h"

#include <errno.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/test.h"
#include "image/tarball.h"
#include "image/testdir.h"

struct fixture {
	struct testdir dir;
	int out_fd;
	struct unpack_result result;
	char error[512];
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	if (geteuid() != 0) {
		print_message("needs root: files get the owners of the archive\n");
		exit(77);
	}
	testdir_init(&f->dir);
	testdir_write(&f->dir, "secret", "outside");
	if (mkdirat(f->dir.fd, "out", 0755) < 0)
		return -1;
	f->out_fd = openat(f->dir.fd, "out", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close(f->out_fd);
	testdir_done(&f->dir);
	free(f);
	return 0;
}

static int unpack_job_run(struct fixture *f, struct unpack_job *job,
			  const struct tar_entry *entries, size_t n)
{
	AUTO(err) struct err *e = NULL;
	struct buf b = BUF_INIT;
	int r;

	for (size_t i = 0; i < n; i++)
		tarball_add(&b, &entries[i]);
	job->in_fd = tarball_open(&b);
	job->root_fd = f->out_fd;
	job->blob_fd = -1;
	r = unpack(job, &f->result, &e);
	(void)snprintf(f->error, sizeof(f->error), "%s", err_text(e));
	close(job->in_fd);
	buf_done(&b);
	return r;
}

static int run(struct fixture *f, const struct tar_entry *entries, size_t n)
{
	struct unpack_job job = { .mode = UNPACK_LAYER, .lower_fd = -1 };

	return unpack_job_run(f, &job, entries, n);
}
#define RUN(f, ...)                                                                                \
	run(f, (struct tar_entry[]){ __VA_ARGS__ },                                                \
	    sizeof((struct tar_entry[]){ __VA_ARGS__ }) / sizeof(struct tar_entry))
#define ASSERT_RUN(f, ...)                                                                         \
	do {                                                                                       \
		if (RUN(f, __VA_ARGS__) < 0)                                                       \
			fail_msg("%s", (f)->error);                                                \
	} while (0)

static struct stat stat_of(struct fixture *f, const char *name)
{
	struct stat st = { 0 };

	if (fstatat(f->out_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		fail_msg("%s: %s", name, strerror(errno));
	return st;
}

static bool exists(struct fixture *f, const char *name)
{
	return faccessat(f->out_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void assert_text(struct fixture *f, const char *name, const char *want)
{
	AUTO(buf) struct buf b = BUF_INIT;

	assert_int_equal(file_read(f->out_fd, name, 4096, &b, NULL), 0);
	assert_string_equal(buf_str(&b), want);
}

static void assert_whiteout(struct fixture *f, const char *name)
{
	struct stat st = stat_of(f, name);

	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(st.st_rdev, 0);
}

static void assert_opaque(struct fixture *f, const char *name, bool want)
{
	AUTO(mem) char *path = xasprintf("/proc/self/fd/%d/%s", f->out_fd, name);
	char value[4];
	ssize_t n = lgetxattr(path, "trusted.overlay.opaque", value, sizeof(value));

	assert_int_equal(n == 1 && value[0] == 'y', want);
}

static void keeps_metadata(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	ASSERT_RUN(f, { "d/", '5', NULL, 01777, 5, 1000 }, { "d/suid", '0', "x", 04755, 7, 2000 },
		   { "d/link", '2', "/abs", 0, 8, 3000 }, { "d/hard", '1', "d/suid" },
		   { "null", '3', NULL, 0666, 0, 1, 1, 3 }, { "fifo", '6', NULL, 0600 });
	st = stat_of(f, "d");
	assert_int_equal(st.st_mode & 07777, 01777);
	assert_int_equal(st.st_uid, 5);
	assert_int_equal(st.st_mtime, 1000);
	st = stat_of(f, "d/suid");
	assert_int_equal(st.st_mode & 07777, 04755);
	assert_int_equal(st.st_gid, 7);
	assert_int_equal(st.st_mtime, 2000);
	assert_int_equal(st.st_nlink, 2);
	assert_int_equal(stat_of(f, "d/link").st_uid, 8);
	assert_int_equal(stat_of(f, "null").st_rdev, makedev(1, 3));
	assert_true(S_ISFIFO(stat_of(f, "fifo").st_mode));
	assert_true(f->result.is_self_contained);
	assert_int_equal(f->result.size, 1);
}

static void never_leaves_the_root(void **state)
{
	struct fixture *f = *state;

	ASSERT_RUN(f, { "../../escape", '0', "in" }, { "/abs", '0', "in" },
		   { "a/../../b", '0', "in" });
	assert_text(f, "escape", "in");
	assert_text(f, "abs", "in");
	assert_text(f, "b", "in");
}

static void links_in_the_way_are_resolved_inside(void **state)
{
	struct fixture *f = *state;

	ASSERT_RUN(f, { "tmp/", '5' }, { "in", '2', "/tmp" }, { "in/x", '0', "inside" });
	assert_text(f, "tmp/x", "inside");
	/* A link to nowhere inside the root does not become one to somewhere outside. */
	assert_true(RUN(f, { "l", '2', "/usr" }, { "l/x", '0', "no" }) < 0);
	assert_true(RUN(f, { "up", '2', "../secret" }, { "up", '0', "replaced" }) == 0);
	assert_true(S_ISREG(stat_of(f, "up").st_mode));
}

static void hard_links_stay_inside(void **state)
{
	struct fixture *f = *state;

	assert_true(RUN(f, { "x", '1', "/etc/passwd" }) < 0);
	assert_string_equal(f->error, "unpack \"x\": its link target \"etc/passwd\" is not there");
	assert_true(RUN(f, { "y", '1', "../secret" }) < 0);
	ASSERT_RUN(f, { "early", '1', "late" }, { "late", '0', "data" });
	assert_text(f, "early", "data");
}

static void refuses_the_device_that_would_be_a_whiteout(void **state)
{
	struct fixture *f = *state;

	assert_true(RUN(f, { "x", '3', NULL, 0666, 0, 0, 0, 0 }) < 0);
	assert_string_equal(f->error, "unpack \"x\": device 0:0 is refused: it would hide files of "
				      "other layers");
}

static void whiteouts_become_overlay_whiteouts(void **state)
{
	struct fixture *f = *state;

	ASSERT_RUN(f, { "d/", '5' }, { "d/.wh.gone", '0', "" }, { "o/", '5' },
		   { "o/f", '0', "kept" }, { "o/.wh..wh..opq", '0', "" },
		   { "d/.wh..wh.plnk", '0', "" });
	assert_whiteout(f, "d/gone");
	assert_opaque(f, "o", true);
	assert_text(f, "o/f", "kept");
	assert_false(exists(f, "d/.wh..wh.plnk"));
	assert_opaque(f, "d", false);
}

static void a_whiteout_never_hides_what_its_own_layer_adds(void **state)
{
	struct fixture *f = *state;

	ASSERT_RUN(f, { "x", '0', "1" }, { ".wh.x", '0', "" }, { ".wh.y", '0', "" },
		   { "y", '0', "2" }, { ".wh.d", '0', "" }, { "d/f", '0', "3" });
	assert_text(f, "x", "1");
	assert_text(f, "y", "2");
	assert_text(f, "d/f", "3");
	assert_opaque(f, "d", true);
}

static void the_lowest_layer_has_nothing_to_hide(void **state)
{
	struct fixture *f = *state;
	struct unpack_job job = { .mode = UNPACK_LAYER, .lower_fd = -1, .is_lowest = true };
	const struct tar_entry entries[] = { { ".wh.x", '0', "" } };

	assert_int_equal(unpack_job_run(f, &job, entries, 1), 0);
	assert_false(exists(f, "x"));
}

static void an_added_archive_may_not_hold_whiteouts(void **state)
{
	struct fixture *f = *state;
	struct unpack_job job = {
		.mode = UNPACK_ADD, .lower_fd = -1, .has_owner = true, .uid = 9, .gid = 9
	};
	const struct tar_entry good[] = { { "f", '0', "x", 0644, 1 } };
	const struct tar_entry bad[] = { { ".wh.x", '0', "" } };

	assert_int_equal(unpack_job_run(f, &job, good, 1), 0);
	assert_int_equal(stat_of(f, "f").st_uid, 9);
	assert_true(unpack_job_run(f, &job, bad, 1) < 0);
}

static void the_last_entry_of_a_name_wins(void **state)
{
	struct fixture *f = *state;

	ASSERT_RUN(f, { "a", '0', "1" }, { "a", '0', "2" }, { "f", '0', "x" }, { "f/", '5' },
		   { "f/in", '0', "y" }, { "d/", '5' }, { "d/x", '0', "gone" },
		   { "d", '0', "file" }, { "m/", '5', NULL, 0700 }, { "m/", '5', NULL, 0711 });
	assert_text(f, "a", "2");
	assert_text(f, "f/in", "y");
	assert_text(f, "d", "file");
	assert_int_equal(stat_of(f, "m").st_mode & 07777, 0711);
}

static void implied_directories_look_like_those_below(void **state)
{
	struct fixture *f = *state;
	struct unpack_job job = { .mode = UNPACK_LAYER };
	const struct tar_entry entries[] = { { "tmp/x", '0', "1" }, { "h", '1', "low" } };

	if (mkdirat(f->dir.fd, "lower", 0755) < 0 || mkdirat(f->dir.fd, "lower/tmp", 0755) < 0 ||
	    fchmodat(f->dir.fd, "lower/tmp", 01777, 0) < 0)
		fail();
	testdir_write(&f->dir, "lower/low", "from below");
	job.lower_fd = openat(f->dir.fd, "lower", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(unpack_job_run(f, &job, entries, 2), 0);
	close(job.lower_fd);
	assert_int_equal(stat_of(f, "tmp").st_mode & 07777, 01777);
	assert_text(f, "h", "from below");
	assert_false(f->result.is_self_contained);
}

static void refuses_what_is_no_archive(void **state)
{
	struct fixture *f = *state;
	struct unpack_job job = { .mode = UNPACK_LAYER, .lower_fd = -1, .blob_fd = -1 };
	AUTO(err) struct err *e = NULL;
	int fd = memfd_create("x", MFD_CLOEXEC);

	job.root_fd = f->out_fd;
	job.in_fd = fd;
	assert_true(unpack(&job, &f->result, &e) < 0);
	assert_string_equal(err_text(e), "read archive: the input is empty");
	if (write(fd, "this is no archive at all\n", 26) != 26 || lseek(fd, 0, SEEK_SET) < 0)
		fail();
	assert_true(unpack(&job, &f->result, &e) < 0);
	close(fd);
}

static void the_diff_id_covers_the_padding(void **state)
{
	struct fixture *f = *state;

	/* One empty archive: 1024 zero bytes. */
	assert_int_equal(run(f, NULL, 0), 0);
	assert_string_equal(f->result.diff_id,
			    "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6"
			    "cddfaf10ace3c6ef");
	assert_int_equal(f->result.tar_size, 1024);
}

static void tells_archives_by_their_first_bytes(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	tarball_add(&b, &(struct tar_entry){ "x", '0', "y" });
	assert_true(unpack_is_archive(b.p, b.n));
	memset(b.p + 257, 0, 8);
	assert_false(unpack_is_archive(b.p, b.n));
	assert_true(unpack_is_archive("\x1f\x8b\x08", 3));
	assert_false(unpack_is_archive("plain text", 10));
	assert_int_equal(unpack_sniff("\x28\xb5\x2f\xfd", 4), UNPACK_ZSTD);
	buf_done(&b);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(keeps_metadata),
		T(never_leaves_the_root),
		T(links_in_the_way_are_resolved_inside),
		T(hard_links_stay_inside),
		T(refuses_the_device_that_would_be_a_whiteout),
		T(whiteouts_become_overlay_whiteouts),
		T(a_whiteout_never_hides_what_its_own_layer_adds),
		T(the_lowest_layer_has_nothing_to_hide),
		T(an_added_archive_may_not_hold_whiteouts),
		T(the_last_entry_of_a_name_wins),
		T(implied_directories_look_like_those_below),
		T(refuses_what_is_no_archive),
		T(the_diff_id_covers_the_padding),
		cmocka_unit_test(tells_archives_by_their_first_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
