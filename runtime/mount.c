#include "runtime/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/path.h"
#include "runtime/mountopt.h"

struct fd_path fd_path(int fd)
{
	struct fd_path p;

	(void)snprintf(p.text, sizeof(p.text), "/proc/self/fd/%d", fd);
	return p;
}

static int make_target(const struct rootfs *r, const char *destination, bool is_dir, int depth);

/* A link to nowhere: what it names is made, still inside the root. */
static int make_through_link(const struct rootfs *r, int dir, const char *parent, const char *name,
			     int depth)
{
	AUTO(mem) char *next = NULL;
	char link[4096];
	ssize_t n = readlinkat(dir, name, link, sizeof(link) - 1);
	int fd;

	if (n < 0)
		return -errno;
	if (depth >= 8)
		return -ELOOP;
	link[n] = '\0';
	next = path_join(parent, link);
	fd = open_in_root(r->fd, next, O_PATH, 0);
	return fd == -ENOENT ? make_target(r, next, /* is_dir= */ false, depth + 1) : fd;
}

static int make_target(const struct rootfs *r, const char *destination, bool is_dir, int depth)
{
	AUTO(mem) char *clean = path_clean(destination);
	AUTO(mem) char *parent = path_dir(clean);
	AUTO(fd) int dir = -1;
	int fd;

	if (is_dir)
		return dir_make_in_root(r->fd, clean, 0755);
	dir = dir_make_in_root(r->fd, parent, 0755);
	if (dir < 0)
		return dir;
	fd = openat(dir, path_base(clean), O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC,
		    0644);
	if (fd < 0 && errno != EEXIST)
		return -errno;
	if (fd >= 0) {
		close(fd);
		return open_in_root(r->fd, clean, O_PATH, 0);
	}
	return make_through_link(r, dir, parent, path_base(clean), depth);
}

int rootfs_target(const struct rootfs *r, const char *destination, bool is_dir, struct err **e)
{
	AUTO(fd) int fd = open_in_root(r->fd, destination, O_PATH, 0);
	struct stat st;

	if (fd == -ENOENT)
		fd = make_target(r, destination, is_dir, 0);
	if (fd < 0)
		return err_sys(e, -fd, "open mount target \"%s\"", destination);
	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "stat mount target \"%s\"", destination);
	if (S_ISDIR(st.st_mode) != is_dir)
		return err_set(e, ENOENT, "mount on \"%s\": %s", destination,
			       is_dir ? "a directory cannot be mounted on a file: not a directory" :
					"a file cannot be mounted on a directory: not a directory");
	return TAKE_FD(fd);
}

/* A link in the image must not make proc or sysfs land elsewhere. */
static int check_no_link(const struct rootfs *r, int target, const char *destination,
			 struct err **e)
{
	AUTO(mem) char *clean = path_clean(destination);
	AUTO(mem) char *want = xasprintf("%s%s", streq(r->path, "/") ? "" : r->path, clean);
	char got[4096];
	ssize_t n = readlink(fd_path(target).text, got, sizeof(got) - 1);

	if (n < 0)
		return err_sys(e, errno, "check mount target \"%s\"", destination);
	got[n] = '\0';
	if (!streq(got, want))
		return err_set(e, EINVAL, "mount target \"%s\" leads through a link to \"%s\"",
			       destination, got);
	return 0;
}

static bool is_procfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* Below /proc only these may be covered, and not by another procfs. */
static int check_inside_proc(int target, int tree, const char *destination, struct err **e)
{
	static const char *const allowed[] = {
		"/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat",
		"/proc/swaps",	 "/proc/uptime",    "/proc/loadavg", "/proc/slabinfo",
		"/proc/net/dev", "/proc/sys/kernel/ns_last_pid", "/proc/sys/crypto/fips_enabled",
	};
	AUTO(mem) char *clean = path_clean(destination);

	if (!is_procfs(target))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
		if (streq(clean, allowed[i]) && tree >= 0 && !is_procfs(tree))
			return 0;
	if (streq(clean, "/proc"))
		return 0;
	return err_set(e, EPERM, "\"%s\" is inside /proc and cannot be mounted on", destination);
}

static int set_attr(int fd, bool recursive, struct mount_attr *attr, const char *destination,
		    struct err **e)
{
	unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);

	if (mount_setattr(fd, "", flags, attr, sizeof(*attr)) < 0)
		return err_sys(e, errno, "set attributes of mount \"%s\"", destination);
	return 0;
}

