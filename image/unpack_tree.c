#include "image/unpack_tree.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/strv.h"
#include "image/xattr.h"

enum { NAME_LIMIT = 4096, XATTR_LIMIT = 64 << 10 };

static const char wh_prefix[] = ".wh.";
static const char wh_opaque[] = ".wh..wh..opq";

/* One entry on its way to the disk. */
struct place {
	char *path;        /* clean, for messages too */
	int parent_fd;     /* borrowed from the tree's cache */
	const char *name;  /* last component, "." for the root */
	bool was_whiteout; /* something of the lower layers stays hidden */
};

char *unpack_clean_path(const char *name)
{
	struct buf out = BUF_INIT;
	struct str rest = str_of(name);

	while (rest.p) {
		struct str c = str_cut(&rest, '/');

		if (c.n == 0 || str_eq(c, "."))
			continue;
		if (str_eq(c, "..")) {
			char *slash = out.n ? strrchr(out.p, '/') : NULL;

			out.n = slash ? (size_t)(slash - out.p) : 0;
			if (out.p)
				out.p[out.n] = '\0';
			continue;
		}
		if (out.n)
			buf_addch(&out, '/');
		buf_add(&out, c.p, c.n);
		if (out.n > NAME_LIMIT) {
			buf_done(&out);
			return NULL;
		}
	}
	return buf_take(&out);
}

void unpack_tree_init(struct unpack_tree *t, const struct unpack_job *job)
{
	*t = (struct unpack_tree){ .job = job, .parent_fd = -1 };
}

void unpack_tree_done(struct unpack_tree *t)
{
	for (size_t i = 0; i < t->n_dirs; i++)
		free(t->dirs[i].path);
	for (size_t i = 0; i < t->n_links; i++) {
		free(t->links[i].path);
		free(t->links[i].target);
	}
	free(t->dirs);
	free(t->links);
	free(t->parent_path);
	fd_close(&t->parent_fd);
	*t = (struct unpack_tree){ .parent_fd = -1 };
}

static void remember_dir(struct unpack_tree *t, const char *path, struct timespec mtime)
{
	ARRAY_RESERVE(t->dirs, t->n_dirs, t->cap_dirs);
	t->dirs[t->n_dirs++] = (struct unpack_dir){ xstrdup(path), mtime };
}

/* No tar may bring one of these: it is always a whiteout of ours. */
static bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == 0;
}

static int set_opaque(int dirfd, const char *name)
{
	AUTO(mem) char *path = xasprintf("/proc/self/fd/%d/%s", dirfd, name);

	return lsetxattr(path, "trusted.overlay.opaque", "y", 1, 0) < 0 ? -errno : 0;
}

