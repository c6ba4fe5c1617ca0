/*
 * Normally: read the Dockerfile and the ignore file, find the stages, build the target (which
 * builds what it needs), write config and manifest, point the tags at them.
 *
 * When a step fails, the layer it worked on is removed with its struct store_layer; layers of
 * earlier steps stay, named by their cache records. No tag moves.
 */
#include "image/build.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "base/path.h"
#include "image/build_priv.h"
#include "image/platform.h"
#include "image/reference.h"

enum { FILE_MAX = 16 << 20 };

void build_result_done(struct build_result *r)
{
	free(r->image_id);
	free(r->excerpt);
	strv_done(&r->warnings);
	*r = (struct build_result){ 0 };
}

const char *build_arg(const struct build *b, const char *name)
{
	return json_str(json_get(b->spec, "args"), name, NULL);
}

int build_context_open(struct build *b, struct err **e)
{
	const char *context = json_str(b->spec, "context", NULL);

	if (b->context_fd >= 0)
		return 0;
	if (!context)
		return err_set(e, ENOENT, "the build has no context to copy from");
	b->context_fd = open(context, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->context_fd < 0)
		return err_sys(e, errno, "unable to prepare context: path \"%s\"", context);
	b->context = path_abs(context);
	return 0;
}

/* Beside the Dockerfile as NAME.dockerignore, else in the context. */
int build_ignore_read(int dirfd, const char *dockerfile, struct ignore **ret, size_t *ret_size,
		      struct err **e)
{
	AUTO(mem) char *own = dockerfile ? xasprintf("%s.dockerignore", dockerfile) : NULL;
	const char *const names[] = { own, ".dockerignore", ".containerignore" };

	*ret = NULL;
	*ret_size = 2;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO(buf) struct buf text = BUF_INIT;
		int r;

		if (!names[i])
			continue;
		r = file_read(dirfd, names[i], FILE_MAX, &text, NULL);
		if (r == -ENOENT || r == -ENOTDIR)
			continue;
		if (r < 0)
			return err_sys(e, -r, "read %s", names[i]);
		*ret_size = text.n;
		r = ignore_parse(buf_str(&text), ret, e);
		return r < 0 ? err_wrap(e, "%s", names[i]) : 0;
	}
	return 0;
}

/* Text of the Dockerfile and the name to show. */
static int read_file(struct build *b, struct buf *text, struct err **e)
{
	const char *inline_text = json_str(b->spec, "dockerfile_inline", NULL);
	const char *name = json_str(b->spec, "dockerfile", NULL);
	int r;

	if (inline_text) {
		b->file_name = xstrdup("Dockerfile");
		buf_addstr(text, inline_text);
		return 0;
	}
	b->file_name = xstrdup(path_base(name && *name ? name : "Dockerfile"));
	r = build_context_open(b, e);
	if (r < 0)
		return r;
	r = file_read(b->context_fd, name && *name ? name : "Dockerfile", FILE_MAX, text, NULL);
	if (r == -ENOENT && (!name || !*name || streq(name, "Dockerfile")))
		r = file_read(b->context_fd, "dockerfile", FILE_MAX, text, NULL);
	if (r == -ENOENT)
		return err_set(e, ENOENT,
			       "failed to read dockerfile: open %s: no such file or directory",
			       name && *name ? name : "Dockerfile");
	return r < 0 ? err_sys(e, -r, "failed to read dockerfile: %s", name) : 0;
}

static int load_file(struct build *b, struct err **e)
{
	AUTO(buf) struct buf text = BUF_INIT;
	int r = read_file(b, &text, e);

	if (r < 0)
		return r;
	steplog_begin(b->p, "[internal] load build definition from %s", b->file_name);
	steplog_note(b->p, "transferring dockerfile: %zuB done", text.n);
	steplog_end(b->p, STEPLOG_DONE);
	dockerfile_lines(buf_str(&text), text.n, &b->file_lines);
	return dockerfile_parse(b->file_name, buf_str(&text), text.n, &b->file, e);
}

static int load_ignore(struct build *b, struct err **e)
{
	const char *name = json_str(b->spec, "dockerfile", NULL);
	size_t size = 2;
	int r = 0;

	steplog_begin(b->p, "[internal] load .dockerignore");
	if (json_str(b->spec, "context", NULL)) {
		r = build_context_open(b, e);
		if (r == 0)
			r = build_ignore_read(b->context_fd, name, &b->ignore, &size, e);
	}
	if (r < 0)
		return r;
	steplog_note(b->p, "transferring context: %zuB done", size);
	steplog_end(b->p, STEPLOG_DONE);
	return 0;
}

/* Of the images that the needed stages start from. */
static void show_metadata(struct build *b)
{
	AUTO(strv) struct strv shown = STRV_INIT;

	for (int i = 0; i < b->n_stages; i++) {
		const struct stage *st = &b->stages[i];
		AUTO(mem) char *ref = NULL;

		if (!st->is_needed || st->base_stage != NO_STAGE || streq(st->base, "scratch"))
			continue;
		ref = reference_canonical(st->base, NULL);
		if (!ref || strv_has(&shown, ref))
			continue;
		strv_add(&shown, ref);
		steplog_begin(b->p, "[internal] load metadata for %s", ref);
		steplog_end(b->p, STEPLOG_DONE);
	}
}

static void add_labels(struct build *b, struct json *doc)
{
	JSON_EACH(label, json_get(b->spec, "labels"))
	config_set_label(doc, json_key(label), json_text(label) ? json_text(label) : "");
}

