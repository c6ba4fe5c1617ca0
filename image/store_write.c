/*
 * Nothing here waits for the disk: an fsync after hundreds of megabytes of new files would write
 * them all. store_sync_later() does it behind the user's back; until then a crash may cost the
 * image just made, which then counts as absent (wrong digest, layer of another boot), never as
 * whole.
 */
#include "image/store_write.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/rand.h"
#include "base/sha256.h"

static const char layout_text[] = "{\"imageLayoutVersion\":\"1.0.0\"}\n";
static const char ref_name_key[] = "org.opencontainers.image.ref.name";
static const char image_name_key[] = "io.containerd.image.name";

static int index_write(const struct image_store *s, const struct json *index, struct err **e)
{
	AUTO(mem) char *text = json_print(index, true);

	return file_write(s->images_fd, "index.json", text, strlen(text), 0644,
			  /* durable= */ false, e);
}

static int make_layout(const char *root, struct err **e)
{
	AUTO(mem) char *blobs = xasprintf("%s/images/blobs/sha256", root);
	AUTO(mem) char *ingest = xasprintf("%s/images/ingest", root);
	AUTO(mem) char *layers = xasprintf("%s/layers", root);
	int r = dir_make(AT_FDCWD, blobs, 0755, e);

	if (r == 0)
		r = dir_make(AT_FDCWD, ingest, 0700, e);
	/* Layers hold set-user-ID programs: only root may look inside. */
	return r < 0 ? r : dir_make(AT_FDCWD, layers, 0700, e);
}

static int fill_layout(const struct image_store *s, struct err **e)
{
	AUTO(json) struct json *empty = NULL;
	int r;

	if (faccessat(s->images_fd, "oci-layout", F_OK, 0) < 0) {
		r = file_write(s->images_fd, "oci-layout", layout_text, strlen(layout_text), 0644,
			       /* durable= */ false, e);
		if (r < 0)
			return r;
	}
	if (faccessat(s->images_fd, "index.json", F_OK, 0) == 0)
		return 0;
	r = image_index_read(s, &empty, e);
	return r < 0 ? r : index_write(s, empty, e);
}

int store_create(const char *root, struct image_store **ret, struct err **e)
{
	AUTO(image_store) struct image_store *s = NULL;
	AUTO(fd) int lock = -1;
	int r = make_layout(root, e);

	if (r == 0)
		r = image_store_open(root, &s, e);
	if (r < 0)
		return err_wrap(e, "create image store");
	lock = file_lock(s->images_fd, "store.lock", true, e);
	if (lock < 0)
		return lock;
	r = fill_layout(s, e);
	if (r < 0)
		return err_wrap(e, "create image store");
	*ret = TAKE_PTR(s);
	return 0;
}

/* What processes that died left behind; the gate is held alone, so nobody works on it. */
static void clear_unfinished(const struct image_store *s)
{
	AUTO(strv) struct strv layers = STRV_INIT, parts = STRV_INIT;

	if (dir_list(s->layers_fd, ".", &layers, NULL) == 0)
		for (size_t i = 0; i < layers.n; i++)
			if (starts_with(layers.v[i], ".tmp-"))
				(void)tree_remove(s->layers_fd, layers.v[i], NULL);
	if (dir_list(s->images_fd, "ingest", &parts, NULL) == 0)
		for (size_t i = 0; i < parts.n; i++) {
			AUTO(mem) char *path = xasprintf("ingest/%s", parts.v[i]);

			(void)unlinkat(s->images_fd, path, 0);
		}
}

