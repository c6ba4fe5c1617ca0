#include "image/build_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/path.h"
#include "base/rand.h"
#include "base/sha256.h"
#include "image/mount.h"
#include "image/mount_opt.h"

enum { SECRET_MAX = 512 << 10 };

static struct build_mount *add(struct build_mounts *m, int type, char *source, const char *target)
{
	ARRAY_RESERVE(m->v, m->n, m->cap);
	m->v[m->n] = (struct build_mount){ .source = source, .target = xstrdup(target) };
	m->v[m->n].type = type;
	return &m->v[m->n++];
}

static void keep_fd(struct build_mounts *m, int fd)
{
	ARRAY_RESERVE(m->fds, m->n_fds, m->cap_fds);
	m->fds[m->n_fds++] = fd;
}

void build_mounts_done(struct build_mounts *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->v[i].source);
		free(m->v[i].target);
	}
	for (size_t i = 0; i < m->attached.n; i++)
		mount_detach(m->attached.v[i]);
	for (size_t i = 0; i < m->files.n; i++)
		(void)unlink(m->files.v[i]);
	for (size_t i = 0; i < m->n_fds; i++)
		close(m->fds[i]);
	err_free(m->missing);
	free(m->v);
	free(m->fds);
	strv_done(&m->keys);
	strv_done(&m->env);
	strv_done(&m->files);
	strv_done(&m->attached);
	*m = (struct build_mounts){ 0 };
}

void build_mounts_add_env(const struct build_mounts *m, struct strv *env)
{
	for (size_t i = 0; i < m->env.n; i++) {
		const char *eq = strchr(m->env.v[i], '=');
		AUTO(mem) char *key = xstrndup(m->env.v[i], (size_t)(eq - m->env.v[i]));

		strv_env_set(env, key, eq + 1);
	}
}

/* In memory, where secrets belong. */
static char *temporary_path(const char *what)
{
	char tag[17];

	rand_hex(tag, 8);
	return xasprintf("/dev/shm/.compose-%s-%s", what, tag);
}

