/*
 * volumes/volume.h - the store of named and anonymous volumes: ROOT/volumes/<name>/{_data,volume.json}.
 *
 * A volume exists if and only if its final name exists: creation happens under a temporary name and
 * ends with a rename; removal begins with a rename to a name nobody looks at.
 *
 * Owns:    strings and JSON returned belong to the caller; specs are borrowed for the call.
 * Units:   none.
 * Errors:  -EINVAL bad name or option, -ENOENT absent, -EBUSY in use; e has the text users grep.
 * Thread:  pool (blocking file I/O); safe between processes by a lock on the store.
 * Source:  compose-spec 07-volumes.md; Docker's local volume driver.
 */
#ifndef VOLUMES_VOLUME_H
#define VOLUMES_VOLUME_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"

struct volume_spec {
	const char *name;                /* "shop_data", or 64 hex digits */
	const char *driver;              /* NULL = "local", the only one there is */
	const struct json *driver_opts;  /* object or NULL: type, device, o, size */
	const struct json *labels;       /* object or NULL */
	const char *hash;                /* of its declaration; NULL for anonymous ones */
	bool anonymous;
};

/* Makes the volume unless it is there; *ret_created tells which. */
int volume_create(const char *root, const struct volume_spec *spec, bool *ret_created,
		  struct err **e);
/* volume.json: name, driver, options{}, labels{}, created, anonymous, hash, populated; plus
 * "mountpoint". -ENOENT when there is no such volume. */
int volume_inspect(const char *root, const char *name, struct json **ret, struct err **e);
/* An array of what volume_inspect gives, sorted by name. */
int volume_list(const char *root, struct json **ret, struct err **e);
/* -EBUSY while a container refers to it: "volume is in use - [ID, ...]". */
int volume_remove(const char *root, const char *name, struct err **e);

/* A container (any state) refers to the volume. Idempotent. */
int volume_ref(const char *root, const char *name, const char *container_id, struct err **e);
int volume_unref(const char *root, const char *name, const char *container_id, struct err **e);

/* ROOT/volumes/<name>/_data. */
char *volume_data_path(const char *root, const char *name);

/* Fills a volume that is still empty with what the image has at path: content, owners, modes, times,
 * links, extended attributes, and the directory's own owner and mode. image_root is a descriptor of the
 * merged image file system. All or nothing; a volume that has content, or was populated before, or a
 * path the image does not have, is success without a change. */
int volume_populate(const char *root, const char *name, int image_root, const char *path,
		    struct err **e);

/* Mounts what driver_opts describe (type, device, o) on _data, when they do and it is not mounted yet. */
int volume_mount(const char *root, const char *name, struct err **e);
/* Undoes volume_mount once no container refers to the volume. */
int volume_unmount(const char *root, const char *name, struct err **e);

/* Deletes what crashes left half made or half removed. Call once when a supervisor starts. */
int volume_sweep(const char *root, struct err **e);

#endif
