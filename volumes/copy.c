#include "volumes/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/map.h"

struct copy {
	dev_t dev;        /* of the source: mounts below it are not entered */
	int dst_root;     /* where links inside the tree are made from */
	struct map links; /* "inode" -> path below dst_root of the first name, char * */
	struct err **e;
};

static int copy_dir(struct copy *c, int src, int dst, const char *path);

static int fail(struct copy *c, const char *what, const char *path)
{
	return err_sys(c->e, errno, "%s %s", what, *path ? path : ".");
}

/* Extended attributes of one open file; a target that has none at all is no failure. */
static int copy_xattrs(struct copy *c, int src, int dst, const char *path)
{
	AUTO(mem) char *names = NULL;
	ssize_t n = flistxattr(src, NULL, 0);

	if (n <= 0)
		return n < 0 && errno != ENOTSUP ? fail(c, "list attributes of", path) : 0;
	names = xmalloc((size_t)n);
	n = flistxattr(src, names, (size_t)n);
	if (n < 0)
		return fail(c, "list attributes of", path);
	for (char *name = names; name < names + n; name += strlen(name) + 1) {
		AUTO(mem) char *value = NULL;
		ssize_t size = fgetxattr(src, name, NULL, 0);

		/* The overlay's own marks mean nothing outside a layer. */
		if (size < 0 || starts_with(name, "trusted.overlay."))
			continue;
		value = xmalloc((size_t)size + 1);
		size = fgetxattr(src, name, value, (size_t)size);
		if (size < 0)
			return fail(c, "read attributes of", path);
		if (fsetxattr(dst, name, value, (size_t)size, 0) < 0 && errno != ENOTSUP)
			return fail(c, "write attributes of", path);
	}
	return 0;
}

/* Owner first: chown clears set-id bits and capabilities. */
static int copy_attributes(struct copy *c, int src, int dst, const struct stat *st,
			   const char *path)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	int r;

	if (fchown(dst, st->st_uid, st->st_gid) < 0)
		return fail(c, "change owner of", path);
	if (fchmod(dst, st->st_mode & 07777) < 0)
		return fail(c, "change mode of", path);
	r = copy_xattrs(c, src, dst, path);
	if (r < 0)
		return r;
	return futimens(dst, times) < 0 ? fail(c, "set times of", path) : 0;
}

/* Bytes [at, end) by the kernel, falling back to read and write where it cannot. */
static int copy_range(int src, int dst, off_t at, off_t end)
{
	char block[65536];

	while (at < end) {
		off_t in = at, out = at;
		ssize_t n = copy_file_range(src, &in, dst, &out, (size_t)(end - at), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			n = pread(src, block, sizeof(block), at);
			if (n < 0)
				return -errno;
			if (n == 0)
				return 0; /* the file shrank meanwhile */
			if (pwrite(dst, block, (size_t)n, at) != n)
				return errno ? -errno : -EIO;
		}
		at += n;
	}
	return 0;
}

static int copy_data(int src, int dst, off_t size)
{
	off_t at = 0;

	if (ioctl(dst, FICLONE, src) == 0)
		return 0;
	if (ftruncate(dst, size) < 0)
		return -errno;
	while (at < size) {
		off_t data = lseek(src, at, SEEK_DATA), hole;
		int r;

		if (data < 0)
			return errno == ENXIO ? 0 : -errno; /* only a hole is left */
		hole = lseek(src, data, SEEK_HOLE);
		if (hole < 0)
			return -errno;
		r = copy_range(src, dst, data, hole);
		if (r < 0)
			return r;
		at = hole;
	}
	return 0;
}

