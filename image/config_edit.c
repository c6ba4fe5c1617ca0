#include "image/config_edit.h"

#include <errno.h>
#include <signal.h>
#include <strings.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/path.h"
#include "image/platform.h"

static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct json *config_new(void)
{
	struct json *doc = json_new_obj(), *rootfs;

	json_set_str(doc, "architecture", platform_host_arch());
	json_set_str(doc, "os", "linux");
	json_set(doc, "config", json_new_obj());
	rootfs = json_set(doc, "rootfs", json_new_obj());
	json_set_str(rootfs, "type", "layers");
	json_set(rootfs, "diff_ids", json_new_arr());
	json_set(doc, "history", json_new_arr());
	return doc;
}

/* Absent and null are the same. */
static struct json *member(struct json *obj, const char *key, struct json *(*make)(void))
{
	struct json *m = json_get(obj, key);

	return m && !json_is(m, JSON_NULL) ? m : json_set(obj, key, make());
}

struct json *config_run(struct json *doc)
{
	return member(doc, "config", json_new_obj);
}

void config_env(const struct json *doc, struct strv *ret)
{
	JSON_EACH(item, json_path(doc, "config", "Env", NULL))
	if (json_text(item))
		strv_add(ret, json_text(item));
}

static void set_strings(struct json *obj, const char *key, char *const *v, size_t n)
{
	struct json *a = json_set(obj, key, json_new_arr());

	for (size_t i = 0; i < n; i++)
		json_push_str(a, v[i]);
}

void config_set_env(struct json *doc, const char *key, const char *value)
{
	AUTO(strv) struct strv env = STRV_INIT;

	config_env(doc, &env);
	strv_env_set(&env, key, value);
	set_strings(config_run(doc), "Env", env.v, env.n);
}

void config_ensure_path(struct json *doc)
{
	AUTO(strv) struct strv env = STRV_INIT;

	config_env(doc, &env);
	if (!strv_env_get(&env, "PATH"))
		config_set_env(doc, "PATH", default_path);
}

void config_set_label(struct json *doc, const char *key, const char *value)
{
	json_set_str(member(config_run(doc), "Labels", json_new_obj), key, value);
}

void config_shell(const struct json *doc, struct strv *ret)
{
	JSON_EACH(item, json_path(doc, "config", "Shell", NULL))
	strv_add(ret, json_text(item) ? json_text(item) : "");
	if (ret->n)
		return;
	strv_add(ret, "/bin/sh");
	strv_add(ret, "-c");
}

void config_add_history(struct json *doc, const char *created, const char *created_by,
			const char *comment, bool is_empty)
{
	struct json *h = json_push(member(doc, "history", json_new_arr), json_new_obj());

	json_set_str(h, "created", created);
	json_set_str(h, "created_by", created_by);
	if (comment)
		json_set_str(h, "comment", comment);
	if (is_empty)
		json_set_bool(h, "empty_layer", true);
}

void config_add_diff_id(struct json *doc, const char *diff_id)
{
	struct json *rootfs = member(doc, "rootfs", json_new_obj);

	json_set_str(rootfs, "type", "layers");
	json_push_str(member(rootfs, "diff_ids", json_new_arr), diff_id);
}

/* ["a" "b"] as Go prints a slice of quoted strings; bare without quotes. */
static void add_list(struct buf *b, char *const *v, size_t n, bool quoted)
{
	buf_addch(b, '[');
	for (size_t i = 0; i < n; i++)
		buf_addf(b, quoted ? "%s\"%s\"" : "%s%s", i ? " " : "", v[i]);
	buf_addch(b, ']');
}

/* The argv of a command in either form. */
static void command_of(const struct json *doc, const struct instr *i, size_t from, struct strv *ret)
{
	if (!i->is_json)
		config_shell(doc, ret);
	for (size_t k = from; k < i->args.n; k++)
		strv_add(ret, i->args.v[k]);
}

static int apply_command(struct json *doc, const struct instr *i, bool *cmd_set, struct buf *text)
{
	AUTO(strv) struct strv argv = STRV_INIT;
	bool is_cmd = i->kind == INSTR_CMD;
	struct json *run = config_run(doc);
	const char *key = is_cmd ? "Cmd" : "Entrypoint";

	command_of(doc, i, 0, &argv);
	if (argv.n || is_cmd)
		set_strings(run, key, argv.v, argv.n);
	else
		json_del(run, key);
	if (is_cmd)
		*cmd_set = true;
	else if (!*cmd_set)
		json_del(run, "Cmd");
	buf_addf(text, "%s ", instr_name(i->kind));
	add_list(text, argv.v, argv.n, true);
	return 0;
}

