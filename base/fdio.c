#include "base/fdio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/path.h"
#include "base/rand.h"
#include "base/strv.h"

ssize_t fd_read_full(int fd, void *p, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r = read(fd, (char *)p + done, n - done);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (r == 0)
			break;
		done += (size_t)r;
	}
	return (ssize_t)done;
}

int fd_write_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t r = write(fd, at, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		at += r;
		n -= (size_t)r;
	}
	return 0;
}

int fd_read_all(int fd, size_t max, struct buf *out)
{
	size_t total = 0;

	for (;;) {
		size_t want = 16384;
		ssize_t r = read(fd, buf_space(out, want), want);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (r == 0)
			return 0;
		total += (size_t)r;
		if (total > max)
			return -EFBIG;
		buf_commit(out, (size_t)r);
	}
}

int file_read(int dirfd, const char *path, size_t max, struct buf *out, struct err **e)
{
	AUTO(fd) int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0)
		return err_sys(e, errno, "open %s", path);
	r = fd_read_all(fd, max, out);
	if (r == -EFBIG)
		return err_set(e, EFBIG, "read %s: longer than the limit of %zu bytes", path, max);
	if (r < 0)
		return err_sys(e, -r, "read %s", path);
	return 0;
}

static int sync_dir_of(int dirfd, const char *path)
{
	AUTO(mem) char *dir = path_dir(path);
	AUTO(fd) int fd = openat(dirfd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return fsync(fd) < 0 ? -errno : 0;
}

int file_create(int dirfd, const char *path, const void *p, size_t n, mode_t mode, struct err **e)
{
	AUTO(fd) int fd = openat(dirfd, path,
				 O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	int r;

	if (fd < 0)
		return err_sys(e, errno, "create %s", path);
	r = fd_write_all(fd, p, n);
	if (r < 0) {
		(void)unlinkat(dirfd, path, 0);
		return err_sys(e, -r, "write %s", path);
	}
	return 0;
}

int file_write(int dirfd, const char *path, const void *p, size_t n, mode_t mode, bool durable,
	       struct err **e)
{
	char tag[17];
	AUTO(mem) char *tmp = NULL;
	AUTO(fd) int fd = -1;
	int r;

	rand_hex(tag, 8);
	tmp = xasprintf("%s.tmp-%s", path, tag);
	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return err_sys(e, errno, "create %s", tmp);
	r = fd_write_all(fd, p, n);
	if (r == 0 && fchmod(fd, mode) < 0)
		r = -errno;
	if (r == 0 && durable && fdatasync(fd) < 0)
		r = -errno;
	if (r == 0 && renameat(dirfd, tmp, dirfd, path) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(dirfd, tmp, 0);
		return err_sys(e, -r, "write %s", path);
	}
	if (durable) {
		r = sync_dir_of(dirfd, path);
		if (r < 0)
			return err_sys(e, -r, "sync the directory of %s", path);
	}
	return 0;
}

int file_put(int dirfd, const char *path, const char *text, struct err **e)
{
	AUTO(fd) int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);
	ssize_t r;

	if (fd < 0)
		return err_sys(e, errno, "open %s", path);
	do
		r = write(fd, text, strlen(text));
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_sys(e, errno, "write \"%s\" to %s", text, path);
	return 0;
}

int dir_make(int dirfd, const char *path, mode_t mode, struct err **e)
{
	AUTO(mem) char *part = xstrdup(path);
	struct stat st;

	if (mkdirat(dirfd, path, mode) == 0)
		return 0;
	if (errno == EEXIST && fstatat(dirfd, path, &st, 0) == 0 && S_ISDIR(st.st_mode))
		return 0;
	for (char *p = part + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdirat(dirfd, part, mode) < 0 && errno != EEXIST)
			return err_sys(e, errno, "create directory %s", part);
		*p = '/';
	}
	if (mkdirat(dirfd, path, mode) < 0) {
		int saved = errno;

		if (saved == EEXIST && fstatat(dirfd, path, &st, 0) == 0 && S_ISDIR(st.st_mode))
			return 0;
		return err_sys(e, saved, "create directory %s", path);
	}
	return 0;
}