static int copy_file(struct copy *c, int srcdir, int dstdir, const char *name,
		     const struct stat *st, const char *path)
{
	AUTO(fd) int src = openat(srcdir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);
	AUTO(fd) int dst = -1;
	int r;

	if (src < 0)
		return fail(c, "open", path);
	dst = openat(dstdir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (dst < 0)
		return fail(c, "create", path);
	r = copy_data(src, dst, st->st_size);
	if (r < 0)
		return err_sys(c->e, -r, "copy %s", path);
	return copy_attributes(c, src, dst, st, path);
}

static int copy_symlink(struct copy *c, int srcdir, int dstdir, const char *name,
			const struct stat *st, const char *path)
{
	AUTO(mem) char *target = xcalloc(1, (size_t)st->st_size + 1);
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (readlinkat(srcdir, name, target, (size_t)st->st_size) < 0)
		return fail(c, "read link", path);
	if (symlinkat(target, dstdir, name) < 0)
		return fail(c, "create link", path);
	if (fchownat(dstdir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(c, "change owner of", path);
	return utimensat(dstdir, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? fail(c, "set times of", path) :
									  0;
}

static int copy_special(struct copy *c, int dstdir, const char *name, const struct stat *st,
			const char *path)
{
	if (S_ISSOCK(st->st_mode))
		return 0; /* nobody listens on a copy */
	if (mknodat(dstdir, name, st->st_mode, st->st_rdev) < 0)
		return fail(c, "create device", path);
	if (fchownat(dstdir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(c, "change owner of", path);
	return fchmodat(dstdir, name, st->st_mode & 07777, 0) < 0 ? fail(c, "change mode of", path) : 0;
}

static int copy_subdir(struct copy *c, int srcdir, int dstdir, const char *name, const char *path)
{
	AUTO(fd) int src = openat(srcdir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO(fd) int dst = -1;
	struct stat st;

	if (src < 0 || fstat(src, &st) < 0)
		return fail(c, "open", path);
	if (mkdirat(dstdir, name, 0700) < 0)
		return fail(c, "create", path);
	dst = openat(dstdir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dst < 0)
		return fail(c, "open", path);
	return st.st_dev == c->dev ? copy_dir(c, src, dst, path) :
				     copy_attributes(c, src, dst, &st, path);
}

/* True when the inode was copied before under another name and is now linked. */
static int copy_linked(struct copy *c, int dstdir, const char *name, const struct stat *st,
		       const char *path, bool *ret_linked)
{
	AUTO(mem) char *inode = xasprintf("%llu", (unsigned long long)st->st_ino);
	const char *first = map_get(&c->links, inode);

	*ret_linked = first != NULL;
	if (!first) {
		map_set(&c->links, inode, xstrdup(path));
		return 0;
	}
	return linkat(c->dst_root, first, dstdir, name, 0) < 0 ? fail(c, "link", path) : 0;
}

static int copy_entry(struct copy *c, int srcdir, int dstdir, const char *name, const char *path)
{
	bool linked = false;
	struct stat st;
	int r;

	if (fstatat(srcdir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(c, "look at", path);
	if (S_ISDIR(st.st_mode))
		return copy_subdir(c, srcdir, dstdir, name, path);
	if (st.st_nlink > 1) {
		r = copy_linked(c, dstdir, name, &st, path, &linked);
		if (r < 0 || linked)
			return r;
	}
	if (S_ISREG(st.st_mode))
		return copy_file(c, srcdir, dstdir, name, &st, path);
	if (S_ISLNK(st.st_mode))
		return copy_symlink(c, srcdir, dstdir, name, &st, path);
	return copy_special(c, dstdir, name, &st, path);
}

static int copy_dir(struct copy *c, int src, int dst, const char *path)
{
	int again = openat(src, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = again < 0 ? NULL : fdopendir(again);
	struct dirent *d;
	struct stat st;
	int r = 0;

	if (!dir) {
		r = fail(c, "list", path);
		fd_autop(&again);
		return r;
	}
	while (r == 0 && (d = readdir(dir)) != NULL) {
		AUTO(mem) char *below = NULL;

		if (streq(d->d_name, ".") || streq(d->d_name, ".."))
			continue;
		below = *path ? xasprintf("%s/%s", path, d->d_name) : xstrdup(d->d_name);
		r = copy_entry(c, src, dst, d->d_name, below);
	}
	closedir(dir);
	if (r < 0)
		return r;
	if (fstat(src, &st) < 0)
		return fail(c, "look at", path);
	return copy_attributes(c, src, dst, &st, path);
}

int tree_copy(int src, int dst, struct err **e)
{
	struct copy c = { .dst_root = dst, .links = MAP_INIT, .e = e };
	struct map_entry *link;
	struct stat st;
	int r;

	if (fstat(src, &st) < 0)
		return err_sys(e, errno, "look at the directory to copy");
	c.dev = st.st_dev;
	r = copy_dir(&c, src, dst, "");
	MAP_EACH(link, &c.links)
		free(link->value);
	map_done(&c.links);
	return r;
}