static int write_temporary(struct build_mounts *m, const char *what, const void *p, size_t n,
			   const struct mount_opt *o, mode_t mode, char **ret, struct err **e)
{
	AUTO(mem) char *path = temporary_path(what);
	AUTO(fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r;

	if (fd < 0)
		return err_sys(e, errno, "create %s", path);
	strv_add(&m->files, path);
	r = fd_write_all(fd, p, n);
	if (r == 0 && o && fchown(fd, (uid_t)o->uid, (gid_t)o->gid) < 0)
		r = -errno;
	if (r == 0 && fchmod(fd, mode) < 0)
		r = -errno;
	if (r < 0)
		return err_sys(e, -r, "write %s", path);
	*ret = TAKE_PTR(path);
	return 0;
}

int build_mounts_add_script(struct build_mounts *m, const char *target, const char *text,
			    struct err **e)
{
	char *path;
	int r = write_temporary(m, "script", text, strlen(text), NULL, 0755, &path, e);

	if (r < 0)
		return r;
	add(m, BUILD_MOUNT_BIND, path, target)->read_only = true;
	strv_add(&m->keys, text);
	return 0;
}

/* The path on the host of a source directory, attaching the tree when it has none. */
static int host_path(struct build_mounts *m, struct build_source *from, char **ret, struct err **e)
{
	AUTO(mem) char *dir = NULL;
	int r;

	if (from->path) {
		*ret = xstrdup(from->path);
		return 0;
	}
	r = mount_attach(from->root_fd, &dir, e);
	if (r < 0)
		return r;
	strv_add(&m->attached, dir);
	*ret = TAKE_PTR(dir);
	return 0;
}

static int digest_bind(struct build *b, struct build_mounts *m, const struct build_source *from,
		       const char *source, struct err **e)
{
	struct copy_source s = { .root_fd = from->root_fd,
				 .is_context = from->is_context,
				 .ignore = from->ignore,
				 .where = "source" };
	AUTO(copy_matches) struct copy_matches matches = { 0 };
	char digest[DIGEST_TEXT_SIZE];
	int r = copy_find(&s, source, &matches, e);

	if (!b->hashes)
		b->hashes = filehash_open(b->s->root_fd, b->context ? b->context : "");
	if (r == 0)
		r = copy_digest(&s, &matches, b->hashes, digest, e);
	if (r == 0)
		strv_add(&m->keys, digest);
	return r;
}

/* Resolved inside the source's root, so that no link leads the mount elsewhere. */
static char *resolve(const char *base, int root_fd, const char *source)
{
	AUTO(fd) int fd = open_in_root(root_fd, source, O_PATH, 0);
	AUTO(mem) char *link = xasprintf("/proc/self/fd/%d", fd);
	AUTO(mem) char *root_link = xasprintf("/proc/self/fd/%d", root_fd);
	char at[4096], root[4096];
	ssize_t n = fd < 0 ? -1 : readlink(link, at, sizeof(at) - 1);
	ssize_t n_root = readlink(root_link, root, sizeof(root) - 1);

	if (n < 0 || n_root < 0)
		return NULL;
	at[n] = root[n_root] = '\0';
	if (n_root == 1)
		n_root = 0;
	return strncmp(at, root, (size_t)n_root) == 0 ? xasprintf("%s%s", base, at + n_root) : NULL;
}

static int open_context_source(struct build *b, struct build_source *ret, struct err **e)
{
	int r = build_context_open(b, e);

	if (r < 0)
		return r;
	ret->is_context = true;
	ret->path = xstrdup(b->context);
	ret->root_fd = fcntl(b->context_fd, F_DUPFD_CLOEXEC, 3);
	return ret->root_fd < 0 ? err_sys(e, errno, "open the context") : 0;
}

static int add_bind(struct build *b, struct stage *st, struct build_mounts *m,
		    const struct mount_opt *o, const char *target, struct err **e)
{
	AUTO(build_source) struct build_source from = { .root_fd = -1 };
	const char *source = o->source ? o->source : "/";
	AUTO(mem) char *base = NULL, *path = NULL;
	int r;

	if (o->is_writable)
		return err_set(e, ENOTSUP,
			       "a writable bind mount (rw) is not supported in a build");
	if (o->from && *o->from)
		r = build_source_open(b, st, o->from, &from, e);
	else
		r = open_context_source(b, &from, e);
	if (r == 0)
		r = digest_bind(b, m, &from, source, e);
	if (r == 0)
		r = host_path(m, &from, &base, e);
	if (r < 0)
		return r;
	path = resolve(base, from.root_fd, source);
	if (!path)
		return err_set(e, ENOENT, "bind mount source \"%s\": not found", source);
	add(m, BUILD_MOUNT_BIND, TAKE_PTR(path), target)->read_only = true;
	keep_fd(m, TAKE_FD(from.root_fd));
	return 0;
}

/* ROOT/build/mounts/<digest of the id>; made with the mode and owner asked for. */
static int cache_dir(struct build *b, const struct mount_opt *o, const char *id, char **ret,
		     struct err **e)
{
	const char *space = build_arg(b, "BUILDKIT_CACHE_MOUNT_NS");
	AUTO(mem) char *full = xasprintf("%s/%s", space ? space : "", id), *path = NULL;
	char hex[65];
	int r;

	sha256_hex(full, strlen(full), hex);
	path = xasprintf("%s/build/mounts/%s", b->s->root, hex);
	if (faccessat(AT_FDCWD, path, F_OK, 0) == 0) {
		*ret = TAKE_PTR(path);
		return 0;
	}
	r = dir_make(AT_FDCWD, path, 0755, e);
	if (r < 0)
		return r;
	if (chown(path, (uid_t)o->uid, (gid_t)o->gid) < 0 ||
	    chmod(path, o->mode >= 0 ? (mode_t)o->mode : 0755) < 0)
		return err_sys(e, errno, "set the owner of %s", path);
	*ret = TAKE_PTR(path);
	return 0;
}

/* locked and private wait until no other build uses it; private promises no more than being alone.
 */
static int lock_cache(struct build *b, struct build_mounts *m, const char *path, struct err **e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, errno, "open %s", path);
	keep_fd(m, fd);
	while (flock(fd, LOCK_EX) < 0) {
		if (errno != EINTR)
			return err_sys(e, errno, "lock %s", path);
		if (*b->o->cancelled)
			return err_set(e, EINTR, "cancelled");
	}
	return 0;
}

