/* Sources of COPY and ADD, and their digest. */
#include "image/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "image/copy_walk.h"
#include "image/unpack.h"
#include "image/xattr.h"

void copy_matches_done(struct copy_matches *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->v[i].path);
		free(m->v[i].name);
	}
	free(m->v);
	*m = (struct copy_matches){ 0 };
}

static void add_match(struct copy_matches *m, const char *path, const char *written, bool is_dir)
{
	const char *slash = strrchr(written, '/');

	ARRAY_RESERVE(m->v, m->n, m->cap);
	m->v[m->n++] = (struct copy_match){ xstrdup(path), xstrdup(slash ? slash + 1 : written),
					    is_dir, false };
}

static char *link_text(int fd)
{
	AUTO(mem) char *link = xasprintf("/proc/self/fd/%d", fd);
	char text[4096];
	ssize_t n = readlink(link, text, sizeof(text));

	return n < 0 || n == (ssize_t)sizeof(text) ? NULL : xstrndup(text, (size_t)n);
}

/* Where the file open as fd really is, as a path below root_fd; NULL when the kernel cannot tell.
 */
static char *real_path(int root_fd, int fd)
{
	AUTO(mem) char *root = link_text(root_fd), *file = link_text(fd);
	size_t n;

	if (!root || !file)
		return NULL;
	n = streq(root, "/") ? 0 : strlen(root);
	if (strncmp(root, file, n) != 0 || file[n] != '/')
		return NULL;
	return xstrdup(file + n + 1);
}

static int not_found(const struct copy_source *s, const char *path, struct err **e)
{
	unsigned line = 0;

	(void)err_set(e, ENOENT, "\"/%s\": not found", path);
	if (ignore_has(s->ignore, path, &line) && line)
		err_hint(e, "line %u of the ignore file keeps it out of the %s", line, s->where);
	return -ENOENT;
}

static bool is_left_out(const struct copy_source *s, const char *path)
{
	return ignore_has(s->ignore, path, NULL) && !ignore_may_hold(s->ignore, path);
}

static int find_plain(const struct copy_source *s, const char *path, struct copy_matches *ret,
		      struct err **e)
{
	AUTO(mem) char *real = NULL;
	AUTO(fd) int fd = -1;
	struct stat st;

	if (is_left_out(s, path))
		return not_found(s, path, e);
	fd = open_in_root(s->root_fd, *path ? path : "/", O_PATH, 0);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return not_found(s, path, e);
	if (fd < 0)
		return err_sys(e, -fd, "open \"/%s\" in the %s", path, s->where);
	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "stat \"/%s\" in the %s", path, s->where);
	if (!S_ISDIR(st.st_mode) && ignore_has(s->ignore, path, NULL))
		return not_found(s, path, e);
	if (S_ISDIR(st.st_mode)) {
		add_match(ret, path, path, true);
		return 0;
	}
	real = real_path(s->root_fd, fd);
	if (!real)
		return err_set(e, ENOENT, "find \"/%s\" in the %s", path, s->where);
	add_match(ret, real, path, false);
	return 0;
}

static int find_pattern(const struct copy_source *s, const char *base, struct str rest,
			struct copy_matches *ret, struct err **e);

/* One component with wildcards: every name in base that matches goes on with the rest. */
static int find_names(const struct copy_source *s, const char *base, const char *pattern,
		      struct str rest, struct copy_matches *ret, struct err **e)
{
	AUTO(strv) struct strv names = STRV_INIT;
	AUTO(fd) int dir = open_in_root(s->root_fd, *base ? base : "/", O_RDONLY | O_DIRECTORY, 0);
	int r;

	if (dir < 0)
		return 0; /* a pattern that leads nowhere matches nothing */
	r = dir_list(dir, ".", &names, e);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		AUTO(mem) char *path = xasprintf("%s%s%s", base, *base ? "/" : "", names.v[i]);
		struct stat st;

		if (!ignore_match_name(pattern, names.v[i]) || is_left_out(s, path))
			continue;
		if (rest.p)
			r = find_pattern(s, path, rest, ret, e);
		else if (fstatat(dir, names.v[i], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			 (S_ISDIR(st.st_mode) || !ignore_has(s->ignore, path, NULL)))
			add_match(ret, path, path, S_ISDIR(st.st_mode));
	}
	return r;
}

static int find_pattern(const struct copy_source *s, const char *base, struct str rest,
			struct copy_matches *ret, struct err **e)
{
	AUTO(mem) char *name = str_dup(str_cut(&rest, '/'));
	AUTO(mem) char *path = NULL;

