#include "image/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/map.h"
#include "base/strv.h"
#include "image/xattr.h"

enum { BLOCK = 512, READ_SIZE = 1 << 18 };

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8];
	char type;
	char linkname[100], magic[6], version[2], uname[32], gname[32];
	char devmajor[8], devminor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a tar header is one block");

struct packer {
	const struct pack_opts *o;
	struct digest_pipe *pipe;
	struct map links; /* "dev:ino" -> path of the first name */
	char *block;
	uint64_t size, n_files;
};

/* What one member of the tar is. */
struct member {
	const char *path; /* without a leading '/'; directories end with one */
	const char *link; /* NULL unless a link */
	char type;
	const struct stat *st; /* NULL for whiteouts */
	uint64_t size;
	struct buf pax;
};

/* Zero-padded octal, NUL behind; false when it does not fit. */
static bool put_octal(char *field, size_t n, uint64_t v)
{
	field[n - 1] = '\0';
	for (size_t i = n - 1; i-- > 0; v >>= 3)
		field[i] = (char)('0' + (v & 7));
	return v == 0;
}

/* "LEN key=value\n", LEN counting itself. */
static void pax_add(struct buf *pax, const char *key, const void *value, size_t n)
{
	size_t body = strlen(key) + n + 3, len = body + 1, digits;

	do {
		digits = (size_t)snprintf(NULL, 0, "%zu", len);
		if (len == body + digits)
			break;
		len = body + digits;
	} while (true);
	buf_addf(pax, "%zu %s=", len, key);
	buf_add(pax, value, n);
	buf_addch(pax, '\n');
}

static void pax_add_num(struct buf *pax, const char *key, uint64_t v)
{
	AUTO(mem) char *text = xasprintf("%llu", (unsigned long long)v);

	pax_add(pax, key, text, strlen(text));
}

static bool is_ascii(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* Into name, or cut at a '/' into prefix and name; false when neither holds it. */
static bool put_path(struct header *h, const char *path)
{
	size_t n = strlen(path);

	if (!is_ascii(path))
		return false;
	if (n <= sizeof(h->name)) {
		memcpy(h->name, path, n);
		return true;
	}
	for (size_t i = n - 1; i > 0; i--) {
		if (path[i] != '/' || i > sizeof(h->prefix) || n - i - 1 > sizeof(h->name) ||
		    i == n - 1)
			continue;
		memcpy(h->prefix, path, i);
		memcpy(h->name, path + i + 1, n - i - 1);
		return true;
	}
	return false;
}

static void emit(struct packer *p, const void *data, size_t n)
{
	digest_pipe_add(p->pipe, data, n);
}

static void emit_padding(struct packer *p, uint64_t size)
{
	static const char zero[BLOCK];

	if (size % BLOCK)
		emit(p, zero, BLOCK - size % BLOCK);
}

static void seal_and_emit(struct packer *p, struct header *h)
{
	const unsigned char *u = (const unsigned char *)h;
	unsigned sum = 0;

	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	memset(h->checksum, ' ', sizeof(h->checksum));
	for (size_t i = 0; i < BLOCK; i++)
		sum += u[i];
	(void)put_octal(h->checksum, 7, sum);
	emit(p, h, BLOCK);
}

static void emit_pax(struct packer *p, const struct buf *pax)
{
	struct header h = { .type = 'x' };

	if (!pax->n)
		return;
	memcpy(h.name, "PaxHeaders.0/entry", 18);
	(void)put_octal(h.mode, sizeof(h.mode), 0644);
	(void)put_octal(h.uid, sizeof(h.uid), 0);
	(void)put_octal(h.gid, sizeof(h.gid), 0);
	(void)put_octal(h.size, sizeof(h.size), pax->n);
	(void)put_octal(h.mtime, sizeof(h.mtime), 0);
	seal_and_emit(p, &h);
	emit(p, pax->p, pax->n);
	emit_padding(p, pax->n);
}

static int64_t member_mtime(const struct packer *p, const struct stat *st)
{
	int64_t t = st ? st->st_mtim.tv_sec : 0;

	if (t < 0)
		return 0;
	return p->o->max_mtime >= 0 && t > p->o->max_mtime ? p->o->max_mtime : t;
}

static void put_number(struct member *m, char *field, size_t n, uint64_t v, const char *pax_key)
{
	if (put_octal(field, n, v))
		return;
	(void)put_octal(field, n, 0);
	pax_add_num(&m->pax, pax_key, v);
}

/* Header of one member; its data, if any, follows. */
static void emit_member(struct packer *p, struct member *m)
{
	struct header h = { .type = m->type };
	const struct stat *st = m->st;

	if (!put_path(&h, m->path))
		pax_add(&m->pax, "path", m->path, strlen(m->path));
	if (m->link && is_ascii(m->link) && strlen(m->link) <= sizeof(h.linkname))
		memcpy(h.linkname, m->link, strlen(m->link));
	else if (m->link)
		pax_add(&m->pax, "linkpath", m->link, strlen(m->link));
	(void)put_octal(h.mode, sizeof(h.mode), st ? st->st_mode & 07777 : 0644);
	put_number(m, h.uid, sizeof(h.uid), st ? st->st_uid : 0, "uid");
	put_number(m, h.gid, sizeof(h.gid), st ? st->st_gid : 0, "gid");
	put_number(m, h.size, sizeof(h.size), m->size, "size");
	put_number(m, h.mtime, sizeof(h.mtime), (uint64_t)member_mtime(p, st), "mtime");
	if (m->type == '3' || m->type == '4') {
		(void)put_octal(h.devmajor, sizeof(h.devmajor), major(st->st_rdev));
		(void)put_octal(h.devminor, sizeof(h.devminor), minor(st->st_rdev));
	}
	emit_pax(p, &m->pax);
	seal_and_emit(p, &h);
	p->n_files++;
}

static void emit_whiteout(struct packer *p, const char *dir, const char *name)
{
	AUTO(mem) char *path = xasprintf("%s.wh.%s", dir, name);
	struct member m = { .path = path, .type = '0' };

	emit_member(p, &m);
	buf_done(&m.pax);
}

static int add_xattrs(int dirfd, const char *name, const struct stat *st, struct member *m)
{
	AUTO(strv) struct strv names = STRV_INIT;
	int r = xattr_list(dirfd, name, st->st_mode, &names);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		AUTO(mem) char *key = xasprintf("SCHILY.xattr.%s", names.v[i]);
		AUTO(buf) struct buf value = BUF_INIT;

		r = xattr_get(dirfd, name, names.v[i], &value);
		if (r == 0)
			pax_add(&m->pax, key, buf_str(&value), value.n);
	}
	return r;
}