static int add_cache(struct build *b, struct build_mounts *m, const struct mount_opt *o,
		     const char *target, struct err **e)
{
	const char *id = o->id ? o->id : target;
	AUTO(mem) char *path = NULL;
	int r = cache_dir(b, o, id, &path, e);

	if (r == 0 && o->sharing != MOUNT_OPT_SHARED)
		r = lock_cache(b, m, path, e);
	if (r < 0)
		return r;
	strv_addf(&m->keys, "cache %s", id);
	add(m, BUILD_MOUNT_BIND, TAKE_PTR(path), target)->read_only = o->read_only;
	return 0;
}

static const struct json *find_secret(const struct build *b, const char *id)
{
	JSON_EACH(s, json_get(b->spec, "secrets"))
		if (streq(json_str(s, "id", ""), id))
			return s;
	return NULL;
}

static int read_secret(const struct json *secret, struct buf *ret, struct err **e)
{
	const char *file = json_str(secret, "file", NULL);
	const char *value = json_str(secret, "value", NULL);

	if (value)
		buf_addstr(ret, value);
	else if (file)
		return file_read(AT_FDCWD, file, SECRET_MAX, ret, e);
	else if (json_str(secret, "environment", NULL))
		return err_set(e, ENOENT, "environment variable \"%s\" is not set",
			       json_str(secret, "environment", NULL));
	else
		return err_set(e, ENOENT, "it has neither a file nor a value");
	return 0;
}

/* What the mount does not say, the declaration may. */
static void secret_defaults(struct mount_opt *o, const struct json *secret)
{
	if (o->mode < 0)
		o->mode = json_int(secret, "mode", 0400);
	if (!o->uid)
		o->uid = json_int(secret, "uid", 0);
	if (!o->gid)
		o->gid = json_int(secret, "gid", 0);
}

static int add_secret(struct build *b, struct build_mounts *m, struct mount_opt *o, const char *cwd,
		      struct err **e)
{
	const char *id = o->id ? o->id : o->source ? o->source : path_base(o->target);
	AUTO(mem)
	char *target = o->target ? path_join(cwd, o->target) : xasprintf("/run/secrets/%s", id);
	const struct json *secret = find_secret(b, id);
	AUTO(buf) struct buf value = BUF_INIT;
	char *path;
	int r;

	strv_addf(&m->keys, "secret %s %s %s", id, target, o->env ? o->env : "");
	if (!secret)
		return o->is_required ? err_set(e, ENOENT, "secret %s: not found", id) : 0;
	if (read_secret(secret, &value, &m->missing) < 0) {
		(void)err_wrap(&m->missing, "secret %s", id);
		return 0;
	}
	if (o->env)
		strv_addf(&m->env, "%s=%s", o->env, buf_str(&value));
	if (o->env && !o->target)
		return 0;
	secret_defaults(o, secret);
	r = write_temporary(m, "secret", buf_str(&value), value.n, o, (mode_t)o->mode, &path, e);
	if (r < 0)
		return r;
	add(m, BUILD_MOUNT_BIND, path, target)->read_only = true;
	return 0;
}

static int add_one(struct build *b, struct stage *st, struct build_mounts *m, const char *text,
		   struct err **e)
{
	AUTO(strv) struct strv env = STRV_INIT;
	struct expand x = { .escape = b->file->escape, .env = &env };
	const char *cwd = json_str(json_get(st->doc, "config"), "WorkingDir", "/");
	AUTO(mount_opt) struct mount_opt o = { 0 };
	AUTO(mem) char *target = NULL;
	int r;

	stage_env(st, &env);
	r = mount_opt_parse(text, &x, &o, e);
	if (r < 0)
		return r;
	if (!*cwd)
		cwd = "/";
	if (o.type == MOUNT_OPT_SECRET)
		return add_secret(b, m, &o, cwd, e);
	target = path_join(cwd, o.target);
	strv_addf(&m->keys, "mount %d %s", (int)o.type, target);
	if (o.type == MOUNT_OPT_BIND)
		return add_bind(b, st, m, &o, target, e);
	if (o.type == MOUNT_OPT_CACHE)
		return add_cache(b, m, &o, target, e);
	add(m, BUILD_MOUNT_TMPFS, NULL, target)->size = o.size;
	return 0;
}

int build_mounts_open(struct build *b, struct stage *st, const struct instr *i,
		      struct build_mounts *ret, struct err **e)
{
	for (size_t k = 0; k < i->flags.n; k++) {
		int r = starts_with(i->flags.v[k], "mount=")
				? add_one(b, st, ret, i->flags.v[k] + 6, e)
				: 0;

		if (r < 0)
			return r;
	}
	return 0;
}
