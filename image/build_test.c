#include "image/build.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/test.h"
#include "image/blobs.h"
#include "image/complete.h"
#include "image/import.h"
#include "image/reference.h"
#include "image/store_write.h"
#include "image/tarball.h"
#include "image/testdir.h"

/* Builds with a stand-in for the runtime: a command "write NAME TEXT" writes a file into the upper
 * directory, "fail N" exits with N, anything else does nothing. */
struct fixture {
	struct testdir dir;
	struct image_store *s;
	struct json *spec;
	unsigned n_runs;
	char env[4096]; /* of the last command */
	char *output;
	size_t n_output;
	struct build_result result;
	char error[1024];
};

static void run_write(const struct build_run *r, const char *args)
{
	AUTO(mem) char *name = xstrndup(args, strcspn(args, " "));
	AUTO(mem) char *path = xasprintf("%s/%s", r->upper, name);
	const char *text = args + strlen(name) + 1;

	assert_int_equal(file_write(AT_FDCWD, path, text, strlen(text), 0644, false, NULL), 0);
}

static int fake_run(void *arg, const struct build_run *r, struct err **e)
{
	struct fixture *f = arg;
	const char *command = r->argv->v[r->argv->n - 1];
	AUTO(mem) char *env = strv_join(r->env, "\n");

	(void)e;
	f->n_runs++;
	(void)snprintf(f->env, sizeof(f->env), "%s", env);
	r->output(r->output_arg, "running\n", 8);
	if (starts_with(command, "write "))
		run_write(r, command + 6);
	return starts_with(command, "fail ") ? command[5] - '0' : 0;
}

static void import_base(struct fixture *f)
{
	static const struct tar_entry entries[] = {
		{ "etc/", '5' },
		{ "etc/passwd", '0', "root:x:0:0::/:\napp:x:1000:1001::/:\n" },
		{ "etc/group", '0', "root:x:0:\nstaff:x:50:\n" },
		{ "srv/", '5', NULL, 0700 },
		{ "link", '2', "srv" },
	};
	struct import_opts o = { .ref = "docker.io/library/base:latest" };
	struct buf b = BUF_INIT;
	AUTO(mem) char *id = NULL;

	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		tarball_add(&b, &entries[i]);
	o.in_fd = tarball_open(&b);
	assert_int_equal(import_rootfs(f->s, &o, &id, NULL), 0);
	close(o.in_fd);
	buf_done(&b);
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	AUTO(mem) char *root = NULL, *context = NULL;

	if (geteuid() != 0) {
		print_message("needs root: overlay mounts\n");
		exit(77);
	}
	testdir_init(&f->dir);
	root = xasprintf("%s/root", f->dir.path);
	context = xasprintf("%s/context", f->dir.path);
	assert_int_equal(store_create(root, &f->s, NULL), 0);
	import_base(f);
	testdir_write(&f->dir, "context/a", "text of a");
	testdir_write(&f->dir, "context/d/b", "text of b");
	f->spec = json_new_obj();
	json_set_str(f->spec, "context", context);
	json_push_str(json_set(f->spec, "tags", json_new_arr()), "out:1");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	build_result_done(&f->result);
	json_free(f->spec);
	image_store_free(f->s);
	free(f->output);
	testdir_done(&f->dir);
	free(f);
	return 0;
}

static int run_build(struct fixture *f, const char *dockerfile)
{
	static const volatile bool never;
	struct build_ops ops = { .arg = f, .run = fake_run };
	struct build_opts o = { .spec = f->spec, .ops = &ops, .cancelled = &never };
	AUTO(err) struct err *e = NULL;
	FILE *out;
	int r;

	testdir_write(&f->dir, "context/Dockerfile", dockerfile);
	free(f->output);
	out = open_memstream(&f->output, &f->n_output);
	o.steplog = steplog_new(out, STEPLOG_PLAIN, NULL);
	build_result_done(&f->result);
	r = build(f->s, &o, &f->result, &e);
	(void)snprintf(f->error, sizeof(f->error), "%s", err_text(e));
	steplog_free(o.steplog);
	fclose(out);
	return r;
}

static void must_build(struct fixture *f, const char *dockerfile)
{
	if (run_build(f, dockerfile) < 0)
		fail_msg("%s\n%s", f->error, f->output);
}

static struct image *result_image(struct fixture *f)
{
	struct image *im = NULL;

	assert_int_equal(image_find(f->s, "out:1", &im, NULL), 0);
	return im;
}

