/*
 * runtime/mount.h - the container's root and everything mounted in it, put in place by descriptors.
 *
 * All of it happens in the container's own mount namespace while the host's root is still "/": host
 * paths are looked up there, container paths only below rootfd.
 *
 * Owns:    rootfs_done() closes the descriptors in struct rootfs.
 * Units:   none.
 * Errors:  the text names the mount's destination.
 * Thread:  the set-up process only.
 * Source:  runtime-spec config.md "Mounts", config-linux.md; open_tree(2), move_mount(2),
 *          mount_setattr(2), pivot_root(2).
 */
#ifndef RUNTIME_MOUNT_H
#define RUNTIME_MOUNT_H

#include "base/err.h"
#include "runtime/cgroup.h"
#include "runtime/spec.h"

struct rootfs {
	const char *path;   /* absolute, on the host */
	int fd;		    /* the container's root, -1 before rootfs_mount */
	int proc_fd;	    /* the host's procfs; borrowed */
	int devpts_fd;	    /* root of the container's devpts, -1 when it has none */
	int null_fd;	    /* the host's /dev/null, verified */
	bool dev_is_bind;   /* /dev comes from the host: nothing is made in it */
	bool has_userns, has_cgroupns;
	/* Called before the first look at the process's own cgroup. */
	int (*before_cgroup)(void *arg, struct err **e);
	void *before_cgroup_arg;
	const struct cgroup *cgroup;
	const int *sources; /* per entry of spec.mounts, opened on the host side; -1 = not; NULL = none */
	int *late_readonly; /* mounts that become read-only once everything is in place */
	size_t n_late, cap_late;
};

/* Makes the namespace's propagation safe, mounts overlay or bind on r->path, opens r->fd. */
int rootfs_mount(struct rootfs *r, const struct spec *s, struct err **e);
/* The source of a bind entry as a detached tree with its ids shifted, when only the host side can
 * do that: a user namespace will hide it, or ids are to be shifted. -1 without e when neither. */
int rootfs_open_source(const struct spec *s, size_t index, struct err **e);
/* spec.mounts, in order. */
int rootfs_mount_all(struct rootfs *r, const struct spec *s, struct err **e);
/* /dev nodes and links, linux.devices. */
int rootfs_devices(struct rootfs *r, const struct spec *s, struct err **e);
/* linux.maskedPaths, readonlyPaths, mounts waiting to become read-only. */
int rootfs_mask(struct rootfs *r, const struct spec *s, struct err **e);
/* Binds the node open as fd on /dev/console. */
int rootfs_console(struct rootfs *r, int fd, struct err **e);
/* Changes the root; afterwards "/" is the container's. */
int rootfs_enter(struct rootfs *r, const struct spec *s, bool no_pivot, struct err **e);
void rootfs_done(struct rootfs *r);

/* Opens destination below the root as O_PATH, making it (directory or empty file) when missing. */
int rootfs_target(const struct rootfs *r, const char *destination, bool is_dir, struct err **e);
/* "/proc/self/fd/N", for system calls that only take paths. */
struct fd_path {
	char text[32];
};
struct fd_path fd_path(int fd);

/* The annotation's overlay on target; layer names never meet the kernel's parser. */
int overlay_mount(const struct json *spec, const char *target, bool userns, struct err **e);
/* cgroup file systems on the opened target. */
int cgroup_mount(struct rootfs *r, const struct spec_mount *m, int target, struct err **e);
/* A user namespace with these maps, to shift the ids of a mount. */
struct idmap {
	const struct spec_idmap *v;
	size_t n;
};
int idmap_userns(const struct idmap *uids, const struct idmap *gids, struct err **e);
/* Copies what lies in from into to: regular files, directories, links, with mode and owner. */
int tree_copy_up(int from, int to, struct err **e);

#endif
