/*
 * Normally: a volume is made under ".tmp-XXXX" and renamed to its name; who refers to it is an empty file
 * refs/<container id>; removal renames it to ".trash-XXXX" and deletes that.
 *
 * When it fails: the temporary name is deleted again; what a crash leaves is found by volume_sweep().
 */
#include "volumes/volume.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fdio.h"
#include "base/rand.h"
#include "base/strv.h"
#include "volumes/copy.h"
#include "volumes/mount_opts.h"

enum { VOLUME_JSON_MAX = 1 << 20 };

static const char *const known_options[] = { "type", "device", "o", "size" };

/* A descriptor of ROOT/volumes, made when missing. */
static int store_open(const char *root, struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s/volumes", root);
	int r = dir_make(AT_FDCWD, path, 0701, e);

	return r < 0 ? r : dir_open(AT_FDCWD, path, e);
}

static int store_lock(int store, struct err **e)
{
	return file_lock(store, ".lock", /* wait= */ true, e);
}

static int name_check(const char *name, struct err **e)
{
	bool ok = isalnum((unsigned char)name[0]) && name[1];

	for (const char *p = name; ok && *p; p++)
		ok = isalnum((unsigned char)*p) || strchr("_.-", *p);
	if (ok)
		return 0;
	err_set(e, EINVAL,
		"\"%s\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed",
		name);
	err_hint(e, "if you intended to pass a host directory, use an absolute path");
	return -EINVAL;
}

static int options_check(const struct volume_spec *spec, struct err **e)
{
	const char *type = json_str(spec->driver_opts, "type", NULL);
	const char *device = json_str(spec->driver_opts, "device", NULL);
	const char *missing = NULL;

	if (spec->driver && *spec->driver && !streq(spec->driver, "local"))
		return err_set(e, EINVAL, "create volume %s: plugin \"%s\" not found", spec->name,
			       spec->driver);
	JSON_EACH(o, spec->driver_opts) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_LEN(known_options); i++)
			known |= streq(json_key(o), known_options[i]);
		if (!known)
			return err_set(e, EINVAL, "create volume %s: invalid option: \"%s\"",
				       spec->name, json_key(o));
	}
	if (json_get(spec->driver_opts, "size"))
		return err_set(e, ENOTSUP,
			       "create volume %s: option \"size\" needs project quotas, which are not supported",
			       spec->name);
	if (device && !type)
		missing = "type";
	else if ((type || json_get(spec->driver_opts, "o")) && !device)
		missing = "device";
	if (missing)
		return err_set(e, EINVAL, "create volume %s: missing required option: \"%s\"",
			       spec->name, missing);
	return 0;
}

static struct json *record_of(const struct volume_spec *spec)
{
	struct json *v = json_new_obj();
	AUTO(mem) char *now = time_format_rfc3339(clock_wall_ns(), false);

	json_set_int(v, "version", 1);
	json_set_str(v, "name", spec->name);
	json_set_str(v, "driver", "local");
	json_set(v, "options", spec->driver_opts ? json_dup(spec->driver_opts) : json_new_obj());
	json_set(v, "labels", spec->labels ? json_dup(spec->labels) : json_new_obj());
	json_set_str(v, "created", now);
	json_set_bool(v, "anonymous", spec->anonymous);
	json_set_bool(v, "populated", false);
	if (spec->hash)
		json_set_str(v, "hash", spec->hash);
	return v;
}

static int record_write(int store, const char *name, const struct json *v, struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s/volume.json", name);
	AUTO(mem) char *text = json_print(v, /* pretty= */ true);

	return file_write(store, path, text, strlen(text), 0600, /* durable= */ true, e);
}

static int record_read(int store, const char *name, struct json **ret, struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s/volume.json", name);

	if (name[0] == '.' || strchr(name, '/'))
		return err_set(e, ENOENT, "get %s: no such volume", name);
	if (faccessat(store, path, F_OK, 0) < 0 && errno == ENOENT)
		return err_set(e, ENOENT, "get %s: no such volume", name);
	return json_parse_file(store, path, VOLUME_JSON_MAX, ret, e);
}