/* Looks for path from the top layer down. */
static struct stat stat_in(struct fixture *f, const char *path, struct buf *text)
{
	AUTO(image) struct image *im = result_image(f);
	struct stat st = { 0 };

	for (size_t i = im->layers.n; i-- > 0;) {
		AUTO(mem) char *full = xasprintf("%s/%s", im->layers.v[i], path);

		if (lstat(full, &st) < 0)
			continue;
		if (text && S_ISREG(st.st_mode))
			assert_int_equal(file_read(AT_FDCWD, full, 4096, text, NULL), 0);
		return st;
	}
	fail_msg("%s is not in the image", path);
	return st;
}

static void assert_file(struct fixture *f, const char *path, const char *want)
{
	AUTO(buf) struct buf b = BUF_INIT;

	(void)stat_in(f, path, &b);
	assert_string_equal(buf_str(&b), want);
}

static void assert_absent(struct fixture *f, const char *path)
{
	AUTO(image) struct image *im = result_image(f);

	for (size_t i = 0; i < im->layers.n; i++) {
		AUTO(mem) char *full = xasprintf("%s/%s", im->layers.v[i], path);

		if (faccessat(AT_FDCWD, full, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			fail_msg("%s is in the image", path);
	}
}

static void assert_config(struct fixture *f, const char *key, const char *want)
{
	AUTO(image) struct image *im = result_image(f);
	const struct json *value = json_get(image_run_config(im), key);
	AUTO(mem) char *got = value ? json_print(value, false) : xstrdup("(absent)");

	assert_string_equal(got, want);
}

static void copies_runs_and_configures(void **state)
{
	struct fixture *f = *state;

	must_build(f,
		   "FROM base\nENV A=1\nENV B=\"$A 2\"\nWORKDIR /w\nCOPY a .\nRUN write r hello\n"
		   "EXPOSE 80\nENTRYPOINT [\"x\"]\nCMD y $A\nUSER app\n");
	assert_file(f, "w/a", "text of a");
	assert_file(f, "r", "hello");
	assert_config(f, "Env",
		      "[\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\","
		      "\"A=1\",\"B=1 2\"]");
	assert_config(f, "WorkingDir", "\"/w\"");
	assert_config(f, "ExposedPorts", "{\"80/tcp\":{}}");
	assert_config(f, "Entrypoint", "[\"x\"]");
	assert_config(f, "Cmd", "[\"/bin/sh\",\"-c\",\"y $A\"]");
	assert_config(f, "User", "\"app\"");
}

static void a_rebuild_runs_nothing_and_keeps_the_id(void **state)
{
	struct fixture *f = *state;
	static const char file[] = "FROM base\nENV A=1\nCOPY a /a\nRUN write r x\nCMD [\"y\"]\n";
	AUTO(mem) char *first = NULL;

	must_build(f, file);
	first = xstrdup(f->result.image_id);
	must_build(f, file);
	assert_int_equal(f->n_runs, 1);
	assert_string_equal(f->result.image_id, first);
	assert_non_null(strstr(f->output, "CACHED"));
	json_set_bool(f->spec, "no_cache", true);
	must_build(f, file);
	assert_int_equal(f->n_runs, 2);
}

static void only_content_and_mode_invalidate_a_copy(void **state)
{
	struct fixture *f = *state;
	static const char file[] = "FROM base\nCOPY d /d\nRUN write r x\n";
	struct timespec times[2] = { { 1, 0 }, { 1, 0 } };

	must_build(f, file);
	assert_int_equal(utimensat(f->dir.fd, "context/d/b", times, 0), 0);
	must_build(f, file);
	assert_int_equal(f->n_runs, 1);
	assert_int_equal(fchmodat(f->dir.fd, "context/d/b", 0600, 0), 0);
	must_build(f, file);
	assert_int_equal(f->n_runs, 2);
	testdir_write(&f->dir, "context/d/b", "other text");
	must_build(f, file);
	assert_int_equal(f->n_runs, 3);
	assert_file(f, "d/b", "other text");
}

static void a_change_of_metadata_does_not_copy_again(void **state)
{
	struct fixture *f = *state;

	must_build(f, "FROM base\nLABEL l=1\nCOPY a /a\n");
	must_build(f, "FROM base\nLABEL l=2\nCOPY a /a\n");
	assert_non_null(strstr(f->output, "COPY a /a\n#6 CACHED"));
	assert_config(f, "Labels", "{\"l\":\"2\"}");
}

static void an_argument_counts_from_its_declaration_on(void **state)
{
	struct fixture *f = *state;
	static const char file[] = "FROM base\nRUN write r1 x\nARG V=0\nRUN write r2 y\n";
	struct json *args = json_set(f->spec, "args", json_new_obj());

	must_build(f, file);
	assert_non_null(strstr(f->env, "V=0"));
	json_set_str(args, "V", "1");
	json_set_str(args, "UNKNOWN", "1");
	must_build(f, file);
	assert_int_equal(f->n_runs, 3);
	assert_non_null(strstr(f->env, "V=1"));
	assert_int_equal(f->result.warnings.n, 1);
	assert_string_equal(f->result.warnings.v[0],
			    "[Warning] One or more build-args [UNKNOWN] were not consumed");
}

static void env_beats_arg_and_proxies_are_no_part_of_the_key(void **state)
{
	struct fixture *f = *state;
	static const char file[] = "FROM base\nARG A=arg\nENV A=env\nRUN write r x\n";
	struct json *args = json_set(f->spec, "args", json_new_obj());

	must_build(f, file);
	assert_non_null(strstr(f->env, "A=env"));
	json_set_str(args, "HTTP_PROXY", "http://p");
	must_build(f, file);
	assert_int_equal(f->n_runs, 1);
	must_build(f, "FROM base\nARG A=arg\nENV A=env\nRUN write r y\n");
	assert_non_null(strstr(f->env, "http_proxy=http://p"));
	assert_non_null(strstr(f->env, "HTTP_PROXY=http://p"));
}

static void builds_only_the_stages_the_target_needs(void **state)
{
	struct fixture *f = *state;
	static const char file[] =
		"ARG B=base\nFROM $B AS one\nRUN write r one\nFROM nosuch AS unused\nRUN x\n"
		"FROM one AS two\nRUN write s two\nFROM base\nCOPY --from=two /s /got\n"
		"COPY --from=0 /r /got0\n";

	must_build(f, file);
	assert_file(f, "got", "two");
	assert_file(f, "got0", "one");
	assert_absent(f, "s");
	assert_int_equal(f->n_runs, 2);
	assert_non_null(strstr(f->output, "[one 2/2] RUN write r one"));
	assert_non_null(
		strstr(f->output, "[stage-3 1/3] FROM docker.io/library/base:latest@sha256:"));
	json_set_str(f->spec, "target", "one");
	must_build(f, file);
	assert_file(f, "r", "one");
	json_set_str(f->spec, "target", "none");
	assert_true(run_build(f, file) < 0);
	assert_string_equal(f->error, "failed to solve: target stage \"none\" could not be found");
}

static void the_ignore_file_keeps_files_out(void **state)
{
	struct fixture *f = *state;

	testdir_write(&f->dir, "context/.dockerignore", "*\n!a\n!d/keep\n");
	testdir_write(&f->dir, "context/d/keep", "kept");
	must_build(f, "FROM base\nCOPY . /c/\n");
	assert_file(f, "c/a", "text of a");
	assert_file(f, "c/d/keep", "kept");
	assert_absent(f, "c/d/b");
	assert_absent(f, "c/Dockerfile");
	assert_true(run_build(f, "FROM base\nCOPY d/b /\n") < 0);
	assert_string_equal(f->error,
			    "failed to solve: failed to compute cache key: \"/d/b\": not found");
}

static void places_copies_as_the_table_says(void **state)
{
	struct fixture *f = *state;

	must_build(
		f,
		"FROM base\nCOPY a /file\nCOPY a /dir/\nCOPY a /srv\nCOPY d /new\nCOPY a d /both\n"
		"COPY d/* /star/\nCOPY a /link/via\nCOPY a /file\n");
	assert_file(f, "file", "text of a");
	assert_file(f, "dir/a", "text of a");
	assert_file(f, "srv/a", "text of a");
	assert_file(f, "new/b", "text of b");
	assert_file(f, "both/a", "text of a");
	assert_file(f, "both/b", "text of b");
	assert_file(f, "star/b", "text of b");
	assert_file(f, "srv/via", "text of a");
	/* A directory that was there keeps its mode. */
	assert_int_equal(stat_in(f, "srv", NULL).st_mode & 07777, 0700);
	assert_true(run_build(f, "FROM base\nCOPY d /etc/passwd\n") < 0);
	assert_non_null(strstr(f->error, "cannot copy to non-directory: /etc/passwd"));
	assert_true(run_build(f, "FROM base\nCOPY a /x/a/\nCOPY d/b /x/\nCOPY --chmod=9 a /\n") <
		    0);
	assert_non_null(strstr(f->error, "invalid chmod parameter: '9'"));
}

static void owners_come_from_the_image(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	must_build(f, "FROM base\nCOPY --chown=app --chmod=640 a /a\nCOPY --chown=7:staff a "
		      "/b\nCOPY a /c\n");
	st = stat_in(f, "a", NULL);
	assert_int_equal(st.st_uid, 1000);
	assert_int_equal(st.st_gid, 1001);
	assert_int_equal(st.st_mode & 07777, 0640);
	st = stat_in(f, "b", NULL);
	assert_int_equal(st.st_uid, 7);
	assert_int_equal(st.st_gid, 50);
	assert_int_equal(stat_in(f, "c", NULL).st_uid, 0);
	assert_true(run_build(f, "FROM base\nCOPY --chown=nobody a /a\n") < 0);
	assert_string_equal(f->error,
			    "failed to solve: unable to find user nobody: no matching entries in "
			    "passwd file");
}

static void here_documents_become_files_and_scripts(void **state)
{
	struct fixture *f = *state;

	must_build(f, "FROM base\nENV X=1\nCOPY <<A <<'B' /h/\nx=$X\nA\nx=$X\nB\nRUN <<E\nwrite r "
		      "body\nE\n");
	assert_file(f, "h/A", "x=1\n");
	assert_file(f, "h/B", "x=$X\n");
	assert_file(f, "r", "body\n");
}

static void add_unpacks_archives(void **state)
{
	struct fixture *f = *state;
	struct buf b = BUF_INIT;

	tarball_add(&b, &(struct tar_entry){ "in/t", '0', "from tar", 0644, 5 });
	assert_int_equal(file_write(f->dir.fd, "context/x.tar", b.p, b.n, 0644, false, NULL), 0);
	buf_done(&b);
	must_build(f, "FROM base\nADD x.tar /un/\nADD --unpack=false x.tar /kept/\nADD a /plain\n");
	assert_file(f, "un/in/t", "from tar");
	assert_int_equal(stat_in(f, "un/in/t", NULL).st_uid, 5);
	(void)stat_in(f, "kept/x.tar", NULL);
	assert_file(f, "plain", "text of a");
}

static void a_failing_command_leaves_nothing_and_shows_its_line(void **state)
{
	struct fixture *f = *state;
	AUTO(strv) struct strv before = STRV_INIT, after = STRV_INIT;

	assert_int_equal(dir_list(f->s->layers_fd, ".", &before, NULL), 0);
	assert_true(run_build(f, "FROM base\nRUN fail 7\n") < 0);
	assert_string_equal(f->error,
			    "failed to solve: process \"/bin/sh -c fail 7\" did not complete "
			    "successfully: exit code: 7");
	assert_string_equal(f->result.excerpt,
			    "Dockerfile:2\n--------------------\n   1 |     FROM base\n"
			    "   2 | >>> RUN fail 7\n   3 |     \n--------------------\n");
	assert_non_null(strstr(f->output, "------\n > [2/2] RUN fail 7:\n"));
	assert_int_equal(dir_list(f->s->layers_fd, ".", &after, NULL), 0);
	assert_int_equal(after.n, before.n);
	assert_null(f->result.image_id);
}

static void a_missing_base_is_named(void **state)
{
	struct fixture *f = *state;

	assert_true(run_build(f, "FROM nosuch:1\n") < 0);
	assert_string_equal(f->error, "failed to solve: nosuch:1: No such image: nosuch:1");
	assert_true(run_build(f, "FROM base\nCOPY --from=later /x /y\nFROM base AS later\n") == 0);
	json_set_str(f->spec, "target", "0");
	assert_true(run_build(f, "FROM base\nCOPY --from=later /x /y\nFROM base AS later\n") < 0);
	assert_non_null(strstr(f->error,
			       "cannot copy from stage \"later\", it needs to be defined before"));
}

static void triggers_of_the_base_run_first(void **state)
{
	struct fixture *f = *state;

	must_build(f, "FROM base\nONBUILD COPY a /trigger\nONBUILD RUN write t x\n");
	assert_config(f, "OnBuild", "[\"COPY a /trigger\",\"RUN write t x\"]");
	assert_int_equal(f->n_runs, 0);
	json_set(f->spec, "tags", json_new_arr());
	json_push_str(json_get(f->spec, "tags"), "onb");
	must_build(f, "FROM base\nONBUILD COPY a /trigger\nONBUILD RUN write t x\n");
	json_set(f->spec, "tags", json_new_arr());
	json_push_str(json_get(f->spec, "tags"), "out:1");
	must_build(f, "FROM onb\n");
	assert_file(f, "trigger", "text of a");
	assert_file(f, "t", "x");
	assert_config(f, "OnBuild", "(absent)");
}

static void scratch_is_empty(void **state)
{
	struct fixture *f = *state;
	AUTO(image) struct image *im = NULL;

	must_build(f, "FROM scratch\nCOPY a /a\n");
	im = result_image(f);
	assert_int_equal(im->layers.n, 1);
	assert_file(f, "a", "text of a");
}

static void built_layers_can_be_made_blobs_again(void **state)
{
	struct fixture *f = *state;
	AUTO(image) struct image *im = NULL;
	AUTO(err) struct err *e = NULL;

	must_build(f, "FROM base\nCOPY d /d\nRUN write r x\n");
	im = result_image(f);
	if (image_fill_blobs(f->s, im, &e) < 0)
		fail_msg("%s", err_text(e));
	for (size_t i = 0; i < im->diff_ids.n; i++) {
		AUTO(buf) struct buf b = BUF_INIT;

		assert_int_equal(image_blob_read(f->s, im->diff_ids.v[i], 1 << 20, &b, NULL), 0);
	}
}

static void layers_are_unpacked_again_from_their_blobs(void **state)
{
	struct fixture *f = *state;
	AUTO(image) struct image *im = NULL, *without = NULL;
	AUTO(err) struct err *e = NULL;
	const char *top;

	must_build(f, "FROM base\nCOPY d /d\nRUN write r x\n");
	im = result_image(f);
	assert_int_equal(image_fill_blobs(f->s, im, NULL), 0);
	top = im->diff_ids.v[im->diff_ids.n - 1] + 7;
	assert_int_equal(tree_remove(f->s->layers_fd, top, NULL), 0);
	without = result_image(f);
	assert_false(without->is_complete);
	if (image_complete(f->s, without, NULL, &e) < 0)
		fail_msg("%s", err_text(e));
	assert_file(f, "r", "x");
}

static void a_layer_that_comes_twice_is_mounted_once(void **state)
{
	struct fixture *f = *state;
	AUTO(image) struct image *im = NULL;

	/* Both commands change nothing: their layers are the same empty one. */
	must_build(f, "FROM base\nRUN one\nCOPY a /a\nRUN two\nCOPY d /d\n");
	im = result_image(f);
	assert_int_equal(im->diff_ids.n, 5);
	assert_string_equal(im->diff_ids.v[1], im->diff_ids.v[3]);
	assert_int_equal(im->layers.n, 4);
	assert_file(f, "a", "text of a");
}

static void the_directory_of_workdir_belongs_to_the_user(void **state)
{
	struct fixture *f = *state;

	must_build(f, "FROM base\nUSER app\nWORKDIR /home/app\nWORKDIR sub\n");
	assert_int_equal(stat_in(f, "home/app/sub", NULL).st_uid, 1000);
	assert_config(f, "WorkingDir", "\"/home/app/sub\"");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(copies_runs_and_configures),
		T(a_rebuild_runs_nothing_and_keeps_the_id),
		T(only_content_and_mode_invalidate_a_copy),
		T(a_change_of_metadata_does_not_copy_again),
		T(an_argument_counts_from_its_declaration_on),
		T(env_beats_arg_and_proxies_are_no_part_of_the_key),
		T(builds_only_the_stages_the_target_needs),
		T(the_ignore_file_keeps_files_out),
		T(places_copies_as_the_table_says),
		T(owners_come_from_the_image),
		T(here_documents_become_files_and_scripts),
		T(add_unpacks_archives),
		T(a_failing_command_leaves_nothing_and_shows_its_line),
		T(a_missing_base_is_named),
		T(triggers_of_the_base_run_first),
		T(scratch_is_empty),
		T(built_layers_can_be_made_blobs_again),
		T(layers_are_unpacked_again_from_their_blobs),
		T(a_layer_that_comes_twice_is_mounted_once),
		T(the_directory_of_workdir_belongs_to_the_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
