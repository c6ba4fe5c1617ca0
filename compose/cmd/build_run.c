#include "compose/cmd/build_run.h"

#include <errno.h>

#include "compose/cmd/spawn.h"
#include "compose/load/environ.h"
#include "compose/load/load.h"
#include "compose/load/project_json.h"

char *service_image(const struct cli *cli, const struct node *service)
{
	const char *image = node_text(node_get(service, "image"));

	if (image && *image)
		return xstrdup(image);
	return xasprintf("%s%c%s", cli->project, cli->g.compatibility ? '_' : '-', service->key);
}

/* A bare K takes its value from the environment of the project, or is dropped. */
static void add_build_args(const struct cli *cli, struct json *build, const struct strv *list)
{
	struct json *args = json_get(build, "args");

	if (list->n && !json_is(args, JSON_OBJ))
		args = json_set(build, "args", json_new_obj());
	for (size_t i = 0; i < list->n; i++) {
		const char *eq = strchr(list->v[i], '=');
		AUTO(mem) char *key = eq ? xstrndup(list->v[i], (size_t)(eq - list->v[i]))
					 : xstrdup(list->v[i]);
		const char *value = eq ? eq + 1 : env_get(cli->model->env, key);

		if (value)
			json_set_str(args, key, value);
	}
}

/* Secrets whose text is in our environment: the worker does not have it. */
static void add_secret_values(struct json *secrets)
{
	JSON_EACH (s, secrets) {
		const char *value = json_str(s, "x-compose-content", NULL);

		if (value)
			json_set_str(s, "value", value);
	}
}

static struct json *compose_labels(const struct cli *cli, const char *service)
{
	struct json *labels = json_new_obj();

	json_set_str(labels, "com.docker.compose.project", cli->project);
	json_set_str(labels, "com.docker.compose.service", service);
	json_set_str(labels, "com.docker.compose.version", COMPOSE_SPOKEN_VERSION);
	return labels;
}

static struct json *build_spec(const struct cli *cli, const struct json *project,
			       const struct node *service, const struct build_options *opt)
{
	struct json *spec = json_new_obj();
	AUTO(mem) char *image = service_image(cli, service);
	const struct json *s = json_path(project, "services", service->key, NULL);
	struct json *build = json_dup(json_get(s, "build"));
	const char *platform = json_str(s, "platform", getenv("DOCKER_DEFAULT_PLATFORM"));

	json_set_str(spec, "project", cli->project);
	json_set_str(spec, "service", service->key);
	json_set_str(spec, "image", image);
	if (json_get(build, "tags"))
		json_set(spec, "tags", json_dup(json_get(build, "tags")));
	if (opt->args)
		add_build_args(cli, build, opt->args);
	json_set(spec, "build", build);
	if (json_get(project, "secrets"))
		add_secret_values(json_set(spec, "secrets", json_dup(json_get(project, "secrets"))));
	json_set(spec, "labels", compose_labels(cli, service->key));
	if (platform && *platform)
		json_set_str(spec, "platform", platform);
	json_set_bool(spec, "no_cache", opt->no_cache);
	json_set_bool(spec, "pull", opt->pull);
	json_set_bool(spec, "quiet", opt->quiet);
	json_set_str(spec, "progress", cli->progress_mode == PROGRESS_JSON ? "json" : "plain");
	return spec;
}

static int run_worker(const struct json *spec, struct err **e)
{
	static char *argv[] = { (char *)"compose-image", (char *)"build", (char *)"--spec",
				(char *)"-", NULL };
	AUTO(mem) char *text = json_print(spec, false);
	struct spawn s = SPAWN_INIT;
	AUTO(fd) int in = memory_file("build", text, e);
	pid_t pid;
	int r;

	if (in < 0)
		return in;
	s.program = argv[0];
	s.argv = argv;
	s.in = in;
	r = spawn_start(&s, &pid, e);
	return r < 0 ? r : spawn_wait(pid);
}

static void show(struct cli *cli, const char *id, const char *text, enum progress_status status)
{
	progress_event(cli_progress(cli, NULL),
		       &(struct progress_event){ .id = id, .text = text, .status = status });
}

static int build_one(struct cli *cli, const struct json *project, const struct node *service,
		     const struct build_options *opt, struct err **e)
{
	AUTO(json) struct json *spec = build_spec(cli, project, service, opt);
	AUTO(mem) char *id = xasprintf("Image %s", json_str(spec, "image", ""));
	int r;

	show(cli, id, "Building", PROGRESS_WORKING);
	if (cli->g.dry_run) {
		show(cli, id, "Built", PROGRESS_DONE);
		return 0;
	}
	r = run_worker(spec, e);
	if (r == 0)
		show(cli, id, "Built", PROGRESS_DONE);
	if (r <= 0)
		return r;
	cli->exit_code = r;
	return -EIO;
}

int build_services(struct cli *cli, const struct strv *services, const struct build_options *opt,
		   struct err **e)
{
	AUTO(json) struct json *project = project_to_json(cli->model);
	const struct node *all = node_get(cli->model->root, "services");
	int r = 0;

	for (size_t i = 0; i < services->n && r == 0; i++)
		r = build_one(cli, project, node_get(all, services->v[i]), opt, e);
	return r;
}
