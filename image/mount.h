/*
 * image/mount.h - layers merged by overlayfs into a mount that is attached nowhere: it goes when
 * its descriptor is closed, so nothing is left behind by whatever happens.
 *
 * Owns:    the caller owns the descriptor: an O_PATH one of the merged root, for openat2(2).
 * Units:   none.
 * Errors:  as mount(2); ENODEV means the kernel has no overlayfs.
 * Thread:  any; blocks.
 * Source:  fsopen(2), open_tree(2); kernel Documentation/filesystems/overlayfs.rst.
 */
#ifndef IMAGE_MOUNT_H
#define IMAGE_MOUNT_H

#include "image/store.h"

/* The whole image, read-only. */
int image_mount_ro(const struct image *im, struct err **e);

struct mount_layers {
	const struct strv *lower; /* absolute directories, bottom -> top; at least one */
	int upper_fd, work_fd;    /* -1 = read-only */
};
int mount_layers(const struct mount_layers *m, struct err **e);

/* Puts a detached mount on a new temporary directory, for those who need a path: it is seen in this
 * mount namespace. *ret_dir is for free(3) and for mount_detach(). */
int mount_attach(int fd, char **ret_dir, struct err **e);
void mount_detach(const char *dir);

#endif