/* A directory that only the path of an entry names: it looks like the one below it would. */
static int make_implied_dir(struct unpack_tree *t, int parent, const char *path, const char *name)
{
	AUTO(fd) int below = -1;
	struct stat st;

	if (t->job->mode == UNPACK_LAYER)
		t->needed_lower = true;
	if (mkdirat(parent, name, 0755) < 0)
		return -errno;
	if (t->job->lower_fd >= 0)
		below = open_in_root(t->job->lower_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
				     0);
	if (below < 0 || fstat(below, &st) < 0) {
		remember_dir(t, path, (struct timespec){ 0 });
		return 0;
	}
	remember_dir(t, path, st.st_mtim);
	if (fchownat(parent, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(parent, name, st.st_mode & 07777, 0) < 0)
		return -errno;
	return xattr_copy(below, parent, name);
}

/* Removes a whiteout in the way of a directory; *ret_hid tells that there was one. */
static int remove_whiteout(int parent, const char *name, bool *ret_hid)
{
	struct stat st;

	*ret_hid = fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && is_whiteout(&st);
	return *ret_hid && unlinkat(parent, name, 0) < 0 ? -errno : 0;
}

static int make_one_parent(struct unpack_tree *t, int parent, const char *path, const char *name)
{
	bool hid = false;
	int r = remove_whiteout(parent, name, &hid);

	if (r == 0)
		r = make_implied_dir(t, parent, path, name);
	return r == 0 && hid ? set_opaque(parent, name) : r;
}

/* Opens directory path below the root, making what is missing. */
static int make_parents(struct unpack_tree *t, const char *path)
{
	AUTO(mem) char *walk = xstrdup(path);
	AUTO(fd) int parent = open_in_root(t->job->root_fd, "/", O_PATH | O_DIRECTORY, 0);
	char *name = walk;

	for (char *p = walk; parent >= 0; p++) {
		char keep = *p;
		int fd, r;

		if (keep != '/' && keep != '\0')
			continue;
		*p = '\0';
		fd = open_in_root(t->job->root_fd, walk, O_PATH | O_DIRECTORY, 0);
		if (fd == -ENOENT || fd == -ENOTDIR) {
			r = make_one_parent(t, parent, walk, name);
			if (r < 0)
				return fd == -ENOTDIR ? fd : r;
			fd = open_in_root(t->job->root_fd, walk, O_PATH | O_DIRECTORY, 0);
		}
		if (fd < 0)
			return fd;
		fd_close(&parent);
		parent = fd;
		if (keep == '\0')
			break;
		*p = keep;
		name = p + 1;
	}
	return parent < 0 ? parent : TAKE_FD(parent);
}

/* Makes t->parent_fd the directory path ("" = root). */
static int enter_parent(struct unpack_tree *t, const char *path)
{
	int fd;

	if (t->parent_path && streq(t->parent_path, path))
		return 0;
	fd = open_in_root(t->job->root_fd, *path ? path : "/", O_PATH | O_DIRECTORY, 0);
	if (fd == -ENOENT || fd == -ENOTDIR)
		fd = make_parents(t, path);
	if (fd < 0)
		return fd;
	fd_close(&t->parent_fd);
	free(t->parent_path);
	t->parent_fd = fd;
	t->parent_path = xstrdup(path);
	return 0;
}

/* The directory cached as parent may be the thing replaced. */
static void forget_parent(struct unpack_tree *t)
{
	fd_close(&t->parent_fd);
	free(TAKE_PTR(t->parent_path));
}

static int find_place(struct unpack_tree *t, char *path, struct place *ret)
{
	char *slash = strrchr(path, '/');
	int r;

	ret->path = path;
	ret->was_whiteout = false;
	if (!*path) {
		ret->name = ".";
		r = enter_parent(t, "");
	} else if (!slash) {
		ret->name = path;
		r = enter_parent(t, "");
	} else {
		*slash = '\0';
		r = enter_parent(t, path);
		*slash = '/';
		ret->name = slash + 1;
	}
	ret->parent_fd = t->parent_fd;
	return r;
}

/* Makes room for a new entry: what is there goes, except a directory for a directory. */
static int clear_place(struct unpack_tree *t, struct place *p, bool for_dir, bool *ret_keep)
{
	struct stat st;
	int r;

	*ret_keep = false;
	if (fstatat(p->parent_fd, p->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (S_ISDIR(st.st_mode) && for_dir) {
		*ret_keep = true;
		return 0;
	}
	if (streq(p->name, "."))
		return -EISDIR;
	p->was_whiteout = is_whiteout(&st);
	if (!S_ISDIR(st.st_mode))
		return unlinkat(p->parent_fd, p->name, 0) < 0 ? -errno : 0;
	r = tree_remove(p->parent_fd, p->name, NULL);
	if (r == 0 && t->parent_path && starts_with(t->parent_path, p->path)) {
		AUTO(mem) char *parent = xstrdup(t->parent_path);

		forget_parent(t);
		r = enter_parent(t, parent);
		p->parent_fd = t->parent_fd;
	}
	return r;
}

static struct timespec entry_mtime(struct archive_entry *entry)
{
	struct timespec ts = { 0 };

	if (archive_entry_mtime_is_set(entry)) {
		ts.tv_sec = archive_entry_mtime(entry);
		ts.tv_nsec = archive_entry_mtime_nsec(entry);
	}
	return ts;
}

static int entry_owner(const struct unpack_tree *t, struct archive_entry *entry, uid_t *uid,
		       gid_t *gid)
{
	int64_t u = archive_entry_uid(entry), g = archive_entry_gid(entry);

	if (t->job->has_owner) {
		u = t->job->uid;
		g = t->job->gid;
	}
	if (u < 0 || u >= UINT32_MAX || g < 0 || g >= UINT32_MAX)
		return -ERANGE;
	*uid = (uid_t)u;
	*gid = (gid_t)g;
	return 0;
}

static int set_xattrs(const struct place *p, struct archive_entry *entry)
{
	AUTO(mem) char *path = xasprintf("/proc/self/fd/%d/%s", p->parent_fd, p->name);
	mode_t type = archive_entry_filetype(entry);
	const char *name;
	const void *value;
	size_t n;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &n) == ARCHIVE_OK) {
		if (!name || !xattr_is_allowed(name, type))
			continue;
		if (n > XATTR_LIMIT)
			return -E2BIG;
		/* A file system without these attributes still holds the files. */
		if (lsetxattr(path, name, value, n, 0) < 0 && errno != ENOTSUP)
			return -errno;
	}
	return 0;
}

/* Owner before mode: changing the owner clears the set-user-ID bit. */
static int set_attributes(struct unpack_tree *t, const struct place *p, struct archive_entry *entry)
{
	bool is_dir = archive_entry_filetype(entry) == AE_IFDIR;
	bool is_link = archive_entry_filetype(entry) == AE_IFLNK;
	struct timespec times[2];
	uid_t uid;
	gid_t gid;
	int r = entry_owner(t, entry, &uid, &gid);

	if (r < 0)
		return r;
	if (fchownat(p->parent_fd, p->name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!is_link && fchmodat(p->parent_fd, p->name, archive_entry_perm(entry) & 07777, 0) < 0)
		return -errno;
	if (archive_entry_xattr_count(entry)) {
		r = set_xattrs(p, entry);
		if (r < 0)
			return r;
	}
	times[0] = times[1] = entry_mtime(entry);
	if (is_dir) {
		remember_dir(t, p->path, times[1]);
		return 0;
	}
	return utimensat(p->parent_fd, p->name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int write_at(int fd, const char *data, size_t n, int64_t offset)
{
	while (n) {
		ssize_t w = pwrite(fd, data, n, offset);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -errno;
		data += w;
		n -= (size_t)w;
		offset += w;
	}
	return 0;
}

/* The data of the current entry; holes stay holes. */
static int write_data(struct unpack_tree *t, struct archive *a, int fd, int64_t size,
		      struct err **e)
{
	int64_t end = 0;
	const void *block;
	int64_t offset;
	size_t n;
	int r;

	while ((r = archive_read_data_block(a, &block, &n, &offset)) == ARCHIVE_OK) {
		if (offset < 0 || offset > size || (int64_t)n > size - offset)
			return err_set(e, EINVAL, "data lies outside of the file");
		r = write_at(fd, block, n, offset);
		if (r < 0)
			return err_sys(e, -r, "write");
		end = offset + (int64_t)n;
		t->size += n;
	}
	if (r != ARCHIVE_EOF)
		return err_set(e, EINVAL, "%s",
			       archive_error_string(a) ? archive_error_string(a) : "invalid data");
	if (end < size && ftruncate(fd, size) < 0)
		return err_sys(e, errno, "set its size");
	return 0;
}

static int add_file(struct unpack_tree *t, struct place *p, struct archive *a,
		    struct archive_entry *entry, struct err **e)
{
	AUTO(fd)
	int fd = openat(p->parent_fd, p->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);
	int64_t size = archive_entry_size(entry);
	int r;

	if (fd < 0)
		return err_sys(e, errno, "create");
	r = size > 0 ? write_data(t, a, fd, size, e) : 0;
	if (r < 0)
		return r;
	r = set_attributes(t, p, entry);
	return r < 0 ? err_sys(e, -r, "set its attributes") : 0;
}

static int add_dir(struct unpack_tree *t, struct place *p, bool exists, struct archive_entry *entry,
		   struct err **e)
{
	int r = 0;

	if (!exists && mkdirat(p->parent_fd, p->name, 0700) < 0)
		return err_sys(e, errno, "create directory");
	if (p->was_whiteout)
		r = set_opaque(p->parent_fd, p->name);
	if (r == 0)
		r = set_attributes(t, p, entry);
	return r < 0 ? err_sys(e, -r, "set its attributes") : 0;
}

static int add_special(struct unpack_tree *t, struct place *p, struct archive_entry *entry,
		       struct err **e)
{
	mode_t type = archive_entry_filetype(entry);
	dev_t dev = type == AE_IFIFO ? 0 : archive_entry_rdev(entry);
	const char *target;
	int r;

	if (type == AE_IFLNK) {
		target = archive_entry_symlink(entry);
		r = target && *target ? symlinkat(target, p->parent_fd, p->name) : -1;
		if (!target || !*target)
			errno = EINVAL;
	} else if (type == AE_IFCHR && dev == 0) {
		return err_set(e, EPERM,
			       "device 0:0 is refused: it would hide files of other layers");
	} else {
		r = mknodat(p->parent_fd, p->name, type | 0600, dev);
	}
	if (r < 0)
		return err_sys(e, errno, "create");
	r = set_attributes(t, p, entry);
	return r < 0 ? err_sys(e, -r, "set its attributes") : 0;
}

/* -ENOENT: the target is not there (yet). */
static int link_now(struct unpack_tree *t, const char *path, const char *target, struct err **e)
{
	AUTO(mem) char *own = xstrdup(path), *dir = xstrdup(target);
	char *slash = strrchr(dir, '/');
	const char *name = slash ? slash + 1 : target;
	AUTO(fd) int fd = -1;
	struct place p;
	struct stat st;
	bool keep;
	int r;

	if (slash)
		*slash = '\0';
	fd = open_in_root(t->job->root_fd, slash ? dir : "/", O_PATH | O_DIRECTORY, 0);
	if (fd < 0 || fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || is_whiteout(&st))
		return -ENOENT;
	if (streq(path, target))
		return 0;
	r = find_place(t, own, &p);
	if (r == 0)
		r = clear_place(t, &p, false, &keep);
	if (r == 0 && linkat(fd, name, p.parent_fd, p.name, 0) < 0)
		r = -errno;
	if (r == -ENOENT)
		r = -EIO; /* not to be mistaken for "not there yet" */
	return r < 0 ? err_sys(e, -r, "link to \"%s\"", target) : 0;
}

static int add_link(struct unpack_tree *t, const char *path, const char *target, struct err **e)
{
	AUTO(mem) char *clean = unpack_clean_path(target);
	int r;

	if (!clean || !*clean)
		return err_set(e, EINVAL, "invalid link target");
	r = link_now(t, path, clean, e);
	if (r != -ENOENT)
		return r;
	ARRAY_RESERVE(t->links, t->n_links, t->cap_links);
	t->links[t->n_links++] = (struct unpack_link){ xstrdup(path), TAKE_PTR(clean) };
	return 0;
}

/* A whiteout hides lower layers only: what this layer itself adds under that name stays. */
static int add_whiteout(struct unpack_tree *t, const struct place *p, struct err **e)
{
	const char *name = p->name + strlen(wh_prefix);
	struct stat st;
	int r = 0;

	if (!*name || streq(name, ".") || streq(name, ".."))
		return err_set(e, EINVAL, "invalid whiteout");
	if (t->job->is_lowest)
		return 0;
	if (streq(p->name, wh_opaque))
		r = set_opaque(p->parent_fd, ".");
	else if (starts_with(name, wh_prefix))
		return 0; /* bookkeeping of another union file system */
	else if (fstatat(p->parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		r = mknodat(p->parent_fd, name, S_IFCHR, 0) < 0 ? -errno : 0;
	else if (S_ISDIR(st.st_mode))
		r = set_opaque(p->parent_fd, name);
	return r < 0 ? err_sys(e, -r, "create whiteout") : 0;
}

static int add_at(struct unpack_tree *t, char *path, struct archive *a, struct archive_entry *entry,
		  struct err **e)
{
	mode_t type = archive_entry_filetype(entry);
	const char *link = archive_entry_hardlink(entry);
	struct place p;
	bool exists;
	int r;

	if (link)
		return add_link(t, path, link, e);
	r = find_place(t, path, &p);
	if (r < 0)
		return err_sys(e, -r, "create its directory");
	if (starts_with(p.name, wh_prefix)) {
		if (t->job->mode == UNPACK_LAYER)
			return add_whiteout(t, &p, e);
		return err_set(e, EINVAL, "a name that begins with \".wh.\" cannot be in an image");
	}
	r = clear_place(t, &p, type == AE_IFDIR, &exists);
	if (r < 0)
		return err_sys(e, -r, "replace what is there");
	switch (type) {
	case AE_IFREG:
		return add_file(t, &p, a, entry, e);
	case AE_IFDIR:
		return add_dir(t, &p, exists, entry, e);
	case AE_IFLNK:
	case AE_IFCHR:
	case AE_IFBLK:
	case AE_IFIFO:
		return add_special(t, &p, entry, e);
	default:
		return err_set(e, EINVAL, "unhandled tar header type");
	}
}

int unpack_tree_add(struct unpack_tree *t, struct archive *a, struct archive_entry *entry,
		    struct err **e)
{
	const char *name = archive_entry_pathname(entry);
	AUTO(mem) char *path = NULL;
	int r;

	if (!name)
		name = archive_entry_pathname_utf8(entry);
	if (!name)
		return err_set(e, EINVAL, "unpack: an entry has no valid name");
	path = unpack_clean_path(name);
	if (!path)
		return err_set(e, ENAMETOOLONG, "unpack: an entry's name exceeds %d bytes",
			       NAME_LIMIT);
	r = add_at(t, path, a, entry, e);
	return r < 0 ? err_wrap(e, "unpack \"%s\"", path) : 0;
}

static int copy_data(int from, int to)
{
	char block[65536];
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = fd_read_full(from, block, sizeof(block))) != 0)
		r = n < 0 ? (int)n : fd_write_all(to, block, (size_t)n);
	return r;
}

/* The target of a hard link lives in a lower layer: this layer gets its own copy. */
static int copy_from_lower(struct unpack_tree *t, const struct unpack_link *l)
{
	AUTO(fd) int from = -1, to = -1;
	struct timespec times[2];
	struct place p;
	struct stat st;
	bool keep;
	int r;

	from = open_in_root(t->job->lower_fd, l->target, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (from < 0 || fstat(from, &st) < 0 || !S_ISREG(st.st_mode))
		return -ENOENT;
	t->needed_lower = true;
	r = find_place(t, l->path, &p);
	if (r == 0)
		r = clear_place(t, &p, false, &keep);
	if (r < 0)
		return r;
	to = openat(p.parent_fd, p.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (to < 0)
		return -errno;
	r = copy_data(from, to);
	times[0] = times[1] = st.st_mtim;
	if (r == 0 && (fchown(to, st.st_uid, st.st_gid) < 0 || fchmod(to, st.st_mode & 07777) < 0))
		r = -errno;
	if (r == 0)
		r = xattr_copy(from, p.parent_fd, p.name);
	if (r == 0 && futimens(to, times) < 0)
		r = -errno;
	t->size += (uint64_t)st.st_size;
	return r;
}

static int finish_link(struct unpack_tree *t, const struct unpack_link *l, struct err **e)
{
	int r = link_now(t, l->path, l->target, e);

	if (r != -ENOENT)
		return r;
	if (t->job->mode == UNPACK_LAYER && t->job->lower_fd >= 0)
		r = copy_from_lower(t, l);
	if (r == -ENOENT)
		return err_set(e, ENOENT, "its link target \"%s\" is not there", l->target);
	return r < 0 ? err_sys(e, -r, "copy \"%s\" from the layers below", l->target) : 0;
}

/* In the order of the archive: the last word on a directory that came twice wins. */
static int set_dir_times(struct unpack_tree *t, struct err **e)
{
	for (size_t i = 0; i < t->n_dirs; i++) {
		struct timespec times[2] = { t->dirs[i].mtime, t->dirs[i].mtime };
		struct place p;
		struct stat st;
		int r = find_place(t, t->dirs[i].path, &p);

		/* A later entry may have replaced it, or the way to it, by something else. */
		if (r < 0 || fstatat(p.parent_fd, p.name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISDIR(st.st_mode))
			continue;
		if (utimensat(p.parent_fd, p.name, times, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(e, errno, "unpack \"%s\": set its time", t->dirs[i].path);
	}
	return 0;
}

int unpack_tree_finish(struct unpack_tree *t, struct err **e)
{
	for (size_t i = 0; i < t->n_links; i++) {
		int r = finish_link(t, &t->links[i], e);

		if (r < 0)
			return err_wrap(e, "unpack \"%s\"", t->links[i].path);
	}
	return set_dir_times(t, e);
}
