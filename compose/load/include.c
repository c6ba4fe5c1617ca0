/*
 * Step 5: what a document's `include` names is loaded as a project of its own, with its own
 * directory and environment, and comes into the document as if it had been written there; what the
 * document says about the same names overrides it.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/path.h"
#include "compose/load/rules.h"
#include "compose/load/set.h"

static const char *const keys[] = { "path", "project_directory", "env_file" };

static const char *join_in(struct arena *a, const char *dir, const char *path)
{
	AUTO(mem) char *full = path_join(dir, path);

	return arena_strdup(a, full);
}

/* ---- what an item says ---- */

struct item {
	const struct node *node;
	const char **paths;       /* absolute */
	const struct srcpos **at; /* where each was named */
	size_t n_paths;
	const struct node *env_file;
	const char *dir; /* absolute */
};

static bool wrong(struct loader *l, const struct node *n, const char *expect)
{
	diag_expect(diag_add(l->diags, DIAG_ERROR, &n->pos, "%s must be a %s",
			     node_path(l->arena, n), expect),
		    "%s", expect);
	return false;
}

static bool known_keys(struct loader *l, const struct node *item)
{
	bool ok = true;

	NODE_EACH(child, item) {
		bool known = false;
		struct diag *g;

		for (size_t i = 0; i < ARRAY_LEN(keys); i++)
			known |= strcmp(child->key, keys[i]) == 0;
		if (known)
			continue;
		g = diag_add(l->diags, DIAG_ERROR, &child->key_pos,
			     "%s additional properties '%s' not allowed", node_path(l->arena, item),
			     child->key);
		diag_suggest(g, child->key, keys, ARRAY_LEN(keys));
		ok = false;
	}
	return ok;
}

static bool take_path(struct loader *l, const struct node *n, struct item *it)
{
	const char *path = set_file_name(l, n);

	if (!path)
		return wrong(l, n, "string");
	if (source_is_remote(path)) {
		source_refuse_remote(l, path, &n->pos);
		return false;
	}
	it->paths[it->n_paths] = join_in(l->arena, l->working_dir, path);
	it->at[it->n_paths++] = &n->pos;
	return true;
}

static bool take_paths(struct loader *l, const struct node *n, struct item *it)
{
	size_t room = n->kind == NODE_LIST ? n->n : 1;
	bool ok = true;

	it->paths = arena_alloc(l->arena, (room + 1) * sizeof(*it->paths));
	it->at = arena_alloc(l->arena, (room + 1) * sizeof(*it->at));
	if (n->kind != NODE_LIST)
		return take_path(l, n, it);
	NODE_EACH(one, n)
		ok &= take_path(l, one, it);
	return ok && (it->n_paths > 0 || wrong(l, n, "list of at least one path"));
}

static bool read_item(struct loader *l, const struct node *n, struct item *it)
{
	const struct node *path = n->kind == NODE_MAP ? node_get(n, "path") : n;
	const struct node *dir = node_get(n, "project_directory");
	AUTO(mem) char *main_dir = NULL;

	*it = (struct item){ .node = n, .env_file = node_get(n, "env_file") };
	if (n->kind != NODE_MAP && n->kind != NODE_STR)
		return wrong(l, n, "string or mapping");
	if (!known_keys(l, n))
		return false;
	if (!path) {
		diag_expect(diag_add(l->diags, DIAG_ERROR, &n->pos, "%s missing property 'path'",
				     node_path(l->arena, n)),
			    "path: FILE");
		return false;
	}
	if (!take_paths(l, path, it))
		return false;
	main_dir = path_dir(it->paths[0]);
	it->dir = arena_strdup(l->arena, main_dir);
	if (dir && dir->kind != NODE_NULL) {
		const char *text = set_file_name(l, dir);

		if (!text)
			return wrong(l, dir, "string");
		if (*text)
			it->dir = join_in(l->arena, l->working_dir, text);
	}
	return true;
}

/* ---- its environment ---- */

static bool take_env_file(struct loader *l, const char *path, const struct srcpos *at,
			  struct env *env)
{
	AUTO(env) struct env *set = env_new();
	struct stat st;
	int r;

	if (strcmp(path, "/dev/null") == 0)
		return true;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		diag_add(l->diags, DIAG_ERROR, at, "%s is not a file", path);
		return false;
	}
	r = source_read_env(l, path, false, env, NULL, set);
	if (r < 0 && r != -EINVAL)
		diag_add(l->diags, DIAG_ERROR, at, "open %s: %s", path,
			 r == -ENOENT ? "no such file or directory" : strerror(-r));
	env_fill(env, set);
	return r == 0;
}

static bool take_named_env(struct loader *l, const struct node *n, struct env *env)
{
	const char *path = set_file_name(l, n);

	if (!path)
		return wrong(l, n, "string");
	return take_env_file(l, join_in(l->arena, l->working_dir, path), &n->pos, env);
}

