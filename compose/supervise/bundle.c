#include "compose/supervise/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/path.h"
#include "compose/supervise/bundle_doc.h"
#include "compose/supervise/spec.h"
#include "volumes/layers.h"
#include "volumes/secret.h"
#include "volumes/volume.h"

void bundle_request_done(struct bundle_request *q)
{
	char **const texts[] = { &q->id,      &q->name,         &q->final_name, &q->bundle,
				 &q->run_dir, &q->service_name, &q->replaces };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		free(*texts[i]);
		*texts[i] = NULL;
	}
	record_done(&q->record);
	json_free(q->mounts);
	q->mounts = NULL;
}

void bundle_prepare_done(struct bundle_prepare *p)
{
	char **const texts[] = {
		&p->id, &p->bundle, &p->run_dir, &p->ipc_ns, &p->pid_ns, &p->uts_ns
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		free(*texts[i]);
		*texts[i] = NULL;
	}
}

/* ---- config.json ---- */

static char *config_path(const char *bundle)
{
	return xasprintf("%s/config.json", bundle);
}

static int config_text(const char *root, struct spec_input *in, char **ret, struct err **e)
{
	AUTO(mem) char *stubs = spec_stubs(root, &in->image->layers);
	AUTO(json) struct json *config = NULL;
	int r;

	in->stubs = stubs;
	r = spec_build(in, &config, e);
	if (r == 0)
		*ret = json_print(config, false);
	return r;
}

static int config_create(const char *root, struct spec_input *in, struct err **e)
{
	AUTO(mem) char *path = config_path(in->bundle);
	AUTO(mem) char *text = NULL;
	int r = config_text(root, in, &text, e);

	return r < 0 ? r : file_create(AT_FDCWD, path, text, strlen(text), 0600, e);
}

static int config_replace(const char *root, struct spec_input *in, struct err **e)
{
	AUTO(mem) char *path = config_path(in->bundle);
	AUTO(mem) char *text = NULL;
	int r = config_text(root, in, &text, e);

	return r < 0 ? r : file_write(AT_FDCWD, path, text, strlen(text), 0600, false, e);
}

/* From the record: doc has "mounts" and "spec". */
static int config_rewrite(const char *root, const struct json *doc, struct spec_input *in,
			  struct err **e)
{
	const struct json *spec = json_get(doc, "spec");
	AUTO(image) struct image *image = bundle_doc_image(spec);
	AUTO(image_store) struct image_store *store = NULL;
	int r = image_store_open(root, &store, e);

	if (r < 0)
		return r;
	in->project = json_get(spec, "project");
	in->service = json_get(spec, "service");
	in->image = image;
	in->store = store;
	in->mounts = json_get(doc, "mounts");
	return config_replace(root, in, e);
}

/* ---- creation ---- */

static char *secret_dir(const char *run_dir)
{
	return xasprintf("%s/secrets", run_dir);
}

static int make_dirs(const struct bundle_request *q, struct err **e)
{
	static const char *const names[] = { "upper", "work", "log" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(names); i++) {
		AUTO(mem) char *path = xasprintf("%s/%s", q->bundle, names[i]);

		/* The root directory of a container is what "upper" shows: everybody may enter. */
		if (mkdir(path, i == 0 ? 0755 : 0700) < 0 && errno != EEXIST)
			r = err_sys(e, errno, "create %s", path);
	}
	return r;
}

static int populate(const struct bundle_request *q, const struct image *image, const char *name,
		    const char *path, int *image_root, struct err **e)
{
	AUTO(mem) char *scratch = xasprintf("%s/work", q->bundle);
	int r = 0;

	if (image->layers.n == 0)
		return 0;
	if (*image_root < 0)
		r = layers_open(&image->layers, scratch, image_root, e);
	return r < 0 ? r : volume_populate(q->root, name, *image_root, path, e);
}

