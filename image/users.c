#include "image/users.h"

#include <fcntl.h>

#include "base/fdio.h"
#include "base/path.h"

enum { CONFIG_MAX = 16 << 20 };

static char in_use[] = "in use";

/* Calls visit with the name and the lower directories (top -> bottom) of each container until it
 * returns true. */
typedef bool visit_fn(void *arg, const char *container, const struct json *lower);

static bool visit_container(const struct image_store *s, const char *path, const char *name,
			    visit_fn *visit, void *arg)
{
	AUTO(mem) char *file = xasprintf("%s/%s/config.json", path, name);
	AUTO(json) struct json *config = NULL, *overlay = NULL;
	const char *text;

	if (json_parse_file(s->root_fd, file, CONFIG_MAX, &config, NULL) < 0)
		return false;
	text = json_str(json_get(config, "annotations"), "compose.overlay", NULL);
	if (!text || json_parse(text, strlen(text), &overlay, NULL) < 0)
		return false;
	return visit(arg, name, json_get(overlay, "lower"));
}

static bool visit_project(const struct image_store *s, const char *project, visit_fn *visit,
			  void *arg)
{
	AUTO(mem) char *path = xasprintf("projects/%s/containers", project);
	AUTO(strv) struct strv names = STRV_INIT;

	if (dir_list(s->root_fd, path, &names, NULL) < 0)
		return false;
	for (size_t i = 0; i < names.n; i++)
		if (visit_container(s, path, names.v[i], visit, arg))
			return true;
	return false;
}

static void visit_all(const struct image_store *s, visit_fn *visit, void *arg)
{
	AUTO(strv) struct strv projects = STRV_INIT;

	if (s->root_fd < 0 || dir_list(s->root_fd, "projects", &projects, NULL) < 0)
		return;
	for (size_t i = 0; i < projects.n; i++)
		if (visit_project(s, projects.v[i], visit, arg))
			return;
}

struct search {
	const struct strv *layers;
	char *found;
};

static bool is_same_stack(void *arg, const char *container, const struct json *lower)
{
	struct search *search = arg;
	size_t i = search->layers->n;

	if (json_len(lower) != i || !i)
		return false;
	JSON_EACH(dir, lower)
	if (!streq(json_text(dir), search->layers->v[--i]))
		return false;
	search->found = xstrdup(container);
	return true;
}

char *image_user_find(const struct image_store *s, const struct strv *layers)
{
	struct search search = { .layers = layers };

	visit_all(s, is_same_stack, &search);
	return search.found;
}

static bool mark(void *arg, const char *container, const struct json *lower)
{
	(void)container;
	JSON_EACH(dir, lower)
	{
		/* ".../layers/<name>/fs" */
		AUTO(mem) char *parent = path_dir(json_text(dir) ? json_text(dir) : "");

		(void)map_set(arg, path_base(parent), in_use);
	}
	return false;
}

void image_users_mark(const struct image_store *s, struct map *marks)
{
	visit_all(s, mark, marks);
}
