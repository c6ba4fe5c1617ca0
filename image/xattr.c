#include "image/xattr.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/xattr.h>

enum { VALUE_MAX = 64 << 10 };

bool xattr_is_allowed(const char *name, mode_t type)
{
	static const char *const exact[] = { "security.capability", "system.posix_acl_access",
					     "system.posix_acl_default" };

	for (size_t i = 0; i < ARRAY_LEN(exact); i++)
		if (streq(name, exact[i]))
			return (type & S_IFMT) != S_IFLNK;
	/* user.overlay.* would change what an overlay mounted with userxattr shows. */
	return starts_with(name, "user.") && !starts_with(name, "user.overlay.") &&
	       (S_ISREG(type) || S_ISDIR(type));
}

static char *path_of(int dirfd, const char *name)
{
	return xasprintf("/proc/self/fd/%d/%s", dirfd, name);
}

int xattr_list(int dirfd, const char *name, mode_t type, struct strv *ret)
{
	AUTO(mem) char *path = path_of(dirfd, name), *names = NULL;
	ssize_t n = llistxattr(path, NULL, 0);

	if (n == 0 || (n < 0 && errno == ENOTSUP))
		return 0;
	if (n > 0) {
		names = xmalloc((size_t)n);
		n = llistxattr(path, names, (size_t)n);
	}
	if (n < 0)
		return -errno;
	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(names + i) + 1)
		if (xattr_is_allowed(names + i, type))
			strv_add(ret, names + i);
	strv_sort(ret);
	return 0;
}

int xattr_get(int dirfd, const char *name, const char *attr, struct buf *ret)
{
	AUTO(mem) char *path = path_of(dirfd, name);
	ssize_t n = lgetxattr(path, attr, buf_space(ret, VALUE_MAX), VALUE_MAX);

	if (n < 0)
		return -errno;
	buf_commit(ret, (size_t)n);
	return 0;
}

static int copy_one(int from_fd, const char *attr, const char *to)
{
	AUTO(mem) char *value = xmalloc(VALUE_MAX);
	ssize_t n = fgetxattr(from_fd, attr, value, VALUE_MAX);

	if (n < 0)
		return -errno;
	return lsetxattr(to, attr, value, (size_t)n, 0) < 0 && errno != ENOTSUP ? -errno : 0;
}

int xattr_copy(int from_fd, int to_dirfd, const char *to_name)
{
	AUTO(mem) char *to = path_of(to_dirfd, to_name), *names = NULL;
	ssize_t n = flistxattr(from_fd, NULL, 0);
	struct stat st;
	int r = 0;

	if (n == 0 || (n < 0 && errno == ENOTSUP))
		return 0;
	if (n < 0 || fstat(from_fd, &st) < 0)
		return -errno;
	names = xmalloc((size_t)n);
	n = flistxattr(from_fd, names, (size_t)n);
	if (n < 0)
		return -errno;
	for (ssize_t i = 0; r == 0 && i < n; i += (ssize_t)strlen(names + i) + 1)
		if (xattr_is_allowed(names + i, st.st_mode))
			r = copy_one(from_fd, names + i, to);
	return r;
}