static int collect_tags(struct build *b, struct strv *ret, struct err **e)
{
	JSON_EACH(tag, json_get(b->spec, "tags"))
	{
		char *ref = reference_canonical(json_text(tag) ? json_text(tag) : "", e);

		if (!ref)
			return err_wrap(e, "invalid tag \"%s\"", json_text(tag));
		if (strv_has(ret, ref))
			free(ref);
		else
			strv_take(ret, ref);
	}
	return 0;
}

static int export_image(struct build *b, struct stage *st, const struct strv *tags,
			struct build_result *ret, struct err **e)
{
	AUTO(stored_image) struct stored_image im = { 0 };
	int r;

	steplog_begin(b->p, "exporting to image");
	steplog_note(b->p, "exporting layers done");
	json_set_str(st->doc, "created", st->created ? st->created : b->now);
	config_ensure_path(st->doc);
	add_labels(b, st->doc);
	r = manifest_put(b->s, st->doc, &st->manifest, &im, e);
	if (r < 0)
		return r;
	steplog_note(b->p, "exporting manifest %s done", im.manifest);
	steplog_note(b->p, "exporting config %s done", im.id);
	r = manifest_tag(b->s, &im, st->doc, tags, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < tags->n; i++)
		steplog_note(b->p, "naming to %s done", tags->v[i]);
	steplog_end(b->p, STEPLOG_DONE);
	ret->image_id = TAKE_PTR(im.id);
	return 0;
}

static void warn_unused_args(struct build *b, struct build_result *ret)
{
	AUTO(strv) struct strv unused = STRV_INIT;
	AUTO(mem) char *joined = NULL;

	JSON_EACH(arg, json_get(b->spec, "args"))
	if (!strv_has(&b->used_args, json_key(arg)) && json_text(arg))
		strv_add(&unused, json_key(arg));
	if (!unused.n)
		return;
	joined = strv_join(&unused, " ");
	strv_addf(&ret->warnings, "[Warning] One or more build-args [%s] were not consumed",
		  joined);
}

static int check_spec(struct build *b, struct err **e)
{
	JSON_EACH(p, json_get(b->spec, "platforms"))
	{
		bool is_host;
		int r = platform_is_host(json_text(p) ? json_text(p) : "", &is_host, e);

		if (r < 0)
			return r;
		if (!is_host)
			return err_set(e, ENOTSUP,
				       "building for platform %s is not supported on this machine",
				       json_text(p));
	}
	return 0;
}

static int run_build(struct build *b, struct build_result *ret, struct err **e)
{
	AUTO(strv) struct strv tags = STRV_INIT;
	struct stage *target;
	int r = check_spec(b, e);

	if (r == 0)
		r = collect_tags(b, &tags, e);
	if (r == 0)
		r = load_file(b, e);
	if (r == 0)
		r = stages_find(b, e);
	if (r == 0)
		r = stages_target(b, &target, e);
	if (r < 0)
		return r;
	stages_mark(b, target);
	show_metadata(b);
	r = load_ignore(b, e);
	if (r == 0)
		r = stage_build(b, target, e);
	if (r == 0)
		r = export_image(b, target, &tags, ret, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < b->file->warnings.n; i++)
		strv_addf(&ret->warnings, "WARN: %s", b->file->warnings.v[i]);
	warn_unused_args(b, ret);
	return 0;
}

static void keep_excerpt(struct build *b, const struct err *e, struct build_result *ret)
{
	const struct srcpos *pos = err_pos(e);
	unsigned first = pos ? pos->line : b->at ? b->at->line : 0;
	unsigned last = pos ? pos->line : b->at ? b->at->end_line : 0;
	size_t n = 0;
	FILE *f;

	if (!first)
		return;
	f = open_memstream(&ret->excerpt, &n);
	if (!f)
		return;
	dockerfile_excerpt(f, b->file_name, &b->file_lines, first, last);
	fclose(f);
}

/* Who interrupts a build knows where: only failures show their place. */
static int fail(struct build *b, struct build_result *ret, struct err **e)
{
	bool cancelled = *b->o->cancelled;

	if (steplog_is_open(b->p) && cancelled)
		steplog_end(b->p, STEPLOG_CANCELED);
	else if (steplog_is_open(b->p))
		steplog_fail(b->p, err_text(*e));
	if (!cancelled)
		keep_excerpt(b, *e, ret);
	return err_wrap(e, "failed to solve");
}

static void build_done(struct build *b)
{
	for (int i = 0; i < b->n_stages; i++)
		stage_done(&b->stages[i]);
	free(b->stages);
	dockerfile_free(b->file);
	strv_done(&b->file_lines);
	strv_done(&b->global_args);
	strv_done(&b->used_args);
	strv_done(&b->empty_lower);
	ignore_free(b->ignore);
	filehash_free(b->hashes);
	fd_close(&b->context_fd);
	free(b->file_name);
	free(b->context);
	free(b->now);
}

int build(const struct image_store *s, const struct build_opts *o, struct build_result *ret,
	  struct err **e)
{
	struct build b = { .s = s, .o = o, .spec = o->spec, .p = o->steplog, .context_fd = -1 };
	AUTO(fd) int gate = store_gate(s, /* alone= */ false, e);
	int r;

	if (gate < 0)
		return gate;
	b.now = time_format_rfc3339(clock_wall_ns(), false);
	r = run_build(&b, ret, e);
	if (b.hashes)
		filehash_save(b.hashes);
	ret->made_layers = b.made_layers;
	if (r < 0)
		r = fail(&b, ret, e);
	build_done(&b);
	return r;
}
