#include "image/import.h"

#include <errno.h>

#include "base/clock.h"
#include "image/config_edit.h"
#include "image/manifest.h"
#include "image/unpack.h"

/* --change: the instructions that only touch the config. */
static int apply_changes(struct json *config, const struct strv *changes, struct err **e)
{
	bool cmd_set = false;

	for (size_t i = 0; changes && i < changes->n; i++) {
		AUTO(strv) struct strv env = STRV_INIT;
		struct expand x = { .escape = '\\', .env = &env };
		AUTO(mem) char *text = NULL;
		struct instr instr;
		int r;

		r = dockerfile_parse_line(changes->v[i], '\\', 1, &instr, e);
		if (r < 0)
			return err_wrap(e, "change \"%s\"", changes->v[i]);
		config_env(config, &env);
		r = config_apply(config, &instr, &x, &cmd_set, &text, e);
		instr_done(&instr);
		if (r < 0)
			return err_wrap(e, "change \"%s\"", changes->v[i]);
	}
	return 0;
}

/* Ahead of the unpacking, so that a mistake costs no time. */
static int new_config(const struct import_opts *o, struct json **ret, struct err **e)
{
	AUTO(json) struct json *c = config_new();
	int r = apply_changes(c, o->changes, e);

	if (r == 0)
		*ret = TAKE_PTR(c);
	return r;
}

static void complete_config(struct json *c, const struct import_opts *o, const char *diff_id)
{
	AUTO(mem) char *now = time_format_rfc3339(clock_wall_ns(), false);

	json_set_str(c, "created", now);
	config_add_diff_id(c, diff_id);
	config_add_history(c, now, "", o->message ? o->message : "Imported from -", false);
}

static const char *layer_media_type(enum unpack_compression c)
{
	switch (c) {
	case UNPACK_GZIP:
		return MEDIA_LAYER "+gzip";
	case UNPACK_ZSTD:
		return MEDIA_LAYER "+zstd";
	default:
		return MEDIA_LAYER;
	}
}

/* The tar becomes a blob and an unpacked layer. */
static int import_layer(const struct image_store *s, const struct import_opts *o,
			struct unpack_result *ret, struct err **e)
{
	AUTO(store_layer) struct store_layer layer = { .fs_fd = -1 };
	AUTO(store_part) struct store_part part = { .fd = -1 };
	struct unpack_job job = { .mode = UNPACK_LAYER, .lower_fd = -1, .is_lowest = true };
	struct layer_meta m;
	int r = store_part_open(s, &part, e);

	if (r == 0)
		r = store_layer_open(s, &layer, e);
	if (r < 0)
		return r;
	job.in_fd = o->in_fd;
	job.root_fd = layer.fs_fd;
	job.blob_fd = part.fd;
	job.cancelled = o->cancelled;
	r = unpack(&job, ret, e);
	if (r < 0)
		return r;
	m = (struct layer_meta){ .size = ret->size,
				 .n_files = ret->n_files,
				 .is_self_contained = ret->is_self_contained };
	r = store_layer_commit(&layer, ret->diff_id + 7, ret->diff_id, &m, e);
	return r < 0 ? r : store_part_commit(&part, ret->blob, e);
}

int import_rootfs(const struct image_store *s, const struct import_opts *o, char **ret_id,
		  struct err **e)
{
	AUTO(manifest_layers) struct manifest_layers layers = { 0 };
	AUTO(stored_image) struct stored_image im = { 0 };
	AUTO(json) struct json *config = NULL;
	AUTO(strv) struct strv refs = STRV_INIT;
	AUTO(fd) int gate = store_gate(s, /* alone= */ false, e);
	struct unpack_result res;
	int r;

	if (gate < 0)
		return gate;
	r = new_config(o, &config, e);
	if (r == 0)
		r = import_layer(s, o, &res, e);
	if (r < 0)
		return r;
	complete_config(config, o, res.diff_id);
	manifest_layers_add(&layers, layer_media_type(res.compression), res.blob, res.blob_size);
	r = manifest_put(s, config, &layers, &im, e);
	if (r < 0)
		return r;
	if (o->ref)
		strv_add(&refs, o->ref);
	r = manifest_tag(s, &im, config, &refs, e);
	if (r < 0)
		return r;
	*ret_id = TAKE_PTR(im.id);
	return 0;
}
