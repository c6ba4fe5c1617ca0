/*
 * Step 27: what env_file and label_file add to a service.
 *
 * environment wins over env_file, a later env_file over an earlier one; a file may refer to the
 * project environment, to the service's environment and to what earlier files set, in this order.
 */
#include <errno.h>
#include <string.h>

#include "base/path.h"
#include "compose/load/set.h"

static void report_missing(struct loader *l, const struct node *path, const char *what,
			   const char *abs, int r)
{
	const char *why = r == -ENOENT ? "no such file or directory" : strerror(-r);
	struct diag *g = diag_add(l->diags, DIAG_ERROR, &path->pos, "%s %s not found: stat %s: %s",
				  what, abs, abs, why);

	if (strcmp(what, "env file") == 0)
		diag_hint(g, "make the file, or give it as {path: %s, required: false}",
			  path->text);
}

/* Puts all of set into the mapping key of service, what is there already stays. */
static void fill(struct loader *l, struct node *service, const char *key, const struct env *set,
		 const char *how)
{
	struct node *map = node_get(service, key);
	const char *name, *value;
	size_t cursor = 0;

	if (!map) {
		map = node_new(l->arena, NODE_MAP, &service->pos);
		map->key_pos = service->key_pos;
		node_set(l->arena, service, key, map);
	}
	while ((name = env_next(set, &cursor, &value))) {
		const struct srcpos *pos = env_pos(set, name);
		struct srcpos at = pos ? *pos : map->pos;
		struct node *mine = node_get(map, name), *n;

		at.file = arena_strdup(l->arena, at.file ? at.file : "");
		n = node_str(l->arena, value, &at);
		n->key_pos = at;
		node_origin(l->arena, n, how, NULL);
		if (mine)
			node_origin(l->arena, mine, NULL, n);
		else
			node_set(l->arena, map, name, n);
	}
}

/* ---- environment ---- */

static void resolve_nulls(struct loader *l, struct node *environment)
{
	NODE_EACH(v, environment) {
		const char *value = v->kind == NODE_NULL ? env_get(l->env, v->key) : NULL;
		struct node *n;

		if (!value)
			continue;
		n = node_str(l->arena, value, &v->pos);
		node_origin(l->arena, n, "taken from the project environment", NULL);
		node_replace(v, n);
	}
}

static bool known_format(struct loader *l, const struct node *format, bool *raw)
{
	*raw = node_is(format, NODE_STR) && strcmp(format->text, "raw") == 0;
	if (!node_is(format, NODE_STR) || !*format->text || *raw)
		return true;
	diag_expect(diag_add(l->diags, DIAG_ERROR, &format->pos,
			     "unsupported env_file format \"%s\"", format->text),
		    "raw, or no format");
	return false;
}

static void read_one(struct loader *l, const struct node *item, const struct env *own,
		     struct env *set)
{
	const struct node *path = node_get(item, "path"), *required = node_get(item, "required");
	bool is_optional = node_is(required, NODE_BOOL) && !required->b, raw;
	AUTO(mem) char *abs = NULL;
	int r;

	if (!known_format(l, node_get(item, "format"), &raw) || !node_is(path, NODE_STR) ||
	    !*path->text)
		return;
	abs = path_join(l->working_dir, path->text);
	r = source_read_env(l, abs, raw, l->env, own, set);
	if (r < 0 && r != -EINVAL && !(is_optional && r == -ENOENT))
		report_missing(l, path, "env file", abs, r);
}

static struct env *env_of(const struct node *environment)
{
	struct env *e = env_new();

	NODE_EACH(v, environment)
		if (v->key && node_is_scalar(v) && v->kind != NODE_NULL)
			env_set(e, v->key, v->text, NULL);
	return e;
}

static void take_env_files(struct loader *l, struct node *service)
{
	struct node *files = node_get(service, "env_file");
	AUTO(env) struct env *own = NULL;
	AUTO(env) struct env *set = NULL;
	const char *name, *value;
	size_t cursor = 0;

	if (!node_is(files, NODE_LIST))
		return;
	own = env_of(node_get(service, "environment"));
	set = env_new();
	NODE_EACH(item, files)
		read_one(l, item, own, set);
	if ((name = env_next(set, &cursor, &value)))
		fill(l, service, "environment", set, "env file");
	if (!l->opt->keep_env_files)
		node_remove(files);
}

/* ---- labels ---- */

static void take_label_files(struct loader *l, struct node *service)
{
	const struct node *files = node_get(service, "label_file");
	AUTO(env) struct env *set = env_new();
	const char *name, *value;
	size_t cursor = 0;

	NODE_EACH(path, node_is(files, NODE_LIST) ? files : NULL) {
		AUTO(mem) char *abs = NULL;
		int r;

		if (!node_is(path, NODE_STR))
			continue;
		abs = path_join(l->working_dir, path->text);
		r = source_read_env(l, abs, false, l->env, NULL, set);
		if (r < 0 && r != -EINVAL)
			report_missing(l, path, "label file", abs, r);
	}
	if ((name = env_next(set, &cursor, &value)))
		fill(l, service, "labels", set, "label file");
}

void step_service_env(struct loader *l, struct node *root)
{
	NODE_EACH(service, node_get(root, "services")) {
		if (service->kind != NODE_MAP)
			continue;
		resolve_nulls(l, node_get(service, "environment"));
		take_env_files(l, service);
		if (node_get(service, "label_file"))
			take_label_files(l, service);
	}
}
