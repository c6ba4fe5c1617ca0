#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/num.h"
#include "base/path.h"
#include "compose/program/image_main.h"
#include "compose/program/image_run.h"
#include "compose/supervise/place.h"
#include "image/build.h"
#include "image/remove.h"
#include "image/store_write.h"

enum { SPEC_MAX = 64 << 20 };

/* Members of the compose file's build section that the builder takes as they are. */
static const char *const plain_members[] = {
	"context",   "dockerfile",  "dockerfile_inline",   "target",     "args",         "network",
	"platforms", "extra_hosts", "additional_contexts", "privileged", "entitlements",
};

static void copy_member(struct json *to, const struct json *from, const char *key)
{
	const struct json *v = json_get(from, key);

	if (v && !json_is(v, JSON_NULL))
		json_set(to, key, json_dup(v));
}

static int copy_size(struct json *to, const struct json *from, struct err **e)
{
	const struct json *v = json_get(from, "shm_size");
	int64_t size = 0;

	if (json_text(v) && bytes_parse(json_text(v), &size) < 0)
		return err_set(e, EINVAL, "build.shm_size: invalid size \"%s\"", json_text(v));
	if (v && !json_text(v))
		size = json_int(from, "shm_size", 0);
	json_set_int(to, "shm_size", size);
	return 0;
}

/* build.secrets name entries of the top level. */
static int copy_secrets(struct json *to, const struct json *request, const struct json *build,
			struct err **e)
{
	struct json *list = json_set(to, "secrets", json_new_arr());

	JSON_EACH(use, json_get(build, "secrets")) {
		const char *source = json_text(use) ? json_text(use) : json_str(use, "source", "");
		const struct json *def = json_get(json_get(request, "secrets"), source);
		const char *id = json_str(use, "target", source);
		struct json *s;

		if (!def)
			return err_set(e, ENOENT, "build.secrets: undefined secret \"%s\"", source);
		s = json_push(list, json_new_obj());
		json_set_str(s, "id", *id ? id : source);
		copy_member(s, def, "file");
		copy_member(s, def, "value");
		copy_member(s, def, "environment");
		copy_member(s, use, "uid");
		copy_member(s, use, "gid");
		copy_member(s, use, "mode");
	}
	return 0;
}

static void copy_labels(struct json *to, const struct json *request, const struct json *build)
{
	const struct json *const from[] = { json_get(build, "labels"),
					    json_get(request, "labels") };
	struct json *labels = json_set(to, "labels", json_new_obj());

	for (size_t i = 0; i < ARRAY_LEN(from); i++)
		JSON_EACH(l, from[i])
			json_set_str(labels, json_key(l), json_text(l) ? json_text(l) : "");
}

static void copy_tags(struct json *to, const struct json *request, const struct json *build)
{
	const struct json *const from[] = { json_get(request, "tags"), json_get(build, "tags") };
	struct json *tags = json_set(to, "tags", json_new_arr());

	for (size_t i = 0; i < ARRAY_LEN(from); i++)
		JSON_EACH(t, from[i])
			json_push_str(tags, json_text(t));
	if (json_str(request, "image", NULL))
		json_push_str(tags, json_str(request, "image", NULL));
}

/* The request of ARCHITECTURE.md in the words of image/build.h. */
static int make_spec(const struct json *request, struct json **ret, struct err **e)
{
	const struct json *build = json_get(request, "build");
	AUTO(json) struct json *spec = json_new_obj();
	const char *platform = json_str(request, "platform", NULL);
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(plain_members); i++)
		copy_member(spec, build, plain_members[i]);
	json_set_bool(spec, "no_cache",
		      json_bool(request, "no_cache", false) || json_bool(build, "no_cache", false));
	if (platform && !json_len(json_get(spec, "platforms")))
		json_push_str(json_set(spec, "platforms", json_new_arr()), platform);
	copy_labels(spec, request, build);
	copy_tags(spec, request, build);
	r = copy_size(spec, build, e);
	if (r == 0)
		r = copy_secrets(spec, request, build, e);
	if (r == 0)
		*ret = TAKE_PTR(spec);
	return r;
}

