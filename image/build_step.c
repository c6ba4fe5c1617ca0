/* One layer: looked up in the cache, or made in a directory of its own, packed and kept. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "image/build_priv.h"
#include "image/cache.h"
#include "image/mount.h"
#include "image/pack.h"

void key_begin(struct key_builder *k, const char *kind)
{
	k->d = digest_new();
	key_add(k, "1"); /* version of what goes into keys */
	key_add(k, kind);
}

void key_add(struct key_builder *k, const char *text)
{
	digest_add(k->d, text ? text : "", strlen(text ? text : "") + 1);
}

void key_add_list(struct key_builder *k, const struct strv *list)
{
	AUTO(mem) char *n = xasprintf("%zu", list->n);

	key_add(k, n);
	for (size_t i = 0; i < list->n; i++)
		key_add(k, list->v[i]);
}

void key_end(struct key_builder *k, char ret[DIGEST_TEXT_SIZE])
{
	digest_end(k->d, ret);
	digest_free(TAKE_PTR(k->d));
}

char *stage_chain(const struct stage *st)
{
	return image_chain_id(&st->diff_ids, st->diff_ids.n);
}

const struct strv *stage_lower(const struct build *b, const struct stage *st)
{
	return st->layers.n ? &st->layers : &b->empty_lower;
}

static unsigned digits(unsigned n)
{
	return n < 10 ? 1 : 1 + digits(n / 10);
}

char *step_name(struct build *b, struct stage *st, const char *text)
{
	(void)b;
	st->step++;
	return xasprintf("[%s%*u/%u] %s", st->shown, (int)digits(st->n_steps), st->step,
			 st->n_steps, text);
}

/* seq_key of a step is that of the one before and its own. */
static void advance(struct stage *st, const char *own)
{
	struct key_builder k;

	key_begin(&k, "sequence");
	key_add(&k, st->seq_key);
	key_add(&k, own);
	key_end(&k, st->seq_key);
}

static void note_created(struct stage *st, const char *created)
{
	free(st->created);
	st->created = xstrdup(created);
}

void step_metadata(struct build *b, struct stage *st, const char *text)
{
	AUTO(cache_record) struct cache_record rec = { 0 };
	bool no_cache = json_bool(b->spec, "no_cache", false);

	advance(st, text);
	if (no_cache || cache_get(b->s, st->seq_key, &rec) < 0) {
		rec.created = xstrdup(b->now);
		/* Without the record a rebuild only gets a newer time. */
		(void)cache_put(b->s, st->seq_key, &rec, NULL);
	}
	note_created(st, rec.created ? rec.created : b->now);
	config_add_history(st->doc, st->created, text, "buildkit.dockerfile.v0", true);
}

/* The layer is in the store: the stage now ends with it. */
static void use_layer(struct step *s, const struct cache_record *rec)
{
	struct stage *st = s->st;

	AUTO(mem) char *dir = xasprintf("%s/layers/%s/fs", s->b->s->root, rec->diff_id + 7);

	image_layers_push(&st->layers, dir);
	strv_add(&st->diff_ids, rec->diff_id);
	manifest_layers_add(&st->manifest, MEDIA_LAYER, rec->diff_id, rec->tar_size);
	config_add_diff_id(st->doc, rec->diff_id);
	config_add_history(st->doc, rec->created, s->history, "buildkit.dockerfile.v0", false);
	note_created(st, rec->created);
	advance(st, s->key);
}

