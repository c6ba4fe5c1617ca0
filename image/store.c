#include "image/store.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/sha256.h"
#include "image/layer.h"
#include "image/platform.h"
#include "image/reference.h"

enum {
	INDEX_MAX = 64 << 20,
	MANIFEST_MAX = 4 << 20,
	CONFIG_MAX = 8 << 20,
	INDEX_DEPTH_MAX = 4,
};

static const char ref_name_key[] = "org.opencontainers.image.ref.name";

static int open_dir_if_there(int dirfd, const char *path, int *ret, struct err **e)
{
	*ret = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret < 0 && errno != ENOENT)
		return err_sys(e, errno, "open image store %s", path);
	return 0;
}

int image_store_open(const char *root, struct image_store **ret, struct err **e)
{
	AUTO(image_store) struct image_store *s = xcalloc(1, sizeof(*s));
	int r;

	s->root = xstrdup(root);
	s->root_fd = s->images_fd = s->layers_fd = -1;
	r = open_dir_if_there(AT_FDCWD, root, &s->root_fd, e);
	if (r == 0 && s->root_fd >= 0)
		r = open_dir_if_there(s->root_fd, "images", &s->images_fd, e);
	if (r == 0 && s->root_fd >= 0)
		r = open_dir_if_there(s->root_fd, "layers", &s->layers_fd, e);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

void image_store_free(struct image_store *s)
{
	if (!s)
		return;
	fd_close(&s->root_fd);
	fd_close(&s->images_fd);
	fd_close(&s->layers_fd);
	free(s->root);
	free(s);
}

int image_index_read(const struct image_store *s, struct json **ret, struct err **e)
{
	int r = -ENOENT;

	if (s->images_fd >= 0)
		r = json_parse_file(s->images_fd, "index.json", INDEX_MAX, ret, NULL);
	if (r == -ENOENT) {
		*ret = json_new_obj();
		json_set_int(*ret, "schemaVersion", 2);
		json_set_str(*ret, "mediaType", "application/vnd.oci.image.index.v1+json");
		json_set(*ret, "manifests", json_new_arr());
		return 0;
	}
	if (r < 0)
		return json_parse_file(s->images_fd, "index.json", INDEX_MAX, ret, e);
	return 0;
}

int image_blob_read(const struct image_store *s, const char *digest, size_t max, struct buf *out,
		    struct err **e)
{
	AUTO(mem) char *path = NULL;
	size_t from = out->n;
	char hex[65];
	int r;

	if (!starts_with(digest, "sha256:") || !digest_is_valid(digest))
		return err_set(e, EINVAL, "invalid blob digest \"%s\"", digest);
	path = xasprintf("blobs/sha256/%s", digest + 7);
	r = file_read(s->images_fd, path, max, out, e);
	if (r < 0)
		return err_wrap(e, "image store %s/images", s->root);
	sha256_hex(out->p ? out->p + from : "", out->n - from, hex);
	if (!streq(hex, digest + 7))
		return err_set(e, EBADMSG, "image store %s/images: blob %s has digest sha256:%s",
			       s->root, digest, hex);
	return 0;
}

static int blob_read_json(const struct image_store *s, const char *digest, size_t max,
			  struct json **ret, uint64_t *ret_size, struct err **e)
{
	AUTO(buf) struct buf b = BUF_INIT;
	int r = image_blob_read(s, digest, max, &b, e);

	if (r < 0)
		return r;
	r = json_parse(buf_str(&b), b.n, ret, e);
	if (r < 0)
		return err_wrap(e, "blob %s", digest);
	*ret_size = b.n;
	return 0;
}

char *image_descriptor_ref(const struct json *d)
{
	const char *name = json_str(json_get(d, "annotations"), ref_name_key, NULL);

	return name ? reference_canonical(name, NULL) : NULL;
}

char *image_chain_id(const struct strv *diff_ids, size_t n)
{
	char *chain;

	if (!n)
		return xstrdup("");
	chain = xstrdup(diff_ids->v[0]);
	for (size_t i = 1; i < n; i++) {
		AUTO(mem) char *both = xasprintf("%s %s", chain, diff_ids->v[i]);
		char hex[65];

		sha256_hex(both, strlen(both), hex);
		free(chain);
		chain = xasprintf("sha256:%s", hex);
	}
	return chain;
}

char *image_layer_name(const struct image_store *s, const struct strv *diff_ids, size_t i,
		       uint64_t *size)
{
	AUTO(mem) char *chain = NULL;
	struct layer_meta m;

	if (s->layers_fd < 0 || !digest_is_valid(diff_ids->v[i]))
		return NULL;
	if (layer_meta_read(s->layers_fd, strchr(diff_ids->v[i], ':') + 1, &m) == 0 &&
	    (i == 0 || m.is_self_contained)) {
		*size += m.size;
		return xstrdup(strchr(diff_ids->v[i], ':') + 1);
	}
	if (i == 0)
		return NULL;
	chain = image_chain_id(diff_ids, i + 1);
	if (layer_meta_read(s->layers_fd, chain + 7, &m) < 0)
		return NULL;
	*size += m.size;
	return xstrdup(chain + 7);
}

void image_layers_push(struct strv *layers, const char *dir)
{
	for (size_t i = 0; i < layers->n; i++) {
		if (!streq(layers->v[i], dir))
			continue;
		free(layers->v[i]);
		memmove(&layers->v[i], &layers->v[i + 1], (layers->n - i) * sizeof(char *));
		layers->n--;
		break;
	}
	strv_add(layers, dir);
}

static void find_layers(const struct image_store *s, struct image *im)
{
	im->is_complete = true;
	for (size_t i = 0; i < im->diff_ids.n; i++) {
		AUTO(mem) char *name = image_layer_name(s, &im->diff_ids, i, &im->size);

		AUTO(mem) char *dir = xasprintf("%s/layers/%s/fs", s->root, name ? name : "");

		if (name)
			image_layers_push(&im->layers, dir);
		else
			im->is_complete = false;
	}
	if (!im->is_complete)
		strv_done(&im->layers);
}

static int read_diff_ids(struct image *im, size_t n_layers, struct err **e)
{
	const struct json *ids = json_path(im->config, "rootfs", "diff_ids", NULL);

	JSON_EACH(id, ids)
	{
		const char *text = json_text(id);

		if (!text || !digest_is_valid(text))
			return err_set(e, EINVAL, "image %s: invalid diff ID", im->id);
		strv_add(&im->diff_ids, text);
	}
	if (im->diff_ids.n != n_layers)
		return err_set(e, EINVAL,
			       "image %s: layers from manifest don't match image configuration",
			       im->id);
	return 0;
}

static int load_config(const struct image_store *s, const struct json *manifest, struct image *im,
		       struct err **e)
{
	const char *id = json_str(json_get(manifest, "config"), "digest", "");
	const struct json *history;
	const char *created;
	uint64_t size;
	int r;

	im->id = xstrdup(id);
	r = blob_read_json(s, id, CONFIG_MAX, &im->config, &size, e);
	if (r == 0)
		r = read_diff_ids(im, json_len(json_get(manifest, "layers")), e);
	if (r < 0)
		return r;
	created = json_str(im->config, "created", NULL);
	im->created = xstrdup(created);
	im->platform = platform_of_config(im->config);
	history = json_get(im->config, "history");
	if (json_len(history))
		im->comment =
			xstrdup(json_str(json_at(history, json_len(history) - 1), "comment", NULL));
	find_layers(s, im);
	return 0;
}

/* Follows a digest to the manifest of this machine's platform. */
static int load_manifest(const struct image_store *s, const char *digest, int depth,
			 struct image *im, struct err **e)
{
	AUTO(json) struct json *doc = NULL;
	const struct json *child;
	uint64_t size = 0;
	int r;

	if (depth > INDEX_DEPTH_MAX)
		return err_set(e, ELOOP, "image index %s is nested too deeply", digest);
	r = blob_read_json(s, digest, MANIFEST_MAX, &doc, &size, e);
	if (r < 0)
		return r;
	if (json_get(doc, "layers") && json_get(doc, "manifests"))
		return err_set(e, EINVAL, "blob %s is both an index and a manifest", digest);
	if (json_get(doc, "layers")) {
		im->manifest = xstrdup(digest);
		im->manifest_size = size;
		return load_config(s, doc, im, e);
	}
	child = platform_choose(json_get(doc, "manifests"), platform_host_arch());
	if (!child)
		return err_set(e, ENOENT,
			       "no matching manifest for linux/%s in the manifest list entries",
			       platform_host_arch());
	return load_manifest(s, json_str(child, "digest", ""), depth + 1, im, e);
}

static int load_image(const struct image_store *s, const char *digest, struct image **ret,
		      struct err **e)
{
	AUTO(image) struct image *im = xcalloc(1, sizeof(*im));
	int r;

	im->digest = xstrdup(digest);
	r = load_manifest(s, digest, 0, im, e);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(im);
	return 0;
}

/* References that share the digest. */
static void add_refs(const struct json *index, struct image *im)
{
	JSON_EACH(d, json_get(index, "manifests"))
	{
		AUTO(mem) char *ref = image_descriptor_ref(d);

		if (ref && streq(json_str(d, "digest", ""), im->digest))
			strv_add_unique(&im->refs, ref);
	}
}

static bool same_repository(const struct reference *a, const char *canonical)
{
	AUTO(reference) struct reference b = REFERENCE_INIT;

	return reference_parse(canonical, &b, NULL) == 0 && streq(a->domain, b.domain) &&
	       streq(a->path, b.path);
}

/* The digest a reference points at, borrowed from the index; NULL when it is unknown. */
static const char *find_by_ref(const struct json *index, const struct reference *want)
{
	AUTO(mem) char *text = reference_format(want);

	JSON_EACH(d, json_get(index, "manifests"))
	{
		AUTO(mem) char *ref = image_descriptor_ref(d);
		const char *digest = json_str(d, "digest", "");

		if (!ref)
			continue;
		if (want->digest ? streq(digest, want->digest) && same_repository(want, ref)
				 : streq(ref, text))
			return digest;
	}
	return NULL;
}

/* By ID, a unique prefix of one, or the digest of a manifest. */
static int find_by_id(const struct image_store *s, const char *name, struct image **ret,
		      struct err **e)
{
	const char *hex = starts_with(name, "sha256:") ? name + 7 : name;
	AUTO(image_list) struct image_list all = { 0 };
	AUTO(buf) struct buf matches = BUF_INIT;
	struct image **found = NULL;
	int r = image_list(s, &all, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < all.n; i++) {
		struct image *im = all.v[i];

		if (!starts_with(im->id + 7, hex) && !streq(im->digest + 7, hex) &&
		    !streq(im->manifest + 7, hex))
			continue;
		buf_addf(&matches, " %.12s", im->id + 7);
		if (found)
			return err_set(e, EEXIST, "ambiguous image ID %s: matches%s", name,
				       buf_str(&matches));
		found = &all.v[i];
	}
	if (!found)
		return -ENOENT;
	*ret = TAKE_PTR(*found);
	return 0;
}

int image_find(const struct image_store *s, const char *name, struct image **ret, struct err **e)
{
	AUTO(reference) struct reference ref = REFERENCE_INIT;
	AUTO(json) struct json *index = NULL;
	const char *digest = NULL;
	int r = image_index_read(s, &index, e);

	if (r < 0)
		return r;
	if (reference_parse(name, &ref, NULL) == 0)
		digest = find_by_ref(index, &ref);
	if (digest) {
		r = load_image(s, digest, ret, e);
		if (r < 0)
			return err_wrap(e, "image %s", name);
		add_refs(index, *ret);
		return 0;
	}
	r = -ENOENT;
	if (text_is_hex(starts_with(name, "sha256:") ? name + 7 : name, 0))
		r = find_by_id(s, name, ret, e);
	return r == -ENOENT ? err_set(e, ENOENT, "No such image: %s", name) : r;
}

static struct image *find_loaded(const struct image_list *l, const char *digest)
{
	for (size_t i = 0; i < l->n; i++)
		if (streq(l->v[i]->digest, digest))
			return l->v[i];
	return NULL;
}

/* One row per ID: a second descriptor with the same config only adds its references. */
static void merge_into(struct image_list *l, struct image *im)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!streq(l->v[i]->id, im->id))
			continue;
		for (size_t k = 0; k < im->refs.n; k++)
			strv_add_unique(&l->v[i]->refs, im->refs.v[k]);
		image_free(im);
		return;
	}
	ARRAY_RESERVE(l->v, l->n, l->cap);
	l->v[l->n++] = im;
}