static int make_volume(const struct bundle_request *q, const struct image *image,
		       const struct json *m, int *image_root, struct err **e)
{
	const char *name = json_str(m, "name", "");
	bool created = false;
	int r = 0;

	if (json_bool(m, "anonymous", false))
		r = volume_create(q->root,
				  &(struct volume_spec){ .name = name,
							 .labels = json_get(m, "labels"),
							 .anonymous = true },
				  &created, e);
	if (r == 0)
		r = volume_ref(q->root, name, q->id, e);
	if (r == 0)
		r = volume_mount(q->root, name, e);
	if (r == 0 && !json_bool(m, "nocopy", false) && !json_str(m, "subpath", NULL))
		r = populate(q, image, name, json_str(m, "destination", "/"), image_root, e);
	return r;
}

static int make_volumes(const struct bundle_request *q, const struct image *image,
			const struct json *mounts, struct err **e)
{
	AUTO(fd) int image_root = -1;
	int r = 0;

	JSON_EACH(m, mounts) {
		if (!streq(json_str(m, "type", ""), "volume"))
			continue;
		r = make_volume(q, image, m, &image_root, e);
		if (r < 0)
			break;
	}
	return r;
}

static int fill_secrets(const char *run_dir, const struct json *project, const struct json *service,
			const struct image *image, const struct json *values, struct json *mounts,
			bool *ret_any, struct err **e)
{
	AUTO(mem) char *dir = secret_dir(run_dir);
	struct secret_file *files = NULL;
	size_t n = 0;
	int r = spec_secret_files(project, service, image, values, dir, mounts, &files, &n, e);

	if (r < 0)
		return r;
	*ret_any = n > 0;
	if (n)
		r = dir_make(AT_FDCWD, dir, 0700, e);
	if (r == 0 && n)
		r = secret_dir_fill(dir, files, n, e);
	spec_secret_files_free(files, n);
	return r;
}

/* found is what the caller has to free. */
static int find_image(const struct bundle_request *q, const struct image_store *store,
		      struct image **found, const struct image **ret, struct err **e)
{
	AUTO(mem)
	char *dflt = xasprintf("%s-%s", json_str(q->project, "name", ""), q->service_name);
	const char *name = json_str(q->service, "image", dflt);
	int r = 0;

	if (!q->image)
		r = image_find(store, name, found, e);
	if (r < 0)
		return r;
	*ret = q->image ? q->image : *found;
	if ((*ret)->is_complete)
		return 0;
	r = err_set(e, ENODATA, "image %s is not complete", name);
	err_hint(e, "import or build it again");
	return r;
}

/* What a successor undoes by, as long as it is there alone, and later falls back on. */
static int write_origin(struct bundle_request *q, const struct image *image,
			const struct json *mounts, bool has_secrets, struct err **e)
{
	AUTO(json) struct json *doc = NULL;
	AUTO(buf) struct buf text = BUF_INIT;
	AUTO(mem) char *path = xasprintf("%s/" RECORD_ORIGIN, q->bundle);
	int r = bundle_doc(q, image, mounts, has_secrets, &doc, e);

	if (r == 0)
		r = record_from_json(doc, &q->record, e);
	if (r < 0)
		return r;
	record_print(&q->record, &text);
	return file_create(AT_FDCWD, path, text.p, text.n, 0600, e);
}

/* From here on there is a container. */
int bundle_commit(const struct bundle_request *q, struct err **e)
{
	AUTO(mem) char *origin = xasprintf("%s/" RECORD_ORIGIN, q->bundle);
	AUTO(mem) char *record = xasprintf("%s/" RECORD_FILE, q->bundle);

	return link(origin, record) < 0 ? err_sys(e, errno, "link %s", record) : 0;
}

static bool is_covered(const struct json *mounts, const char *path)
{
	JSON_EACH(m, mounts) {
		const char *at = json_str(m, "destination", "");
		size_t n = strlen(at);

		if (strncmp(path, at, n) == 0 && (path[n] == '/' || !path[n]))
			return true;
	}
	return false;
}

