#include "image/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "image/layer.h"
#include "image/reference.h"

enum { RECORD_MAX = 64 << 10 };

#define KEEP_NS    (30LL * 24 * 3600 * 1000000000LL)
#define KEEP_BYTES (10ULL << 30)

static char in_use[] = "in use";

void cache_record_done(struct cache_record *r)
{
	free(r->diff_id);
	free(r->created);
	free(r->text);
	*r = (struct cache_record){ 0 };
}

static int read_record(int dirfd, const char *path, struct cache_record *ret)
{
	AUTO(json) struct json *j = NULL;

	if (json_parse_file(dirfd, path, RECORD_MAX, &j, NULL) < 0)
		return -ENOENT;
	*ret = (struct cache_record){
		.diff_id = xstrdup(json_str(j, "diff_id", NULL)),
		.created = xstrdup(json_str(j, "created", NULL)),
		.text = xstrdup(json_str(j, "text", NULL)),
		.tar_size = (uint64_t)json_int(j, "tar_size", 0),
	};
	return 0;
}

/* Layers made by builds are keyed by diff ID. */
static bool layer_is_there(const struct image_store *s, const char *diff_id, struct layer_meta *ret)
{
	return digest_is_valid(diff_id) &&
	       layer_meta_read(s->layers_fd, strchr(diff_id, ':') + 1, ret) == 0;
}

int cache_get(const struct image_store *s, const char *key, struct cache_record *ret)
{
	AUTO(mem) char *path = xasprintf("build/cache/%s", key + 7);
	struct cache_record r;
	struct layer_meta m;

	if (read_record(s->root_fd, path, &r) < 0)
		return -ENOENT;
	if (r.diff_id && !layer_is_there(s, r.diff_id, &m)) {
		cache_record_done(&r);
		return -ENOENT;
	}
	/* The time of use decides what is dropped first. */
	(void)utimensat(s->root_fd, path, NULL, 0);
	*ret = r;
	return 0;
}

int cache_put(const struct image_store *s, const char *key, const struct cache_record *r,
	      struct err **e)
{
	AUTO(mem) char *path = xasprintf("build/cache/%s", key + 7), *text = NULL;
	AUTO(json) struct json *j = json_new_obj();
	int err = dir_make(s->root_fd, "build/cache", 0700, e);

	if (err < 0)
		return err;
	if (r->diff_id)
		json_set_str(j, "diff_id", r->diff_id);
	if (r->created)
		json_set_str(j, "created", r->created);
	if (r->text)
		json_set_str(j, "text", r->text);
	if (r->tar_size)
		json_set_int(j, "tar_size", (int64_t)r->tar_size);
	text = json_print(j, false);
	/* A record lost with the power costs one step of one build. */
	return file_write(s->root_fd, path, text, strlen(text), 0600, /* durable= */ false, e);
}

struct used {
	char *name;
	int64_t used_ns;
	struct cache_record record;
	uint64_t layer_size;
};

static int latest_first(const void *pa, const void *pb)
{
	const struct used *a = pa, *b = pb;

	return a->used_ns < b->used_ns ? 1 : a->used_ns > b->used_ns ? -1 : 0;
}

static bool load_used(const struct image_store *s, int dir, const char *name, struct used *ret)
{
	struct layer_meta m = { 0 };
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    read_record(dir, name, &ret->record) < 0)
		return false;
	if (ret->record.diff_id && !layer_is_there(s, ret->record.diff_id, &m)) {
		cache_record_done(&ret->record);
		return false;
	}
	ret->name = xstrdup(name);
	ret->used_ns = st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
	ret->layer_size = m.size;
	return true;
}

/* Latest first, until the quota is full; several records may name one layer. */
static void mark_or_drop(int dir, struct used *all, size_t n, struct map *marks)
{
	int64_t oldest = clock_wall_ns() - KEEP_NS;
	uint64_t total = 0;

	if (n)
		qsort(all, n, sizeof(*all), latest_first);
	for (size_t i = 0; i < n; i++) {
		const char *diff_id = all[i].record.diff_id;
		bool is_new = diff_id && !map_has(marks, diff_id + 7);

		if (is_new)
			total += all[i].layer_size;
		if (all[i].used_ns < oldest || total > KEEP_BYTES)
			(void)unlinkat(dir, all[i].name, 0);
		else if (is_new)
			(void)map_set(marks, diff_id + 7, in_use);
		free(all[i].name);
		cache_record_done(&all[i].record);
	}
}

int cache_mark(const struct image_store *s, struct map *marks, struct err **e)
{
	AUTO(fd) int dir = openat(s->root_fd, "build/cache", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(strv) struct strv names = STRV_INIT;
	struct used *all = NULL;
	size_t n = 0;
	int r;

	if (dir < 0)
		return errno == ENOENT ? 0 : err_sys(e, errno, "open %s/build/cache", s->root);
	r = dir_list(dir, ".", &names, e);
	if (r < 0)
		return r;
	all = xcalloc(names.n + 1, sizeof(*all));
	for (size_t i = 0; i < names.n; i++) {
		if (load_used(s, dir, names.v[i], &all[n]))
			n++;
		else
			(void)unlinkat(dir, names.v[i], 0);
	}
	mark_or_drop(dir, all, n, marks);
	free(all);
	return 0;
}
