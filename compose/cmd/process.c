#include "compose/cmd/process.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"
#include "compose/cmd/containers.h"
#include "compose/load/load.h"
#include "compose/supervise/spec_defaults.h"
#include "compose/ui/term.h"

enum { CONFIG_MAX = 16 << 20 };

const char *env_value(const struct cli *cli, const char *key)
{
	const char *v = getenv(key);

	if (!v && cli->model)
		v = env_get(cli->model->env, key);
	return v;
}

static void apply_env(const struct cli *cli, struct strv *env, const struct strv *more)
{
	for (size_t i = 0; i < more->n; i++) {
		const char *eq = strchr(more->v[i], '=');
		AUTO(mem) char *key = eq ? xstrndup(more->v[i], (size_t)(eq - more->v[i]))
					 : xstrdup(more->v[i]);
		const char *value = eq ? eq + 1 : env_value(cli, key);

		if (value)
			strv_env_set(env, key, value);
	}
}

static void set_env(const struct cli *cli, struct json *process, const struct process_options *o)
{
	AUTO(strv) struct strv env = STRV_INIT;

	JSON_EACH (item, json_get(process, "env"))
		if (json_text(item))
			strv_add(&env, json_text(item));
	if (o->tty && !strv_env_get(&env, "TERM"))
		strv_add(&env, "TERM=xterm");
	apply_env(cli, &env, o->env);
	json_set(process, "env", json_strings(env.v, env.n));
}

static void set_user(struct json *process, const char *user)
{
	struct json *u = json_new_obj();

	json_set_int(u, "uid", 0);
	json_set_int(u, "gid", 0);
	json_set_str(u, "username", user);
	json_set(process, "user", u);
}

static void set_console(struct json *process)
{
	struct term_size s;
	struct json *size;

	if (term_size_get(STDIN_FILENO, &s) < 0)
		return;
	size = json_new_obj();
	json_set_int(size, "height", s.rows);
	json_set_int(size, "width", s.cols);
	json_set(process, "consoleSize", size);
}

static int set_privileged(struct json *process, struct err **e)
{
	const struct strv none = STRV_INIT;
	struct json *caps;
	int r = spec_capabilities(&none, &none, /* privileged= */ true, &caps, e);

	if (r < 0)
		return r;
	json_set(process, "capabilities", caps);
	json_del(process, "apparmorProfile");
	return 0;
}

int process_document(struct cli *cli, const struct json *container,
		     const struct process_options *o, char **ret, struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s/config.json", json_str(container, "bundle", ""));
	AUTO(json) struct json *config = NULL;
	struct json *process;
	int r = json_parse_file(AT_FDCWD, path, CONFIG_MAX, &config, e);

	if (r < 0)
		return r;
	process = json_get(config, "process");
	json_set(process, "args", json_strings(o->args, o->n_args));
	json_set_bool(process, "terminal", o->tty);
	json_del(process, "consoleSize");
	set_env(cli, process, o);
	if (o->tty)
		set_console(process);
	if (o->user)
		set_user(process, o->user);
	if (o->cwd)
		json_set_str(process, "cwd", o->cwd);
	if (o->privileged)
		r = set_privileged(process, e);
	if (r < 0)
		return r;
	*ret = json_print(process, false);
	return 0;
}
