/*
 * Two texts (parted by a line of four dashes) through the whole pipeline: no crash, and what is
 * printed for a project that loads can be loaded again and prints the same.
 *
 * The second text is an override file, and also the content of every file the first one names
 * (include, extends, env_file, label_file): no other file is ever read.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fuzz.h"
#include "compose/load/emit.h"
#include "compose/load/set.h"

static const struct load_options options = { .all_resources = true };

static char *only_file; /* path of the one file there is */

static void name_file(struct arena *a, struct node *map, const char *key)
{
	if (node_get(map, key))
		node_set(a, map, key, node_str(a, only_file, &map->pos));
}

static void tame(struct arena *a, struct node *doc)
{
	struct node *include = node_get(doc, "include");

	NODE_EACH(item, node_is(include, NODE_LIST) ? include : NULL) {
		if (item->kind != NODE_MAP) {
			node_replace(item, node_str(a, only_file, &item->pos));
			continue;
		}
		name_file(a, item, "path");
		name_file(a, item, "env_file");
		name_file(a, item, "project_directory");
	}
	NODE_EACH(service, node_get(doc, "services")) {
		name_file(a, service, "env_file");
		name_file(a, service, "label_file");
		name_file(a, node_get(service, "extends"), "file");
	}
}

/* What is in the second text is read before it could be tamed. */
static bool names_files(const char *p, size_t n)
{
	static const char *const words[] = { "include", "extends", "_file" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (memmem(p, n, words[i], strlen(words[i])))
			return true;
	return false;
}

static void write_only_file(const char *p, size_t n)
{
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		only_file = xasprintf("/proc/self/fd/%d", fd);
	}
	CHECK(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, p, n, 0) == (ssize_t)n);
}

static struct node *load_sources(struct loader *l, struct source *sources, size_t n)
{
	struct node *root, *disabled = node_new(l->arena, NODE_MAP, NULL);

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < sources[i].docs.n; j++)
			tame(l->arena, sources[i].docs.v[j]);
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
	struct loader l = { .arena = a,
			    .diags = d,
			    .opt = &options,
			    .env = env,
			    .working_dir = "/w",
			    .project_name = "fuzz",
			    .budget = &budget };
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
	AUTO(mem) char *first = NULL, *file = NULL, *second = NULL;

	if (names_files(texts[1].p, texts[1].n))
		return 0;
	write_only_file(texts[1].p, texts[1].n);
	first = print(texts, cut ? 2 : 1, false);
	if (!first)
		return 0; /* mistakes were found, which is all that was asked */
	file = doubled(first);
	second = print(&(struct text){ file, strlen(file) }, 1, true);
	if (!second || strcmp(first, second) != 0)
		fprintf(stderr, "--- printed\n%s--- loaded again\n%s", first,
			second ? second : "(refused)\n");
	CHECK(second && strcmp(first, second) == 0);
	return 0;
}