static int apply_attributes(int tree, const struct mountopt *o, const char *destination,
			    struct err **e)
{
	struct mount_attr attr = { .attr_set = o->attr_set, .attr_clr = o->attr_clr };
	struct mount_attr rattr = { .attr_set = o->rattr_set, .attr_clr = o->rattr_clr };
	int r = 0;

	if (attr.attr_set || attr.attr_clr)
		r = set_attr(tree, false, &attr, destination, e);
	if (r == 0 && (rattr.attr_set || rattr.attr_clr))
		r = set_attr(tree, true, &rattr, destination, e);
	return r;
}

static int apply_propagation(int tree, unsigned long propagation, const char *destination,
			     struct err **e)
{
	struct mount_attr attr = { .propagation = propagation & ~(unsigned long)MS_REC };

	if (!propagation)
		return 0;
	return set_attr(tree, (propagation & MS_REC) != 0, &attr, destination, e);
}

/* The entry's own maps, else those of the container when the entry only says "idmap". */
static int shift_ids(const struct spec *s, int tree, const struct spec_mount *m,
		     const struct mountopt *o, struct err **e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	struct idmap uids = { s->uid_maps, s->n_uid_maps }, gids = { s->gid_maps, s->n_gid_maps };
	struct spec_idmap *v;
	AUTO(fd) int userns = -1;

	if (json_len(m->uid_mappings) && json_len(m->gid_mappings)) {
		int r = spec_idmaps_parse(s->arena, m->uid_mappings, &v, &uids.n, e);

		uids.v = v;
		if (r == 0)
			r = spec_idmaps_parse(s->arena, m->gid_mappings, &v, &gids.n, e);
		gids.v = v;
		if (r < 0)
			return r;
	} else if (!o->idmap) {
		return 0;
	}
	if (!uids.n || !gids.n)
		return err_set(e, EINVAL, "mount \"%s\": idmap without mappings", m->destination);
	userns = idmap_userns(&uids, &gids, e);
	if (userns < 0)
		return err_wrap(e, "mount \"%s\"", m->destination);
	attr.userns_fd = (uint64_t)userns;
	return set_attr(tree, o->idmap_recursive, &attr, m->destination, e);
}