static int newest_first(const void *pa, const void *pb)
{
	const struct image *const *a = pa, *const *b = pb;
	const char *ca = (*a)->created, *cb = (*b)->created;
	int c = strcmp(cb ? cb : "", ca ? ca : "");

	return c ? c : strcmp((*a)->id, (*b)->id);
}

int image_list(const struct image_store *s, struct image_list *ret, struct err **e)
{
	AUTO(image_list) struct image_list l = { 0 };
	AUTO(json) struct json *index = NULL;
	int r = image_index_read(s, &index, e);

	if (r < 0)
		return r;
	JSON_EACH(d, json_get(index, "manifests"))
	{
		const char *digest = json_str(d, "digest", "");
		struct image *im;

		if (find_loaded(&l, digest))
			continue;
		/* A descriptor whose blobs are damaged or for other machines hides no other. */
		if (load_image(s, digest, &im, NULL) < 0)
			continue;
		add_refs(index, im);
		merge_into(&l, im);
	}
	if (l.n)
		qsort(l.v, l.n, sizeof(*l.v), newest_first);
	*ret = l;
	l = (struct image_list){ 0 };
	return 0;
}

void image_free(struct image *i)
{
	if (!i)
		return;
	free(i->id);
	free(i->digest);
	free(i->manifest);
	free(i->created);
	free(i->platform);
	free(i->comment);
	strv_done(&i->refs);
	strv_done(&i->diff_ids);
	strv_done(&i->layers);
	json_free(i->config);
	free(i);
}

void image_list_done(struct image_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		image_free(l->v[i]);
	free(l->v);
	*l = (struct image_list){ 0 };
}

const struct json *image_run_config(const struct image *i)
{
	return json_get(i->config, "config");
}
