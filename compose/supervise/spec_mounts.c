#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/num.h"
#include "base/path.h"
#include "base/rand.h"
#include "compose/supervise/spec_parts.h"
#include "volumes/volume.h"

struct mounts {
	const char *root;
	const struct json *project, *inherited;
	struct json *list;
};

static struct json *find_target(const struct json *list, const char *destination)
{
	JSON_EACH(m, list)
		if (streq(json_str(m, "destination", NULL), destination))
			return m;
	return NULL;
}

static struct json *record_new(struct mounts *m, const char *type, const char *target, bool rw)
{
	struct json *rec = json_push(m->list, json_new_obj());

	json_set_str(rec, "type", type);
	json_set_str(rec, "destination", target);
	json_set_bool(rec, "rw", rw);
	return rec;
}

/* The name the container replaced had at this place, else a new one. */
static void name_anonymous(struct mounts *m, struct json *rec)
{
	const char *destination = json_str(rec, "destination", "");
	const struct json *old = find_target(m->inherited, destination);
	const char *old_name = json_bool(old, "anonymous", false) ? json_str(old, "name", NULL) : NULL;
	char fresh[65];

	rand_hex(fresh, 32);
	json_set_str(rec, "name", old_name ? old_name : fresh);
	json_set_bool(rec, "anonymous", true);
}

static int fill_volume(struct mounts *m, struct json *rec, const struct json *v, struct err **e)
{
	const char *key = spec_text(v, "source");
	const struct json *options = json_get(v, "volume");
	const struct json *declared = json_path(m->project, "volumes", key ? key : "", NULL);
	const char *subpath = spec_text(options, "subpath");
	AUTO(mem) char *data = NULL;

	if (!key) {
		if (subpath)
			return err_set(e, EINVAL, "must not set Subpath when using anonymous volumes");
		name_anonymous(m, rec);
	} else {
		/* A source that is no key of the file is the real name of a volume (`run -v name:/x`). */
		json_set_str(rec, "name", declared ? json_str(declared, "name", key) : key);
		json_set_str(rec, "key", key);
	}
	if (json_bool(options, "nocopy", false))
		json_set_bool(rec, "nocopy", true);
	if (subpath)
		json_set_str(rec, "subpath", subpath);
	if (json_get(options, "labels"))
		json_set(rec, "labels", json_dup(json_get(options, "labels")));
	data = volume_data_path(m->root, json_str(rec, "name", ""));
	json_set_str(rec, "source", data);
	return 0;
}

static int fill_bind(struct json *rec, const struct json *v, struct err **e)
{
	const struct json *bind = json_get(v, "bind");
	const char *source = spec_text(v, "source");

	if (!source)
		return err_set(e, EINVAL, "invalid mount config for type \"bind\": field Source must not be empty");
	json_set_str(rec, "source", source);
	json_set_bool(rec, "create_host_path", json_bool(bind, "create_host_path", true));
	if (spec_text(bind, "propagation"))
		json_set_str(rec, "propagation", spec_text(bind, "propagation"));
	if (spec_text(bind, "recursive"))
		json_set_str(rec, "recursive", spec_text(bind, "recursive"));
	return 0;
}

static struct json *tmpfs_options(struct json *rec)
{
	struct json *o = json_set(rec, "options", json_new_arr());

	json_push_str(o, "nosuid");
	json_push_str(o, "nodev");
	json_push_str(o, "noexec");
	return o;
}

static int fill_tmpfs(struct json *rec, const struct json *v, struct err **e)
{
	const struct json *tmpfs = json_get(v, "tmpfs");
	struct json *options = tmpfs_options(rec);
	const char *mode = spec_text(tmpfs, "mode");
	AUTO(mem) char *text = NULL;
	int64_t size, mode_bits = 0;
	int r = spec_number(tmpfs, "size", 0, &size, e);

	if (r < 0)
		return r;
	if (size > 0) {
		text = xasprintf("size=%lld", (long long)size);
		json_push_str(options, text);
	}
	if (mode) {
		AUTO(mem) char *option = xasprintf("mode=%s", mode);

		json_push_str(options, option);
	} else if (json_is(json_get(tmpfs, "mode"), JSON_NUM)) {
		AUTO(mem) char *option = NULL;

		mode_bits = json_int(tmpfs, "mode", 0);
		option = xasprintf("mode=%llo", (unsigned long long)mode_bits);
		json_push_str(options, option);
	}
	return 0;
}