/* Fills the temporary directory tmp, which exists. */
static int volume_make(int store, const char *tmp, const struct volume_spec *spec, struct err **e)
{
	static const char *const parts[] = { "_data", "refs" };
	AUTO(json) struct json *record = record_of(spec);

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		AUTO(mem) char *path = xasprintf("%s/%s", tmp, parts[i]);

		if (mkdirat(store, path, 0755) < 0 ||
		    fchmodat(store, path, i == 0 ? 0755 : 0700, 0) < 0)
			return err_sys(e, errno, "create volume %s", spec->name);
	}
	return record_write(store, tmp, record, e);
}

int volume_create(const char *root, const struct volume_spec *spec, bool *ret_created,
		  struct err **e)
{
	AUTO(fd) int store = -1;
	AUTO(fd) int lock = -1;
	AUTO(mem) char *tmp = NULL;
	char tag[17];
	int r;

	r = name_check(spec->name, e);
	if (r == 0)
		r = options_check(spec, e);
	if (r < 0)
		return r;
	store = store_open(root, e);
	if (store < 0)
		return store;
	lock = store_lock(store, e);
	if (lock < 0)
		return lock;
	if (faccessat(store, spec->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		*ret_created = false;
		return 0;
	}
	rand_hex(tag, 8);
	tmp = xasprintf(".tmp-%s", tag);
	if (mkdirat(store, tmp, 0701) < 0)
		return err_sys(e, errno, "create volume %s", spec->name);
	r = volume_make(store, tmp, spec, e);
	if (r == 0 && renameat2(store, tmp, store, spec->name, RENAME_NOREPLACE) < 0)
		r = err_sys(e, errno, "create volume %s", spec->name);
	if (r < 0) {
		(void)tree_remove(store, tmp, NULL);
		return r;
	}
	(void)fsync(store);
	*ret_created = true;
	return 0;
}

char *volume_data_path(const char *root, const char *name)
{
	return xasprintf("%s/volumes/%s/_data", root, name);
}

int volume_inspect(const char *root, const char *name, struct json **ret, struct err **e)
{
	AUTO(fd) int store = store_open(root, e);
	AUTO(mem) char *data = NULL;
	int r;

	if (store < 0)
		return store;
	r = record_read(store, name, ret, e);
	if (r < 0)
		return r;
	data = volume_data_path(root, name);
	json_set_str(*ret, "mountpoint", data);
	return 0;
}

int volume_list(const char *root, struct json **ret, struct err **e)
{
	AUTO(fd) int store = store_open(root, e);
	AUTO(strv) struct strv names = STRV_INIT;
	AUTO(json) struct json *list = json_new_arr();
	int r;

	if (store < 0)
		return store;
	r = dir_list(store, ".", &names, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < names.n; i++) {
		struct json *v = NULL;

		if (names.v[i][0] == '.')
			continue;
		r = volume_inspect(root, names.v[i], &v, e);
		if (r == -ENOENT) { /* removed meanwhile */
			if (e) {
				err_free(*e);
				*e = NULL;
			}
			continue;
		}
		if (r < 0)
			return r;
		json_push(list, v);
	}
	*ret = TAKE_PTR(list);
	return 0;
}

/* The containers that refer to the volume, joined for a message; NULL when there are none. */
static char *users_of(int store, const char *name)
{
	AUTO(mem) char *refs = xasprintf("%s/refs", name);
	AUTO(strv) struct strv ids = STRV_INIT;

	if (dir_list(store, refs, &ids, NULL) < 0 || ids.n == 0)
		return NULL;
	return strv_join(&ids, ", ");
}

/* Makes it disappear in one moment; the deleting may take as long as it likes. */
static int trash(int store, const char *name, struct err **e)
{
	AUTO(mem) char *gone = NULL;
	char tag[17];

	rand_hex(tag, 8);
	gone = xasprintf(".trash-%s", tag);
	if (renameat(store, name, store, gone) < 0)
		return err_sys(e, errno, "remove volume %s", name);
	return tree_remove(store, gone, e);
}

int volume_remove(const char *root, const char *name, struct err **e)
{
	AUTO(fd) int store = store_open(root, e);
	AUTO(fd) int lock = -1;
	AUTO(mem) char *users = NULL;
	AUTO(json) struct json *record = NULL;
	int r;

	if (store < 0)
		return store;
	lock = store_lock(store, e);
	if (lock < 0)
		return lock;
	r = record_read(store, name, &record, e);
	if (r < 0)
		return r;
	users = users_of(store, name);
	if (users)
		return err_set(e, EBUSY, "remove %s: volume is in use - [%s]", name, users);
	r = volume_unmount(root, name, e);
	return r < 0 ? r : trash(store, name, e);
}

int volume_ref(const char *root, const char *name, const char *container_id, struct err **e)
{
	AUTO(fd) int store = store_open(root, e);
	AUTO(mem) char *path = xasprintf("%s/refs/%s", name, container_id);
	AUTO(fd) int lock = -1;
	AUTO(fd) int fd = -1;

	if (store < 0)
		return store;
	lock = store_lock(store, e);
	if (lock < 0)
		return lock;
	fd = openat(store, path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? err_sys(e, errno, "use volume %s", name) : 0;
}

int volume_unref(const char *root, const char *name, const char *container_id, struct err **e)
{
	AUTO(fd) int store = store_open(root, e);
	AUTO(mem) char *path = xasprintf("%s/refs/%s", name, container_id);

	if (store < 0)
		return store;
	if (unlinkat(store, path, 0) < 0 && errno != ENOENT)
		return err_sys(e, errno, "release volume %s", name);
	return 0;
}

/* Empty apart from what mkfs leaves at the root of a file system. */
static int is_empty(int dir, bool *ret, struct err **e)
{
	AUTO(strv) struct strv names = STRV_INIT;
	int r = dir_list(dir, ".", &names, e);

	if (r < 0)
		return r;
	*ret = names.n == 0 || (names.n == 1 && streq(names.v[0], "lost+found"));
	return 0;
}

/* Copies into _data.tmp and swaps it in, so that a crash never leaves half a database. */
static int populate_from(int volume, int source, struct err **e)
{
	AUTO(fd) int data = -1;
	int r = tree_remove(volume, "_data.tmp", e);

	if (r < 0)
		return r;
	if (mkdirat(volume, "_data.tmp", 0755) < 0)
		return err_sys(e, errno, "create _data.tmp");
	data = dir_open(volume, "_data.tmp", e);
	if (data < 0)
		return data;
	r = tree_copy(source, data, e);
	if (r == 0 && syncfs(data) < 0)
		r = err_sys(e, errno, "sync");
	if (r == 0 && renameat2(volume, "_data.tmp", volume, "_data", RENAME_EXCHANGE) < 0)
		r = err_sys(e, errno, "replace _data");
	(void)tree_remove(volume, "_data.tmp", NULL);
	return r;
}

/* The image's directory at path, or -ENOENT when it has none there. */
static int source_open(int image_root, const char *path, struct err **e)
{
	int fd = open_in_root(image_root, path, O_RDONLY | O_DIRECTORY, 0);

	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP)
		return -ENOENT;
	return fd < 0 ? err_sys(e, -fd, "open %s in the image", path) : fd;
}

int volume_populate(const char *root, const char *name, int image_root, const char *path,
		    struct err **e)
{
	AUTO(fd) int store = store_open(root, e);
	AUTO(mem) char *lock_name = xasprintf("%s/.lock", name);
	AUTO(json) struct json *record = NULL;
	AUTO(fd) int lock = -1;
	AUTO(fd) int volume = -1;
	AUTO(fd) int data = -1;
	AUTO(fd) int source = -1;
	bool empty = false;
	int r;

