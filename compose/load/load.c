#include "compose/load/load.h"

#include <errno.h>
#include <string.h>

#include "compose/load/options.h"
#include "compose/load/set.h"

void loaded_free(struct loaded *p)
{
	if (!p)
		return;
	env_free(p->env);
	arena_free(p->arena); /* p itself lives in it */
}

static bool is_empty(const struct source *sources, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sources[i].docs.n)
			return false;
	return true;
}

/* Steps 20 to 27. */
static void complete(struct loader *l, struct loaded *p)
{
	const struct load_options *o = l->opt;
	struct node *root = p->root;

	if (!o->no_normalize)
		step_normalize(l, root);
	if (o->no_interpolate)
		return;
	step_bind(l, root);
	step_profiles(l, root, p->disabled);
	if (!o->no_consistency)
		step_consistency(l, root, p->disabled);
	step_select(l, root, p->disabled);
	step_prune(l, root);
	if (!o->no_env_resolution)
		step_service_env(l, root);
}

static void set_name(struct loader *l, struct node *root)
{
	struct node *old = node_get(root, "name"), *name;

	name = node_str(l->arena, l->project_name, old && !l->name_origin ? &old->pos : &root->pos);
	node_origin(l->arena, name, l->name_origin, l->name_origin ? old : NULL);
	node_set(l->arena, root, "name", name);
}

static struct source *read_sources(struct loader *l, bool *ok)
{
	struct source *sources = arena_alloc(l->arena, (l->n_files + 1) * sizeof(*sources));

	*ok = true;
	for (size_t i = 0; i < l->n_files; i++)
		*ok &= source_read(l, l->files[i], NULL, &sources[i]);
	return sources;
}

static void load_files(struct loader *l, struct loaded *p)
{
	const struct load_options *o = l->opt;
	struct source *sources;
	bool ok;

	sources = read_sources(l, &ok);
	if (!options_name(l, sources, l->n_files) || o->environment_only)
		return;
	if (ok && is_empty(sources, l->n_files))
		diag_add(l->diags, DIAG_ERROR, &(struct srcpos){ .file = sources[0].shown },
			 "empty compose file");
	p->root = set_load(l, sources, l->n_files);
	p->disabled = node_new(l->arena, NODE_MAP, &p->root->pos);
	/* Half of the files would make every name in the other half look wrong. */
	if (!ok || o->variables_only)
		return;
	set_finish(l, p->root, !o->no_path_resolution);
	set_name(l, p->root);
	complete(l, p);
}

struct env *load_environment(const struct load_options *opt)
{
	AUTO(arena) struct arena *a = arena_new();
	AUTO(diags) struct diags *unseen = diags_new();
	struct load_budget budget = { 0 };
	struct loaded p = { .arena = a, .env = env_new() };
	struct loader l = {
		.arena = a, .diags = unseen, .opt = opt, .budget = &budget, .env = p.env
	};

	(void)options_resolve(&l, &p);
	return p.env;
}

int project_load(const struct load_options *opt, struct loaded **ret, struct diags *d)
{
	struct arena *a = arena_new();
	struct loaded *p = arena_alloc(a, sizeof(*p));
	struct load_budget budget = { 0 };
	struct loader l = { .arena = a, .diags = d, .opt = opt, .budget = &budget };

	p->arena = a;
	l.env = p->env = env_new();
	if (options_resolve(&l, p)) {
		l.profiles = p->profiles;
		l.n_profiles = p->n_profiles;
		load_files(&l, p);
	}
	p->name = l.project_name;
	p->working_dir = l.working_dir;
	p->config_files = l.files;
	p->n_config_files = l.n_files;
	if (diags_failed(d)) {
		bool none = !l.n_files;

		loaded_free(p);
		return none ? -ENOENT : -EINVAL;
	}
	*ret = p;
	return 0;
}
