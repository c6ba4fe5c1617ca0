/* Putting files in place. Sources and their digest are in copy_find.c. */
#include "image/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/map.h"
#include "base/path.h"
#include "image/copy_walk.h"
#include "image/mode.h"
#include "image/unpack.h"
#include "image/xattr.h"

enum { COPY_BLOCK = 1 << 18 };

struct copier {
	const struct copy_source *s;
	const struct copy_target *t;
	struct map links; /* "dev:ino" of files with several names -> first path in the target */
	char *block;
};

/* A directory of the target, and its path for messages and links. */
struct dest {
	int fd;
	const char *path;
};

static mode_t wanted_mode(const struct copier *c, const struct stat *st)
{
	if (!c->t->mode || S_ISLNK(st->st_mode))
		return st->st_mode & 07777;
	return mode_apply(c->t->mode, st->st_mode, S_ISDIR(st->st_mode));
}

static int set_owner(const struct copier *c, int dirfd, const char *name, const struct stat *st)
{
	uid_t uid = c->t->has_owner ? c->t->uid : c->s->is_context ? 0 : st->st_uid;
	gid_t gid = c->t->has_owner ? c->t->gid : c->s->is_context ? 0 : st->st_gid;

	return fchownat(dirfd, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int set_times(int dirfd, const char *name, const struct stat *st)
{
	struct timespec times[2] = { st->st_mtim, st->st_mtim };

	return utimensat(dirfd, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* Owner, mode, time; the order matters: changing the owner clears set-user-ID. */
static int set_attributes(const struct copier *c, int dirfd, const char *name,
			  const struct stat *st)
{
	int r = set_owner(c, dirfd, name, st);

	if (r == 0 && !S_ISLNK(st->st_mode) && fchmodat(dirfd, name, wanted_mode(c, st), 0) < 0)
		r = -errno;
	return r < 0 ? r : set_times(dirfd, name, st);
}

static int copy_blocks(struct copier *c, int from, int to)
{
	ssize_t n;
	int r = 0;

	if (!c->block)
		c->block = xmalloc(COPY_BLOCK);
	while (r == 0 && (n = fd_read_full(from, c->block, COPY_BLOCK)) != 0)
		r = n < 0 ? (int)n : fd_write_all(to, c->block, (size_t)n);
	return r;
}

/* Within the kernel when the file systems can; nothing was moved when the first call fails. */
static int copy_bytes(struct copier *c, int from, int to)
{
	bool moved = false;

	for (;;) {
		ssize_t n = copy_file_range(from, NULL, to, NULL, 1 << 30, 0);

		if (n < 0 && !moved)
			return copy_blocks(c, from, to);
		if (n <= 0)
			return n < 0 ? -errno : moved ? 0 : copy_blocks(c, from, to);
		moved = true;
	}
}

static int copy_data(struct copier *c, int dirfd, const char *name, int to_dir, const char *to_name)
{
	AUTO(fd) int from = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	AUTO(fd) int to = -1;
	int r;

	if (from < 0)
		return -errno;
	to = openat(to_dir, to_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return -errno;
	r = copy_bytes(c, from, to);
	/* Attributes the target's file system does not take are no loss of content. */
	if (r == 0)
		(void)xattr_copy(from, to_dir, to_name);
	return r;
}

static int copy_link(int dirfd, const char *name, int to_dir, const char *to_name)
{
	char target[4096];
	ssize_t n = readlinkat(dirfd, name, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	return symlinkat(target, to_dir, to_name) < 0 ? -errno : 0;
}

/* 1 = made as a link to the first copy of the same file. */
static int copy_as_hard_link(struct copier *c, const struct stat *st, const struct dest *to,
			     const char *to_name)
{
	AUTO(mem) char *key = NULL, *dir = NULL;
	AUTO(fd) int fd = -1;
	const char *first;

	if (!S_ISREG(st->st_mode) || st->st_nlink < 2)
		return 0;
	key = xasprintf("%llx:%llx", (unsigned long long)st->st_dev,
			(unsigned long long)st->st_ino);
	first = map_get(&c->links, key);
	if (!first) {
		(void)map_set(&c->links, key, xasprintf("%s/%s", to->path, to_name));
		return 0;
	}
	dir = path_dir(first);
	fd = open_in_root(c->t->root_fd, dir, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	return linkat(fd, path_base(first), to->fd, to_name, 0) < 0 ? -errno : 1;
}

/* Takes away what is there, unless it is a directory. */
static int clear_name(const struct dest *to, const char *name, struct err **e)
{
	struct stat st;

	if (fstatat(to->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(e, errno, "stat %s/%s", to->path, name);
	if (S_ISDIR(st.st_mode))
		return err_set(e, EISDIR, "cannot replace to directory %s/%s with file", to->path,
			       name);
	if (unlinkat(to->fd, name, 0) < 0)
		return err_sys(e, errno, "replace %s/%s", to->path, name);
	return 0;
}

static int copy_one(struct copier *c, int dirfd, const char *name, const struct stat *st,
		    const struct dest *to, const char *to_name, struct err **e)
{
	int r = clear_name(to, to_name, e);

	if (r < 0)
		return r;
	r = copy_as_hard_link(c, st, to, to_name);
	if (r == 1)
		return 0;
	if (r == 0) {
		if (S_ISREG(st->st_mode))
			r = copy_data(c, dirfd, name, to->fd, to_name);
		else if (S_ISLNK(st->st_mode))
			r = copy_link(dirfd, name, to->fd, to_name);
		else
			r = mknodat(to->fd, to_name, st->st_mode, st->st_rdev) < 0 ? -errno : 0;
	}
	if (r == 0)
		r = set_attributes(c, to->fd, to_name, st);
	return r < 0 ? err_sys(e, -r, "copy to %s/%s", to->path, to_name) : 0;
}

static int copy_dir_content(struct copier *c, int dirfd, const char *path, const char *below,
			    const struct dest *to, struct err **e);

/* Opens directory name of the target; *ret_new tells that it was made just now. */
static int enter_dir(const struct dest *to, const char *name, bool *ret_new, struct err **e)
{
	int fd;

	*ret_new = mkdirat(to->fd, name, 0755) == 0;
	if (!*ret_new && errno != EEXIST)
		return err_sys(e, errno, "create directory %s/%s", to->path, name);
	fd = openat(to->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, ENOTDIR, "cannot copy to non-directory: %s/%s", to->path, name);
	return fd;
}

static int copy_subdir(struct copier *c, int dirfd, const char *name, const struct stat *st,
		       const char *path, const char *below, const struct dest *to, struct err **e)
{
	AUTO(mem) char *to_path = xasprintf("%s/%s", to->path, name);
	AUTO(fd) int from = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO(fd) int fd = -1;
	struct dest sub;
	bool is_new;
	int r;

	if (from < 0)
		return err_sys(e, errno, "open \"/%s\"", path);
	fd = enter_dir(to, name, &is_new, e);
	if (fd < 0)
		return fd;
	sub = (struct dest){ fd, to_path };
	r = copy_dir_content(c, from, path, below, &sub, e);
	if (r < 0 || !is_new)
		return r;
	(void)xattr_copy(from, to->fd, name);
	r = set_attributes(c, to->fd, name, st);
	return r < 0 ? err_sys(e, -r, "copy to %s", to_path) : 0;
}

static int copy_dir_content(struct copier *c, int dirfd, const char *path, const char *below,
			    const struct dest *to, struct err **e)
{
	AUTO(strv) struct strv names = STRV_INIT;
	int r = copy_list(c->s, dirfd, path, below, &names, e);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		AUTO(mem) char *full = xasprintf("%s%s%s", path, *path ? "/" : "", names.v[i]);
		AUTO(mem) char *rel = xasprintf("%s%s%s", below, *below ? "/" : "", names.v[i]);
		struct stat st;

		if (c->t->cancelled && *c->t->cancelled)
			return err_set(e, EINTR, "cancelled");
		if (fstatat(dirfd, names.v[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(e, errno, "stat \"/%s\"", full);
		if (S_ISDIR(st.st_mode))
			r = copy_subdir(c, dirfd, names.v[i], &st, full, rel, to, e);
		else if (!S_ISSOCK(st.st_mode))
			r = copy_one(c, dirfd, names.v[i], &st, to, names.v[i], e);
	}
	return r;
}

static int make_one_dir(const struct copy_target *t, int parent, const char *name, mode_t mode)
{
	if (mkdirat(parent, name, mode) < 0)
		return errno == EEXIST ? 0 : -errno;
	if (t->has_owner && fchownat(parent, name, t->uid, t->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return fchmodat(parent, name, mode, 0) < 0 ? -errno : 0;
}

/* Returns a descriptor of the last directory. */
static int make_path(const struct copy_target *t, const char *path, mode_t mode, struct err **e)
{
	AUTO(mem) char *walk = xasprintf("/%s", path);
	int fd = open_in_root(t->root_fd, "/", O_RDONLY | O_DIRECTORY, 0);

	for (char *p = walk + 1; fd >= 0; p++) {
		char keep = *p, *name;
		int next, r;

		if (keep != '/' && keep != '\0')
			continue;
		*p = '\0';
		next = open_in_root(t->root_fd, walk, O_RDONLY | O_DIRECTORY, 0);
		if (next == -ENOENT) {
			name = strrchr(walk, '/') + 1;
			r = make_one_dir(t, fd, name, mode);
			next = r < 0 ? r
				     : open_in_root(t->root_fd, walk, O_RDONLY | O_DIRECTORY, 0);
		}
		close(fd);
		fd = next;
		*p = keep;
		if (keep == '\0')
			break;
	}
	if (fd == -ENOTDIR)
		return err_set(e, ENOTDIR, "cannot copy to non-directory: %s", path);
	return fd < 0 ? err_sys(e, -fd, "create directory %s", path) : fd;
}

int copy_make_dir(const struct copy_target *t, const char *path, mode_t mode, struct err **e)
{
	AUTO(fd) int fd = make_path(t, path, mode, e);

	return fd < 0 ? fd : 0;
}

static mode_t parent_mode(const struct copy_target *t)
{
	return t->mode ? mode_apply(t->mode, 0755, true) : 0755;
}

/* An existing directory keeps its own time when something is put into it. */
struct kept_time {
	int fd;
	struct stat st;
	bool exists;
};

static void keep_time(const struct copy_target *t, const char *dir, struct kept_time *k)
{
	k->fd = open_in_root(t->root_fd, dir, O_RDONLY | O_DIRECTORY, 0);
	k->exists = k->fd >= 0 && fstat(k->fd, &k->st) == 0;
}

static void give_time_back(struct kept_time *k)
{
	if (k->exists)
		(void)set_times(k->fd, ".", &k->st);
	fd_close(&k->fd);
}

static bool is_existing_dir(const struct copy_target *t, const char *path)
{
	AUTO(fd) int fd = open_in_root(t->root_fd, path, O_PATH | O_DIRECTORY, 0);

	return fd >= 0;
}

/* Where a file goes: its directory, and its name there (borrowed from *full, for free(3)). */
static char *file_destination(const struct copy_target *t, const char *name, bool into_dir)
{
	if (into_dir || ends_with(t->path, "/") || is_existing_dir(t, t->path))
		return xasprintf("%s/%s", t->path, name);
	return xstrdup(t->path);
}

static int copy_file_match(struct copier *c, const struct copy_place *at, const char *name,
			   bool into_dir, struct err **e)
{
	AUTO(mem) char *joined = file_destination(c->t, name, into_dir);
	AUTO(mem) char *full = path_clean(joined);
	AUTO(mem) char *dir = path_dir(full);
	AUTO(fd) int fd = -1;
	struct kept_time kept;
	struct stat st;
	int r;

	if (fstatat(at->dir_fd, at->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "stat \"%s\"", name);
	keep_time(c->t, dir, &kept);
	fd = make_path(c->t, dir, parent_mode(c->t), e);
	r = fd < 0 ? fd
		   : copy_one(c, at->dir_fd, at->name, &st, &(struct dest){ fd, dir },
			      path_base(full), e);
	give_time_back(&kept);
	return r;
}

/* The content goes, merging with what is there; a directory made for it looks like the source. */
static int copy_dir_match(struct copier *c, const struct copy_place *at, const char *path,
			  struct err **e)
{
	AUTO(mem) char *full = path_clean(c->t->path);
	bool existed = is_existing_dir(c->t, full);
	AUTO(fd) int fd = -1;
	struct kept_time kept;
	struct stat st;
	int r;

	if (fstat(at->dir_fd, &st) < 0)
		return err_sys(e, errno, "stat \"/%s\"", path);
	keep_time(c->t, full, &kept);
	fd = make_path(c->t, full, parent_mode(c->t), e);
	r = fd < 0 ? fd : copy_dir_content(c, at->dir_fd, path, "", &(struct dest){ fd, full }, e);
	give_time_back(&kept);
	if (r < 0 || existed)
		return r;
	r = set_attributes(c, fd, ".", &st);
	return r < 0 ? err_sys(e, -r, "copy to %s", full) : 0;
}

static int unpack_match(struct copier *c, const struct copy_place *at, struct err **e)
{
	AUTO(fd) int in = openat(at->dir_fd, at->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	AUTO(fd) int root = -1;
	struct unpack_job job = { .mode = UNPACK_ADD,
				  .in_fd = in,
				  .blob_fd = -1,
				  .lower_fd = -1,
				  .has_owner = c->t->has_owner,
				  .uid = c->t->uid,
				  .gid = c->t->gid,
				  .cancelled = c->t->cancelled };
	struct unpack_result res;

	if (in < 0)
		return err_sys(e, errno, "open %s", at->name);
	root = make_path(c->t, c->t->path, 0755, e);
	if (root < 0)
		return root;
	job.root_fd = root;
	return unpack(&job, &res, e);
}

/* --parents: the directories of the source path come below the destination. */
static char *parents_path(const struct copy_target *t, const struct copy_match *m)
{
	const char *slash = strrchr(m->path, '/');

	if (m->is_dir)
		return xasprintf("%s/%s/", t->path, m->path);
	return xasprintf("%s/%.*s/", t->path, slash ? (int)(slash - m->path) : 0, m->path);
}

static int copy_match(struct copier *c, const struct copy_match *m, bool into_dir, struct err **e)
{
	AUTO(copy_place) struct copy_place at = { .dir_fd = -1 };
	AUTO(mem) char *path = c->t->parents ? parents_path(c->t, m) : NULL;
	const struct copy_target *keep = c->t;
	struct copy_target sub = *c->t;
	int r = copy_open_match(c->s, m, &at, e);

	if (r < 0)
		return r;
	if (path) {
		sub.path = path;
		c->t = &sub;
	}
	if (m->unpack)
		r = unpack_match(c, &at, e);
	else
		r = m->is_dir ? copy_dir_match(c, &at, m->path, e)
			      : copy_file_match(c, &at, m->name, into_dir, e);
	c->t = keep;
	return r;
}

int copy_run(const struct copy_source *s, const struct copy_matches *m, const struct copy_target *t,
	     struct err **e)
{
	struct copier c = { .s = s, .t = t };
	struct map_entry *link;
	int r = 0;

	for (size_t i = 0; r == 0 && i < m->n; i++)
		r = copy_match(&c, &m->v[i], m->n > 1, e);
	MAP_EACH(link, &c.links)
	free(link->value);
	map_done(&c.links);
	free(c.block);
	return r;
}

int copy_text(const struct copy_target *t, const char *name, const char *text, size_t n,
	      struct err **e)
{
	AUTO(mem) char *joined = file_destination(t, name, false);
	AUTO(mem) char *full = path_clean(joined);
	AUTO(mem) char *dir = path_dir(full);
	mode_t mode = t->mode ? mode_apply(t->mode, 0644, false) : 0644;
	AUTO(fd) int fd = -1, file = -1;
	struct dest to;
	int r;

	fd = make_path(t, dir, parent_mode(t), e);
	if (fd < 0)
		return fd;
	to = (struct dest){ fd, dir };
	r = clear_name(&to, path_base(full), e);
	if (r < 0)
		return r;
	file = openat(fd, path_base(full), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		      mode);
	if (file < 0)
		return err_sys(e, errno, "create %s", full);
	r = fd_write_all(file, text, n);
	if (r == 0 && t->has_owner && fchown(file, t->uid, t->gid) < 0)
		r = -errno;
	if (r == 0 && fchmod(file, mode) < 0)
		r = -errno;
	return r < 0 ? err_sys(e, -r, "write %s", full) : 0;
}
