/*
 * Step 16: relative paths become absolute.
 *
 * The same walk serves bases of extends, whose directory may be relative: then the results are too.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "compose/load/attr.h"
#include "compose/load/steps.h"

static void set_text(struct loader *l, struct node *n, const char *text)
{
	if (streq(n->text, text))
		return;
	node_origin(l->arena, n, NULL, NULL);
	n->text = arena_strdup(l->arena, text);
}

static bool is_windows_abs(const char *p)
{
	return (((p[0] | 0x20) >= 'a' && (p[0] | 0x20) <= 'z') && p[1] == ':' &&
		(p[2] == '\\' || p[2] == '/')) ||
	       (p[0] == '\\' && p[1] == '\\');
}

static void resolve(struct loader *l, struct node *n, const char *dir)
{
	AUTO(mem) char *expanded = path_expand_home(n->text);
	AUTO(mem) char *joined = path_join(dir, expanded);

	set_text(l, n, joined);
}

static bool is_remote(const char *text)
{
	static const char *const prefixes[] = { "https://", "http://",	  "git://", "ssh://",
						"github.com/", "git@", "service:" };

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		if (starts_with(text, prefixes[i]))
			return true;
	}
	return strstr(text, "://") != NULL;
}

/* The longest existing prefix is replaced by what it is when links are followed. */
static void follow_links(struct loader *l, struct node *n)
{
	AUTO(mem) char *prefix = xstrdup(n->text);

	while (*prefix == '/' && prefix[1]) {
		AUTO(mem) char *real = realpath(prefix, NULL);
		char *slash;

		if (real) {
			AUTO(mem) char *whole = xasprintf("%s%s", real, n->text + strlen(prefix));
			AUTO(mem) char *clean = path_clean(whole);

			set_text(l, n, clean);
			return;
		}
		slash = strrchr(prefix, '/');
		*slash = 0;
	}
}

static void resolve_mount(struct loader *l, struct node *mount, const char *dir)
{
	struct node *source = node_get(mount, "source");

	if (!streq(node_text(node_get(mount, "type")), "bind"))
		return;
	if (!node_is(source, NODE_STR) || !*source->text) {
		struct diag *g = diag_add(l->diags, DIAG_ERROR, &mount->pos,
					  "invalid mount config for type \"bind\": field Source "
					  "must not be empty");
		diag_expect(g, "source: PATH");
		return;
	}
	if (!is_windows_abs(source->text))
		resolve(l, source, dir);
}

/* A local volume that is a bound directory. */
static void resolve_device(struct loader *l, struct node *volume, const char *dir)
{
	struct node *device = node_at(volume, "driver_opts", "device", NULL);

	if (!streq(node_text(node_get(volume, "driver")), "local") ||
	    !streq(node_text(node_at(volume, "driver_opts", "o", NULL)), "bind") ||
	    !node_is(device, NODE_STR))
		return;
	resolve(l, device, dir);
}

static void apply(struct loader *l, struct node *n, enum attr_path rule, const char *dir)
{
	if (rule == PATH_MOUNT && n->kind == NODE_MAP)
		resolve_mount(l, n, dir);
	if (rule == PATH_DEVICE && n->kind == NODE_MAP)
		resolve_device(l, n, dir);
	if (n->kind != NODE_STR || !*n->text)
		return;
	if (rule == PATH_CONTEXT && !is_remote(n->text))
		resolve(l, n, dir);
	if (rule == PATH_PLAIN && !is_windows_abs(n->text))
		resolve(l, n, dir);
	if (rule == PATH_WATCH) {
		resolve(l, n, dir);
		follow_links(l, n);
	}
}

static void walk(struct loader *l, struct node *n, const struct attr *a, const char *dir)
{
	if (!a)
		return;
	if (a->path)
		apply(l, n, a->path, dir);
	if (n->kind == NODE_LIST && a->item) {
		NODE_EACH(item, n)
			walk(l, item, a->item, dir);
	} else if (n->kind == NODE_MAP && a->members) {
		NODE_EACH(child, n)
			walk(l, child, attr_in_set(a->members, child->key), dir);
	}
}

void step_paths(struct loader *l, struct node *root, const char *dir)
{
	walk(l, root, attr_root(), dir);
}

void paths_service(struct loader *l, struct node *service, const char *dir)
{
	walk(l, service, attr_child(attr_child(attr_root(), "services"), ""), dir);
}
