#include "image/layer.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fdio.h"
#include "base/json.h"
#include "base/strv.h"

enum { META_MAX = 64 << 10 };

/* "" when /proc is not mounted: every layer then counts as made in this boot. */
static const char *boot_id(void)
{
	static char id[64];
	AUTO(buf) struct buf b = BUF_INIT;

	if (id[0] || file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", META_MAX, &b, NULL) < 0)
		return id;
	(void)snprintf(id, sizeof(id), "%.*s", (int)strcspn(buf_str(&b), "\n"), buf_str(&b));
	return id;
}

int layer_meta_read(int layers_fd, const char *name, struct layer_meta *ret)
{
	AUTO(mem) char *path = xasprintf("%s/meta.json", name);
	AUTO(json) struct json *j = NULL;
	const char *boot;

	if (json_parse_file(layers_fd, path, META_MAX, &j, NULL) < 0)
		return -ENOENT;
	boot = json_str(j, "boot_id", NULL);
	if (boot && !streq(boot, boot_id()))
		return -ENOENT;
	*ret = (struct layer_meta){
		.size = (uint64_t)json_int(j, "size", 0),
		.n_files = (uint64_t)json_int(j, "files", 0),
		.tar_size = (uint64_t)json_int(j, "tar_size", 0),
		.is_self_contained = json_bool(j, "self_contained", false),
		.is_synced = boot == NULL,
	};
	return 0;
}

int layer_meta_write(int layers_fd, const char *name, const char *diff_id,
		     const struct layer_meta *m, struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s/meta.json", name), *text = NULL;
	AUTO(json) struct json *j = json_new_obj();

	json_set_str(j, "diff_id", diff_id);
	json_set_int(j, "size", (int64_t)m->size);
	json_set_int(j, "files", (int64_t)m->n_files);
	if (m->tar_size)
		json_set_int(j, "tar_size", (int64_t)m->tar_size);
	json_set_bool(j, "self_contained", m->is_self_contained);
	if (!m->is_synced)
		json_set_str(j, "boot_id", boot_id());
	text = json_print(j, false);
	return file_write(layers_fd, path, text, strlen(text), 0644, /* durable= */ false, e);
}

static int mark_one(int layers_fd, const char *name, struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s/meta.json", name);
	AUTO(json) struct json *j = NULL;
	struct layer_meta m;

	if (layer_meta_read(layers_fd, name, &m) < 0 || m.is_synced ||
	    json_parse_file(layers_fd, path, META_MAX, &j, NULL) < 0)
		return 0;
	m.is_synced = true;
	return layer_meta_write(layers_fd, name, json_str(j, "diff_id", ""), &m, e);
}

int layer_mark_synced(int layers_fd, struct err **e)
{
	AUTO(strv) struct strv names = STRV_INIT;
	int r = dir_list(layers_fd, ".", &names, e);

	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = mark_one(layers_fd, names.v[i], e);
	return r;
}
