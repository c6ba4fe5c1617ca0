#include "compose/supervise/oneoff.h"

static void copy_if_given(struct json *service, const char *key, const struct json *args,
			  const char *arg)
{
	if (json_get(args, arg) && !json_is(json_get(args, arg), JSON_NULL))
		json_set(service, key, json_dup(json_get(args, arg)));
}

/* A new entrypoint without a command clears the service's command. */
static void set_program(struct json *service, const struct json *args)
{
	bool has_command = json_len(json_get(args, "command")) > 0;
	bool has_entrypoint = json_len(json_get(args, "entrypoint")) > 0;

	if (has_entrypoint) {
		json_set(service, "entrypoint", json_dup(json_get(args, "entrypoint")));
		json_set(service, "command", json_new_arr());
	}
	if (has_command)
		json_set(service, "command", json_dup(json_get(args, "command")));
}

static struct json *object_in(struct json *service, const char *key)
{
	struct json *j = json_get(service, key);

	return json_is(j, JSON_OBJ) ? j : json_set(service, key, json_new_obj());
}

static struct json *array_in(struct json *service, const char *key)
{
	struct json *j = json_get(service, key);

	return json_is(j, JSON_ARR) ? j : json_set(service, key, json_new_arr());
}

static void add_env(struct json *service, const struct json *env)
{
	JSON_EACH(entry, env) {
		const char *text = json_text(entry);
		const char *eq = text ? strchr(text, '=') : NULL;
		AUTO(mem) char *key = eq ? xstrndup(text, (size_t)(eq - text)) : NULL;

		if (eq)
			json_set_str(object_in(service, "environment"), key, eq + 1);
	}
}

/* A mount at a target that is taken replaces what was there. */
static void add_volumes(struct json *service, const struct json *volumes)
{
	struct json *kept;

	if (json_len(volumes) == 0)
		return;
	kept = json_new_arr();
	JSON_EACH(old, json_get(service, "volumes")) {
		bool is_replaced = false;

		JSON_EACH(v, volumes)
			if (streq(json_str(v, "target", NULL), json_str(old, "target", "")))
				is_replaced = true;
		if (!is_replaced)
			json_push(kept, json_dup(old));
	}
	JSON_EACH(v, volumes)
		json_push(kept, json_dup(v));
	json_set(service, "volumes", kept);
}

static void append(struct json *service, const char *key, const struct json *list)
{
	JSON_EACH(item, list)
		json_push(array_in(service, key), json_dup(item));
}

struct json *oneoff_service(const struct json *service, const struct json *args)
{
	static const char *const dropped[] = { "container_name", "restart", "scale", "deploy" };
	struct json *s = service ? json_dup(service) : json_new_obj();
	AUTO(json) struct json *resources = NULL;

	if (json_path(s, "deploy", "resources", NULL))
		resources = json_dup(json_path(s, "deploy", "resources", NULL));
	for (size_t i = 0; i < ARRAY_LEN(dropped); i++)
		json_del(s, dropped[i]);
	if (resources)
		json_set(object_in(s, "deploy"), "resources", TAKE_PTR(resources));
	set_program(s, args);
	add_env(s, json_get(args, "env"));
	copy_if_given(s, "user", args, "user");
	copy_if_given(s, "working_dir", args, "workdir");
	JSON_EACH(l, json_get(args, "labels"))
		json_set_str(object_in(s, "labels"), json_key(l), json_text(l) ? json_text(l) : "");
	add_volumes(s, json_get(args, "volumes"));
	if (!json_bool(args, "service_ports", false))
		json_del(s, "ports");
	append(s, "ports", json_get(args, "ports"));
	append(s, "cap_add", json_get(args, "cap_add"));
	append(s, "cap_drop", json_get(args, "cap_drop"));
	json_set_bool(s, "tty", json_bool(args, "tty", false));
	json_set_bool(s, "stdin_open", json_bool(args, "stdin", false));
	return s;
}