static int attach(int tree, int target, const char *destination, struct err **e)
{
	if (move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys(e, errno, "mount \"%s\"", destination);
	return 0;
}

static int open_source(const struct spec_mount *m, const struct mountopt *o, struct err **e)
{
	AUTO(fd) int tree = -1;

	if (!m->source)
		return err_set(e, EINVAL, "mount \"%s\" has no source", m->destination);
	tree = open_tree(AT_FDCWD, m->source,
			 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (o->recursive ? AT_RECURSIVE : 0));
	if (tree < 0)
		return err_sys(e, errno, "mount \"%s\": open source \"%s\"", m->destination,
			       m->source);
	return TAKE_FD(tree);
}

static bool is_bind(const struct spec_mount *m, struct mountopt *o)
{
	if (!o->bind && !(m->type && streq(m->type, "bind")))
		return false;
	o->recursive |= !o->bind;
	return true;
}

int rootfs_open_source(const struct spec *s, size_t index, struct err **e)
{
	const struct spec_mount *m = &s->mounts[index];
	AUTO(mountopt) struct mountopt o = { 0 };
	AUTO(fd) int tree = -1;
	int r;

	mountopt_parse(&o, m->options);
	if (!is_bind(m, &o) ||
	    !(s->ns[NS_USER].present || o.idmap || json_len(m->uid_mappings)))
		return -1;
	tree = open_source(m, &o, e);
	if (tree < 0)
		return tree;
	r = shift_ids(s, tree, m, &o, e);
	return r < 0 ? r : TAKE_FD(tree);
}

/* A mount on "/" is the new root for everything that follows. */
static int refresh_root(struct rootfs *r, const char *destination, struct err **e)
{
	AUTO(mem) char *clean = path_clean(destination);
	int fd;

	if (!streq(clean, "/"))
		return 0;
	fd = open(r->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "open the new root %s", r->path);
	close(r->fd);
	r->fd = fd;
	return 0;
}

/* The clone is finished, attributes and all, before anybody can see it. */
static int mount_bind(struct rootfs *r, const struct spec *spec, const struct spec_mount *m,
		      const struct mountopt *o, struct err **e)
{
	size_t index = (size_t)(m - spec->mounts);
	AUTO(fd) int tree = -1;
	AUTO(fd) int target = -1;
	struct stat st;
	int s;

	if (r->sources && index < spec->n_mounts && r->sources[index] >= 0)
		tree = r->sources[index];
	else
		tree = open_source(m, o, e);
	if (tree < 0)
		return tree;
	if (fstat(tree, &st) < 0)
		return err_sys(e, errno, "stat \"%s\"", m->source);
	target = rootfs_target(r, m->destination, S_ISDIR(st.st_mode), e);
	if (target < 0)
		return target;
	s = check_inside_proc(target, tree, m->destination, e);
	if (s == 0)
		s = apply_attributes(tree, o, m->destination, e);
	if (s == 0)
		s = attach(tree, target, m->destination, e);
	if (s == 0)
		s = apply_propagation(tree, o->propagation, m->destination, e);
	if (s == 0)
		s = refresh_root(r, m->destination, e);
	if (s == 0 && streq(m->destination, "/dev"))
		r->dev_is_bind = true;
	return s;
}

static void later_readonly(struct rootfs *r, int fd)
{
	ARRAY_RESERVE(r->late_readonly, r->n_late, r->cap_late);
	r->late_readonly[r->n_late++] = fd;
}

/* A tmpfs that says nothing about its mode looks like the directory it covers. */
static void inherit_mode(int target, struct mountopt *o)
{
	AUTO(mem) char *mode = mountopt_data_value(o, "mode");
	struct stat st;

	if (mode || fstat(target, &st) < 0)
		return;
	buf_addf(&o->data, "%smode=%o", o->data.n ? "," : "", st.st_mode & 07777);
	if (st.st_uid)
		buf_addf(&o->data, ",uid=%u", st.st_uid);
	if (st.st_gid)
		buf_addf(&o->data, ",gid=%u", st.st_gid);
}

/* gid=5 is unknown in a user namespace that does not map it. */
static char *devpts_data(const struct rootfs *r, const struct mountopt *o)
{
	AUTO(buf) struct buf out = BUF_INIT;
	struct str rest = str_of(buf_str(&o->data));

	while (rest.n) {
		struct str one = str_cut(&rest, ',');

		if (r->has_userns && str_eq(one, "gid=5"))
			continue;
		buf_addf(&out, "%s%.*s", out.n ? "," : "", (int)one.n, one.p);
	}
	return buf_take(&out);
}

/* What is mounted on the target now; the old descriptor still means what it covers. */
static int reopen(const struct rootfs *r, const char *destination, struct err **e)
{
	int fd = open_in_root(r->fd, destination, O_PATH, 0);

	return fd < 0 ? err_sys(e, -fd, "open \"%s\"", destination) : fd;
}

static int copy_up(struct rootfs *r, int below, const char *destination, struct err **e)
{
	AUTO(fd) int from = openat(below, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(fd) int to = open_in_root(r->fd, destination, O_RDONLY | O_DIRECTORY, 0);
	int s;

	if (from < 0 || to < 0)
		return err_sys(e, from < 0 ? errno : -to, "copy up \"%s\"", destination);
	s = tree_copy_up(from, to, e);
	return s < 0 ? err_wrap(e, "copy up \"%s\"", destination) : 0;
}

static int after_mount(struct rootfs *r, const struct spec_mount *m, const struct mountopt *o,
		       int below, bool readonly_later, struct err **e)
{
	struct mount_attr attr = { .attr_set =
					   o->rattr_set | (o->attr_set & MOUNT_ATTR_NOSYMFOLLOW) };
	int s = refresh_root(r, m->destination, e);
	AUTO(fd) int top = -1;

	if (s == 0 && (attr.attr_set || o->propagation || readonly_later)) {
		top = reopen(r, m->destination, e);
		s = top < 0 ? top : 0;
	}
	if (s == 0 && attr.attr_set)
		s = set_attr(top, true, &attr, m->destination, e);
	if (s == 0)
		s = apply_propagation(top, o->propagation, m->destination, e);
	if (s == 0 && o->tmpcopyup)
		s = copy_up(r, below, m->destination, e);
	if (s < 0)
		return s;
	if (streq(m->type, "devpts")) {
		fd_close(&r->devpts_fd);
		r->devpts_fd = open_in_root(r->fd, m->destination, O_PATH | O_DIRECTORY, 0);
	}
	if (readonly_later)
		later_readonly(r, TAKE_FD(top));
	return 0;
}

static int mount_fs(struct rootfs *r, const struct spec_mount *m, struct mountopt *o, int target,
		    struct err **e)
{
	bool is_tmpfs = streq(m->type, "tmpfs");
	bool readonly_later = is_tmpfs && (o->flags & MS_RDONLY);
	AUTO(mem) char *data = NULL;

	if (is_tmpfs)
		inherit_mode(target, o);
	data = streq(m->type, "devpts") ? devpts_data(r, o) : xstrdup(buf_str(&o->data));
	if (readonly_later)
		o->flags &= ~(unsigned long)MS_RDONLY;
	if (mount(m->source ? m->source : m->type, fd_path(target).text, m->type,
		  o->flags & ~256ul, *data ? data : NULL) < 0)
		return err_sys(e, errno, "mount %s on \"%s\"", m->type, m->destination);
	return after_mount(r, m, o, target, readonly_later, e);
}

/* sysfs belongs to the network namespace: one we do not own cannot be mounted, only shown. */
static int mount_sysfs(struct rootfs *r, const struct spec *spec, const struct spec_mount *m,
		       struct mountopt *o, int target, struct err **e)
{
	struct spec_mount bind = *m;
	struct err *first = NULL;
	int s = mount_fs(r, m, o, target, &first);

	if (s != -EPERM || !r->has_userns) {
		if (s < 0 && e)
			*e = first;
		else
			err_free(first);
		return s;
	}
	err_free(first);
	bind.source = "/sys";
	o->recursive = true;
	o->rattr_set |= o->attr_set & MOUNT_ATTR_RDONLY;
	return mount_bind(r, spec, &bind, o, e);
}

static int mount_one(struct rootfs *r, const struct spec *spec, const struct spec_mount *m,
		     struct err **e)
{
	AUTO(mountopt) struct mountopt o = { 0 };
	AUTO(fd) int target = -1;
	int s;

	mountopt_parse(&o, m->options);
	if (is_bind(m, &o))
		return mount_bind(r, spec, m, &o, e);
	if (!m->type)
		return err_set(e, EINVAL, "mount \"%s\" has no type", m->destination);
	target = rootfs_target(r, m->destination, /* is_dir= */ true, e);
	if (target < 0)
		return target;
	s = check_inside_proc(target, -1, m->destination, e);
	if (s < 0)
		return s;
	if (starts_with(m->type, "cgroup"))
		return cgroup_mount(r, m, target, e);
	if (streq(m->type, "proc") || streq(m->type, "sysfs")) {
		s = check_no_link(r, target, m->destination, e);
		if (s < 0)
			return s;
	}
	if (streq(m->type, "sysfs"))
		return mount_sysfs(r, spec, m, &o, target, e);
	return mount_fs(r, m, &o, target, e);
}

int rootfs_mount_all(struct rootfs *r, const struct spec *s, struct err **e)
{
	for (size_t i = 0; i < s->n_mounts; i++) {
		int x = mount_one(r, s, &s->mounts[i], e);

		if (x < 0)
			return x;
	}
	return 0;
}

static int make_readonly(int fd, const char *what, struct err **e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	if (mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return err_sys(e, errno, "make %s read-only", what);
	return 0;
}

/* The first masked directory gets an empty tmpfs, all others the same one again. */
static int mask_directory(int target, int *shared, struct err **e)
{
	if (*shared >= 0) {
		if (mount(fd_path(*shared).text, fd_path(target).text, NULL, MS_BIND, NULL) < 0)
			return err_sys(e, errno, "mask");
		return 0;
	}
	if (mount("tmpfs", fd_path(target).text, "tmpfs", MS_RDONLY,
		  "size=4k,nr_inodes=2,mode=755") < 0)
		return err_sys(e, errno, "mask");
	return 0;
}

static int mask_one(struct rootfs *r, const char *path, int *shared, struct err **e)
{
	AUTO(fd) int target = open_in_root(r->fd, path, O_PATH, 0);
	struct stat st;
	int s;

	if (target == -ENOENT || target == -ENOTDIR || (target == -EACCES && r->has_userns))
		return 0;
	if (target < 0)
		return err_sys(e, -target, "open \"%s\"", path);
	if (fstat(target, &st) < 0)
		return err_sys(e, errno, "stat \"%s\"", path);
	if (!S_ISDIR(st.st_mode)) {
		if (mount(fd_path(r->null_fd).text, fd_path(target).text, NULL, MS_BIND, NULL) < 0)
			return err_sys(e, errno, "mask");
		return 0;
	}
	s = mask_directory(target, shared, e);
	if (s == 0 && *shared < 0)
		*shared = open_in_root(r->fd, path, O_PATH, 0);
	return s;
}

static int protect_one(struct rootfs *r, const char *path, struct err **e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	AUTO(fd) int target = open_in_root(r->fd, path, O_PATH, 0);
	AUTO(fd) int tree = -1;

	if (target == -ENOENT || target == -ENOTDIR || (target == -EACCES && r->has_userns))
		return 0;
	if (target < 0)
		return err_sys(e, -target, "open \"%s\"", path);
	tree = open_tree(target, "",
			 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
	if (tree < 0)
		return err_sys(e, errno, "clone \"%s\"", path);
	if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		return err_sys(e, errno, "make \"%s\" read-only", path);
	return attach(tree, target, path, e);
}

int rootfs_mask(struct rootfs *r, const struct spec *s, struct err **e)
{
	AUTO(fd) int shared = -1;

	for (char **p = s->readonly; p && *p; p++) {
		int x = protect_one(r, *p, e);

		if (x < 0)
			return err_wrap(e, "read-only path \"%s\"", *p);
	}
	for (char **p = s->masked; p && *p; p++) {
		int x = mask_one(r, *p, &shared, e);

		if (x < 0)
			return err_wrap(e, "masked path \"%s\"", *p);
	}
	for (size_t i = 0; i < r->n_late; i++) {
		int x = make_readonly(r->late_readonly[i], "a tmpfs", e);

		if (x < 0)
			return x;
	}
	return 0;
}

static int open_null(struct rootfs *r, struct err **e)
{
	struct stat st;

	r->null_fd = open("/dev/null", O_PATH | O_CLOEXEC | O_NOFOLLOW);
	if (r->null_fd < 0)
		return err_sys(e, errno, "open /dev/null");
	if (fstat(r->null_fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return err_set(e, EINVAL, "/dev/null of the host is not the null device");
	return 0;
}

int rootfs_mount(struct rootfs *r, const struct spec *s, struct err **e)
{
	unsigned long start = MS_REC | (s->propagation & MS_PRIVATE ? MS_PRIVATE : MS_SLAVE);
	int x = open_null(r, e);

	if (x < 0)
		return x;
	if (mount(NULL, "/", NULL, start, NULL) < 0)
		return err_sys(e, errno, "make the mount namespace private");
	if (s->overlay) {
		x = overlay_mount(s->overlay, r->path, r->has_userns, e);
		if (x < 0)
			return x;
	} else if (mount(r->path, r->path, NULL, MS_BIND | MS_REC, NULL) < 0) {
		return err_sys(e, errno, "bind root file system %s", r->path);
	}
	/* pivot_root wants both ends private. */
	if (mount(NULL, r->path, NULL, MS_PRIVATE, NULL) < 0)
		return err_sys(e, errno, "make root file system %s private", r->path);
	r->fd = open(r->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return r->fd < 0 ? err_sys(e, errno, "open root file system %s", r->path) : 0;
}

/* Without pivot_root (the host runs from an initramfs) the new root is moved over the old. */
static int enter_by_move(struct rootfs *r, struct err **e)
{
	if (fchdir(r->fd) < 0 || mount(r->path, "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 ||
	    chdir("/") < 0)
		return err_sys(e, errno, "move the root file system to /");
	return 0;
}

int rootfs_enter(struct rootfs *r, const struct spec *s, bool no_pivot, struct err **e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	if (no_pivot) {
		int x = enter_by_move(r, e);

		if (x < 0)
			return x;
	} else {
		/* Old and new root lie on top of each other for a moment; the old one is then
		 * unmounted from under us, without telling the host. */
		if (fchdir(r->fd) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
			return err_sys(e, errno, "pivot to the root file system %s", r->path);
		if (mount(NULL, ".", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
		    umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
			return err_sys(e, errno, "leave the host's root");
	}
	if (s->propagation && mount(NULL, "/", NULL, s->propagation, NULL) < 0)
		return err_sys(e, errno, "set linux.rootfsPropagation");
	if (s->root_readonly &&
	    mount_setattr(AT_FDCWD, "/", 0, &attr, sizeof(attr)) < 0)
		return err_sys(e, errno, "make the root file system read-only");
	return 0;
}

void rootfs_done(struct rootfs *r)
{
	fd_close(&r->fd);
	fd_close(&r->devpts_fd);
	fd_close(&r->null_fd);
	for (size_t i = 0; i < r->n_late; i++)
		close(r->late_readonly[i]);
	free(r->late_readonly);
	r->late_readonly = NULL;
	r->n_late = r->cap_late = 0;
}
