#include "volumes/layers.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"

/* glibc 2.36 declares these; their flags come from <sys/mount.h> as well. */
static int add_lower(int fs, const char *dir)
{
	return fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir+", dir, 0);
}

/* One layer per call, so their number and the length of their names do not matter (Linux 6.8). */
static int merge_detached(const struct strv *layers)
{
	AUTO(fd) int fs = fsopen("overlay", FSOPEN_CLOEXEC);
	int mnt;

	if (fs < 0)
		return -errno;
	for (size_t i = layers->n; i-- > 0;)
		if (add_lower(fs, layers->v[i]) < 0)
			return -errno;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	mnt = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
	return mnt < 0 ? -errno : mnt;
}

/* Older kernels: mounted on scratch, opened, and detached at once. The options must fit one page. */
static int merge_on(const struct strv *layers, const char *scratch)
{
	AUTO(buf) struct buf options = BUF_INIT;
	int fd, r = 0;

	buf_addstr(&options, "lowerdir=");
	for (size_t i = layers->n; i-- > 0;)
		buf_addf(&options, "%s%s", layers->v[i], i ? ":" : "");
	if (mount("overlay", scratch, "overlay", MS_RDONLY, options.p) < 0)
		return -errno;
	fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		r = -errno;
	(void)umount2(scratch, MNT_DETACH);
	return r < 0 ? r : fd;
}

int layers_open(const struct strv *layers, const char *scratch, int *ret, struct err **e)
{
	int fd;

	if (layers->n == 1) {
		fd = dir_open(AT_FDCWD, layers->v[0], e);
		if (fd >= 0)
			*ret = fd;
		return fd < 0 ? fd : 0;
	}
	fd = merge_detached(layers);
	if (fd < 0)
		fd = merge_on(layers, scratch);
	if (fd < 0)
		return err_sys(e, -fd, "merge %zu image layers", layers->n);
	*ret = fd;
	return 0;
}
