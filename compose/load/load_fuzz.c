/*
 * Two YAML texts (parted by a line of four dashes) through the whole pipeline, without any file being
 * read: no crash, and what is printed for a project that loads can be loaded again and prints the same.
 */
#include <string.h>

#include "base/buf.h"
#include "base/fuzz.h"
#include "compose/load/emit.h"
#include "compose/load/set.h"

static const struct load_options options = { .all_resources = true };

static void without_files(struct node *doc)
{
	node_del(doc, "include");
	NODE_EACH(service, node_get(doc, "services")) {
		node_del(service, "env_file");
		node_del(service, "label_file");
		node_del(node_get(service, "extends"), "file");
	}
}

static struct node *load_sources(struct loader *l, struct source *sources, size_t n)
{
	struct node *root, *disabled = node_new(l->arena, NODE_MAP, NULL);

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < sources[i].docs.n; j++)
			without_files(sources[i].docs.v[j]);
	root = set_load(l, sources, n);
	set_finish(l, root, /* with_paths= */ true);
	node_set(l->arena, root, "name", node_str(l->arena, "fuzz", &root->pos));
	step_normalize(l, root);
	step_bind(l, root);
	step_profiles(l, root, disabled);
	step_consistency(l, root, disabled);
	step_select(l, root, disabled);
	step_prune(l, root);
	step_service_env(l, root);
	return root;
}

/* Every "$" is printed twice, those of keys too, where nothing takes the second one away again. */
static bool has_dollar_key(const struct node *n)
{
	if (n->key && strchr(n->key, '$'))
		return true;
	NODE_EACH(child, n)
		if (has_dollar_key(child))
			return true;
	return false;
}

struct text {
	const char *p;
	size_t n;
};

/* What `config` prints, for free(3); NULL for a project with mistakes. */
static char *print(const struct text *texts, size_t n, bool show)
{
	AUTO(arena) struct arena *a = arena_new();
	AUTO(diags) struct diags *d = diags_new();
	AUTO(env) struct env *env = env_new();
	AUTO(mem) char *errors = NULL;
	struct load_budget budget = { 0 };
	struct loader l = { .arena = a, .diags = d, .opt = &options, .env = env, .working_dir = "/w",
			    .project_name = "fuzz", .budget = &budget };
	struct source sources[2];
	struct node *root;

	env_set(env, "A", "value", NULL);
	env_set(env, "E", "", NULL);
	for (size_t i = 0; i < n; i++) {
		sources[i] = (struct source){ .path = "/w/f.yaml", .shown = "f.yaml" };
		if (yaml_read(a, d, "f.yaml", texts[i].p, texts[i].n, &sources[i].docs) < 0)
			return NULL;
	}
	root = load_sources(&l, sources, n);
	errors = diags_format(d, DIAG_ERROR, false);
	if (show && diags_failed(d))
		fputs(errors, stderr);
	return diags_failed(d) || has_dollar_key(root) ? NULL : emit_yaml(root, /* raw= */ false);
}

static char *doubled(const char *text)
{
	struct buf b = BUF_INIT;

	for (; *text; text++) {
		if (*text == '$')
			buf_addch(&b, '$');
		buf_addch(&b, *text);
	}
	return buf_take(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *cut = memmem(p, size, "\n----\n", 6);
	const struct text texts[] = {
		{ p, cut ? (size_t)(cut - p) : size },
		{ cut ? cut + 6 : p, cut ? size - (size_t)(cut + 6 - p) : 0 },
	};
	AUTO(mem) char *first = print(texts, cut ? 2 : 1, false), *file = NULL, *second = NULL;

	if (!first)
		return 0;
	file = doubled(first);
	second = print(&(struct text){ file, strlen(file) }, 1, true);
	if (!second || strcmp(first, second) != 0)
		fprintf(stderr, "--- printed\n%s--- loaded again\n%s", first, second ? second : "(refused)\n");
	CHECK(second && strcmp(first, second) == 0);
	return 0;
}
