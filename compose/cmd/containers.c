#include "compose/cmd/containers.h"

#include <errno.h>
#include <fnmatch.h>

#include "compose/load/load.h"
#include "compose/supervise/client.h"

bool listed_is_up(const struct json *c)
{
	const char *s = json_str(c, "state", "");

	return streq(s, "running") || streq(s, "paused") || streq(s, "restarting");
}

bool listed_is_running(const struct json *c)
{
	const char *s = json_str(c, "state", "");

	return streq(s, "running") || streq(s, "paused");
}

static bool is_wanted(const struct json *c, char **services, size_t n, enum which which)
{
	if (which == WITHOUT_ONEOFF && json_bool(c, "oneoff", false))
		return false;
	for (size_t i = 0; i < n; i++)
		if (streq(services[i], json_str(c, "service", "")))
			return true;
	return n == 0;
}

static int by_name(const void *a, const void *b)
{
	const struct json *const *x = a, *const *y = b;

	return strcmp(json_str(*x, "name", ""), json_str(*y, "name", ""));
}

int containers_list(struct cli *cli, char **services, size_t n, enum which which,
		    struct containers *ret, struct err **e)
{
	int r = cli_connect(cli, false, e);

	if (r == 0)
		r = client_call(cli->client, "list", NULL, NULL, NULL, &ret->answer, e);
	if (r < 0)
		return r;
	JSON_EACH (c, json_get(ret->answer, "containers")) {
		if (!is_wanted(c, services, n, which))
			continue;
		ARRAY_RESERVE(ret->v, ret->n, ret->cap);
		ret->v[ret->n++] = c;
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_name);
	return 0;
}

void containers_done(struct containers *c)
{
	json_free(c->answer);
	free(c->v);
	*c = (struct containers){ 0 };
}

/* Lower is chosen first: service containers by number, then one-offs by age. */
static bool comes_before(const struct json *a, const struct json *b)
{
	bool one_a = json_bool(a, "oneoff", false), one_b = json_bool(b, "oneoff", false);

	if (one_a != one_b)
		return one_b;
	if (one_a)
		return strcmp(json_str(a, "created", ""), json_str(b, "created", "")) < 0;
	return json_int(a, "number", 0) < json_int(b, "number", 0);
}

int container_choose(struct cli *cli, const char *service, int index, struct containers *list,
		     const struct json **ret, struct err **e)
{
	const struct json *best = NULL;
	char *names[] = { (char *)service };
	int r = containers_list(cli, names, 1, WITH_ONEOFF, list, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < list->n; i++) {
		if (!listed_is_running(list->v[i]))
			continue;
		if (index > 0 && (json_bool(list->v[i], "oneoff", false) ||
				  json_int(list->v[i], "number", 0) != index))
			continue;
		if (!best || comes_before(list->v[i], best))
			best = list->v[i];
	}
	if (best) {
		*ret = best;
		return 0;
	}
	if (list->n == 0) {
		r = cli_check_services(cli, names, 1, e);
		if (r < 0)
			return r;
	}
	if (index > 0)
		return err_set(e, ENOENT, "service \"%s\" is not running container #%d", service,
			       index);
	return err_set(e, ENOENT, "service \"%s\" is not running", service);
}

const char *container_short_name(const struct json *c, const char *project)
{
	const char *name = json_str(c, "name", "");
	size_t n = strlen(project);

	if (strncmp(name, project, n) == 0 && (name[n] == '-' || name[n] == '_') && name[n + 1])
		return name + n + 1;
	return name;
}

struct json *json_strings(char **v, size_t n)
{
	struct json *list = json_new_arr();

	for (size_t i = 0; i < n; i++)
		json_push_str(list, v[i]);
	return list;
}

struct json *cli_services(const struct cli *cli, char **args, size_t n)
{
	struct json *list = json_new_arr();
	AUTO(strv) struct strv names = STRV_INIT;

	for (size_t i = 0; i < n; i++) {
		NODE_EACH (s, node_get(cli->model ? cli->model->root : NULL, "services"))
			if (streq(s->key, args[i]) || fnmatch(args[i], s->key, FNM_PATHNAME) == 0)
				strv_add_unique(&names, s->key);
	}
	for (size_t i = 0; i < names.n; i++)
		json_push_str(list, names.v[i]);
	return list;
}

struct json *cli_disabled(const struct cli *cli)
{
	struct json *list = json_new_arr();

	NODE_EACH (s, cli->model ? cli->model->disabled : NULL)
		json_push_str(list, s->key);
	return list;
}
