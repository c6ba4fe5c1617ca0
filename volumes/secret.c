#include "volumes/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"

enum { SECRET_MAX = 8 << 20 };

static int write_one(int dir, const struct secret_file *f, struct err **e)
{
	AUTO(buf) struct buf content = BUF_INIT;
	AUTO(fd) int fd = -1;
	int r = 0;

	if (f->path)
		r = file_read(AT_FDCWD, f->path, SECRET_MAX, &content, e);
	else
		buf_addstr(&content, f->content ? f->content : "");
	if (r < 0)
		return r;
	fd = openat(dir, f->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
	if (fd < 0)
		r = err_sys(e, errno, "create %s", f->name);
	if (r == 0) {
		r = fd_write_all(fd, buf_str(&content), content.n);
		if (r == 0 && (fchown(fd, f->uid, f->gid) < 0 || fchmod(fd, f->mode & 0555) < 0))
			r = -errno;
		if (r < 0)
			r = err_sys(e, -r, "write %s", f->name);
	}
	if (content.p)
		explicit_bzero(content.p, content.n);
	return r;
}

static int write_all(const char *dir, const struct secret_file *files, size_t n, struct err **e)
{
	AUTO(fd) int fd = dir_open(AT_FDCWD, dir, e);
	int r = fd < 0 ? fd : 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = write_one(fd, &files[i], e);
	return r;
}

int secret_dir_fill(const char *dir, const struct secret_file *files, size_t n, struct err **e)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	int r = secret_dir_clear(dir, e);

	if (r < 0)
		return r;
	if (mount("tmpfs", dir, "tmpfs", flags, "mode=0700") < 0)
		return err_sys(e, errno, "mount a tmpfs on %s", dir);
	if (mount(NULL, dir, NULL, MS_PRIVATE, NULL) < 0)
		r = err_sys(e, errno, "make %s private", dir);
	if (r == 0)
		r = write_all(dir, files, n, e);
	if (r == 0 && mount(NULL, dir, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | flags, NULL) < 0)
		r = err_sys(e, errno, "make %s read-only", dir);
	if (r < 0)
		(void)umount2(dir, MNT_DETACH | UMOUNT_NOFOLLOW);
	return r;
}

int secret_dir_clear(const char *dir, struct err **e)
{
	/* EINVAL: not a mount point. ENOENT: never made. */
	while (umount2(dir, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		;
	if (errno != EINVAL && errno != ENOENT)
		return err_sys(e, errno, "unmount %s", dir);
	return 0;
}