static bool take_env(struct loader *l, const struct item *it, struct env *env)
{
	const struct node *f = it->env_file;
	const char *dflt = join_in(l->arena, it->dir, ".env");
	struct stat st;
	bool ok = true;

	if (!f || f->kind == NODE_NULL || (f->kind == NODE_LIST && !f->n))
		return stat(dflt, &st) < 0 || S_ISDIR(st.st_mode) ||
		       take_env_file(l, dflt, &it->node->pos, env);
	if (f->kind != NODE_LIST)
		return take_named_env(l, f, env);
	NODE_EACH(one, f)
		ok &= take_named_env(l, one, env);
	return ok;
}

/* ---- loading ---- */

/* "A\n include B\n include A", outermost first. */
static void add_chain(struct buf *b, const struct loader *l)
{
	if (l->parent) {
		add_chain(b, l->parent);
		buf_addstr(b, "\n include ");
	}
	buf_addstr(b, l->n_files ? l->files[0] : "");
}

static bool is_in_chain(const struct loader *l, const char *path)
{
	for (; l; l = l->parent)
		for (size_t i = 0; i < l->n_files; i++)
			if (strcmp(l->files[i], path) == 0)
				return true;
	return false;
}

static bool refuse_cycle(struct loader *l, const struct item *it)
{
	for (size_t i = 0; i < it->n_paths; i++) {
		AUTO(buf) struct buf chain = BUF_INIT;

		if (!is_in_chain(l, it->paths[i]))
			continue;
		add_chain(&chain, l);
		diag_add(l->diags, DIAG_ERROR, it->at[i],
			 "include cycle detected:\n%s\n include %s", buf_str(&chain), it->paths[i]);
		return true;
	}
	return false;
}

static struct node *load_item(struct loader *l, const struct item *it)
{
	AUTO(env) struct env *env = env_fork(l->env);
	struct loader inner = *l;
	struct source *sources;
	struct node *root;
	bool ok;

	if (refuse_cycle(l, it))
		return NULL;
	ok = take_env(l, it, env);
	inner.env = env;
	inner.working_dir = it->dir;
	inner.parent = l;
	inner.files = it->paths;
	inner.n_files = it->n_paths;
	inner.extended = NULL;
	sources = arena_alloc(l->arena, it->n_paths * sizeof(*sources));
	for (size_t i = 0; i < it->n_paths; i++)
		ok &= source_read(&inner, it->paths[i], it->at[i], &sources[i]);
	if (!ok)
		return NULL;
	root = set_load(&inner, sources, it->n_paths);
	set_finish(&inner, root, /* with_paths= */ true);
	return root;
}

/* ---- importing ---- */

static const char *const sections[] = { "services", "volumes", "networks",
					"secrets",  "configs", "models" };

static void import_section(struct loader *l, struct node *doc, struct node *section)
{
	struct node *mine = node_get(doc, section->key);
	const struct attr *row = attr_child(attr_root(), section->key);

	if (!mine || mine->kind == NODE_NULL) {
		const char *key = section->key;

		node_remove(section);
		node_set(l->arena, doc, key, section);
		return;
	}
	if (mine->kind != NODE_MAP)
		return; /* the shape check says so */
	NODE_EACH(theirs, section) {
		const char *key = theirs->key;
		struct node *local = node_get(mine, key), *merged;

		if (!local) {
			node_remove(theirs);
			node_add(l->arena, mine, key, theirs);
			continue;
		}
		merged = merge_value(l, attr_child(row, key), theirs, local);
		if (merged->parent == mine)
			continue;
		if (merged->parent)
			node_remove(merged);
		node_replace(node_get(mine, key), merged);
	}
}

/* Something was to come from there: names that are not found may be no second mistake. */
static void mark_damaged(struct loader *l, struct node *doc)
{
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		struct node *section = node_get(doc, sections[i]);

		if (!section)
			section = node_new(l->arena, NODE_MAP, &doc->pos);
		if (!section->parent)
			node_add(l->arena, doc, sections[i], section);
		section->is_damaged = true;
	}
}

static void include_item(struct loader *l, struct node *doc, const struct node *mask,
			 const struct node *n)
{
	struct item it;
	struct node *root = read_item(l, n, &it) ? load_item(l, &it) : NULL;

	if (!root) {
		mark_damaged(l, doc);
		return;
	}
	tags_apply(mask, root);
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		struct node *section = node_get(root, sections[i]);

		if (node_is(section, NODE_MAP))
			import_section(l, doc, section);
	}
}

void step_include(struct loader *l, struct node *doc, const struct node *mask)
{
	struct node *include = node_get(doc, "include");

	if (!include)
		return;
	if (include->kind == NODE_LIST) {
		NODE_EACH(item, include)
			include_item(l, doc, mask, item);
	} else if (include->kind != NODE_NULL) {
		struct diag *g = diag_add(
			l->diags, DIAG_ERROR, &include->pos, "`include` must be a list, got %s",
			node_is_scalar(include) ? include->text : node_kind_name(include->kind));

		diag_expect(g, "include: [FILE, ...]");
		mark_damaged(l, doc);
	}
	node_remove(include);
}
