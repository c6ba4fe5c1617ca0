#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/path.h"
#include "compose/supervise/spec_parts.h"

struct secrets {
	const struct json *project, *values;
	const struct image *image;
	const char *dir;
	struct json *mounts;
	struct secret_file *v;
	size_t n, cap;
};

/* Where a secret or config appears by default, and below what a relative target goes. */
static const struct kind {
	const char *section, *word, *base;
} kinds[] = {
	{ "secrets", "secret", "/run/secrets" },
	{ "configs", "config", "/" },
};

static int id_of(struct secrets *s, const struct json *ref, const char *key, uint32_t *ret,
		 struct err **e)
{
	const char *text = spec_text(ref, key);

	*ret = 0;
	return text ? spec_lookup_id(s->image, streq(key, "gid"), text, ret, e) : 0;
}

static int mode_of(const struct json *ref, mode_t *ret, struct err **e)
{
	const char *text = spec_text(ref, "mode");
	unsigned mode = 0;

	*ret = 0444;
	if (json_is(json_get(ref, "mode"), JSON_NUM))
		*ret = (mode_t)json_int(ref, "mode", 0444);
	for (const char *p = text; p && *p; p++) {
		if (*p < '0' || *p > '7' || mode > 0777)
			return err_set(e, EINVAL, "mode \"%s\" is not an octal number", text);
		mode = mode * 8 + (unsigned)(*p - '0');
	}
	if (text)
		*ret = mode;
	return 0;
}

/* File, literal content, or what the command line's environment had. */
static int content_of(struct secrets *s, const struct kind *k, const char *source,
		      struct secret_file *f, struct err **e)
{
	const struct json *declared = json_path(s->project, k->section, source, NULL);
	AUTO(mem) char *key = xasprintf("%s/%s", k->section, source);
	const char *value = json_str(s->values, key, NULL);

	if (!declared)
		return err_set(e, EINVAL, "undefined %s %s", k->word, source);
	if (spec_text(declared, "file"))
		f->path = xstrdup(spec_text(declared, "file"));
	else if (value)
		f->content = xstrdup(value);
	else if (json_str(declared, "content", NULL))
		f->content = xstrdup(json_str(declared, "content", NULL));
	else if (json_bool(declared, "external", false))
		return err_set(e, EINVAL, "unsupported external %s %s", k->word, source);
	else
		return err_set(e, EINVAL, "environment variable \"%s\" required by %s \"%s\" is not set",
			       json_str(declared, "environment", ""), k->word, source);
	return 0;
}

static void add_mount(struct secrets *s, const struct kind *k, const char *source,
		      const char *target, const char *file)
{
	AUTO(mem) char *joined = path_join(k->base, target ? target : source);
	AUTO(mem) char *path = xasprintf("%s/%s", s->dir, file);
	struct json *rec;

	/* volumes > secrets > configs when several claim one target. */
	JSON_EACH(m, s->mounts)
		if (streq(json_str(m, "destination", NULL), joined))
			return;
	rec = json_push(s->mounts, json_new_obj());
	json_set_str(rec, "type", "bind");
	json_set_str(rec, "source", path);
	json_set_str(rec, "destination", joined);
	json_set_bool(rec, "rw", false);
	json_set_bool(rec, "secret", true);
}

static int add_file(struct secrets *s, const struct kind *k, const struct json *ref, struct err **e)
{
	const char *source = json_text(ref) ? json_text(ref) : json_str(ref, "source", "");
	struct secret_file *f;
	uint32_t uid, gid;
	mode_t mode = 0444;
	int r;

	r = id_of(s, ref, "uid", &uid, e);
	if (r == 0)
		r = id_of(s, ref, "gid", &gid, e);
	if (r == 0)
		r = mode_of(ref, &mode, e);
	if (r < 0)
		return err_wrap(e, "%s \"%s\"", k->word, source);
	ARRAY_RESERVE(s->v, s->n, s->cap);
	f = &s->v[s->n];
	*f = (struct secret_file){ .uid = uid, .gid = gid, .mode = mode };
	r = content_of(s, k, source, f, e);
	if (r < 0)
		return r;
	f->name = xasprintf("%zu", s->n++);
	add_mount(s, k, source, spec_text(ref, "target"), f->name);
	return 0;
}

int spec_secret_files(const struct json *project, const struct json *service,
		      const struct image *image, const struct json *values, const char *secret_dir,
		      struct json *mounts, struct secret_file **ret, size_t *ret_n, struct err **e)
{
	struct secrets s = { project, values, image, secret_dir, mounts, NULL, 0, 0 };
	int r;

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
		JSON_EACH(ref, json_get(service, kinds[k].section)) {
			r = add_file(&s, &kinds[k], ref, e);
			if (r < 0) {
				spec_secret_files_free(s.v, s.n);
				return r;
			}
		}
	*ret = s.v;
	*ret_n = s.n;
	return 0;
}

void spec_secret_files_free(struct secret_file *files, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (files[i].content)
			explicit_bzero((char *)files[i].content, strlen(files[i].content));
		free((char *)files[i].content);
		free((char *)files[i].path);
		free((char *)files[i].name);
	}
	free(files);
}