int store_gate(const struct image_store *s, bool alone, struct err **e)
{
	AUTO(fd) int fd = openat(s->images_fd, "gc.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return err_sys(e, errno, "open %s/images/gc.lock", s->root);
	if (!alone && flock(fd, LOCK_EX | LOCK_NB) == 0)
		clear_unfinished(s);
	do
		r = flock(fd, alone ? LOCK_EX : LOCK_SH);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_sys(e, errno, "lock %s/images/gc.lock", s->root);
	return TAKE_FD(fd);
}

int store_gate_try(const struct image_store *s)
{
	AUTO(fd) int fd = openat(s->images_fd, "gc.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	return TAKE_FD(fd);
}

int store_blob_put(const struct image_store *s, const void *p, size_t n, char **ret_digest,
		   struct err **e)
{
	AUTO(mem) char *path = NULL;
	char hex[65];
	int r;

	sha256_hex(p, n, hex);
	path = xasprintf("blobs/sha256/%s", hex);
	if (faccessat(s->images_fd, path, F_OK, 0) < 0) {
		r = file_write(s->images_fd, path, p, n, 0444, /* durable= */ false, e);
		if (r < 0)
			return err_wrap(e, "image store %s/images", s->root);
	}
	*ret_digest = xasprintf("sha256:%s", hex);
	return 0;
}

int store_part_open(const struct image_store *s, struct store_part *ret, struct err **e)
{
	AUTO(mem) char *path = NULL;
	char tag[17];
	int fd;

	rand_hex(tag, 8);
	path = xasprintf("ingest/%s.part", tag);
	fd = openat(s->images_fd, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, errno, "create %s/images/%s", s->root, path);
	*ret = (struct store_part){ .store = s, .path = TAKE_PTR(path), .fd = fd };
	return 0;
}

int store_part_commit(struct store_part *p, const char *digest, struct err **e)
{
	AUTO(mem) char *blob = xasprintf("blobs/sha256/%s", digest + 7);

	if (fchmod(p->fd, 0444) < 0 ||
	    renameat(p->store->images_fd, p->path, p->store->images_fd, blob) < 0)
		return err_sys(e, errno, "store blob %s", digest);
	free(TAKE_PTR(p->path));
	return 0;
}

void store_part_done(struct store_part *p)
{
	if (p->path)
		(void)unlinkat(p->store->images_fd, p->path, 0);
	free(p->path);
	if (p->store)
		fd_close(&p->fd);
	*p = (struct store_part){ .fd = -1 };
}

int store_layer_open(const struct image_store *s, struct store_layer *ret, struct err **e)
{
	AUTO(store_layer) struct store_layer l = { .store = s, .fs_fd = -1 };
	AUTO(mem) char *fs = NULL;
	char tag[17];

	rand_hex(tag, 8);
	l.name = xasprintf(".tmp-%s", tag);
	fs = xasprintf("%s/fs", l.name);
	if (mkdirat(s->layers_fd, l.name, 0700) < 0 || mkdirat(s->layers_fd, fs, 0755) < 0)
		return err_sys(e, errno, "create %s/layers/%s", s->root, fs);
	l.fs_fd = dir_open(s->layers_fd, fs, e);
	if (l.fs_fd < 0)
		return l.fs_fd;
	*ret = l;
	l = (struct store_layer){ .fs_fd = -1 };
	return 0;
}

/* A directory of that name whose meta.json does not count (another boot's) is in the way. */
static int remove_stale_layer(const struct image_store *s, const char *key, struct err **e)
{
	struct layer_meta m;

	if (layer_meta_read(s->layers_fd, key, &m) == 0)
		return -EEXIST;
	return tree_remove(s->layers_fd, key, e);
}

int store_layer_commit(struct store_layer *l, const char *key, const char *diff_id,
		       const struct layer_meta *m, struct err **e)
{
	int layers = l->store->layers_fd;
	int r = layer_meta_write(layers, l->name, diff_id, m, e);

	if (r < 0)
		return r;
	if (renameat(layers, l->name, layers, key) < 0) {
		if (errno != EEXIST && errno != ENOTEMPTY)
			return err_sys(e, errno, "store layer %s", diff_id);
		r = remove_stale_layer(l->store, key, e);
		if (r == -EEXIST)
			return 0; /* store_layer_done() removes ours */
		if (r < 0)
			return err_wrap(e, "store layer %s", diff_id);
		if (renameat(layers, l->name, layers, key) < 0)
			return err_sys(e, errno, "store layer %s", diff_id);
	}
	free(TAKE_PTR(l->name));
	return 0;
}

void store_layer_done(struct store_layer *l)
{
	if (!l->store)
		return;
	fd_close(&l->fs_fd);
	if (l->name)
		(void)tree_remove(l->store->layers_fd, l->name, NULL);
	free(l->name);
	*l = (struct store_layer){ .fs_fd = -1 };
}

static struct json *descriptor_new(const struct store_descriptor *d, const char *ref)
{
	struct json *j = json_new_obj(), *a;

	json_set_str(j, "mediaType", d->media_type);
	json_set_str(j, "digest", d->digest);
	json_set_int(j, "size", (int64_t)d->size);
	if (d->platform) {
		struct json *p = json_set(j, "platform", json_new_obj());
		struct str rest = str_of(d->platform);
		AUTO(mem) char *os = str_dup(str_cut(&rest, '/'));
		AUTO(mem) char *arch = str_dup(str_cut(&rest, '/'));

		json_set_str(p, "architecture", arch);
		json_set_str(p, "os", os);
		if (rest.n)
			json_set_str(p, "variant", rest.p);
	}
	if (!ref)
		return j;
	a = json_set(j, "annotations", json_new_obj());
	json_set_str(a, ref_name_key, ref);
	json_set_str(a, image_name_key, ref);
	return j;
}

/* What to leave out of index.json. */
struct index_edit {
	struct json *list;  /* the new "manifests" */
	const char *ref;    /* drop this reference ... */
	const char *digest; /* ... and everything of this digest, when set */
	bool keep_dangling; /* a dropped reference leaves its image behind */
	bool found;
};

static bool list_has_digest(const struct json *list, const char *digest)
{
	JSON_EACH(d, list)
	if (streq(json_str(d, "digest", ""), digest))
		return true;
	return false;
}

static void index_edit(struct json *index, struct index_edit *edit)
{
	AUTO(json) struct json *dropped = json_new_arr();

	edit->list = json_new_arr();
	JSON_EACH(d, json_get(index, "manifests"))
	{
		AUTO(mem) char *ref = image_descriptor_ref(d);
		bool is_ref = edit->ref && streq(ref, edit->ref);

		if (is_ref && edit->keep_dangling)
			json_push(dropped, json_dup(d));
		if (is_ref || (edit->digest && streq(json_str(d, "digest", ""), edit->digest)))
			edit->found = true;
		else
			json_push(edit->list, json_dup(d));
	}
	JSON_EACH(d, dropped)
	{
		struct json *copy;

		if (list_has_digest(edit->list, json_str(d, "digest", "")))
			continue;
		copy = json_push(edit->list, json_dup(d));
		json_del(copy, "annotations");
	}
	json_set(index, "manifests", edit->list);
}

/* A dangling descriptor of an image that got a name is dropped. */
static void drop_dangling(struct json *index, const char *digest)
{
	struct json *list = json_new_arr();

	JSON_EACH(d, json_get(index, "manifests"))
	{
		AUTO(mem) char *ref = image_descriptor_ref(d);

		if (ref || !streq(json_str(d, "digest", ""), digest))
			json_push(list, json_dup(d));
	}
	json_set(index, "manifests", list);
}

/* Locks and reads; the caller writes with index_write() and closes the lock. */
static int index_begin(const struct image_store *s, struct json **ret, struct err **e)
{
	AUTO(fd) int lock = file_lock(s->images_fd, "store.lock", true, e);
	int r;

	if (lock < 0)
		return lock;
	r = image_index_read(s, ret, e);
	return r < 0 ? r : TAKE_FD(lock);
}

/* A rebuild that changed nothing tags what is tagged: then the disk is left in peace. */
static bool is_tagged(const struct json *index, const char *ref, const char *digest)
{
	JSON_EACH(d, json_get(index, "manifests"))
	{
		AUTO(mem) char *name = image_descriptor_ref(d);

		if (streq(name, ref) && streq(json_str(d, "digest", ""), digest))
			return true;
	}
	return false;
}

static bool are_tagged(const struct json *index, const struct strv *refs, const char *digest)
{
	for (size_t i = 0; i < refs->n; i++)
		if (!is_tagged(index, refs->v[i], digest))
			return false;
	return refs->n || list_has_digest(json_get(index, "manifests"), digest);
}

int store_tag(const struct image_store *s, const struct strv *refs,
	      const struct store_descriptor *d, struct err **e)
{
	AUTO(json) struct json *index = NULL;
	AUTO(fd) int lock = index_begin(s, &index, e);

	if (lock < 0)
		return lock;
	if (are_tagged(index, refs, d->digest))
		return 0;
	drop_dangling(index, d->digest);
	for (size_t i = 0; i < refs->n; i++) {
		struct index_edit edit = { .ref = refs->v[i], .keep_dangling = true };

		index_edit(index, &edit);
		drop_dangling(index, d->digest);
		json_push(json_get(index, "manifests"), descriptor_new(d, refs->v[i]));
	}
	if (!refs->n && !list_has_digest(json_get(index, "manifests"), d->digest))
		json_push(json_get(index, "manifests"), descriptor_new(d, NULL));
	return index_write(s, index, e);
}

static int index_remove(const struct image_store *s, struct index_edit *edit, struct err **e)
{
	AUTO(json) struct json *index = NULL;
	AUTO(fd) int lock = index_begin(s, &index, e);

	if (lock < 0)
		return lock;
	index_edit(index, edit);
	return edit->found ? index_write(s, index, e) : 0;
}

int store_untag(const struct image_store *s, const char *canonical, bool keep_dangling,
		struct err **e)
{
	struct index_edit edit = { .ref = canonical, .keep_dangling = keep_dangling };
	int r = index_remove(s, &edit, e);

	if (r == 0 && !edit.found)
		return err_set(e, ENOENT, "No such image: %s", canonical);
	return r;
}

int store_drop(const struct image_store *s, const char *digest, struct err **e)
{
	struct index_edit edit = { .digest = digest };

	return index_remove(s, &edit, e);
}

/* In the second child: nobody waits for this process, and it keeps nothing of its parent's open (a
 * lock would stay locked). */
static void sync_and_mark(int layers_fd)
{
	int fd = fcntl(layers_fd, F_DUPFD_CLOEXEC, 3);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)setsid();
	if (chdir("/") < 0)
		return;
	for (int i = 0; i <= 2 && null >= 0; i++)
		(void)dup2(null, i);
	if (fd < 0 || dup2(fd, 3) < 0)
		return;
	(void)close_range(4, ~0U, 0);
	if (syncfs(3) == 0)
		(void)layer_mark_synced(3, NULL);
}

void store_sync_later(const struct image_store *s)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (fork() == 0)
			sync_and_mark(s->layers_fd);
		_exit(0);
	}
	if (pid > 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
}
