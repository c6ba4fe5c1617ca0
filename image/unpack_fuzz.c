/*
 * Any bytes as an archive, unpacked in a directory of its own; nothing may appear outside of it.
 * As a user who is not root most entries fail early: run this as root to reach the tree.
 */
#include <stdint.h>
#include <sys/mman.h>

#include "image/testdir.h"
#include "image/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check_outside(const struct testdir *t)
{
	AUTO(strv) struct strv names = STRV_INIT;

	if (dir_list(t->fd, ".", &names, NULL) < 0 || names.n != 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct unpack_job job = { .mode = n % 2 ? UNPACK_LAYER : UNPACK_ADD,
				  .lower_fd = -1,
				  .blob_fd = -1 };
	AUTO(err) struct err *e = NULL;
	struct unpack_result res;
	struct testdir t;

	testdir_init(&t);
	if (mkdirat(t.fd, "in", 0755) < 0)
		abort();
	job.root_fd = openat(t.fd, "in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	job.in_fd = memfd_create("tar", MFD_CLOEXEC);
	if (job.in_fd < 0 || fd_write_all(job.in_fd, p, n) < 0 || lseek(job.in_fd, 0, SEEK_SET) < 0)
		abort();
	(void)unpack(&job, &res, &e);
	close(job.in_fd);
	close(job.root_fd);
	check_outside(&t);
	testdir_done(&t);
	return 0;
}
