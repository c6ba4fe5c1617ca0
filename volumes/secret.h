/*
 * volumes/secret.h - configs and secrets as files of one private directory, to be bind-mounted one by
 * one into the container.
 *
 * Owns:    nothing; entries are borrowed for the call.
 * Units:   modes are permission bits; write bits are dropped as the specification says.
 * Errors:  -errno with the file named, never its content.
 * Thread:  pool.
 * Source:  compose-spec 08-configs.md, 09-secrets.md.
 */
#ifndef VOLUMES_SECRET_H
#define VOLUMES_SECRET_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct secret_file {
	const char *name;    /* file name inside the directory, without '/' */
	const char *path;    /* take the content of this host file, or NULL */
	const char *content; /* else this text */
	uid_t uid;
	gid_t gid;
	mode_t mode; /* 0444 unless the file says otherwise */
};

/* Mounts a tmpfs (0700, nosuid, nodev, noexec) on dir, which exists, writes the files, and makes it
 * read-only. An earlier mount there is replaced. On failure nothing is mounted. */
int secret_dir_fill(const char *dir, const struct secret_file *files, size_t n, struct err **e);
/* Detaches it again; success when nothing is mounted. */
int secret_dir_clear(const char *dir, struct err **e);

#endif
