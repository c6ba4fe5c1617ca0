/*
 * The overlay of the annotation. Layers are opened first and named to the kernel as entries of
 * /proc/self/fd, seen from that directory: "lowerdir=7:8:9". So no path needs escaping, a layer
 * costs three bytes of the one page that mount(2) data may fill, and several hundred fit.
 */
#include "runtime/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"

enum { OVERLAY_MAX_LAYERS = 500 };

struct layers {
	int fds[OVERLAY_MAX_LAYERS + 2];
	size_t n;
};

static void layers_autop(struct layers *l)
{
	for (size_t i = 0; i < l->n; i++)
		close(l->fds[i]);
}

static int open_layer(struct layers *l, const char *path, struct err **e)
{
	int fd;

	if (!path || !path_is_abs(path))
		return err_set(e, EINVAL, "overlay: \"%s\" is not an absolute path",
			       path ? path : "");
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "open layer %s", path);
	l->fds[l->n++] = fd;
	return fd;
}

static int lower_data(const struct json *lower, struct layers *l, struct buf *data, struct err **e)
{
	if (!json_len(lower))
		return err_set(e, EINVAL, "overlay has no lower layer");
	if (json_len(lower) > OVERLAY_MAX_LAYERS)
		return err_set(e, E2BIG, "overlay has more than %d layers", OVERLAY_MAX_LAYERS);
	buf_addstr(data, "lowerdir=");
	JSON_EACH(item, lower) {
		int fd = open_layer(l, json_text(item), e);

		if (fd < 0)
			return fd;
		buf_addf(data, "%s%d", l->n > 1 ? ":" : "", fd);
	}
	return 0;
}

static int upper_data(const struct json *spec, struct layers *l, struct buf *data, struct err **e)
{
	int upper, work;

	if (!json_str(spec, "upper", NULL))
		return 0;
	upper = open_layer(l, json_str(spec, "upper", NULL), e);
	if (upper < 0)
		return upper;
	work = open_layer(l, json_str(spec, "work", NULL), e);
	if (work < 0)
		return work;
	buf_addf(data, ",upperdir=%d,workdir=%d", upper, work);
	return 0;
}

int overlay_mount(const struct json *spec, const char *target, bool userns, struct err **e)
{
	__attribute__((cleanup(layers_autop))) struct layers l = { .n = 0 };
	AUTO(buf) struct buf data = BUF_INIT;
	AUTO(fd) int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool single;
	int r;

	if (back < 0)
		return err_sys(e, errno, "open the working directory");
	r = lower_data(json_get(spec, "lower"), &l, &data, e);
	single = l.n == 1;
	if (r == 0)
		r = upper_data(spec, &l, &data, e);
	if (r < 0)
		return r;
	/* One layer that nobody writes to needs no overlay, and the kernel refuses to make one. */
	if (single && l.n == 1) {
		struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

		if (mount(fd_path(l.fds[0]).text, target, NULL, MS_BIND, NULL) < 0 ||
		    mount_setattr(AT_FDCWD, target, 0, &attr, sizeof(attr)) < 0)
			return err_sys(e, errno, "bind the layer on %s", target);
		return 0;
	}
	/* Whatever the module's parameters say: an upper directory is read as plain files by whoever
	 * makes a layer of it, and links between directories in untrusted layers are not followed. */
	buf_addstr(&data, ",index=off,metacopy=off,redirect_dir=nofollow");
	if (userns)
		buf_addstr(&data, ",userxattr");
	if (chdir("/proc/self/fd") < 0)
		return err_sys(e, errno, "enter /proc/self/fd");
	r = mount("overlay", target, "overlay", 0, buf_str(&data)) < 0 ? -errno : 0;
	if (fchdir(back) < 0)
		return err_sys(e, errno, "return to the working directory");
	if (r == -ENODEV)
		err_hint(e, "the kernel's overlay module is not loaded; try \"modprobe overlay\"");
	return r < 0 ? err_sys(e, -r, "mount overlay on %s", target) : 0;
}