int dir_open(int dirfd, const char *path, struct err **e)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 ? fd : err_sys(e, errno, "open directory %s", path);
}

int dir_list(int dirfd, const char *path, struct strv *ret, struct err **e)
{
	int fd = dir_open(dirfd, path, e);
	struct dirent *d;
	DIR *dir;

	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		int saved = errno;

		close(fd);
		return err_sys(e, saved, "list %s", path);
	}
	while ((d = readdir(dir)) != NULL)
		if (!streq(d->d_name, ".") && !streq(d->d_name, ".."))
			strv_add(ret, d->d_name);
	closedir(dir);
	strv_sort(ret);
	return 0;
}

/* Empties the directory open as fd and closes it. */
static int remove_children(int fd, dev_t dev)
{
	DIR *dir = fdopendir(fd);
	struct dirent *d;
	int r = 0;

	if (!dir) {
		r = -errno;
		close(fd);
		return r;
	}
	while ((d = readdir(dir)) != NULL) {
		struct stat st;
		int child;

		if (streq(d->d_name, ".") || streq(d->d_name, ".."))
			continue;
		if (unlinkat(dirfd(dir), d->d_name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno != EISDIR && errno != EPERM) {
			r = -errno;
			continue;
		}
		child = openat(dirfd(dir), d->d_name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child < 0) {
			/* Somebody else removes the same tree: that is what was asked for. */
			r = errno == ENOENT ? r : -errno;
			continue;
		}
		if (fstat(child, &st) < 0 || st.st_dev != dev) {
			close(child);
			r = -EBUSY;
			continue;
		}
		if (remove_children(child, dev) < 0 ||
		    (unlinkat(dirfd(dir), d->d_name, AT_REMOVEDIR) < 0 && errno != ENOENT))
			r = errno ? -errno : -EIO;
	}
	closedir(dir);
	return r;
}

int tree_remove(int dirfd, const char *name, struct err **e)
{
	struct stat st;
	int fd, r;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return err_sys(e, errno, "remove %s", name);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, errno, "remove %s", name);
	if (fstat(fd, &st) < 0) {
		r = -errno;
		close(fd);
		return err_sys(e, -r, "remove %s", name);
	}
	r = remove_children(fd, st.st_dev);
	if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(e, r < 0 ? -r : errno, "remove %s", name);
	return 0;
}

int file_read_only_view(const char *path)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	AUTO(fd) int tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return -errno;
	return TAKE_FD(tree);
}