static int add_volume_entry(struct mounts *m, const struct json *v, struct err **e)
{
	const char *type = json_str(v, "type", "volume");
	const char *target = spec_text(v, "target");
	AUTO(mem) char *clean = NULL;
	struct json *rec;

	if (!target || !path_is_abs(target))
		return err_set(e, EINVAL, "invalid mount target \"%s\": mount path must be absolute",
			       target ? target : "");
	clean = path_clean(target);
	if (streq(clean, "/"))
		return err_set(e, EINVAL, "invalid specification: destination can't be '/'");
	if (find_target(m->list, clean))
		return err_set(e, EINVAL, "Duplicate mount point: %s", clean);
	rec = record_new(m, type, clean, !json_bool(v, "read_only", false));
	if (streq(type, "volume"))
		return fill_volume(m, rec, v, e);
	if (streq(type, "bind"))
		return fill_bind(rec, v, e);
	if (streq(type, "tmpfs"))
		return fill_tmpfs(rec, v, e);
	if (!streq(type, "image"))
		return err_set(e, EINVAL, "mount type \"%s\" of %s is not possible on Linux", type, clean);
	json_set_str(rec, "source", json_str(v, "source", ""));
	json_set_bool(rec, "rw", false);
	if (spec_text(json_get(v, "image"), "subpath"))
		json_set_str(rec, "subpath", spec_text(json_get(v, "image"), "subpath"));
	return 0;
}

/* "/run:size=64m,mode=755,exec": the options behind the defaults, later ones win. */
static void add_tmpfs_text(struct mounts *m, const char *text)
{
	struct str rest = str_of(text);
	AUTO(mem) char *path = str_dup(str_cut(&rest, ':'));
	AUTO(mem) char *clean = path_clean(path);
	struct json *options;

	if (find_target(m->list, clean))
		return;
	options = tmpfs_options(record_new(m, "tmpfs", clean, true));
	while (rest.p) {
		AUTO(mem) char *word = str_dup(str_cut(&rest, ','));

		if (*word)
			json_push_str(options, word);
	}
}

/* "db", "db:ro", "container:name:rw". Copies what does not collide; tmpfs mounts stay private. */
static int add_volumes_from(struct mounts *m, const char *text, const struct json *from,
			    struct err **e)
{
	bool readonly = ends_with(text, ":ro");
	AUTO(mem) char *donor = xstrdup(text);

	if (readonly || ends_with(text, ":rw"))
		donor[strlen(donor) - 3] = '\0';
	if (!json_get(from, donor))
		return err_set(e, EINVAL, "cannot share volume with service %s: container missing", donor);
	JSON_EACH(theirs, json_get(from, donor)) {
		struct json *copy;

		if (streq(json_str(theirs, "type", ""), "tmpfs") || json_bool(theirs, "secret", false) ||
		    find_target(m->list, json_str(theirs, "destination", "")))
			continue;
		copy = json_push(m->list, json_dup(theirs));
		if (readonly)
			json_set_bool(copy, "rw", false);
	}
	return 0;
}

/* VOLUME of the image: anonymous unless something is mounted there. */
static void add_image_volumes(struct mounts *m, const struct image *image)
{
	JSON_EACH(v, image ? json_get(image_run_config(image), "Volumes") : NULL) {
		AUTO(mem) char *joined = path_join("/", json_key(v));
		AUTO(mem) char *data = NULL;
		struct json *rec;

		if (streq(joined, "/") || find_target(m->list, joined))
			continue;
		rec = record_new(m, "volume", joined, true);
		name_anonymous(m, rec);
		data = volume_data_path(m->root, json_str(rec, "name", ""));
		json_set_str(rec, "source", data);
	}
}

static size_t depth_of(const struct json *rec)
{
	size_t n = 0;

	for (const char *p = json_str(rec, "destination", ""); *p; p++)
		n += *p == '/' && p[1];
	return n;
}

/* Parents before children, otherwise in the order given: a stable insertion into a new list. */
static struct json *sorted(const struct json *list)
{
	struct json *out = json_new_arr();
	size_t deepest = 0;

	JSON_EACH(rec, list)
		deepest = depth_of(rec) > deepest ? depth_of(rec) : deepest;
	for (size_t depth = 0; depth <= deepest; depth++)
		JSON_EACH(rec, list)
			if (depth_of(rec) == depth)
				json_push(out, json_dup(rec));
	return out;
}

int spec_mounts(const char *root, const struct json *project, const struct json *service,
		const struct image *image, const struct json *inherited, const struct json *from,
		struct json **ret, struct err **e)
{
	AUTO(json) struct json *list = json_new_arr();
	struct mounts m = { root, project, inherited, list };
	const struct json *tmpfs = json_get(service, "tmpfs");
	int r;

	JSON_EACH(v, json_get(service, "volumes")) {
		r = add_volume_entry(&m, v, e);
		if (r < 0)
			return r;
	}
	if (json_text(tmpfs))
		add_tmpfs_text(&m, json_text(tmpfs));
	JSON_EACH(t, tmpfs)
		if (json_text(t))
			add_tmpfs_text(&m, json_text(t));
	JSON_EACH(v, json_get(service, "volumes_from")) {
		r = add_volumes_from(&m, json_text(v) ? json_text(v) : "", from, e);
		if (r < 0)
			return r;
	}
	add_image_volumes(&m, image);
	*ret = sorted(list);
	return 0;
}

