/* What "--from" means: a stage, a named context, or an image. */
#include <errno.h>
#include <fcntl.h>
#include <strings.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/path.h"
#include "image/build_priv.h"
#include "image/mount.h"
#include "image/reference.h"

void build_source_done(struct build_source *s)
{
	fd_close(&s->root_fd);
	free(s->path);
	free(s->digest);
	ignore_free(s->ignore);
	*s = (struct build_source){ .root_fd = -1 };
}

const char *build_named_context(const struct build *b, const char *name)
{
	AUTO(mem) char *canonical = reference_canonical(name, NULL);

	JSON_EACH(c, json_get(b->spec, "additional_contexts"))
	{
		AUTO(mem) char *key = NULL;

		if (strcasecmp(json_key(c), name) == 0)
			return json_text(c);
		key = canonical ? reference_canonical(json_key(c), NULL) : NULL;
		if (key && streq(key, canonical))
			return json_text(c);
	}
	return NULL;
}

/* Layers to a tree: one alone is its directory. */
static int open_layers(const struct strv *layers, struct build_source *ret, struct err **e)
{
	struct mount_layers m = { .lower = layers, .upper_fd = -1, .work_fd = -1 };

	if (layers->n > 1) {
		ret->root_fd = mount_layers(&m, e);
		return ret->root_fd < 0 ? ret->root_fd : 0;
	}
	ret->path = xstrdup(layers->v[0]);
	ret->root_fd = dir_open(AT_FDCWD, layers->v[0], e);
	return ret->root_fd < 0 ? ret->root_fd : 0;
}

static int open_stage(struct build *b, int index, struct build_source *ret, struct err **e)
{
	const struct instr *at = b->at;
	struct stage *st = &b->stages[index];
	int r = stage_build(b, st, e);

	if (r < 0)
		return r;
	b->at = at;
	ret->digest = stage_chain(st);
	if (!st->layers.n)
		return err_set(e, ENOENT, "stage \"%s\" has no files", st->shown);
	return open_layers(&st->layers, ret, e);
}

static int open_image(struct build *b, const char *name, struct build_source *ret, struct err **e)
{
	AUTO(image) struct image *im = NULL;
	int r = image_find(b->s, name, &im, e);

	if (r < 0)
		return r;
	if (!im->is_complete || !im->layers.n)
		return err_set(e, ENODATA, "image %s has no unpacked layers", name);
	ret->digest = image_chain_id(&im->diff_ids, im->diff_ids.n);
	return open_layers(&im->layers, ret, e);
}

static int open_directory(const char *path, struct build_source *ret, struct err **e)
{
	size_t size;

	if (strstr(path, "://"))
		return err_set(e, ENOTSUP, "context \"%s\" is of a kind that is not supported",
			       path);
	ret->is_context = true;
	ret->path = path_abs(path);
	ret->root_fd = dir_open(AT_FDCWD, path, e);
	if (ret->root_fd < 0)
		return ret->root_fd;
	return build_ignore_read(ret->root_fd, NULL, &ret->ignore, &size, e);
}

int build_source_open(struct build *b, struct stage *st, const char *from, struct build_source *ret,
		      struct err **e)
{
	AUTO(build_source) struct build_source s = { .root_fd = -1 };
	int index = stage_lookup(b, from, st->index), later, r;
	const char *named;

	if (strchr(from, '$'))
		return err_set(
			e, EINVAL,
			"variable expansion is not supported for --from, define a new stage with "
			"FROM using ARG from global scope as a workaround");
	later = stage_lookup(b, from, b->n_stages);
	named = build_named_context(b, from);
	if (index != NO_STAGE)
		r = open_stage(b, index, &s, e);
	else if (later != NO_STAGE)
		r = err_set(e, EINVAL,
			    "cannot copy from stage \"%s\", it needs to be defined before current "
			    "stage "
			    "\"%s\"",
			    from, st->name ? st->name : "");
	else if (named && !starts_with(named, "docker-image://"))
		r = open_directory(named, &s, e);
	else
		r = open_image(b, named ? named + 15 : from, &s, e);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct build_source){ .root_fd = -1 };
	return 0;
}
