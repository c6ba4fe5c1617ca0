#include "image/manifest.h"

#include <string.h>

#include "image/platform.h"

enum { MANIFEST_MAX = 4 << 20 };

void manifest_layers_add(struct manifest_layers *l, const char *media_type, const char *digest,
			 uint64_t size)
{
	ARRAY_RESERVE(l->v, l->n, l->cap);
	l->v[l->n++] = (struct manifest_layer){ xstrdup(media_type), xstrdup(digest), size };
}

void manifest_layers_done(struct manifest_layers *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].media_type);
		free(l->v[i].digest);
	}
	free(l->v);
	*l = (struct manifest_layers){ 0 };
}

int manifest_layers_read(const struct image_store *s, const struct image *im,
			 struct manifest_layers *ret, struct err **e)
{
	AUTO(buf) struct buf b = BUF_INIT;
	AUTO(json) struct json *doc = NULL;
	int r = image_blob_read(s, im->manifest, MANIFEST_MAX, &b, e);

	if (r == 0)
		r = json_parse(buf_str(&b), b.n, &doc, e);
	if (r < 0)
		return r;
	JSON_EACH(l, json_get(doc, "layers"))
	manifest_layers_add(ret, json_str(l, "mediaType", MEDIA_LAYER), json_str(l, "digest", ""),
			    (uint64_t)json_int(l, "size", 0));
	return 0;
}

void stored_image_done(struct stored_image *i)
{
	free(i->id);
	free(i->manifest);
	*i = (struct stored_image){ 0 };
}

static struct json *descriptor(const char *media_type, const char *digest, uint64_t size)
{
	struct json *d = json_new_obj();

	json_set_str(d, "mediaType", media_type);
	json_set_str(d, "digest", digest);
	json_set_int(d, "size", (int64_t)size);
	return d;
}

int manifest_put(const struct image_store *s, const struct json *config,
		 const struct manifest_layers *layers, struct stored_image *ret, struct err **e)
{
	AUTO(mem) char *config_text = json_print(config, false), *text = NULL;
	AUTO(stored_image) struct stored_image im = { 0 };
	AUTO(json) struct json *m = json_new_obj();
	struct json *list;
	int r;

	r = store_blob_put(s, config_text, strlen(config_text), &im.id, e);
	if (r < 0)
		return r;
	json_set_int(m, "schemaVersion", 2);
	json_set_str(m, "mediaType", MEDIA_MANIFEST);
	json_set(m, "config", descriptor(MEDIA_CONFIG, im.id, strlen(config_text)));
	list = json_set(m, "layers", json_new_arr());
	for (size_t i = 0; i < layers->n; i++)
		json_push(list, descriptor(layers->v[i].media_type, layers->v[i].digest,
					   layers->v[i].size));
	text = json_print(m, false);
	im.manifest_size = strlen(text);
	r = store_blob_put(s, text, im.manifest_size, &im.manifest, e);
	if (r < 0)
		return r;
	*ret = im;
	im = (struct stored_image){ 0 };
	return 0;
}

int manifest_tag(const struct image_store *s, const struct stored_image *im,
		 const struct json *config, const struct strv *refs, struct err **e)
{
	AUTO(mem) char *platform = platform_of_config(config);
	struct store_descriptor d = {
		.media_type = MEDIA_MANIFEST,
		.digest = im->manifest,
		.size = im->manifest_size,
		.platform = platform,
	};

	return store_tag(s, refs, &d, e);
}
