#include "compose/supervise/execspec.h"

#include <fcntl.h>

#include "base/rand.h"
#include "compose/supervise/spec_defaults.h"

enum { CONFIG_MAX = 8 << 20 };

static void set_args(struct json *process, const struct strv *argv)
{
	struct json *args = json_set(process, "args", json_new_arr());

	for (size_t i = 0; i < argv->n; i++)
		json_push_str(args, argv->v[i]);
}

/* Later entries of the same name win, as in any environment. */
static void add_env(struct json *process, const struct json *env)
{
	struct json *list = json_get(process, "env");
	AUTO(strv) struct strv v = STRV_INIT;

	JSON_EACH(entry, list)
		strv_add(&v, json_text(entry));
	JSON_EACH(entry, env) {
		const char *value = json_text(entry);

		if (json_key(entry) && value)
			strv_env_set(&v, json_key(entry), value);
	}
	list = json_set(process, "env", json_new_arr());
	for (size_t i = 0; i < v.n; i++)
		json_push_str(list, v.v[i]);
}

static void apply_hook(struct json *process, const struct json *hook)
{
	const char *user = json_str(hook, "user", NULL);
	const char *dir = json_str(hook, "working_dir", NULL);

	if (user) {
		struct json *u = json_set(process, "user", json_new_obj());

		json_set_int(u, "uid", 0);
		json_set_int(u, "gid", 0);
		json_set_str(u, "username", user);
	}
	if (dir)
		json_set_str(process, "cwd", dir);
	add_env(process, json_get(hook, "environment"));
	if (json_bool(hook, "privileged", false)) {
		struct json *caps = NULL;

		if (spec_capabilities(&(struct strv){ 0 }, &(struct strv){ 0 }, true, &caps,
				      NULL) == 0)
			json_set(process, "capabilities", caps);
		json_del(process, "apparmorProfile");
	}
}

char *exec_process(const struct container *c, const struct strv *argv, const struct json *hook)
{
	AUTO(mem) char *path = xasprintf("%s/config.json", c->rec.bundle);
	AUTO(json) struct json *config = NULL;
	struct json *process;

	if (json_parse_file(AT_FDCWD, path, CONFIG_MAX, &config, NULL) < 0)
		config = json_new_obj();
	process = json_get(config, "process");
	if (!process)
		process = json_set(config, "process", json_new_obj());
	json_set_bool(process, "terminal", false);
	json_del(process, "consoleSize");
	set_args(process, argv);
	if (hook)
		apply_hook(process, hook);
	return json_print(process, false);
}

void exec_argv(const struct container *c, struct strv *ret)
{
	strv_add(ret, "compose-runtime");
	strv_addf(ret, "--root=%s/containers", c->sup->run);
	strv_add(ret, "exec");
	strv_add(ret, "--process=-");
	strv_add(ret, c->rec.id);
}

char *exec_id_new(void)
{
	char id[65];

	rand_hex(id, 32);
	return xstrdup(id);
}
