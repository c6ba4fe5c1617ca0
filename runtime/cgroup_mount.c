/*
 * What a container sees at /sys/fs/cgroup: its own part of each tree and nothing above it, whichever
 * versions the machine has.
 */
#include "runtime/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "runtime/mountopt.h"

static int bind_directory(const char *from, int target, const struct mountopt *o, struct err **e)
{
	struct mount_attr attr = { .attr_set = o->attr_set, .attr_clr = o->attr_clr };
	AUTO(fd) int tree = open_tree(AT_FDCWD, from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0)
		return err_sys(e, errno, "open cgroup %s", from);
	if ((attr.attr_set || attr.attr_clr) &&
	    mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return err_sys(e, errno, "set attributes of cgroup mount");
	if (move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys(e, errno, "mount cgroup %s", from);
	return 0;
}

static int mount_v2(const struct rootfs *r, const struct cgroup_tree *t, int target,
		    const struct mountopt *o, struct err **e)
{
	if (!r->has_cgroupns)
		return bind_directory(t->path, target, o, e);
	if (mount("cgroup", fd_path(target).text, "cgroup2", o->flags, NULL) < 0) {
		if (errno == EPERM || errno == EBUSY)
			return bind_directory(t->path, target, o, e);
		return err_sys(e, errno, "mount cgroup2");
	}
	return 0;
}

static int mount_tree(const struct rootfs *r, int dir, const struct cgroup_tree *t,
		      const struct mountopt *o, struct err **e)
{
	const char *name = path_base(t->mount);
	AUTO(fd) int target = -1;
	struct str rest = str_of(t->controllers);

	if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
		return err_sys(e, errno, "create /sys/fs/cgroup/%s", name);
	target = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0)
		return err_sys(e, errno, "open /sys/fs/cgroup/%s", name);
	if (t->version == 2)
		return mount_v2(r, t, target, o, e);
	/* "cpu" leads to "cpu,cpuacct" where the two share a tree. */
	while (strchr(t->controllers, ',') && rest.n) {
		AUTO(mem) char *one = str_dup(str_cut(&rest, ','));

		if (!streq(one, name) && symlinkat(name, dir, one) < 0 && errno != EEXIST)
			return err_sys(e, errno, "link /sys/fs/cgroup/%s", one);
	}
	if (r->has_cgroupns) {
		if (mount("cgroup", fd_path(target).text, "cgroup", o->flags, t->controllers) < 0)
			return err_sys(e, errno, "mount cgroup %s", t->controllers);
		return 0;
	}
	return bind_directory(t->path, target, o, e);
}

static int open_top(const struct rootfs *r, const char *destination, struct err **e)
{
	AUTO(mem) char *clean = path_clean(destination);
	AUTO(fd) int top = rootfs_target(r, clean, /* is_dir= */ true, e);
	int dir;

	if (top < 0)
		return top;
	dir = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? err_sys(e, errno, "open %s", destination) : dir;
}

static int mount_trees(struct rootfs *r, const struct spec_mount *m, int target,
		       const struct mountopt *o, struct err **e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	AUTO(fd) int dir = -1;

	if (mount("tmpfs", fd_path(target).text, "tmpfs", o->flags & ~(unsigned long)MS_RDONLY,
		  "mode=755") < 0)
		return err_sys(e, errno, "mount tmpfs on %s", m->destination);
	dir = open_top(r, m->destination, e);
	if (dir < 0)
		return dir;
	for (size_t i = 0; i < r->cgroup->n; i++) {
		const struct cgroup_tree *t = &r->cgroup->v[i];
		int x;

		if (!t->wanted)
			continue;
		x = mount_tree(r, dir, t, o, e);
		if (x < 0)
			return x;
	}
	if ((o->flags & MS_RDONLY) &&
	    mount_setattr(dir, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return err_sys(e, errno, "make %s read-only", m->destination);
	return 0;
}

int cgroup_mount(struct rootfs *r, const struct spec_mount *m, int target, struct err **e)
{
	AUTO(mountopt) struct mountopt o = { 0 };
	int x = r->before_cgroup ? r->before_cgroup(r->before_cgroup_arg, e) : 0;

	if (x < 0)
		return x;
	mountopt_parse(&o, m->options);
	if (!r->cgroup || !r->cgroup->n)
		return err_set(e, ENOENT, "no cgroup file system on this machine to mount on \"%s\"",
			       m->destination);
	if (r->cgroup->n == 1 && r->cgroup->v[0].version == 2)
		x = mount_v2(r, &r->cgroup->v[0], target, &o, e);
	else
		x = mount_trees(r, m, target, &o, e);
	return x < 0 ? err_wrap(e, "mount \"%s\"", m->destination) : 0;
}