	if (strpbrk(name, "*?[\\"))
		return find_names(s, base, name, rest, ret, e);
	path = xasprintf("%s%s%s", base, *base ? "/" : "", name);
	if (rest.p)
		return find_pattern(s, path, rest, ret, e);
	if (!is_left_out(s, path) && faccessat(s->root_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return find_plain(s, path, ret, e);
	return 0;
}

int copy_find(const struct copy_source *s, const char *pattern, struct copy_matches *ret,
	      struct err **e)
{
	AUTO(mem) char *clean = unpack_clean_path(pattern);

	if (!clean)
		return err_set(e, ENAMETOOLONG, "source path \"%s\" is too long", pattern);
	if (!strpbrk(clean, "*?[\\"))
		return find_plain(s, clean, ret, e);
	ret->has_wildcard = true;
	return find_pattern(s, "", str_of(clean), ret, e);
}

int copy_mark_archives(const struct copy_source *s, struct copy_matches *m, struct err **e)
{
	for (size_t i = 0; i < m->n; i++) {
		AUTO(fd) int fd = -1;
		char head[512];
		ssize_t n;

		if (m->v[i].is_dir)
			continue;
		fd = open_in_root(s->root_fd, m->v[i].path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
		if (fd < 0)
			return err_sys(e, -fd, "open \"/%s\"", m->v[i].path);
		n = fd_read_full(fd, head, sizeof(head));
		m->v[i].unpack = n > 0 && unpack_is_archive(head, (size_t)n);
	}
	return 0;
}

int copy_list(const struct copy_source *s, int dirfd, const char *path, const char *below,
	      struct strv *ret, struct err **e)
{
	AUTO(strv) struct strv names = STRV_INIT;
	int r = dir_list(dirfd, ".", &names, e);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		AUTO(mem) char *full = xasprintf("%s%s%s", path, *path ? "/" : "", names.v[i]);
		AUTO(mem) char *rel = xasprintf("%s%s%s", below, *below ? "/" : "", names.v[i]);
		bool wanted = true;

		if (ignore_has(s->exclude, rel, NULL) && !ignore_may_hold(s->exclude, rel))
			continue;
		if (ignore_has(s->ignore, full, NULL)) {
			r = copy_holds_wanted(s, dirfd, names.v[i], full, &wanted, e);
			if (r < 0 || !wanted)
				continue;
		}
		strv_add(ret, names.v[i]);
	}
	return r;
}

/* An ignored directory counts when something in it is let in again. */
int copy_holds_wanted(const struct copy_source *s, int dirfd, const char *name, const char *path,
		      bool *ret, struct err **e)
{
	AUTO(strv) struct strv names = STRV_INIT;
	AUTO(fd) int dir = -1;
	int r;

	*ret = false;
	if (!ignore_may_hold(s->ignore, path))
		return 0;
	dir = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOTDIR || errno == ELOOP ? 0 : err_sys(e, errno, "open %s", path);
	r = dir_list(dir, ".", &names, e);
	for (size_t i = 0; r == 0 && !*ret && i < names.n; i++) {
		AUTO(mem) char *full = xasprintf("%s/%s", path, names.v[i]);

		if (!ignore_has(s->ignore, full, NULL))
			*ret = true;
		else
			r = copy_holds_wanted(s, dir, names.v[i], full, ret, e);
	}
	return r;
}

struct digester {
	const struct copy_source *s;
	struct filehash *hashes;
	struct digest *d;
};

static void add_text(struct digester *g, const char *text)
{
	digest_add(g->d, text, strlen(text) + 1);
}

static int add_xattrs(struct digester *g, int dirfd, const char *name, mode_t mode)
{
	AUTO(strv) struct strv names = STRV_INIT;
	int r = xattr_list(dirfd, name, mode, &names);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		AUTO(buf) struct buf value = BUF_INIT;

		if (starts_with(names.v[i], "system."))
			continue;
		r = xattr_get(dirfd, name, names.v[i], &value);
		add_text(g, names.v[i]);
		digest_add(g->d, buf_str(&value), value.n);
	}
	return r;
}

static int add_content(struct digester *g, int dirfd, const char *name, const struct stat *st)
{
	char digest[DIGEST_TEXT_SIZE];
	AUTO(fd) int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	int r;

	if (fd < 0)
		return -errno;
	r = filehash_get(g->hashes, fd, st, digest);
	if (r == 0)
		add_text(g, digest);
	return r;
}

static int add_link(struct digester *g, int dirfd, const char *name)
{
	char target[4096];
	ssize_t n = readlinkat(dirfd, name, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	add_text(g, target);
	return 0;
}

/* What counts: type and permissions, owner, size, device, link target, attributes, content. Times,
 * inode numbers and link counts do not. */
static int digest_entry(struct digester *g, int dirfd, const char *name, const char *below,
			const struct stat *st, struct err **e)
{
	AUTO(mem)
	char *head = xasprintf("%s\n%o %u %u %llu %llx", below, st->st_mode,
			       g->s->is_context ? 0 : st->st_uid, g->s->is_context ? 0 : st->st_gid,
			       S_ISREG(st->st_mode) ? (unsigned long long)st->st_size : 0ULL,
			       S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)
				       ? (unsigned long long)st->st_rdev
				       : 0ULL);
	int r = 0;

	add_text(g, head);
	if (S_ISREG(st->st_mode))
		r = add_content(g, dirfd, name, st);
	else if (S_ISLNK(st->st_mode))
		r = add_link(g, dirfd, name);
	if (r == 0)
		r = add_xattrs(g, dirfd, name, st->st_mode);
	return r < 0 ? err_sys(e, -r, "read \"%s\"", below) : 0;
}

static int digest_dir(struct digester *g, int dirfd, const char *path, const char *below,
		      struct err **e)
{
	AUTO(strv) struct strv names = STRV_INIT;
	int r = copy_list(g->s, dirfd, path, below, &names, e);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		AUTO(mem) char *full = xasprintf("%s%s%s", path, *path ? "/" : "", names.v[i]);
		AUTO(mem) char *rel = xasprintf("%s%s%s", below, *below ? "/" : "", names.v[i]);
		AUTO(fd) int sub = -1;
		struct stat st;