/* A working directory that is missing is made at the start; one that is a file never works. */
static int check_working_dir(const struct bundle_request *q, const struct image *image,
			     const struct json *mounts, struct err **e)
{
	const char *dir = json_str(q->service, "working_dir", NULL);
	AUTO(mem) char *scratch = xasprintf("%s/work", q->bundle);
	AUTO(fd) int root = -1;
	AUTO(fd) int fd = -1;
	struct stat st;
	int r;

	if (!dir || !image->layers.n || is_covered(mounts, dir))
		return 0;
	r = layers_open(&image->layers, scratch, &root, e);
	if (r < 0)
		return r;
	fd = open_in_root(root, dir, O_PATH, 0);
	if (fd == -ENOTDIR || (fd >= 0 && fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode)))
		return err_set(e, ENOTDIR, "Cannot mkdir: %s is not a directory", dir);
	return 0;
}

static int fill(struct bundle_request *q, struct json *mounts, const struct image *image,
		const struct image_store *store, struct err **e)
{
	bool has_secrets = false;
	int r = check_working_dir(q, image, mounts, e);

	if (r == 0)
		r = spec_mount_sources(mounts, e);
	if (r == 0)
		r = fill_secrets(q->run_dir, q->project, q->service, image, q->values, mounts,
				 &has_secrets, e);
	if (r == 0)
		r = write_origin(q, image, mounts, has_secrets, e);
	if (r == 0)
		r = config_create(q->root,
				  &(struct spec_input){ .project = q->project,
							.service = q->service,
							.image = image,
							.store = store,
							.id = q->id,
							.bundle = q->bundle,
							.run_dir = q->run_dir,
							.mounts = mounts,
							.has_netns = q->record.has_netns },
				  e);
	return r == 0 ? make_volumes(q, image, mounts, e) : r;
}

/* Whatever of it exists goes again. */
void bundle_undo(const struct bundle_request *q)
{
	AUTO(strv) struct strv volumes = STRV_INIT;
	AUTO(strv) struct strv anonymous = STRV_INIT;

	JSON_EACH(m, q->mounts) {
		const char *name = json_str(m, "name", NULL);

		if (!name || !streq(json_str(m, "type", ""), "volume"))
			continue;
		strv_add(&volumes, name);
		/* One it inherited still belongs to the container it would have replaced. */
		if (json_bool(m, "anonymous", false) && !q->inherited)
			strv_add(&anonymous, name);
	}
	(void)bundle_remove(&(struct bundle_removal){ .root = q->root,
						      .id = q->id,
						      .bundle = q->bundle,
						      .run_dir = q->run_dir,
						      .volumes = &volumes,
						      .anonymous = &anonymous,
						      .with_volumes = true },
			    NULL);
}

/* What is there under this name is not ours to write into, nor to undo. */
static int make_bundle(const struct bundle_request *q, struct err **e)
{
	AUTO(mem) char *parent = path_dir(q->bundle);
	int r = dir_make(AT_FDCWD, parent, 0700, e);

	if (r < 0 || mkdir(q->bundle, 0700) == 0)
		return r;
	r = err_sys(e, errno, "create %s", q->bundle);
	if (r == -EEXIST)
		err_hint(e, "its container.json cannot be read: move the directory away, it holds what "
			    "the container wrote");
	return r;
}

int bundle_draft(struct bundle_request *q, struct err **e)
{
	AUTO(image_store) struct image_store *store = NULL;
	AUTO(image) struct image *found = NULL;
	const struct image *image = NULL;
	int r = image_store_open(q->root, &store, e);

	if (r == 0)
		r = find_image(q, store, &found, &image, e);
	if (r == 0)
		r = spec_mounts(q->root, q->project, q->service, image, q->inherited, q->from,
				&q->mounts, e);
	if (r == 0)
		r = make_bundle(q, e);
	if (r < 0)
		return r;
	r = make_dirs(q, e);
	if (r == 0)
		r = fill(q, q->mounts, image, store, e);
	if (r < 0)
		bundle_undo(q);
	return r;
}

/* ---- before a start ---- */

