/*
 * volumes/mount_opts.h - the `o=` text of a volume's driver_opts, as mount(2) wants it.
 *
 * Owns:    the caller frees *ret_data.
 * Units:   none.
 * Errors:  -EINVAL for "remount", which makes no sense here.
 * Thread:  any.
 * Source:  mount(8), mount(2).
 */
#ifndef VOLUMES_MOUNT_OPTS_H
#define VOLUMES_MOUNT_OPTS_H

#include "base/err.h"

/* Splits the comma list into MS_* flags and the rest, which goes to the file system. *ret_propagation
 * gets MS_PRIVATE and the like (with MS_REC), 0 when not given. */
int mount_opts_parse(const char *text, unsigned long *ret_flags, unsigned long *ret_propagation,
		     char **ret_data, struct err **e);

#endif