static int read_request(const char *file, struct json **ret, struct err **e)
{
	AUTO(buf) struct buf text = BUF_INIT;
	int r;

	if (streq(file, "-")) {
		r = fd_read_all(STDIN_FILENO, SPEC_MAX, &text);
		if (r < 0)
			return err_sys(e, -r, "read the build request");
	} else {
		r = file_read(AT_FDCWD, file, SPEC_MAX, &text, e);
		if (r < 0)
			return r;
	}
	r = json_parse(buf_str(&text), text.n, ret, e);
	return r < 0 ? err_wrap(e, "build request %s", file) : 0;
}

/* Trees mounted for a step are seen by nobody else and go with us. */
static int isolate_mounts(struct err **e)
{
	if (unshare(CLONE_NEWNS) < 0)
		return err_sys(e, errno, "make a mount namespace for the build");
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_sys(e, errno, "detach the build's mounts from the host's");
	return 0;
}

static void report_failure(const struct build_result *res)
{
	fflush(stdout);
	if (res->excerpt)
		fputs(res->excerpt, stderr);
}

static void report_success(const struct build_result *res, bool quiet, int result_fd)
{
	for (size_t i = 0; i < res->warnings.n; i++)
		fprintf(stderr, "%s\n", res->warnings.v[i]);
	if (quiet)
		return;
	if (result_fd >= 0) {
		AUTO(mem) char *text = xasprintf("{\"image_id\":\"%s\"}\n", res->image_id);

		(void)fd_write_all(result_fd, text, strlen(text));
	}
}

static int run_build(const struct image_store *s, const struct json *request, int result_fd,
		     struct err **e)
{
	bool quiet = json_bool(request, "quiet", false);
	const char *mode = json_str(request, "progress", "plain");
	AUTO(steplog)
	struct steplog *log = steplog_new(stdout,
					  quiet || streq(mode, "quiet") ? STEPLOG_QUIET
					  : streq(mode, "json")         ? STEPLOG_JSON
									: STEPLOG_PLAIN,
					  json_str(request, "prefix", NULL));
	AUTO(build_result) struct build_result res = { 0 };
	AUTO(json) struct json *spec = NULL;
	struct image_runner runner;
	struct build_ops ops = { .arg = &runner, .run = image_runner_run };
	struct build_opts o = { .ops = &ops, .steplog = log, .cancelled = &image_cancelled };
	int r = make_spec(request, &spec, e);

	if (r < 0)
		return r;
	o.spec = spec;
	image_runner_init(&runner);
	r = build(s, &o, &res, e);
	image_runner_close(&runner);
	(void)image_sweep_if_wanted(s, NULL);
	if (res.made_layers)
		store_sync_later(s);
	if (r < 0)
		report_failure(&res);
	else
		report_success(&res, quiet, result_fd);
	return r;
}

int image_cmd_build(int argc, char **argv, struct err **e)
{
	static const struct option opts[] = { { "spec", 1, NULL, 's' },
					      { "result-fd", 1, NULL, 'r' },
					      { 0 } };
	AUTO(image_store) struct image_store *s = NULL;
	AUTO(json) struct json *request = NULL;
	const char *file = NULL;
	int64_t result_fd = -1;
	int c, r;

	while ((c = getopt_long(argc, argv, "", opts, NULL)) != -1) {
		if (c == 's')
			file = optarg;
		else if (c == '?' || num_parse(optarg, 0, 1 << 20, &result_fd) < 0)
			return 1;
	}
	if (!file)
		return err_set(e, EINVAL, "Usage:  compose-image build --spec FILE|-");
	r = read_request(file, &request, e);
	if (r == 0)
		r = isolate_mounts(e);
	if (r == 0)
		r = store_create(place_root(), &s, e);
	return r < 0 ? r : run_build(s, request, (int)result_fd, e);
}
