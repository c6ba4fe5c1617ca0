#include "image/store.h"

#include <errno.h>

#include "base/test.h"
#include "image/config_edit.h"
#include "image/digest.h"
#include "image/manifest.h"
#include "image/remove.h"
#include "image/testdir.h"

struct fixture {
	struct testdir dir;
	struct image_store *s;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	testdir_init(&f->dir);
	*state = f;
	return store_create(f->dir.path, &f->s, NULL);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	image_store_free(f->s);
	testdir_done(&f->dir);
	free(f);
	return 0;
}

/* An image whose one layer holds one file with this text. */
static char *add_image(struct fixture *f, const char *text, const char *ref)
{
	AUTO(manifest_layers) struct manifest_layers layers = { 0 };
	AUTO(store_layer) struct store_layer l = { .fs_fd = -1 };
	AUTO(stored_image) struct stored_image im = { 0 };
	AUTO(json) struct json *config = config_new();
	AUTO(strv) struct strv refs = STRV_INIT;
	struct layer_meta m = { .size = strlen(text), .is_self_contained = true };
	char digest[DIGEST_TEXT_SIZE];

	digest_of(text, strlen(text), digest);
	assert_int_equal(store_layer_open(f->s, &l, NULL), 0);
	assert_int_equal(file_write(l.fs_fd, "f", text, strlen(text), 0644, false, NULL), 0);
	assert_int_equal(store_layer_commit(&l, digest + 7, digest, &m, NULL), 0);
	config_add_diff_id(config, digest);
	json_set_str(config, "created", "2026-01-02T03:04:05Z");
	manifest_layers_add(&layers, MEDIA_LAYER, digest, 1536);
	assert_int_equal(manifest_put(f->s, config, &layers, &im, NULL), 0);
	if (ref)
		strv_add(&refs, ref);
	assert_int_equal(manifest_tag(f->s, &im, config, &refs, NULL), 0);
	return TAKE_PTR(im.id);
}

static struct image *find(struct fixture *f, const char *name)
{
	struct image *im = NULL;

	return image_find(f->s, name, &im, NULL) == 0 ? im : NULL;
}

static void assert_found(struct fixture *f, const char *name, const char *id)
{
	AUTO(image) struct image *im = find(f, name);

	if (!im)
		fail_msg("%s: not found", name);
	assert_string_equal(im->id, id);
	assert_true(im->is_complete);
}

static size_t count(struct fixture *f)
{
	AUTO(image_list) struct image_list l = { 0 };

	assert_int_equal(image_list(f->s, &l, NULL), 0);
	return l.n;
}

static void finds_by_name_id_and_prefix(void **state)
{
	struct fixture *f = *state;
	AUTO(mem) char *id = add_image(f, "one", "docker.io/library/app:1");
	AUTO(mem) char *prefix = xstrndup(id + 7, 12);

	assert_found(f, "app:1", id);
	assert_found(f, "docker.io/library/app:1", id);
	assert_found(f, id, id);
	assert_found(f, id + 7, id);
	assert_found(f, prefix, id);
	assert_null(find(f, "app:2"));
	assert_null(find(f, "other"));
}

static void says_which_image_is_missing(void **state)
{
	struct fixture *f = *state;
	AUTO(err) struct err *e = NULL;
	struct image *im;

	assert_int_equal(image_find(f->s, "no/such:1", &im, &e), -ENOENT);
	assert_string_equal(err_text(e), "No such image: no/such:1");
}

static void a_root_that_does_not_exist_is_an_empty_store(void **state)
{
	AUTO(image_store) struct image_store *s = NULL;
	AUTO(image_list) struct image_list l = { 0 };
	struct image *im;

	(void)state;
	assert_int_equal(image_store_open("/nonexistent/compose", &s, NULL), 0);
	assert_int_equal(image_list(s, &l, NULL), 0);
	assert_int_equal(l.n, 0);
	assert_int_equal(image_find(s, "x", &im, NULL), -ENOENT);
}

static void a_moved_tag_leaves_the_old_image_dangling(void **state)
{
	struct fixture *f = *state;
	AUTO(mem) char *old = add_image(f, "old", "docker.io/library/app:1");
	AUTO(mem) char *new = add_image(f, "new", "docker.io/library/app:1");
	AUTO(image) struct image *im = find(f, old);

	assert_found(f, "app:1", new);
	assert_non_null(im);
	assert_int_equal(im->refs.n, 0);
	assert_int_equal(count(f), 2);
}

