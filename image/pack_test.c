#include "image/pack.h"

#include <sys/mman.h>
#include <sys/xattr.h>

#include "base/test.h"
#include "image/testdir.h"
#include "image/unpack.h"

static void need_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("needs root: owners, devices and trusted attributes\n");
	exit(77);
}

static void fill(const struct testdir *t)
{
	AUTO(mem) char *deep = xasprintf("d/%0120d", 1);
	AUTO(mem) char *opaque = xasprintf("%s/o", t->path);
	struct timespec times[2] = { { 1000, 5 }, { 1000, 5 } };

	testdir_write(t, "d/a", "text");
	testdir_write(t, deep, "a long name");
	testdir_write(t, "d/\xc3\xa4", "not ASCII");
	testdir_write(t, "o/x", "y");
	if (linkat(t->fd, "d/a", t->fd, "d/z", 0) < 0 || symlinkat("target", t->fd, "l") < 0 ||
	    mknodat(t->fd, "gone", S_IFCHR, 0) < 0 ||
	    mknodat(t->fd, "fifo", S_IFIFO | 0600, 0) < 0 ||
	    lsetxattr(opaque, "trusted.overlay.opaque", "y", 1, 0) < 0 ||
	    fchownat(t->fd, "d/a", 3000000, 7, 0) < 0 || utimensat(t->fd, "d/a", times, 0) < 0)
		fail();
}

static struct pack_result pack(int fd, int out)
{
	struct pack_opts o = { .out_fd = out, .max_mtime = -1 };
	struct pack_result res = { 0 };
	AUTO(err) struct err *e = NULL;

	if (pack_layer(fd, &o, &res, &e) < 0)
		fail_msg("%s", err_text(e));
	return res;
}

static void gives_the_same_bytes_for_the_same_tree(void **state)
{
	struct testdir a, b;

	(void)state;
	need_root();
	testdir_init(&a);
	testdir_init(&b);
	fill(&a);
	fill(&b);
	/* Times other than those set differ between the two: only whole trees of equal times
	 * compare. */
	assert_string_equal(pack(a.fd, -1).diff_id, pack(a.fd, -1).diff_id);
	assert_int_equal(pack(a.fd, -1).size, pack(b.fd, -1).size);
	testdir_done(&a);
	testdir_done(&b);
}

static void what_is_packed_unpacks_to_the_same_tree(void **state)
{
	int tar = memfd_create("tar", MFD_CLOEXEC);
	struct unpack_job job = {
		.mode = UNPACK_LAYER, .lower_fd = -1, .blob_fd = -1, .in_fd = tar
	};
	struct unpack_result res;
	AUTO(err) struct err *e = NULL;
	struct pack_result first;
	struct testdir a, b;

	(void)state;
	need_root();
	testdir_init(&a);
	testdir_init(&b);
	fill(&a);
	first = pack(a.fd, tar);
	if (lseek(tar, 0, SEEK_SET) < 0)
		fail();
	job.root_fd = b.fd;
	if (unpack(&job, &res, &e) < 0)
		fail_msg("%s", err_text(e));
	assert_string_equal(res.diff_id, first.diff_id);
	assert_int_equal(res.tar_size, first.tar_size);
	/* Owners, times, links, whiteouts and opaque marks all came through. */
	assert_string_equal(pack(b.fd, -1).diff_id, first.diff_id);
	close(tar);
	testdir_done(&a);
	testdir_done(&b);
}

static void an_empty_layer_is_an_empty_archive(void **state)
{
	struct testdir t;

	(void)state;
	testdir_init(&t);
	assert_string_equal(pack(t.fd, -1).diff_id,
			    "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6"
			    "cddfaf10ace3c6ef");
	testdir_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_same_bytes_for_the_same_tree),
		cmocka_unit_test(what_is_packed_unpacks_to_the_same_tree),
		cmocka_unit_test(an_empty_layer_is_an_empty_archive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
