/*
 * Step 24: rules over several values of the enabled services, one function each.
 *
 * All values have their bound type here. A rule reports at the value that has to change, names what
 * it refers to, and suggests the nearest name that exists. Messages end as upstream's do.
 *
 * Source: reference "Consistency".
 */
#include "compose/load/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/strv.h"
#include "compose/load/attr.h"

#define INVALID ": invalid compose project"

static const char *text_at(const struct node *map, const char *key)
{
	const char *text = node_text(node_get(map, key));

	return text && *text ? text : NULL;
}

static bool is_true(const struct node *n)
{
	return node_is(n, NODE_BOOL) && n->b;
}

static const struct srcpos *place_of(const struct node *n)
{
	return n->key_pos.line ? &n->key_pos : &n->pos;
}

static void suggest_name(struct diag *g, const char *word, const struct node *names)
{
	AUTO(mem) const char **v = NULL;
	size_t n = 0;

	if (!names || names->kind != NODE_MAP || !names->n)
		return;
	v = xcalloc(names->n, sizeof(*v));
	NODE_EACH(name, names)
		v[n++] = name->key;
	diag_suggest(g, word, v, n);
}

/* ---- what runs ---- */

static void has_image_or_build(struct check *c, struct node *s)
{
	struct diag *g;

	if (node_get(s, "build") || node_get(s, "provider") || text_at(s, "image") ||
	    s->is_damaged)
		return;
	g = diag_add(c->l->diags, DIAG_ERROR, place_of(s),
		     "service \"%s\" has neither an image nor a build context specified" INVALID,
		     s->key);
	diag_expect(g, "image or build");
}

static void one_dockerfile(struct check *c, struct node *s)
{
	const struct node *build = node_get(s, "build");
	const struct node *inline_text = node_get(build, "dockerfile_inline");

	if (text_at(build, "dockerfile") && text_at(build, "dockerfile_inline"))
		diag_add(c->l->diags, DIAG_ERROR, place_of(inline_text),
			 "service \"%s\" declares mutualy exclusive dockerfile and "
			 "dockerfile_inline" INVALID,
			 s->key);
}

static void contexts_can_be_built(struct check *c, struct node *s)
{
	NODE_EACH(context, node_at(s, "build", "additional_contexts", NULL)) {
		const char *name = node_text(context);
		const struct node *other;

		if (!name || !starts_with(name, "service:"))
			continue;
		name += strlen("service:");
		other = node_get(c->services, name);
		if (!other)
			suggest_name(diag_add(c->l->diags, DIAG_ERROR, &context->pos,
					      "service \"%s\" declares unknown service \"%s\" as "
					      "additional contexts %s" INVALID,
					      s->key, name, context->key),
				     name, c->services);
		else if (!node_get(other, "build"))
			diag_add(c->l->diags, DIAG_ERROR, &context->pos,
				 "service \"%s\" declares non-buildable service \"%s\" as "
				 "additional contexts %s" INVALID,
				 s->key, name, context->key);
	}
}

static void platform_is_built(struct check *c, struct node *s)
{
	const struct node *platforms = node_at(s, "build", "platforms", NULL);
	const char *platform = text_at(s, "platform");

	if (!platform || !platforms || !platforms->n)
		return;
	NODE_EACH(item, platforms) {
		if (streq(item->text, platform))
			return;
	}
	diag_add(c->l->diags, DIAG_ERROR, place_of(platforms),
		 "service.build.platforms MUST include service.platform \"%s\"" INVALID, platform);
}

static void test_head_is_known(struct check *c, struct node *s)
{
	static const char *const words[] = { "CMD", "CMD-SHELL", "NONE" };
	const struct node *test = node_at(s, "healthcheck", "test", NULL);
	struct diag *g;

	if (!test || !test->n)
		return;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (streq(test->first->text, words[i]))
			return;
	}
	g = diag_add(c->l->diags, DIAG_ERROR, &test->first->pos,
		     "services.%s.healthcheck.test: healthcheck.test must start either by \"CMD\", "
		     "\"CMD-SHELL\" or \"NONE\"",
		     s->key);
	diag_suggest(g, test->first->text, words, ARRAY_LEN(words));
}