/* Exactly the size that the header tells. */
static int emit_data(struct packer *p, int fd, uint64_t size)
{
	uint64_t left = size;

	while (left) {
		size_t want = left < READ_SIZE ? (size_t)left : READ_SIZE;
		ssize_t n = fd_read_full(fd, p->block, want);

		if (n < 0)
			return (int)n;
		if ((size_t)n != want)
			return -ESTALE;
		emit(p, p->block, want);
		left -= want;
	}
	emit_padding(p, size);
	return 0;
}

/* 1 = was written as a link to an earlier name. */
static int emit_hard_link(struct packer *p, struct member *m)
{
	AUTO(mem)
	char *key = xasprintf("%llx:%llx", (unsigned long long)m->st->st_dev,
			      (unsigned long long)m->st->st_ino);
	const char *first = map_get(&p->links, key);

	if (!first) {
		(void)map_set(&p->links, key, xstrdup(m->path));
		return 0;
	}
	m->type = '1';
	m->link = first;
	m->size = 0;
	emit_member(p, m);
	return 1;
}

static int pack_file(struct packer *p, int dirfd, const char *name, struct member *m)
{
	AUTO(fd) int fd = -1;
	int r = m->st->st_nlink > 1 ? emit_hard_link(p, m) : 0;

	if (r)
		return 0;
	r = add_xattrs(dirfd, name, m->st, m);
	if (r < 0)
		return r;
	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);
	if (fd < 0)
		return -errno;
	m->type = '0';
	m->size = (uint64_t)m->st->st_size;
	p->size += m->size;
	emit_member(p, m);
	return emit_data(p, fd, m->size);
}