	if (store < 0)
		return store;
	lock = file_lock(store, lock_name, /* wait= */ true, e);
	if (lock < 0)
		return lock;
	r = record_read(store, name, &record, e);
	if (r < 0 || json_bool(record, "populated", false))
		return r;
	volume = dir_open(store, name, e);
	data = volume < 0 ? -1 : dir_open(volume, "_data", e);
	if (data < 0)
		return volume < 0 ? volume : data;
	r = is_empty(data, &empty, e);
	if (r < 0 || !empty)
		return r;
	source = source_open(image_root, path, e);
	if (source == -ENOENT)
		return 0;
	r = source < 0 ? source : populate_from(volume, source, e);
	if (r < 0)
		return err_wrap(e, "fill volume %s from the image's %s", name, path);
	json_set_bool(record, "populated", true);
	return record_write(store, name, record, e);
}

static bool is_mount_point(const char *path)
{
	AUTO(mem) char *parent = xasprintf("%s/..", path);
	struct statx here, above;

	return statx(AT_FDCWD, path, 0, STATX_MNT_ID, &here) == 0 &&
	       statx(AT_FDCWD, parent, 0, STATX_MNT_ID, &above) == 0 &&
	       here.stx_mnt_id != above.stx_mnt_id;
}

int volume_mount(const char *root, const char *name, struct err **e)
{
	AUTO(json) struct json *record = NULL;
	AUTO(mem) char *data = NULL;
	AUTO(mem) char *fs_options = NULL;
	unsigned long flags, propagation;
	const char *type, *device;
	int r = volume_inspect(root, name, &record, e);

	if (r < 0)
		return r;
	device = json_str(json_get(record, "options"), "device", NULL);
	type = json_str(json_get(record, "options"), "type", NULL);
	data = volume_data_path(root, name);
	if (!device || is_mount_point(data))
		return 0;
	r = mount_opts_parse(json_str(json_get(record, "options"), "o", ""), &flags, &propagation,
			     &fs_options, e);
	if (r < 0)
		return r;
	if (mount(device, data, type, flags, fs_options) < 0)
		return err_sys(e, errno, "mount local volume %s: %s on %s", name, device, data);
	/* A bind mount takes its other flags only in a second step. */
	if ((flags & MS_BIND && flags & ~(unsigned long)(MS_BIND | MS_REC) &&
	     mount(NULL, data, NULL, MS_REMOUNT | flags, NULL) < 0) ||
	    mount(NULL, data, NULL, propagation ? propagation : MS_PRIVATE, NULL) < 0) {
		int saved = errno;

		(void)umount2(data, MNT_DETACH);
		return err_sys(e, saved, "mount local volume %s: %s on %s", name, device, data);
	}
	return 0;
}

int volume_unmount(const char *root, const char *name, struct err **e)
{
	AUTO(fd) int store = store_open(root, e);
	AUTO(mem) char *data = volume_data_path(root, name);
	AUTO(mem) char *users = NULL;

	if (store < 0)
		return store;
	if (!is_mount_point(data))
		return 0;
	users = users_of(store, name);
	if (users)
		return 0;
	if (umount2(data, UMOUNT_NOFOLLOW) < 0)
		return err_sys(e, errno, "unmount volume %s", name);
	return 0;
}

int volume_sweep(const char *root, struct err **e)
{
	AUTO(fd) int store = store_open(root, e);
	AUTO(strv) struct strv names = STRV_INIT;
	AUTO(fd) int lock = -1;
	int r;

	if (store < 0)
		return store;
	/* Under the lock nothing is half made: what has such a name was left by a crash. */
	lock = store_lock(store, e);
	if (lock < 0)
		return lock;
	r = dir_list(store, ".", &names, e);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		if (starts_with(names.v[i], ".tmp-") || starts_with(names.v[i], ".trash-"))
			r = tree_remove(store, names.v[i], e);
	return r;
}