/* compose-spec 05-services.md "weight": 10 to 1000; 0 is how it is left unset. */
static void weight_in_range(struct check *c, const struct node *holder)
{
	const struct node *weight = node_get(holder, "weight");

	if (node_is(weight, NODE_INT) && weight->i != 0 && (weight->i < 10 || weight->i > 1000))
		diag_add(c->l->diags, DIAG_ERROR, &weight->pos,
			 "%s: weight must be between 10 and 1000", node_path(c->l->arena, weight));
}

static void weights_in_range(struct check *c, struct node *s)
{
	const struct node *blkio = node_get(s, "blkio_config");

	weight_in_range(c, blkio);
	NODE_EACH(device, node_get(blkio, "weight_device"))
		weight_in_range(c, device);
}

static void watch_has_target(struct check *c, struct node *s)
{
	NODE_EACH(watch, node_at(s, "develop", "watch", NULL)) {
		const char *action = text_at(watch, "action");

		if (!text_at(watch, "target") && action && !streq(action, "rebuild") &&
		    !streq(action, "restart"))
			diag_add(c->l->diags, DIAG_ERROR, &watch->pos,
				 "services.%s.develop.watch: target is required for non-rebuild "
				 "actions" INVALID,
				 s->key);
	}
}

/* ---- references ---- */

/* A name that is missing may have been taken out with a complaint of its own. */
static bool is_damaged(const struct check *c, const struct node *names)
{
	return names ? names->is_damaged : c->root->is_damaged;
}

static void refers_to(struct check *c, const struct node *at, const char *service,
		      const char *kind, const char *top, const char *name)
{
	const struct node *declared = node_get(c->root, top);
	const bool by_key = at->parent->kind == NODE_MAP && streq(at->key, name);
	struct diag *g;

	if (node_get(declared, name) || is_damaged(c, declared))
		return;
	g = diag_add(c->l->diags, DIAG_ERROR, by_key ? place_of(at) : &at->pos,
		     "service \"%s\" refers to undefined %s %s" INVALID, service, kind, name);
	suggest_name(g, name, declared);
	if (g && !g->hint)
		diag_hint(g, "declare it below a top-level \"%s\"", top);
}

static void list_refers_to(struct check *c, struct node *s, const struct node *list,
			   const char *kind, const char *top)
{
	NODE_EACH(item, list) {
		const struct node *source = node_get(item, "source");

		if (node_is(source, NODE_STR))
			refers_to(c, source, s->key, kind, top, source->text);
	}
}

static void mounts_are_declared(struct check *c, struct node *s)
{
	NODE_EACH(mount, node_get(s, "volumes")) {
		const char *source = text_at(mount, "source");

		if (source && streq(text_at(mount, "type"), "volume"))
			refers_to(c, node_get(mount, "source"), s->key, "volume", "volumes",
				  source);
	}
}

static void references_are_declared(struct check *c, struct node *s)
{
	NODE_EACH(network, node_get(s, "networks"))
		refers_to(c, network, s->key, "network", "networks", network->key);
	mounts_are_declared(c, s);
	list_refers_to(c, s, node_at(s, "build", "secrets", NULL), "build secret", "secrets");
	list_refers_to(c, s, node_get(s, "configs"), "config", "configs");
	NODE_EACH(model, node_get(s, "models"))
		refers_to(c, model, s->key, "model", "models", model->key);
	list_refers_to(c, s, node_get(s, "secrets"), "secret", "secrets");
}