/* Two builds that are at the same step: one makes the layer, the other waits and finds it. */
static int lock_key(struct build *b, const char *key, struct err **e)
{
	struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	AUTO(fd) int fd = -1;
	char head[16];
	int r = dir_make(b->s->root_fd, "build", 0700, e);

	if (r < 0)
		return r;
	memcpy(head, key + 7, 15);
	head[15] = '\0';
	range.l_start = (off_t)strtoull(head, NULL, 16);
	fd = openat(b->s->root_fd, "build/steps.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, errno, "open %s/build/steps.lock", b->s->root);
	while (fcntl(fd, F_OFD_SETLKW, &range) < 0) {
		if (errno != EINTR)
			return err_sys(e, errno, "lock a build step");
		if (*b->o->cancelled)
			return err_set(e, EINTR, "cancelled");
	}
	return TAKE_FD(fd);
}

static int make_empty_lower(struct build *b, struct err **e)
{
	int r;

	if (b->empty_lower.n)
		return 0;
	r = dir_make(b->s->root_fd, "build/empty", 0755, e);
	if (r == 0)
		strv_addf(&b->empty_lower, "%s/build/empty", b->s->root);
	return r;
}

static int mount_for_step(struct step *s, int layer_fd, struct err **e)
{
	AUTO(fd) int work = -1;
	struct mount_layers m = { .lower = stage_lower(s->b, s->st), .upper_fd = s->upper_fd };

	work = dir_open(layer_fd, "work", e);
	if (work < 0)
		return work;
	m.work_fd = work;
	s->root_fd = mount_layers(&m, e);
	return s->root_fd < 0 ? s->root_fd : 0;
}

static int make_in(struct step *s, struct store_layer *layer, struct err **e)
{
	AUTO(mem) char *upper = xasprintf("%s/layers/%s/fs", s->b->s->root, layer->name);
	AUTO(mem) char *work = xasprintf("%s/layers/%s/work", s->b->s->root, layer->name);
	AUTO(fd) int layer_fd = dir_open(s->b->s->layers_fd, layer->name, e);
	int r;

	if (layer_fd < 0)
		return layer_fd;
	r = dir_make(layer_fd, "work", 0700, e);
	if (r < 0)
		return r;
	s->upper = upper;
	s->work = work;
	s->upper_fd = layer->fs_fd;
	s->root_fd = -1;
	r = s->needs_root ? mount_for_step(s, layer_fd, e) : 0;
	if (r == 0)
		r = s->make(s, e);
	fd_close(&s->root_fd);
	s->upper = s->work = NULL;
	return r < 0 ? r : tree_remove(layer_fd, "work", e);
}

/* Packs for the digest, then gives the directory its final name. */
static int keep_layer(struct step *s, struct store_layer *layer, struct cache_record *rec,
		      struct err **e)
{
	struct pack_opts o = { .out_fd = -1, .max_mtime = -1, .cancelled = s->b->o->cancelled };
	struct layer_meta m = { .is_self_contained = true };
	struct pack_result res;
	int r = pack_layer(layer->fs_fd, &o, &res, e);

	if (r < 0)
		return r;
	m.size = res.size;
	m.n_files = res.n_files;
	m.tar_size = res.tar_size;
	r = store_layer_commit(layer, res.diff_id + 7, res.diff_id, &m, e);
	if (r < 0)
		return r;
	s->b->made_layers = true;
	rec->diff_id = xstrdup(res.diff_id);
	rec->tar_size = res.tar_size;
	rec->created = time_format_rfc3339(clock_wall_ns(), false);
	return cache_put(s->b->s, s->key, rec, e);
}

static int make_layer(struct step *s, struct cache_record *rec, struct err **e)
{
	AUTO(store_layer) struct store_layer layer = { .fs_fd = -1 };
	int r = make_empty_lower(s->b, e);

	if (r == 0)
		r = store_layer_open(s->b->s, &layer, e);
	if (r == 0)
		r = make_in(s, &layer, e);
	return r < 0 ? r : keep_layer(s, &layer, rec, e);
}

int step_layer(struct step *s, struct err **e)
{
	AUTO(cache_record) struct cache_record rec = { 0 };
	bool no_cache = json_bool(s->b->spec, "no_cache", false);
	AUTO(fd) int lock = -1;
	int r;

	steplog_begin(s->b->p, "%s", s->shown);
	if (!no_cache && cache_get(s->b->s, s->key, &rec) == 0) {
		steplog_end(s->b->p, STEPLOG_CACHED);
		use_layer(s, &rec);
		return 0;
	}
	lock = lock_key(s->b, s->key, e);
	if (lock < 0)
		return lock;
	if (!no_cache && cache_get(s->b->s, s->key, &rec) == 0) {
		steplog_end(s->b->p, STEPLOG_CACHED);
	} else {
		r = make_layer(s, &rec, e);
		if (r < 0)
			return r;
		steplog_end(s->b->p, STEPLOG_DONE);
	}
	use_layer(s, &rec);
	return 0;
}
