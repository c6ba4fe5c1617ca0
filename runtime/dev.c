/*
 * /dev: the nodes every program expects, the links, and what linux.devices adds. All by descriptor
 * of the opened directory, because /dev may be a link in the image.
 */
#include "runtime/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/path.h"

static const struct spec_device default_devices[] = {
	{ 'c', "/dev/null", 1, 3, 0666, 0, 0 },	  { 'c', "/dev/zero", 1, 5, 0666, 0, 0 },
	{ 'c', "/dev/full", 1, 7, 0666, 0, 0 },	  { 'c', "/dev/tty", 5, 0, 0666, 0, 0 },
	{ 'c', "/dev/random", 1, 8, 0666, 0, 0 }, { 'c', "/dev/urandom", 1, 9, 0666, 0, 0 },
};

static const struct {
	const char *name, *target;
} links[] = {
	{ "fd", "/proc/self/fd" },	   { "stdin", "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" },   { "stderr", "/proc/self/fd/2" },
	{ "core", "/proc/kcore" },	   { "ptmx", "pts/ptmx" },
};

static mode_t node_type(char type)
{
	return type == 'b' ? S_IFBLK : type == 'p' ? S_IFIFO : S_IFCHR;
}

static int check_existing(int dir, const char *name, const struct spec_device *d, struct err **e)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "stat device %s", d->path);
	if ((st.st_mode & S_IFMT) != node_type(d->type) ||
	    (d->type != 'p' && st.st_rdev != makedev((unsigned)d->major, (unsigned)d->minor)))
		return err_set(e, EEXIST, "device %s: something else is there", d->path);
	return 0;
}

/* In a user namespace nodes cannot be made, only shown: the host's node, without its powers. */
static int bind_from_host(int dir, const char *name, const struct spec_device *d, struct err **e)
{
	AUTO(fd) int tree = open_tree(AT_FDCWD, d->path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC };
	AUTO(fd) int target = -1;
	int made;

	if (tree < 0)
		return err_sys(e, errno, "open device %s", d->path);
	made = openat(dir, name, O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_RDONLY | O_NONBLOCK, 0644);
	if (made >= 0)
		close(made);
	target = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0)
		return err_sys(e, errno, "create %s", d->path);
	if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0 ||
	    move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys(e, errno, "bind device %s", d->path);
	return 0;
}

static int make_device(int dir, const char *name, const struct spec_device *d, bool userns,
		       struct err **e)
{
	dev_t rdev = makedev((unsigned)d->major, (unsigned)d->minor);

	if (userns && d->type != 'p')
		return bind_from_host(dir, name, d, e);
	if (mknodat(dir, name, node_type(d->type) | d->mode, rdev) < 0) {
		if (errno == EEXIST)
			return check_existing(dir, name, d, e);
		if (errno == EPERM && d->type != 'p')
			return bind_from_host(dir, name, d, e);
		return err_sys(e, errno, "create device %s", d->path);
	}
	if ((d->uid || d->gid) &&
	    fchownat(dir, name, d->uid, d->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "change owner of device %s", d->path);
	return 0;
}

static int make_configured(const struct rootfs *r, const struct spec_device *d, struct err **e)
{
	AUTO(mem) char *clean = path_clean(d->path);
	AUTO(mem) char *parent = path_dir(clean);
	AUTO(fd) int dir = dir_make_in_root(r->fd, parent, 0755);

	if (dir < 0)
		return err_sys(e, -dir, "open the directory of device %s", d->path);
	return make_device(dir, path_base(clean), d, r->has_userns, e);
}

static int make_links(int dir, struct err **e)
{
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		if (symlinkat(links[i].target, dir, links[i].name) == 0 || errno == EEXIST)
			continue;
		/* An image may be read-only and come with a /dev of its own. */
		if (errno == EROFS)
			continue;
		return err_sys(e, errno, "create link /dev/%s", links[i].name);
	}
	return 0;
}

static bool is_configured(const struct spec *s, const char *path)
{
	for (size_t i = 0; i < s->n_devices; i++)
		if (streq(s->devices[i].path, path))
			return true;
	return false;
}

int rootfs_devices(struct rootfs *r, const struct spec *s, struct err **e)
{
	AUTO(fd) int dir = -1;
	int x = 0;

	if (r->dev_is_bind)
		return 0;
	dir = dir_make_in_root(r->fd, "/dev", 0755);
	if (dir < 0)
		return err_sys(e, -dir, "open /dev");
	for (size_t i = 0; x == 0 && i < ARRAY_LEN(default_devices); i++)
		if (!is_configured(s, default_devices[i].path))
			x = make_device(dir, path_base(default_devices[i].path),
					&default_devices[i], r->has_userns, e);
	for (size_t i = 0; x == 0 && i < s->n_devices; i++)
		x = make_configured(r, &s->devices[i], e);
	return x == 0 ? make_links(dir, e) : x;
}

int rootfs_console(struct rootfs *r, int fd, struct err **e)
{
	AUTO(fd) int target = -1;
	AUTO(fd) int dir = -1;

	if (r->dev_is_bind)
		return 0;
	dir = dir_make_in_root(r->fd, "/dev", 0755);
	if (dir < 0)
		return err_sys(e, -dir, "open /dev");
	target = openat(dir, "console", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
	if (target >= 0)
		close(target);
	target = openat(dir, "console", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0)
		return err_sys(e, errno, "create /dev/console");
	if (mount(fd_path(fd).text, fd_path(target).text, NULL, MS_BIND, NULL) < 0)
		return err_sys(e, errno, "mount the terminal on /dev/console");
	return 0;
}
