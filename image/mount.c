/*
 * Kernels from 6.5 on take each directory by itself ("lowerdir+"); a descriptor's name under /proc
 * keeps each below fsconfig's limit of 255 bytes. Older ones take one string of at most 4095 bytes
 * by mount(2), which needs a place to mount on: a temporary directory, left again at once.
 */
#include "image/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/rand.h"

/* sys/mount.h of glibc 2.36 clashes with linux/mount.h; the calls are made by number. */
static int sys_fsopen(const char *type)
{
	return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

static int sys_fsconfig(int fd, unsigned cmd, const char *key, const char *value)
{
	return (int)syscall(SYS_fsconfig, fd, cmd, key, value, 0) < 0 ? -errno : 0;
}

static int sys_open_tree(int dirfd, const char *path, unsigned flags)
{
	return (int)syscall(SYS_open_tree, dirfd, path, flags);
}

struct opened {
	int *fds; /* top -> bottom */
	size_t n;
};

static void opened_autop(struct opened *o)
{
	for (size_t i = 0; i < o->n; i++)
		close(o->fds[i]);
	free(o->fds);
}

static int open_lowers(const struct strv *lower, struct opened *ret, struct err **e)
{
	ret->fds = xcalloc(lower->n + 1, sizeof(int));
	for (size_t i = lower->n; i-- > 0;) {
		int fd = open(lower->v[i], O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return err_sys(e, errno, "open layer %s", lower->v[i]);
		ret->fds[ret->n++] = fd;
	}
	return 0;
}

/* What changes the meaning of an upper directory is off: it is read by other means later. */
static const struct {
	const char *key, *value;
} options[] = {
	{ "index", "off" },
	{ "metacopy", "off" },
	{ "redirect_dir", "off" },
	{ "xino", "off" },
};

static int config_fd(int fs, const char *key, int fd)
{
	AUTO(mem) char *path = xasprintf("/proc/self/fd/%d", fd);

	return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, path);
}

static int configure(int fs, const struct opened *o, const struct mount_layers *m)
{
	int r = sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", "overlay");

	for (size_t i = 0; r == 0 && i < o->n; i++)
		r = config_fd(fs, "lowerdir+", o->fds[i]);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(options); i++)
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, options[i].key, options[i].value);
	if (r == 0 && m->upper_fd >= 0) {
		r = config_fd(fs, "upperdir", m->upper_fd);
		if (r == 0)
			r = config_fd(fs, "workdir", m->work_fd);
		/* Nobody waits for the disk while a build runs. */
		if (r == 0)
			r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL);
	}
	return r;
}

static int mount_new_api(const struct opened *o, const struct mount_layers *m)
{
	AUTO(fd) int fs = sys_fsopen("overlay");
	int fd, r;

	if (fs < 0)
		return -errno;
	r = configure(fs, o, m);
	if (r < 0)
		return r == -EINVAL ? -ENOSYS : r;
	r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL);
	if (r < 0)
		return r;
	fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
			  m->upper_fd < 0 ? MOUNT_ATTR_RDONLY : 0);
	return fd < 0 ? -errno : fd;
}

static char *option_string(const struct opened *o, const struct mount_layers *m)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < o->n; i++)
		buf_addf(&b, "%s/proc/self/fd/%d", i ? ":" : "lowerdir=", o->fds[i]);
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		buf_addf(&b, ",%s=%s", options[i].key, options[i].value);
	if (m->upper_fd >= 0)
		buf_addf(&b, ",upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d,volatile",
			 m->upper_fd, m->work_fd);
	return buf_take(&b);
}

static int mount_old_api(const struct opened *o, const struct mount_layers *m)
{
	AUTO(mem) char *data = option_string(o, m), *dir = NULL;
	char tag[17];
	int fd = -1, r = 0;

	if (strlen(data) > 4095)
		return -E2BIG;
	rand_hex(tag, 8);
	dir = xasprintf("/tmp/.compose-overlay-%s", tag);
	if (mkdir(dir, 0700) < 0)
		return -errno;
	if (syscall(SYS_mount, "overlay", dir, "overlay",
		    m->upper_fd < 0 ? 1UL /* MS_RDONLY */ : 0UL, data) < 0) {
		r = -errno;
	} else {
		fd = sys_open_tree(AT_FDCWD, dir, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		r = fd < 0 ? -errno : 0;
		(void)syscall(SYS_umount2, dir, 2 /* MNT_DETACH */);
	}
	(void)rmdir(dir);
	return r < 0 ? r : fd;
}

int mount_layers(const struct mount_layers *m, struct err **e)
{
	AUTO(opened) struct opened o = { 0 };
	int r = open_lowers(m->lower, &o, e);

	if (r < 0)
		return r;
	r = mount_new_api(&o, m);
	if (r == -ENOSYS)
		r = mount_old_api(&o, m);
	if (r >= 0)
		return r;
	(void)err_sys(e, -r, "mount overlay of %zu layers", m->lower->n);
	if (r == -ENODEV)
		err_hint(e, "the kernel's overlay module is not loaded; try \"modprobe overlay\"");
	return r;
}

int mount_attach(int fd, char **ret_dir, struct err **e)
{
	AUTO(mem) char *dir = NULL;
	char tag[17];

	rand_hex(tag, 8);
	dir = xasprintf("/tmp/.compose-tree-%s", tag);
	if (mkdir(dir, 0700) < 0)
		return err_sys(e, errno, "create %s", dir);
	if (syscall(SYS_move_mount, fd, "", AT_FDCWD, dir, MOVE_MOUNT_F_EMPTY_PATH) < 0) {
		int saved = errno;

		(void)rmdir(dir);
		return err_sys(e, saved, "mount on %s", dir);
	}
	*ret_dir = TAKE_PTR(dir);
	return 0;
}

void mount_detach(const char *dir)
{
	(void)syscall(SYS_umount2, dir, 2 /* MNT_DETACH */);
	(void)rmdir(dir);
}

/* An overlay needs two layers; one alone is cloned. */
static int clone_ro(const char *dir, struct err **e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	AUTO(fd) int fd = sys_open_tree(AT_FDCWD, dir, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (fd < 0)
		return err_sys(e, errno, "clone the mount of %s", dir);
	if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return err_sys(e, errno, "make %s read-only", dir);
	return TAKE_FD(fd);
}

int image_mount_ro(const struct image *im, struct err **e)
{
	struct mount_layers m = { .lower = &im->layers, .upper_fd = -1, .work_fd = -1 };

	if (!im->is_complete || !im->layers.n)
		return err_set(e, ENODATA, "image %.19s has no unpacked layers", im->id);
	return im->layers.n == 1 ? clone_ro(im->layers.v[0], e) : mount_layers(&m, e);
}