static void secret_has_source(struct check *c)
{
	NODE_EACH(secret, node_get(c->root, "secrets")) {
		if (is_true(node_get(secret, "external")) || text_at(secret, "file") ||
		    text_at(secret, "environment"))
			continue;
		diag_add(c->l->diags, DIAG_ERROR, place_of(secret),
			 "secret \"%s\" must declare either `file` or `environment`" INVALID,
			 secret->key);
	}
}

static void dependencies_exist(struct check *c, struct node *s)
{
	NODE_EACH(entry, node_get(s, "depends_on")) {
		struct diag *g;

		if (node_get(c->services, entry->key) || is_damaged(c, c->services) ||
		    (node_is(node_get(entry, "required"), NODE_BOOL) &&
		     !is_true(node_get(entry, "required"))))
			continue;
		g = diag_add(c->l->diags, DIAG_ERROR, place_of(entry),
			     "service \"%s\" depends on undefined service \"%s\"" INVALID, s->key,
			     entry->key);
		if (node_get(c->disabled, entry->key))
			diag_hint(g, "\"%s\" is disabled; a profile enables it: %s", entry->key,
				  check_profiles_of(c, entry->key));
		else
			suggest_name(g, entry->key, c->services);
	}
}

static void network_mode_exists(struct check *c, struct node *s)
{
	const struct node *mode = node_get(s, "network_mode");
	const struct node *networks = node_get(s, "networks");
	const char *name = node_text(mode);

	if (!name)
		return;
	if (networks && networks->n)
		diag_add(c->l->diags, DIAG_ERROR, place_of(mode),
			 "service %s declares mutually exclusive `network_mode` and "
			 "`networks`" INVALID,
			 s->key);
	if (!starts_with(name, "service:"))
		return;
	name += strlen("service:");
	if (!node_get(c->services, name) && !is_damaged(c, c->services))
		suggest_name(diag_add(c->l->diags, DIAG_ERROR, &mode->pos,
				      "service \"%s\" not found for network_mode 'service:%s'",
				      name, name),
			     name, c->services);
}

/* ---- the same thing said twice ---- */

/* A count that was written, or -1. */
static int64_t count_at(const struct node *map, const char *key)
{
	const struct node *n = node_get(map, key);

	return node_is(n, NODE_INT) ? n->i : -1;
}

static void replicas_agree(struct check *c, struct node *s)
{
	const struct node *scale = node_get(s, "scale");
	const struct node *replicas = node_at(s, "deploy", "replicas", NULL);

	if (node_is(scale, NODE_INT) && scale->i < 0)
		diag_add(c->l->diags, DIAG_ERROR, &scale->pos,
			 "services.%s.scale: must be greater than or equal to 0", s->key);
	if (node_is(replicas, NODE_INT) && replicas->i < 0)
		diag_add(c->l->diags, DIAG_ERROR, &replicas->pos,
			 "services.%s.deploy.replicas: must be greater than or equal to 0", s->key);
	if (node_is(scale, NODE_INT) && node_is(replicas, NODE_INT) && scale->i != replicas->i)
		diag_add(c->l->diags, DIAG_ERROR, &scale->pos,
			 "services.%s: can't set distinct values on 'scale' and "
			 "'deploy.replicas'" INVALID,
			 s->key);
}

static void name_is_of_one(struct check *c, struct node *s)
{
	int64_t scale = count_at(s, "scale"), replicas = count_at(node_get(s, "deploy"), "replicas");

	if (!text_at(s, "container_name") || (scale <= 1 && replicas <= 1))
		return;
	diag_add(c->l->diags, DIAG_ERROR, place_of(node_get(s, "container_name")),
		 "services.%s: can't set container_name and %s as container name must be "
		 "unique" INVALID,
		 s->key, scale > 1 ? "scale" : "deploy.replicas");
}

static bool is_zero(const struct node *n)
{
	if (!n)
		return true;
	if (n->kind == NODE_STR)
		return streq(n->text, "0");
	return n->kind == NODE_INT ? n->i == 0 : n->kind == NODE_FLOAT && n->f == 0;
}