static void tagging_again_writes_nothing(void **state)
{
	struct fixture *f = *state;
	struct stat before, after;

	free(add_image(f, "x", "docker.io/library/app:1"));
	assert_int_equal(fstatat(f->s->images_fd, "index.json", &before, 0), 0);
	free(add_image(f, "x", "docker.io/library/app:1"));
	assert_int_equal(fstatat(f->s->images_fd, "index.json", &after, 0), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

static void removing_one_of_two_names_keeps_the_image(void **state)
{
	struct fixture *f = *state;
	AUTO(mem) char *id = add_image(f, "x", "docker.io/library/app:1");
	AUTO(strv) struct strv lines = STRV_INIT;

	free(add_image(f, "x", "docker.io/me/app:2"));
	assert_int_equal(image_remove(f->s, "app:1", false, &lines, NULL), 0);
	assert_int_equal(lines.n, 1);
	assert_string_equal(lines.v[0], "Untagged: app:1");
	assert_found(f, "me/app:2", id);
}

static void removing_the_last_name_deletes_blobs_and_layers(void **state)
{
	struct fixture *f = *state;
	AUTO(mem) char *id = add_image(f, "x", "docker.io/library/app:1");
	AUTO(mem) char *deleted = xasprintf("Deleted: %s", id);
	AUTO(strv) struct strv lines = STRV_INIT, layers = STRV_INIT, blobs = STRV_INIT;

	assert_int_equal(image_remove(f->s, "app:1", false, &lines, NULL), 0);
	assert_int_equal(lines.n, 2);
	assert_string_equal(lines.v[1], deleted);
	assert_int_equal(dir_list(f->s->layers_fd, ".", &layers, NULL), 0);
	assert_int_equal(layers.n, 0);
	assert_int_equal(dir_list(f->s->images_fd, "blobs/sha256", &blobs, NULL), 0);
	assert_int_equal(blobs.n, 0);
	assert_int_equal(image_remove(f->s, "app:1", false, &lines, NULL), -ENOENT);
}

static void a_container_keeps_its_image(void **state)
{
	struct fixture *f = *state;
	AUTO(mem) char *id = add_image(f, "x", "docker.io/library/app:1");
	AUTO(image) struct image *im = find(f, "app:1");
	AUTO(mem) char *config = NULL, *want = NULL;
	AUTO(strv) struct strv lines = STRV_INIT;
	AUTO(err) struct err *e = NULL;

	config = xasprintf(
		"{\"annotations\":{\"compose.overlay\":\"{\\\"lower\\\":[\\\"%s\\\"]}\"}}",
		im->layers.v[0]);
	testdir_write(&f->dir, "projects/p/containers/p-web-1/config.json", config);
	assert_true(image_is_used(f->s, im));
	assert_int_equal(image_remove(f->s, "app:1", false, &lines, &e), -EBUSY);
	want = xasprintf("conflict: unable to remove repository reference \"app:1\" (must force) - "
			 "container p-web-1 is using its referenced image %.12s",
			 id + 7);
	assert_string_equal(err_text(e), want);
	/* Forced: the name goes, the layer stays under the container. */
	assert_int_equal(image_remove(f->s, "app:1", true, &lines, NULL), 0);
	assert_int_equal(faccessat(AT_FDCWD, im->layers.v[0], F_OK, 0), 0);
}

static void a_layer_of_another_boot_does_not_count(void **state)
{
	struct fixture *f = *state;
	AUTO(mem) char *id = add_image(f, "x", "docker.io/library/app:1");
	AUTO(image) struct image *im = find(f, "app:1"), *again = NULL;
	AUTO(mem) char *meta = xasprintf("%s/../meta.json", im->layers.v[0]);
	static const char text[] = "{\"size\":1,\"self_contained\":true,\"boot_id\":\"another\"}";

	assert_int_equal(file_write(AT_FDCWD, meta, text, strlen(text), 0644, false, NULL), 0);
	again = find(f, id);
	assert_non_null(again);
	assert_false(again->is_complete);
}

static void syncing_makes_layers_survive_the_boot(void **state)
{
	struct fixture *f = *state;
	AUTO(mem) char *id = add_image(f, "x", "docker.io/library/app:1");
	AUTO(image) struct image *im = find(f, id);
	AUTO(mem) char *meta = xasprintf("%s/../meta.json", im->layers.v[0]);
	AUTO(buf) struct buf b = BUF_INIT;

	assert_int_equal(layer_mark_synced(f->s->layers_fd, NULL), 0);
	assert_int_equal(file_read(AT_FDCWD, meta, 4096, &b, NULL), 0);
	assert_null(strstr(buf_str(&b), "boot_id"));
}

static void a_damaged_blob_is_noticed_and_hides_no_other_image(void **state)
{
	struct fixture *f = *state;
	AUTO(mem) char *bad = add_image(f, "x", "docker.io/library/bad:1");
	AUTO(mem) char *good = add_image(f, "y", "docker.io/library/good:1");
	AUTO(mem) char *path = xasprintf("blobs/sha256/%s", bad + 7);
	AUTO(err) struct err *e = NULL;
	struct image *im;

	assert_int_equal(file_write(f->s->images_fd, path, "{}", 2, 0644, false, NULL), 0);
	assert_true(image_find(f->s, "bad:1", &im, &e) < 0);
	assert_found(f, "good:1", good);
	assert_int_equal(count(f), 1);
}

static void whoever_comes_next_clears_up_behind_the_dead(void **state)
{
	struct fixture *f = *state;
	int first, second;

	testdir_write(&f->dir, "layers/.tmp-1/fs/x", "half");
	testdir_write(&f->dir, "images/ingest/1.part", "half");
	first = store_gate(f->s, false, NULL);
	assert_true(first >= 0);
	assert_true(faccessat(f->dir.fd, "layers/.tmp-1", F_OK, 0) < 0);
	assert_true(faccessat(f->dir.fd, "images/ingest/1.part", F_OK, 0) < 0);
	/* Not while another one is at work. */
	testdir_write(&f->dir, "layers/.tmp-2/fs/x", "growing");
	second = store_gate(f->s, false, NULL);
	assert_true(second >= 0);
	assert_int_equal(faccessat(f->dir.fd, "layers/.tmp-2", F_OK, 0), 0);
	close(first);
	close(second);
}

static void removing_does_not_wait_for_a_build(void **state)
{
	struct fixture *f = *state;
	AUTO(strv) struct strv lines = STRV_INIT, layers = STRV_INIT, after = STRV_INIT;
	int building = store_gate(f->s, false, NULL);

	free(add_image(f, "x", "docker.io/library/app:1"));
	assert_int_equal(image_remove(f->s, "app:1", false, &lines, NULL), 0);
	assert_int_equal(dir_list(f->s->layers_fd, ".", &layers, NULL), 0);
	assert_int_equal(layers.n, 1);
	close(building);
	assert_int_equal(image_sweep_if_wanted(f->s, NULL), 0);
	assert_int_equal(dir_list(f->s->layers_fd, ".", &after, NULL), 0);
	assert_int_equal(after.n, 0);
}

static void chain_ids_follow_the_specification(void **state)
{
	AUTO(strv) struct strv ids = STRV_INIT;
	AUTO(mem) char *one = NULL, *two = NULL, *want = NULL;
	char hex[DIGEST_TEXT_SIZE];

	(void)state;
	digest_of("a", 1, hex);
	strv_add(&ids, hex);
	digest_of("b", 1, hex);
	strv_add(&ids, hex);
	one = image_chain_id(&ids, 1);
	assert_string_equal(one, ids.v[0]);
	two = image_chain_id(&ids, 2);
	want = xasprintf("%s %s", ids.v[0], ids.v[1]);
	digest_of(want, strlen(want), hex);
	assert_string_equal(two, hex);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(finds_by_name_id_and_prefix),
		T(says_which_image_is_missing),
		cmocka_unit_test(a_root_that_does_not_exist_is_an_empty_store),
		T(a_moved_tag_leaves_the_old_image_dangling),
		T(tagging_again_writes_nothing),
		T(removing_one_of_two_names_keeps_the_image),
		T(removing_the_last_name_deletes_blobs_and_layers),
		T(a_container_keeps_its_image),
		T(a_layer_of_another_boot_does_not_count),
		T(syncing_makes_layers_survive_the_boot),
		T(a_damaged_blob_is_noticed_and_hides_no_other_image),
		T(removing_does_not_wait_for_a_build),
		T(whoever_comes_next_clears_up_behind_the_dead),
		cmocka_unit_test(chain_ids_follow_the_specification),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