static bool is_mount_point(const char *dir)
{
	AUTO(mem) char *parent = xasprintf("%s/..", dir);
	struct stat a, b;

	return stat(dir, &a) == 0 && stat(parent, &b) == 0 && a.st_dev != b.st_dev;
}

/* They live on a tmpfs, which a reboot empties. */
static int refill_secrets(const struct bundle_prepare *p, const struct json *spec, struct json *doc,
			  struct err **e)
{
	AUTO(mem) char *dir = secret_dir(p->run_dir);
	AUTO(image) struct image *image = NULL;
	AUTO(json) struct json *scratch = NULL;
	bool any;

	(void)doc;
	if (is_mount_point(dir))
		return 0;
	image = bundle_doc_image(spec);
	scratch = json_new_arr(); /* the mounts are in the record already */
	return fill_secrets(p->run_dir, json_get(spec, "project"), json_get(spec, "service"), image,
			    NULL, scratch, &any, e);
}

static int load_doc(const char *bundle, struct json **ret, struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s/" RECORD_FILE, bundle);

	return json_parse_file(AT_FDCWD, path, 4 << 20, ret, e);
}

int bundle_prepare(struct bundle_prepare *p, const struct json *spec, struct err **e)
{
	AUTO(json) struct json *doc = NULL;
	int r = load_doc(p->bundle, &doc, e);

	JSON_EACH(m, r == 0 ? json_get(doc, "mounts") : NULL) {
		if (r == 0 && streq(json_str(m, "type", ""), "volume"))
			r = volume_mount(p->root, json_str(m, "name", ""), e);
	}
	if (r == 0)
		r = refill_secrets(p, spec, doc, e);
	if (r < 0 || !(p->ipc_ns || p->pid_ns || p->uts_ns))
		return r;
	return config_rewrite(p->root, doc,
			      &(struct spec_input){ .id = p->id,
						    .bundle = p->bundle,
						    .run_dir = p->run_dir,
						    .has_netns = p->has_netns,
						    .ipc_ns = p->ipc_ns,
						    .pid_ns = p->pid_ns,
						    .uts_ns = p->uts_ns },
			      e);
}

int bundle_rename(const struct bundle_rename *n, const struct json *doc, struct err **e)
{
	if (rename(n->from, n->to) < 0)
		return err_sys(e, errno, "rename %s", n->from);
	return config_rewrite(n->root, doc,
			      &(struct spec_input){ .id = n->id,
						    .bundle = n->to,
						    .run_dir = n->run_dir,
						    .has_netns = n->has_netns },
			      e);
}

/* ---- removal ---- */

static int remove_path(const char *path, struct err **e)
{
	AUTO(mem) char *dir = path_dir(path);
	AUTO(fd) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, errno, "open %s", dir);
	return tree_remove(fd, path_base(path), e);
}

int bundle_remove(const struct bundle_removal *m, struct err **e)
{
	AUTO(mem) char *secrets = secret_dir(m->run_dir);
	AUTO(mem) char *origin = xasprintf("%s/" RECORD_ORIGIN, m->bundle);
	int r = secret_dir_clear(secrets, e);

	if (r == 0)
		r = remove_path(m->run_dir, e);
	for (size_t i = 0; i < m->volumes->n; i++) {
		(void)volume_unref(m->root, m->volumes->v[i], m->id, NULL);
		(void)volume_unmount(m->root, m->volumes->v[i], NULL);
	}
	for (size_t i = 0; m->with_volumes && i < m->anonymous->n; i++) {
		(void)volume_unref(m->root, m->anonymous->v[i], m->id, NULL);
		(void)volume_remove(m->root, m->anonymous->v[i], NULL);
	}
	for (size_t i = 0; !m->with_volumes && i < m->anonymous->n; i++)
		(void)volume_unref(m->root, m->anonymous->v[i], m->id, NULL);
	/* First, lest a successor take the rest of it for a container that was being made. */
	if (r == 0 && unlink(origin) < 0 && errno != ENOENT)
		r = err_sys(e, errno, "remove %s", origin);
	return r == 0 ? remove_path(m->bundle, e) : r;
}