int spec_mount_sources(const struct json *mounts, struct err **e)
{
	JSON_EACH(rec, mounts) {
		const char *source = json_str(rec, "source", "");
		int r;

		if (!streq(json_str(rec, "type", ""), "bind") || access(source, F_OK) == 0)
			continue;
		if (errno != ENOENT)
			return err_sys(e, errno, "look at bind source %s", source);
		if (!json_bool(rec, "create_host_path", false)) {
			err_set(e, ENOENT,
				"invalid mount config for type \"bind\": bind source path does not exist: %s",
				source);
			err_hint(e, "create it, or allow it with bind.create_host_path: true");
			return -ENOENT;
		}
		r = dir_make(AT_FDCWD, source, 0755, e);
		if (r < 0)
			return err_wrap(e, "create bind source");
	}
	return 0;
}

static int append_image(const struct spec_input *in, const struct json *rec, struct json *out,
			struct err **e)
{
	AUTO(image) struct image *image = NULL;
	AUTO(buf) struct buf lower = BUF_INIT;
	const char *subpath = json_str(rec, "subpath", NULL);
	struct json *options = json_set(out, "options", json_new_arr());
	int r = image_find(in->store, json_str(rec, "source", ""), &image, e);

	if (r < 0)
		return r;
	if (image->layers.n != 1 && subpath)
		return err_set(e, ENOTSUP, "image mount of %s: subpath needs an image of one layer",
			       json_str(rec, "source", ""));
	if (image->layers.n == 1) {
		AUTO(mem) char *source = subpath ? path_join(image->layers.v[0], subpath) :
						   xstrdup(image->layers.v[0]);

		json_set_str(out, "type", "bind");
		json_set_str(out, "source", source);
		json_push_str(options, "rbind");
		json_push_str(options, "ro");
		return 0;
	}
	buf_addstr(&lower, "lowerdir=");
	for (size_t i = image->layers.n; i-- > 0;)
		buf_addf(&lower, "%s%s", image->layers.v[i], i ? ":" : "");
	json_set_str(out, "type", "overlay");
	json_set_str(out, "source", "overlay");
	json_push_str(options, "ro");
	json_push_str(options, buf_str(&lower));
	return 0;
}

static int append_bind(const struct json *rec, struct json *out, struct err **e)
{
	const char *source = json_str(rec, "source", "");
	const char *subpath = json_str(rec, "subpath", NULL);
	const char *recursive = json_str(rec, "recursive", "enabled");
	struct json *options = json_set(out, "options", json_new_arr());
	AUTO(mem) char *joined = NULL;

	if (subpath) {
		AUTO(fd) int volume = dir_open(AT_FDCWD, source, e);
		AUTO(fd) int below = volume < 0 ? -1 : open_in_root(volume, subpath, O_PATH, 0);

		if (volume < 0)
			return volume;
		if (path_is_abs(subpath) || starts_with(subpath, "..") || strstr(subpath, "/../"))
			return err_set(e, EINVAL, "subpath must be a relative path within the volume");
		if (below < 0)
			return err_sys(e, -below, "cannot access path %s in volume %s", subpath,
				       json_str(rec, "name", ""));
		joined = path_join(source, subpath);
	}
	json_set_str(out, "type", "bind");
	json_set_str(out, "source", joined ? joined : source);
	json_push_str(options, streq(recursive, "disabled") ? "bind" : "rbind");
	json_push_str(options, json_str(rec, "propagation", "rprivate"));
	if (!json_bool(rec, "rw", true))
		json_push_str(options, streq(recursive, "writable") || streq(recursive, "disabled") ?
					       "ro" :
					       "rro");
	return 0;
}

int spec_mounts_append(const struct spec_input *in, struct json *mounts, struct err **e)
{
	JSON_EACH(rec, in->mounts) {
		const char *type = json_str(rec, "type", "bind");
		struct json *out = json_push(mounts, json_new_obj());
		int r = 0;

		json_set_str(out, "destination", json_str(rec, "destination", ""));
		if (streq(type, "tmpfs")) {
			json_set_str(out, "type", "tmpfs");
			json_set_str(out, "source", "tmpfs");
			json_set(out, "options", json_dup(json_get(rec, "options")));
			if (!json_bool(rec, "rw", true))
				json_push_str(json_get(out, "options"), "ro");
		} else if (streq(type, "image")) {
			r = append_image(in, rec, out, e);
		} else {
			r = append_bind(rec, out, e);
		}
		if (r < 0)
			return r;
	}
	return 0;
}