static int pack_symlink(struct packer *p, int dirfd, const char *name, struct member *m)
{
	AUTO(mem) char *target = xmalloc((size_t)m->st->st_size + 1);
	ssize_t n = readlinkat(dirfd, name, target, (size_t)m->st->st_size + 1);

	if (n < 0 || n > m->st->st_size)
		return n < 0 ? -errno : -ESTALE;
	target[n] = '\0';
	m->type = '2';
	m->link = target;
	emit_member(p, m);
	m->link = NULL;
	return 0;
}

static bool is_xattr_set(int dirfd, const char *name, const char *attr)
{
	AUTO(mem) char *path = xasprintf("/proc/self/fd/%d/%s", dirfd, name);

	return lgetxattr(path, attr, NULL, 0) >= 0;
}

static bool is_opaque(int fd)
{
	AUTO(mem) char *path = xasprintf("/proc/self/fd/%d", fd);
	char value[2];

	return getxattr(path, "trusted.overlay.opaque", value, sizeof(value)) >= 1 &&
	       value[0] == 'y';
}

static int pack_dir(struct packer *p, int fd, const char *path, struct err **e);

static int pack_subdir(struct packer *p, int dirfd, const char *name, struct member *m,
		       struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s/", m->path);
	AUTO(fd) int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0)
		return err_sys(e, errno, "open");
	m->path = path;
	m->type = '5';
	r = add_xattrs(dirfd, name, m->st, m);
	if (r < 0)
		return err_sys(e, -r, "read extended attributes");
	emit_member(p, m);
	return pack_dir(p, fd, path, e);
}

static int pack_one(struct packer *p, int dirfd, const char *name, const struct stat *st,
		    struct member *m, struct err **e)
{
	int r = 0;

	switch (st->st_mode & S_IFMT) {
	case S_IFDIR:
		return pack_subdir(p, dirfd, name, m, e);
	case S_IFREG:
		r = pack_file(p, dirfd, name, m);
		break;
	case S_IFLNK:
		r = pack_symlink(p, dirfd, name, m);
		break;
	case S_IFSOCK:
		return 0; /* means nothing without the process that listens */
	default:
		m->type = S_ISCHR(st->st_mode) ? '3' : S_ISBLK(st->st_mode) ? '4' : '6';
		emit_member(p, m);
	}
	return r < 0 ? err_sys(e, -r, "read") : 0;
}

static int pack_entry(struct packer *p, int dirfd, const char *dir, const char *name,
		      struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s%s", dir, name);
	struct member m = { .path = path };
	struct stat st;
	int r;

	if (p->o->cancelled && *p->o->cancelled)
		return err_set(e, EINTR, "cancelled");
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "pack \"%s\"", path);
	if ((S_ISCHR(st.st_mode) && st.st_rdev == 0) ||
	    (S_ISREG(st.st_mode) && !st.st_size &&
	     is_xattr_set(dirfd, name, "trusted.overlay.whiteout"))) {
		emit_whiteout(p, dir, name);
		return 0;
	}
	m.st = &st;
	r = pack_one(p, dirfd, name, &st, &m, e);
	buf_done(&m.pax);
	return r < 0 && !S_ISDIR(st.st_mode) ? err_wrap(e, "pack \"%s\"", path) : r;
}

static int pack_dir(struct packer *p, int fd, const char *path, struct err **e)
{
	AUTO(strv) struct strv names = STRV_INIT;
	int r;

	if (is_opaque(fd))
		emit_whiteout(p, path, ".wh..opq");
	r = dir_list(fd, ".", &names, e);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = pack_entry(p, fd, path, names.v[i], e);
	return r;
}

int pack_layer(int fs_fd, const struct pack_opts *o, struct pack_result *ret, struct err **e)
{
	static const char end[2 * BLOCK];
	AUTO(digest_pipe) struct digest_pipe *pipe = NULL;
	struct packer p = { .o = o };
	struct map_entry *m;
	int r = digest_pipe_start(o->out_fd, &pipe, e);

	if (r < 0)
		return r;
	p.pipe = pipe;
	p.block = xmalloc(READ_SIZE);
	r = pack_dir(&p, fs_fd, "", e);
	if (r == 0) {
		emit(&p, end, sizeof(end));
		r = digest_pipe_end(pipe, ret->diff_id, &ret->tar_size, e);
	}
	ret->size = p.size;
	ret->n_files = p.n_files;
	MAP_EACH(m, &p.links)
	free(m->value);
	map_done(&p.links);
	free(p.block);
	return r;
}
