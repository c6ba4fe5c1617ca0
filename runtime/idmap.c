/*
 * Two helpers of mounts: a user namespace to shift ids with, and the copy-up of a covered directory.
 */
#include "runtime/mount.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdio.h"

static int write_map(pid_t pid, const char *file, const struct idmap *map, struct err **e)
{
	AUTO(mem) char *path = xasprintf("/proc/%d/%s", (int)pid, file);
	AUTO(buf) struct buf b = BUF_INIT;

	for (size_t i = 0; i < map->n; i++)
		buf_addf(&b, "%u %u %u\n", map->v[i].container, map->v[i].host, map->v[i].size);
	return file_put(AT_FDCWD, path, buf_str(&b), e);
}

int idmap_userns(const struct idmap *uids, const struct idmap *gids, struct err **e)
{
	AUTO(mem) char *path = NULL;
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0);
	int fd = -1, r;

	if (pid < 0)
		return err_sys(e, errno, "create a user namespace");
	if (pid == 0) {
		(void)kill(getpid(), SIGSTOP);
		_exit(0);
	}
	r = write_map(pid, "uid_map", uids, e);
	if (r == 0)
		r = write_map(pid, "gid_map", gids, e);
	if (r == 0) {
		path = xasprintf("/proc/%d/ns/user", (int)pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		r = fd < 0 ? err_sys(e, errno, "open %s", path) : 0;
	}
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	return r < 0 ? r : fd;
}

static int copy_file(int from, int to, const char *name, const struct stat *st)
{
	AUTO(fd) int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	AUTO(fd) int out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	ssize_t n;

	if (in < 0 || out < 0)
		return -errno;
	while ((n = sendfile(out, in, NULL, 1 << 20)) > 0)
		;
	if (n < 0)
		return -errno;
	if (fchown(out, st->st_uid, st->st_gid) < 0 || fchmod(out, st->st_mode & 07777) < 0)
		return -errno;
	return 0;
}

static int copy_link(int from, int to, const char *name, const struct stat *st)
{
	char text[4096];
	ssize_t n = readlinkat(from, name, text, sizeof(text) - 1);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	if (symlinkat(text, to, name) < 0 ||
	    fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

static int copy_directory(int from, int to, const char *name, const struct stat *st)
{
	AUTO(fd) int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO(fd) int out = -1;
	int r;

	if (in < 0 || mkdirat(to, name, 0700) < 0)
		return -errno;
	out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out < 0)
		return -errno;
	r = tree_copy_up(in, out, NULL);
	if (r == 0 && (fchown(out, st->st_uid, st->st_gid) < 0 || fchmod(out, st->st_mode & 07777) < 0))
		r = -errno;
	return r;
}

int tree_copy_up(int from, int to, struct err **e)
{
	int dup = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = dup < 0 ? NULL : fdopendir(dup);
	struct dirent *d;
	int r = 0;

	if (!dir) {
		r = -errno;
		if (dup >= 0)
			close(dup);
		return err_sys(e, -r, "list directory");
	}
	while (r == 0 && (d = readdir(dir)) != NULL) {
		struct stat st;

		if (streq(d->d_name, ".") || streq(d->d_name, ".."))
			continue;
		if (fstatat(from, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			r = -errno;
		else if (S_ISDIR(st.st_mode))
			r = copy_directory(from, to, d->d_name, &st);
		else if (S_ISLNK(st.st_mode))
			r = copy_link(from, to, d->d_name, &st);
		else if (S_ISREG(st.st_mode))
			r = copy_file(from, to, d->d_name, &st);
		if (r < 0)
			(void)err_sys(e, -r, "copy %s", d->d_name);
	}
	closedir(dir);
	return r;
}