static bool same_amount(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == NODE_STR)
		return streq(a->text, b->text);
	return a->kind == NODE_INT ? a->i == b->i : a->f == b->f;
}

static void limits_agree(struct check *c, struct node *s)
{
	static const struct {
		const char *service, *block, *deploy;
	} twins[] = {
		{ "cpus", "limits", "cpus" },
		{ "mem_limit", "limits", "memory" },
		{ "mem_reservation", "reservations", "memory" },
		{ "pids_limit", "limits", "pids" },
	};

	for (size_t i = 0; i < ARRAY_LEN(twins); i++) {
		const struct node *own = node_get(s, twins[i].service);
		const struct node *other = node_at(s, "deploy", "resources", twins[i].block,
						   twins[i].deploy, NULL);

		if (is_zero(own) || !other || same_amount(own, other))
			continue;
		diag_add(c->l->diags, DIAG_ERROR, place_of(own),
			 "services.%s: can't set distinct values on '%s' and "
			 "'deploy.resources.%s.%s'" INVALID,
			 s->key, twins[i].service, twins[i].block, twins[i].deploy);
	}
}

/* ---- mount points ---- */

static void claim(struct check *c, struct map *claimed, const struct node *at, struct str target,
		  const char *path)
{
	const char *key = arena_strndup(c->l->arena, target.p, target.n);
	const char *before = map_get(claimed, key);

	if (before)
		diag_add(c->l->diags, DIAG_ERROR, &at->pos, "%s: target %s already mounted as %s",
			 path, key, before);
	else
		map_set(claimed, key, (void *)path);
}

static void mount_points_differ(struct check *c, struct node *s)
{
	AUTO(map) struct map claimed = MAP_INIT;
	size_t i = 0;

	if (!node_get(s, "tmpfs"))
		return; /* volumes alone cannot collide: their targets identify them */
	NODE_EACH(mount, node_get(s, "volumes")) {
		const char *target = text_at(mount, "target");
		const char *path = arena_printf(c->l->arena, "services.%s.volumes[%zu]", s->key, i++);

		if (target)
			claim(c, &claimed, mount, str_of(target), path);
	}
	i = 0;
	NODE_EACH(item, node_get(s, "tmpfs")) {
		struct str rest = str_of(item->text);
		const char *path = arena_printf(c->l->arena, "services.%s.tmpfs[%zu]", s->key, i++);

		claim(c, &claimed, item, str_cut(&rest, ':'), path);
	}
}

/* ---- over all services ---- */

static void container_names_differ(struct check *c)
{
	AUTO(map) struct map names = MAP_INIT;

	NODE_EACH(s, c->services) {
		const char *name = text_at(s, "container_name");
		const char *before = name ? map_get(&names, name) : NULL;

		if (before)
			diag_add(c->l->diags, DIAG_ERROR, place_of(node_get(s, "container_name")),
				 "services.%s: container name \"%s\" is already in use by service %s",
				 s->key, name, before);
		else if (name)
			map_set(&names, name, (void *)s->key);
	}
}

void step_consistency(struct loader *l, struct node *root, const struct node *disabled)
{
	struct check c = { .l = l, .root = root, .services = node_get(root, "services"),
			   .disabled = disabled };

	NODE_EACH(s, c.services) {
		if (s->kind != NODE_MAP)
			continue;
		has_image_or_build(&c, s);
		one_dockerfile(&c, s);
		contexts_can_be_built(&c, s);
		platform_is_built(&c, s);
		network_mode_exists(&c, s);
		references_are_declared(&c, s);
		test_head_is_known(&c, s);
		dependencies_exist(&c, s);
		replicas_agree(&c, s);
		limits_agree(&c, s);
		name_is_of_one(&c, s);
		weights_in_range(&c, s);
		watch_has_target(&c, s);
		mount_points_differ(&c, s);
	}
	secret_has_source(&c);
	container_names_differ(&c);
	check_cycles(&c);
}