		if (fstatat(dirfd, names.v[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(e, errno, "stat \"%s\"", full);
		if (S_ISSOCK(st.st_mode))
			continue;
		r = digest_entry(g, dirfd, names.v[i], rel, &st, e);
		if (r < 0 || !S_ISDIR(st.st_mode))
			continue;
		sub = openat(dirfd, names.v[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub < 0)
			return err_sys(e, errno, "open \"%s\"", full);
		r = digest_dir(g, sub, full, rel, e);
	}
	return r;
}

int copy_open_match(const struct copy_source *s, const struct copy_match *m, struct copy_place *ret,
		    struct err **e)
{
	const char *slash = strrchr(m->path, '/');
	AUTO(mem) char *dir = slash ? xstrndup(m->path, (size_t)(slash - m->path)) : xstrdup("/");

	if (m->is_dir) {
		ret->dir_fd = open_in_root(s->root_fd, *m->path ? m->path : "/",
					   O_RDONLY | O_DIRECTORY, 0);
		ret->name = ".";
	} else {
		ret->dir_fd = open_in_root(s->root_fd, dir, O_RDONLY | O_DIRECTORY, 0);
		ret->name = slash ? slash + 1 : m->path;
	}
	if (ret->dir_fd < 0)
		return err_sys(e, -ret->dir_fd, "open \"/%s\"", m->path);
	return 0;
}

int copy_digest(const struct copy_source *s, const struct copy_matches *m, struct filehash *hashes,
		char ret[DIGEST_TEXT_SIZE], struct err **e)
{
	AUTO(digest) struct digest *d = digest_new();
	struct digester g = { .s = s, .hashes = hashes, .d = d };

	for (size_t i = 0; i < m->n; i++) {
		AUTO(copy_place) struct copy_place at = { .dir_fd = -1 };
		struct stat st;
		int r = copy_open_match(s, &m->v[i], &at, e);

		if (r < 0)
			return r;
		if (fstatat(at.dir_fd, at.name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return err_sys(e, errno, "stat \"/%s\"", m->v[i].path);
		/* A directory's name does not matter, its content goes. */
		add_text(&g, m->v[i].is_dir ? "directory" : m->v[i].unpack ? "archive" : "file");
		r = digest_entry(&g, at.dir_fd, at.name, m->v[i].is_dir ? "" : m->v[i].name, &st,
				 e);
		if (r == 0 && m->v[i].is_dir)
			r = digest_dir(&g, at.dir_fd, m->v[i].path, "", e);
		if (r < 0)
			return r;
	}
	digest_end(d, ret);
	return 0;
}