static int apply_pairs(struct json *doc, const struct instr *i, const struct expand *x,
		       struct buf *text, struct err **e)
{
	buf_addstr(text, instr_name(i->kind));
	for (size_t k = 0; k + 1 < i->args.n; k += 2) {
		AUTO(mem) char *key = NULL, *value = NULL;
		int r = expand_word(x, i->args.v[k], &key, e);

		if (r == 0)
			r = expand_word(x, i->args.v[k + 1], &value, e);
		if (r < 0)
			return r;
		if (!*key)
			return err_set(e, EINVAL, "%s names can not be blank", instr_name(i->kind));
		if (i->kind == INSTR_ENV)
			config_set_env(doc, key, value);
		else
			config_set_label(doc, key, value);
		buf_addf(text, " %s=%s", key, value);
	}
	return 0;
}

static int add_ports(struct json *doc, const char *spec, struct strv *shown, struct err **e)
{
	const char *colon = strrchr(spec, ':');
	struct str rest = str_of(colon ? colon + 1 : spec);
	AUTO(mem) char *range = str_dup(str_cut(&rest, '/'));
	AUTO(mem) char *proto = rest.p ? str_dup(rest) : xstrdup("tcp");
	char *dash = strchr(range, '-');
	int64_t first, last;

	if (dash)
		*dash = '\0';
	for (char *p = proto; *p; p++)
		*p |= 0x20;
	if (!streq(proto, "tcp") && !streq(proto, "udp") && !streq(proto, "sctp"))
		return err_set(e, EINVAL, "invalid proto: %s", proto);
	if (num_parse(range, 0, 65535, &first) < 0 ||
	    (dash && num_parse(dash + 1, 0, 65535, &last) < 0) || (dash && last < first))
		return err_set(e, EINVAL, "invalid containerPort: %s", spec);
	for (int64_t port = first; port <= (dash ? last : first); port++) {
		AUTO(mem) char *key = xasprintf("%lld/%s", (long long)port, proto);

		json_set(member(config_run(doc), "ExposedPorts", json_new_obj), key,
			 json_new_obj());
		strv_add_unique(shown, key);
	}
	return 0;
}

static int apply_expose(struct json *doc, const struct instr *i, const struct expand *x,
			struct buf *text, struct err **e)
{
	AUTO(strv) struct strv words = STRV_INIT, shown = STRV_INIT;
	int r = 0;

	for (size_t k = 0; r == 0 && k < i->args.n; k++)
		r = expand_words(x, i->args.v[k], &words, e);
	for (size_t k = 0; r == 0 && k < words.n; k++)
		r = add_ports(doc, words.v[k], &shown, e);
	strv_sort(&shown);
	buf_addstr(text, "EXPOSE ");
	add_list(text, shown.v, shown.n, false);
	return r;
}

static int apply_volume(struct json *doc, const struct instr *i, const struct expand *x,
			struct buf *text, struct err **e)
{
	AUTO(strv) struct strv shown = STRV_INIT;

	for (size_t k = 0; k < i->args.n; k++) {
		AUTO(mem) char *path = NULL;
		int r = expand_word(x, i->args.v[k], &path, e);

		if (r < 0)
			return r;
		if (!*path)
			return err_set(e, EINVAL, "VOLUME specified can not be an empty string");
		json_set(member(config_run(doc), "Volumes", json_new_obj), path, json_new_obj());
		strv_add(&shown, path);
	}
	buf_addstr(text, "VOLUME ");
	add_list(text, shown.v, shown.n, false);
	return 0;
}

/* "SIGTERM", "TERM", "15", "SIGRTMIN+3" */
static bool is_signal(const char *s)
{
	const char *name = strncasecmp(s, "SIG", 3) == 0 ? s + 3 : s;
	int64_t n;

	if (num_parse(s, 1, 64, &n) == 0)
		return true;
	if (strncasecmp(name, "RTMIN", 5) == 0 || strncasecmp(name, "RTMAX", 5) == 0)
		return !name[5] || num_parse(name + 6, 0, 30, &n) == 0;
	for (int i = 1; i < 32; i++)
		if (sigabbrev_np(i) && strcasecmp(name, sigabbrev_np(i)) == 0)
			return true;
	return false;
}

/* USER, STOPSIGNAL, MAINTAINER, WORKDIR: one word that becomes one member. */
static int apply_text(struct json *doc, const struct instr *i, const struct expand *x,
		      struct buf *text, struct err **e)
{
	AUTO(mem) char *value = NULL, *full = NULL;
	struct json *run = config_run(doc);
	int r = 0;

