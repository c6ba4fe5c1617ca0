#include "compose/cmd/apply.h"

#include <errno.h>

#include "base/num.h"
#include "compose/cmd/containers.h"
#include "compose/load/environ.h"
#include "compose/load/load.h"
#include "compose/load/project_json.h"
#include "compose/ui/prompt.h"

int scale_parse(struct cli *cli, const struct strv *values, struct json **ret, struct err **e)
{
	AUTO(json) struct json *scale = json_new_obj();

	for (size_t i = 0; i < values->n; i++) {
		const char *text = values->v[i], *eq = strchr(text, '=');
		AUTO(mem) char *name = eq ? xstrndup(text, (size_t)(eq - text)) : NULL;
		int64_t n;

		if (!eq || num_parse(eq + 1, 0, 100000, &n) < 0)
			return err_set(e, EINVAL,
				       "invalid --scale option \"%s\". Should be SERVICE=NUM", text);
		if (!node_at(cli->model->root, "services", name, NULL))
			return err_set(e, ENOENT, "no such service: %s: not found", name);
		json_set_int(scale, name, n);
	}
	*ret = TAKE_PTR(scale);
	return 0;
}

static bool env_flag(const struct cli *cli, const char *name)
{
	const char *v = getenv(name);

	if (!v && cli->model)
		v = env_get(cli->model->env, name);
	return v && word_is_true(v);
}

bool remove_orphans_default(const struct cli *cli)
{
	return env_flag(cli, "COMPOSE_REMOVE_ORPHANS");
}

static struct json *const_strings(const char *const *v, size_t n)
{
	return json_strings((char **)v, n);
}

int apply_args(struct cli *cli, char **services, size_t n, struct json **ret, struct err **e)
{
	const struct loaded *m = cli->model;
	struct json *args;

	if (!node_get(m->root, "services") || node_get(m->root, "services")->n == 0)
		return err_set(e, EINVAL, "no service selected");
	args = json_new_obj();
	json_set(args, "project", project_to_json(m));
	json_set(args, "services", cli_services(cli, services, n));
	json_set(args, "disabled_services", cli_disabled(cli));
	json_set_str(args, "working_dir", m->working_dir);
	json_set(args, "config_files", const_strings(m->config_files, m->n_config_files));
	json_set(args, "env_files", json_strings(cli->g.env_files.v, cli->g.env_files.n));
	if (cli->g.dry_run)
		json_set_bool(args, "dry_run", true);
	if (env_flag(cli, "COMPOSE_IGNORE_ORPHANS"))
		json_set_bool(args, "ignore_orphans", true);
	*ret = args;
	return 0;
}

static struct json *ask_volumes(const struct json *questions, bool yes)
{
	struct json *agreed = json_new_arr();

	JSON_EACH (q, questions) {
		AUTO(mem) char *message = xasprintf(
			"Volume \"%s\" exists but doesn't match configuration in compose file. "
			"Recreate (data will be lost)?",
			json_text(q) ? json_text(q) : "");

		if (yes || prompt_confirm(message, false))
			json_push_str(agreed, json_text(q));
	}
	return agreed;
}

int apply_run(struct cli *cli, const char *operation, struct json *args, bool yes, struct err **e)
{
	AUTO(json) struct json *answer = NULL;
	const struct json *questions;
	int r;

	json_set_bool(args, "ask_volumes", true);
	r = cli_call(cli, operation, "apply", args, &answer, e);
	questions = json_get(answer, "questions");
	if (r < 0 || json_len(questions) == 0)
		return r;
	progress_end(cli_progress(cli, NULL));
	json_del(args, "ask_volumes");
	json_set(args, "recreate_volumes", ask_volumes(questions, yes));
	return cli_call(cli, operation, "apply", args, NULL, e);
}