int file_lock(int dirfd, const char *path, bool wait, struct err **e)
{
	AUTO(fd) int fd = openat(dirfd, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r;

	if (fd < 0)
		return err_sys(e, errno, "open lock %s", path);
	do
		r = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_sys(e, errno, "lock %s", path);
	return TAKE_FD(fd);
}

int open_in_root(int rootfd, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.mode = flags & (O_CREAT | O_TMPFILE) ? mode : 0,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	/* EAGAIN: the kernel saw a rename race and asks for another try. */
	do
		fd = syscall(SYS_openat2, rootfd, path, &how, sizeof(how));
	while (fd < 0 && (errno == EAGAIN || errno == EINTR));
	return fd < 0 ? -errno : (int)fd;
}

/* walk is put back as it was. From the end: what is missing is most often the last component alone. */
static int make_in_root(int rootfd, char *walk, mode_t mode)
{
	int fd = open_in_root(rootfd, walk, O_PATH | O_DIRECTORY, 0);
	AUTO(fd) int parent = -1;
	char *slash;

	if (fd != -ENOENT)
		return fd;
	slash = strrchr(walk, '/');
	if (slash == walk) {
		parent = open_in_root(rootfd, "/", O_PATH | O_DIRECTORY, 0);
	} else {
		*slash = '\0';
		parent = make_in_root(rootfd, walk, mode);
		*slash = '/';
	}
	if (parent < 0)
		return parent;
	if (mkdirat(parent, slash + 1, mode) < 0 && errno != EEXIST)
		return -errno;
	return open_in_root(rootfd, walk, O_PATH | O_DIRECTORY, 0);
}

int dir_make_in_root(int rootfd, const char *path, mode_t mode)
{
	AUTO(mem) char *walk = xasprintf("/%s", path);
	char *end = walk + 1;

	/* One slash between two names, none behind the last. */
	for (const char *p = walk + 1; *p; p++)
		if (*p != '/' || (end[-1] != '/' && p[1]))
			*end++ = *p;
	while (end > walk + 1 && end[-1] == '/')
		end--;
	*end = '\0';
	return make_in_root(rootfd, walk, mode);
}

enum { SOCK_MAX_FDS = 253 /* SCM_MAX_FD */ };

int sock_send(int sock, const void *p, size_t n, const int *fds, size_t n_fds)
{
	union {
		char buf[CMSG_SPACE(SOCK_MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)p, .iov_len = n };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t r;

	if (n_fds > SOCK_MAX_FDS)
		return -E2BIG;
	if (n_fds) {
		struct cmsghdr *cm;

		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		cm = CMSG_FIRSTHDR(&msg);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(cm), fds, n_fds * sizeof(int));
	}
	do
		r = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

ssize_t sock_recv(int sock, void *p, size_t n, int *ret_fds, size_t max_fds, size_t *ret_n_fds)
{
	union {
		char buf[CMSG_SPACE(SOCK_MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = p, .iov_len = n };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	size_t got = 0;
	ssize_t r;

	do
		r = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	for (struct cmsghdr *cm = CMSG_FIRSTHDR(&msg); cm; cm = CMSG_NXTHDR(&msg, cm)) {
		size_t count;
		int *fds = (int *)CMSG_DATA(cm);

		if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
			continue;
		count = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			if (ret_fds && got < max_fds)
				ret_fds[got++] = fds[i];
			else
				close(fds[i]);
		}
	}
	if (ret_n_fds)
		*ret_n_fds = got;
	if (msg.msg_flags & MSG_TRUNC)
		return -EMSGSIZE;
	return r;
}

/* sun_path holds 108 bytes: go through the directory's descriptor, which is always short. */
static int sock_address(int dirfd, const char *name, struct sockaddr_un *addr, int *ret_dir)
{
	AUTO(mem) char *dir = path_dir(name);
	int fd = openat(dirfd, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int n;

	if (fd < 0)
		return -errno;
	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	n = snprintf(addr->sun_path, sizeof(addr->sun_path), "/proc/self/fd/%d/%s", fd,
		     path_base(name));
	if (n < 0 || (size_t)n >= sizeof(addr->sun_path)) {
		close(fd);
		return -ENAMETOOLONG;
	}
	*ret_dir = fd;
	return 0;
}

int sock_listen(int dirfd, const char *name, int type, struct err **e)
{
	AUTO(fd) int sock = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	AUTO(fd) int dir = -1;
	struct sockaddr_un addr;
	int r;

	if (sock < 0)
		return err_sys(e, errno, "create socket %s", name);
	r = sock_address(dirfd, name, &addr, &dir);
	if (r < 0)
		return err_sys(e, -r, "create socket %s", name);
	(void)unlinkat(dirfd, name, 0);
	/* The mode must be right at birth: nobody may connect between bind and chmod. */
	if (fchmod(sock, 0600) < 0 || bind(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_sys(e, errno, "bind socket %s", name);
	if (fchmodat(dirfd, name, 0600, 0) < 0 || listen(sock, 128) < 0)
		return err_sys(e, errno, "listen on socket %s", name);
	return TAKE_FD(sock);
}

int sock_connect(int dirfd, const char *name, int type, struct err **e)
{
	AUTO(fd) int sock = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	AUTO(fd) int dir = -1;
	struct sockaddr_un addr;
	int r;

	if (sock < 0)
		return err_sys(e, errno, "create socket");
	r = sock_address(dirfd, name, &addr, &dir);
	if (r < 0)
		return err_sys(e, -r, "connect to %s", name);
	do
		r = connect(sock, (struct sockaddr *)&addr, sizeof(addr));
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_sys(e, errno, "connect to %s", name);
	return TAKE_FD(sock);
}

int fd_set_cloexec(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0)
		return -errno;
	flags = on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC;
	return fcntl(fd, F_SETFD, flags) < 0 ? -errno : 0;
}

int fd_set_nonblock(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;
}
