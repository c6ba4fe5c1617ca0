#include <errno.h>
#include <fcntl.h>

#include "base/fdio.h"
#include "base/path.h"
#include "compose/cmd/apply.h"
#include "compose/cmd/containers.h"
#include "compose/cmd/process.h"
#include "compose/cmd/run.h"
#include "compose/load/command.h"
#include "compose/load/dotenv.h"
#include "compose/load/load.h"
#include "compose/load/mounts.h"
#include "compose/load/ports.h"

static int add_volume(const struct cli *cli, struct arena *a, const char *text, struct json *list,
		      struct err **e)
{
	struct mount_short m;
	struct json *v, *sub;
	int r = mount_parse(a, text, &m, e);

	if (r < 0)
		return r;
	v = json_push(list, json_new_obj());
	json_set_str(v, "type", m.type);
	if (m.source && streq(m.type, "bind")) {
		AUTO(mem) char *home = path_expand_home(m.source);
		AUTO(mem) char *path = path_join(cli->model->working_dir, home);

		json_set_str(v, "source", path);
	} else if (m.source) {
		json_set_str(v, "source", m.source);
	}
	json_set_str(v, "target", m.target);
	if (m.read_only)
		json_set_bool(v, "read_only", true);
	sub = json_set(v, m.type, json_new_obj());
	if (m.propagation)
		json_set_str(sub, "propagation", m.propagation);
	if (m.selinux)
		json_set_str(sub, "selinux", m.selinux);
	if (m.nocopy)
		json_set_bool(sub, "nocopy", true);
	return 0;
}

static int add_ports(struct arena *a, const char *text, struct json *list, struct err **e)
{
	struct port_mapping *v;
	size_t n;
	int r = port_mappings_parse(a, text, 65536, &v, &n, e);

	for (size_t i = 0; i < n && r == 0; i++) {
		struct json *p = json_push(list, json_new_obj());

		json_set_str(p, "mode", "ingress");
		if (v[i].host_ip)
			json_set_str(p, "host_ip", v[i].host_ip);
		json_set_int(p, "target", v[i].target);
		if (v[i].published)
			json_set_str(p, "published", v[i].published);
		json_set_str(p, "protocol", v[i].protocol);
	}
	return r;
}

static int add_lists(const struct cli *cli, const struct run_opts *o, struct json *request,
		     struct err **e)
{
	AUTO(arena) struct arena *a = arena_new();
	struct json *volumes = json_set(request, "volumes", json_new_arr());
	struct json *ports = json_set(request, "ports", json_new_arr());
	int r = 0;

	for (size_t i = 0; i < o->volumes.n && r == 0; i++)
		r = add_volume(cli, a, o->volumes.v[i], volumes, e);
	for (size_t i = 0; i < o->publish.n && r == 0; i++)
		r = add_ports(a, o->publish.v[i], ports, e);
	return r;
}

static int add_labels(const struct run_opts *o, struct json *request, struct err **e)
{
	struct json *labels = json_set(request, "labels", json_new_obj());

	for (size_t i = 0; i < o->labels.n; i++) {
		const char *eq = strchr(o->labels.v[i], '=');
		AUTO(mem) char *key = eq ? xstrndup(o->labels.v[i], (size_t)(eq - o->labels.v[i])) : NULL;

		if (!eq)
			return err_set(e, EINVAL, "label must be set as KEY=VALUE");
		json_set_str(labels, key, eq + 1);
	}
	return 0;
}

static void add_env_flag(const struct cli *cli, struct strv *env, const char *text)
{
	const char *eq = strchr(text, '=');
	AUTO(mem) char *key = eq ? xstrndup(text, (size_t)(eq - text)) : xstrdup(text);
	const char *value = eq ? eq + 1 : env_value(cli, key);

	if (value)
		strv_env_set(env, key, value);
}

/* The file is read as a service's env_file is. */
static int env_file_add(const struct cli *cli, const char *path, struct strv *env, struct err **e)
{
	AUTO(diags) struct diags *d = diags_new();
	AUTO(env) struct env *out = env_new();
	AUTO(buf) struct buf text = BUF_INIT;
	const struct dotenv file = { .file = path, .lookup = { cli->model->env }, .out = out, .d = d };
	const char *key, *value;
	size_t cursor = 0;
	int r = file_read(AT_FDCWD, path, DOTENV_BYTES_MAX, &text, e);

	if (r < 0)
		return r;
	if (dotenv_parse(&file, buf_str(&text), text.n) < 0) {
		AUTO(mem) char *why = diags_format(d, DIAG_ERROR, false);

		return err_make(e, EINVAL, why, NULL);
	}
	while ((key = env_next(out, &cursor, &value)))
		strv_env_set(env, key, value);
	return 0;
}

/* Files first: -e wins over them. */
static int add_env(const struct cli *cli, const struct run_opts *o, struct json *request,
		   struct err **e)
{
	AUTO(strv) struct strv env = STRV_INIT;

	for (size_t i = 0; i < o->env_files.n; i++) {
		int r = env_file_add(cli, o->env_files.v[i], &env, e);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < o->env.n; i++)
		add_env_flag(cli, &env, o->env.v[i]);
	json_set(request, "env", json_strings(env.v, env.n));
	return 0;
}

/* Without a command of its own, an entrypoint clears that of the service. */
static int add_command(const struct run_opts *o, char **words, size_t n, struct json *request,
		       struct err **e)
{
	AUTO(strv) struct strv entrypoint = STRV_INIT;
	int r;

	if (o->entrypoint) {
		r = command_split(o->entrypoint, &entrypoint, e);
		if (r < 0)
			return r;
		json_set(request, "entrypoint", json_strings(entrypoint.v, entrypoint.n));
	}
	if (n > 0 || o->entrypoint)
		json_set(request, "command", json_strings(words, n));
	return 0;
}

static void add_flags(const struct cli *cli, const struct run_opts *o, bool tty,
		      struct json *request)
{
	json_set_bool(request, "tty", tty);
	json_set_bool(request, "stdin", o->interactive);
	json_set_bool(request, "rm", o->rm);
	json_set_bool(request, "no_deps", o->no_deps);
	json_set_bool(request, "service_ports", o->service_ports);
	json_set_bool(request, "use_aliases", o->use_aliases);
	if (o->remove_orphans || (!cli_given(cli, "remove-orphans") && remove_orphans_default(cli)))
		json_set_bool(request, "remove_orphans", true);
	if (o->user)
		json_set_str(request, "user", o->user);
	if (o->workdir)
		json_set_str(request, "workdir", o->workdir);
	if (o->name)
		json_set_str(request, "name", o->name);
	json_set(request, "cap_add", json_strings(o->cap_add.v, o->cap_add.n));
	json_set(request, "cap_drop", json_strings(o->cap_drop.v, o->cap_drop.n));
}

int run_request(struct cli *cli, const struct run_opts *o, char **args, size_t n, bool tty,
		struct json **ret, struct err **e)
{
	AUTO(json) struct json *request = NULL;
	int r = apply_args(cli, args, 1, &request, e);

	if (r < 0)
		return r;
	json_set_str(request, "service", args[0]);
	add_flags(cli, o, tty, request);
	r = add_command(o, args + 1, n - 1, request, e);
	if (r == 0)
		r = add_env(cli, o, request, e);
	if (r == 0)
		r = add_labels(o, request, e);
	if (r == 0)
		r = add_lists(cli, o, request, e);
	if (r == 0)
		*ret = TAKE_PTR(request);
	return r;
}