	if (i->kind == INSTR_MAINTAINER)
		value = xstrdup(i->args.v[0]);
	else
		r = expand_word(x, i->args.v[0], &value, e);
	if (r < 0)
		return r;
	if (!*value)
		return err_set(e, EINVAL, "%s requires exactly one argument", instr_name(i->kind));
	if (i->kind == INSTR_STOPSIGNAL && !is_signal(value))
		return err_set(e, EINVAL, "Invalid signal: %s", value);
	if (i->kind == INSTR_WORKDIR) {
		const char *old = json_str(run, "WorkingDir", "/");

		full = path_join(*old ? old : "/", value);
		json_set_str(run, "WorkingDir", full);
	} else if (i->kind == INSTR_MAINTAINER) {
		json_set_str(doc, "author", value);
	} else {
		json_set_str(run, i->kind == INSTR_USER ? "User" : "StopSignal", value);
	}
	buf_addf(text, "%s %s", instr_name(i->kind), full ? full : value);
	return 0;
}

static int set_duration(struct json *health, const char *key, const struct instr *i,
			const char *flag, struct buf *text, struct err **e)
{
	const char *value = instr_flag(i, flag);
	int64_t ns = 0;

	if (value && *value && duration_parse(value, &ns) < 0)
		return err_set(e, EINVAL, "invalid duration \"%s\" for --%s", value, flag);
	if (ns < 0 || (ns > 0 && ns < 1000000))
		return err_set(e, EINVAL, "interval \"%s\" cannot be less than 1ms", flag);
	if (ns)
		json_set_int(health, key, ns);
	if (value)
		buf_addf(text, " --%s=%s", flag, value);
	return 0;
}

static int set_health_options(struct json *health, const struct instr *i, struct buf *text,
			      struct err **e)
{
	static const char *const rows[][2] = {
		{ "Interval", "interval" },
		{ "Timeout", "timeout" },
		{ "StartPeriod", "start-period" },
		{ "StartInterval", "start-interval" },
	};
	const char *retries = instr_flag(i, "retries");
	int64_t n;
	int r = 0;

	for (size_t k = 0; r == 0 && k < ARRAY_LEN(rows); k++)
		r = set_duration(health, rows[k][0], i, rows[k][1], text, e);
	if (r < 0 || !retries || !*retries)
		return r;
	if (num_parse(retries, 0, INT32_MAX, &n) < 0)
		return err_set(e, EINVAL, "--retries must be at least 0 (not %s)", retries);
	if (n)
		json_set_int(health, "Retries", n);
	buf_addf(text, " --retries=%s", retries);
	return 0;
}

static int apply_health(struct json *doc, const struct instr *i, struct buf *text, struct err **e)
{
	struct json *health = json_set(config_run(doc), "Healthcheck", json_new_obj());
	struct json *test = json_set(health, "Test", json_new_arr());
	int r;

	buf_addstr(text, "HEALTHCHECK");
	if (streq(i->args.v[0], "NONE")) {
		json_push_str(test, "NONE");
		buf_addstr(text, " NONE");
		return 0;
	}
	json_push_str(test, i->is_json ? "CMD" : "CMD-SHELL");
	for (size_t k = 1; k < i->args.n; k++)
		json_push_str(test, i->args.v[k]);
	r = set_health_options(health, i, text, e);
	buf_addf(text, " %s", i->text);
	return r;
}

static int apply(struct json *doc, const struct instr *i, const struct expand *x, bool *cmd_set,
		 struct buf *text, struct err **e)
{
	switch (i->kind) {
	case INSTR_CMD:
	case INSTR_ENTRYPOINT:
		return apply_command(doc, i, cmd_set, text);
	case INSTR_ENV:
	case INSTR_LABEL:
		return apply_pairs(doc, i, x, text, e);
	case INSTR_EXPOSE:
		return apply_expose(doc, i, x, text, e);
	case INSTR_VOLUME:
		return apply_volume(doc, i, x, text, e);
	case INSTR_HEALTHCHECK:
		return apply_health(doc, i, text, e);
	case INSTR_SHELL:
		set_strings(config_run(doc), "Shell", i->args.v, i->args.n);
		buf_addstr(text, "SHELL ");
		add_list(text, i->args.v, i->args.n, false);
		return 0;
	case INSTR_ONBUILD:
		json_push_str(member(config_run(doc), "OnBuild", json_new_arr), i->args.v[0]);
		return 0;
	case INSTR_USER:
	case INSTR_STOPSIGNAL:
	case INSTR_MAINTAINER:
	case INSTR_WORKDIR:
		return apply_text(doc, i, x, text, e);
	default:
		return err_set(e, EINVAL, "%s is not allowed here", instr_name(i->kind));
	}
}

int config_apply(struct json *doc, const struct instr *i, const struct expand *x, bool *cmd_set,
		 char **ret_text, struct err **e)
{
	AUTO(buf) struct buf text = BUF_INIT;
	int r = apply(doc, i, x, cmd_set, &text, e);

	if (r < 0)
		return r;
	*ret_text = text.n ? buf_take(&text) : NULL;
	return 0;
}
