#include "compose/supervise/spec.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/path.h"
#include "compose/supervise/spec_defaults.h"
#include "compose/supervise/spec_parts.h"

const char *spec_text(const struct json *obj, const char *key)
{
	const char *s = json_str(obj, key, NULL);

	return s && *s ? s : NULL;
}

int spec_number(const struct json *obj, const char *key, int64_t dflt, int64_t *ret, struct err **e)
{
	const struct json *v = json_get(obj, key);
	const char *text = json_text(v);

	*ret = dflt;
	if (json_is(v, JSON_NUM))
		*ret = json_int(obj, key, dflt);
	else if (text && *text && num_parse(text, INT64_MIN, INT64_MAX, ret) < 0)
		return err_set(e, EINVAL, "%s: \"%s\" is not a whole number", key, text);
	return 0;
}

/* An argv member: a list, or (old images) one string. */
static void add_words(struct strv *ret, const struct json *words)
{
	if (json_text(words))
		strv_add(ret, json_text(words));
	JSON_EACH(w, words)
		if (json_text(w))
			strv_add(ret, json_text(w));
}

int spec_args(const struct json *service, const struct image *image, struct strv *ret,
	      struct err **e)
{
	const struct json *config = image ? image_run_config(image) : NULL;
	const struct json *entrypoint = json_get(service, "entrypoint");
	const struct json *command = json_get(service, "command");
	bool own_entrypoint = json_is(entrypoint, JSON_ARR);

	add_words(ret, own_entrypoint ? entrypoint : json_get(config, "Entrypoint"));
	if (json_is(command, JSON_ARR) && json_len(command))
		add_words(ret, command);
	else if (!own_entrypoint || ret->n == 0)
		/* The engine keeps the image's command behind an emptied entrypoint. */
		add_words(ret, json_get(config, "Cmd"));
	if (ret->n == 0 || !*ret->v[0])
		return err_set(e, EINVAL, "no command specified");
	return 0;
}

static void env_add_entry(struct strv *env, const char *entry)
{
	const char *eq = strchr(entry, '=');
	AUTO(mem) char *key = NULL;

	if (!eq || eq == entry)
		return;
	key = xstrndup(entry, (size_t)(eq - entry));
	strv_env_set(env, key, eq + 1);
}

static void env_remove(struct strv *env, const char *key)
{
	size_t n = strlen(key), kept = 0;

	for (size_t i = 0; i < env->n; i++) {
		if (strncmp(env->v[i], key, n) == 0 && env->v[i][n] == '=')
			free(env->v[i]);
		else
			env->v[kept++] = env->v[i];
	}
	env->n = kept;
	if (env->v)
		env->v[kept] = NULL;
}

void spec_env(const struct json *service, const struct image *image, const char *hostname,
	      struct strv *ret)
{
	const struct json *config = image ? image_run_config(image) : NULL;

	env_add_entry(ret, SPEC_DEFAULT_PATH);
	if (hostname)
		strv_env_set(ret, "HOSTNAME", hostname);
	if (json_bool(service, "tty", false))
		strv_env_set(ret, "TERM", "xterm");
	JSON_EACH(v, json_get(config, "Env"))
		if (json_text(v))
			env_add_entry(ret, json_text(v));
	JSON_EACH(v, json_get(service, "environment")) {
		if (json_text(v))
			strv_env_set(ret, json_key(v), json_text(v));
		else
			env_remove(ret, json_key(v));
	}
}

const char *spec_user(const struct json *service, const struct image *image)
{
	const char *user = spec_text(service, "user");

	if (!user && image)
		user = spec_text(image_run_config(image), "User");
	return user ? user : "0";
}

char *spec_hostname(const struct json *service, const char *id)
{
	const char *hostname = spec_text(service, "hostname");

	if (hostname)
		return xstrdup(hostname);
	if (streq(json_str(service, "network_mode", ""), "host") ||
	    streq(json_str(service, "uts", ""), "host")) {
		char name[256] = "";

		if (gethostname(name, sizeof(name) - 1) == 0)
			return xstrdup(name);
	}
	return xstrndup(id, 12);
}

static const struct {
	const char *name;
	int number;
} signals[] = {
	{ "HUP", SIGHUP },	 { "INT", SIGINT },	{ "QUIT", SIGQUIT },   { "ILL", SIGILL },
	{ "TRAP", SIGTRAP },	 { "ABRT", SIGABRT },	{ "IOT", SIGIOT },     { "BUS", SIGBUS },
	{ "FPE", SIGFPE },	 { "KILL", SIGKILL },	{ "USR1", SIGUSR1 },   { "SEGV", SIGSEGV },
	{ "USR2", SIGUSR2 },	 { "PIPE", SIGPIPE },	{ "ALRM", SIGALRM },   { "TERM", SIGTERM },
	{ "STKFLT", SIGSTKFLT }, { "CHLD", SIGCHLD },	{ "CLD", SIGCHLD },    { "CONT", SIGCONT },
	{ "STOP", SIGSTOP },	 { "TSTP", SIGTSTP },	{ "TTIN", SIGTTIN },   { "TTOU", SIGTTOU },
	{ "URG", SIGURG },	 { "XCPU", SIGXCPU },	{ "XFSZ", SIGXFSZ },   { "VTALRM", SIGVTALRM },
	{ "PROF", SIGPROF },	 { "WINCH", SIGWINCH }, { "IO", SIGIO },       { "POLL", SIGPOLL },
	{ "PWR", SIGPWR },	 { "SYS", SIGSYS },
};

/* "TERM", "SIGTERM", "15", "RTMIN+3", "SIGRTMAX-1". */
static int signal_parse(const char *text, int *ret)
{
	int64_t v;

	if (num_parse(text, 1, SIGRTMAX, &v) == 0) {
		*ret = (int)v;
		return 0;
	}
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		if (strcasecmp(text, signals[i].name) == 0) {
			*ret = signals[i].number;
			return 0;
		}
	if (strncasecmp(text, "RTMIN", 5) == 0 || strncasecmp(text, "RTMAX", 5) == 0) {
		bool from_min = strncasecmp(text, "RTMIN", 5) == 0;

		v = 0;
		if (text[5] && (text[5] != (from_min ? '+' : '-') ||
				num_parse(text + 6, 0, SIGRTMAX - SIGRTMIN, &v) < 0))
			return -EINVAL;
		*ret = from_min ? SIGRTMIN + (int)v : SIGRTMAX - (int)v;
		return 0;
	}
	return -EINVAL;
}

int spec_stop_signal(const struct json *service, const struct image *image, int *ret,
		     struct err **e)
{
	const char *text = spec_text(service, "stop_signal");

	if (!text && image)
		text = spec_text(image_run_config(image), "StopSignal");
	*ret = SIGTERM;
	if (text && signal_parse(text, ret) < 0)
		return err_set(e, EINVAL, "invalid signal: %s", text);
	return 0;
}

/* group_add: numbers as they are, names from the image's /etc/group. */
static int add_groups(const struct spec_input *in, struct json *user, struct err **e)
{
	struct json *gids = json_set(user, "additionalGids", json_new_arr());

	JSON_EACH(g, json_get(in->service, "group_add")) {
		const char *name = json_text(g);
		uint32_t gid = 0;
		int r = 0;

		if (json_is(g, JSON_NUM))
			gid = (uint32_t)json_num(g, 0);
		else
			r = spec_lookup_id(in->image, /* is_group= */ true, name ? name : "", &gid, e);
		if (r < 0)
			return err_wrap(e, "group_add");
		json_push(gids, json_new_int(gid));
	}
	return 0;
}

static int rlimit_value(const struct json *obj, const char *key, uint64_t *ret, struct err **e)
{
	int64_t v;
	int r = spec_number(obj, key, 0, &v, e);

	if (r < 0)
		return r;
	*ret = v < 0 ? UINT64_MAX : (uint64_t)v;
	return 0;
}

/* 2^64-1 has no exact JSON number here; runtimes read -1 as no limit, too. */
static void set_rlimit(struct json *obj, const char *key, uint64_t v)
{
	json_set_int(obj, key, v == UINT64_MAX ? -1 : (int64_t)v);
}

static int add_rlimits(const struct json *service, struct json *process, struct err **e)
{
	const struct json *ulimits = json_get(service, "ulimits");
	struct json *list;

	if (!json_len(ulimits))
		return 0;
	list = json_set(process, "rlimits", json_new_arr());
	JSON_EACH(u, ulimits) {
		bool is_pair = json_is(u, JSON_OBJ);
		AUTO(mem) char *type = xasprintf("RLIMIT_%s", json_key(u));
		struct json *out = json_push(list, json_new_obj());
		uint64_t soft, hard;
		int r;

		r = rlimit_value(is_pair ? u : ulimits, is_pair ? "soft" : json_key(u), &soft, e);
		if (r == 0)
			r = rlimit_value(is_pair ? u : ulimits, is_pair ? "hard" : json_key(u), &hard, e);
		if (r < 0)
			return err_wrap(e, "ulimits.%s", json_key(u));
		for (char *p = type; *p; p++)
			*p = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);
		json_set_str(out, "type", type);
		set_rlimit(out, "soft", soft);
		set_rlimit(out, "hard", hard);
	}
	return 0;
}

char *spec_security_opt(const struct json *service, const char *key)
{
	size_t n = strlen(key);

	JSON_EACH(o, json_get(service, "security_opt")) {
		const char *text = json_text(o);

		if (!text || strncmp(text, key, n) != 0)
			continue;
		if (!text[n])
			return xstrdup("");
		if (text[n] == '=' || text[n] == ':')
			return xstrdup(text + n + 1);
	}
	return NULL;
}

static int add_capabilities(const struct json *service, struct json *process, struct err **e)
{
	AUTO(strv) struct strv add = STRV_INIT;
	AUTO(strv) struct strv drop = STRV_INIT;
	struct json *sets = NULL;
	int r;

	add_words(&add, json_get(service, "cap_add"));
	add_words(&drop, json_get(service, "cap_drop"));
	r = spec_capabilities(&add, &drop, json_bool(service, "privileged", false), &sets, e);
	if (r < 0)
		return r;
	json_set(process, "capabilities", sets);
	return 0;
}

static int add_cwd(const struct spec_input *in, struct json *process, struct err **e)
{
	const char *dir = spec_text(in->service, "working_dir");
	AUTO(mem) char *clean = NULL;

	if (!dir && in->image)
		dir = spec_text(image_run_config(in->image), "WorkingDir");
	if (!dir)
		dir = "/";
	if (!path_is_abs(dir))
		return err_set(e, EINVAL,
			       "the working directory \"%s\" is invalid, it needs to be an absolute path",
			       dir);
	clean = path_clean(dir);
	json_set_str(process, "cwd", clean);
	return 0;
}

static struct json *json_of_words(const struct strv *words)
{
	struct json *list = json_new_arr();

	for (size_t i = 0; i < words->n; i++)
		json_push_str(list, words->v[i]);
	return list;
}

int spec_process(const struct spec_input *in, struct json **ret, struct err **e)
{
	AUTO(json) struct json *process = json_new_obj();
	AUTO(strv) struct strv args = STRV_INIT;
	AUTO(strv) struct strv env = STRV_INIT;
	AUTO(mem) char *hostname = spec_hostname(in->service, in->id);
	AUTO(mem) char *no_new_privileges = spec_security_opt(in->service, "no-new-privileges");
	struct json *user;
	int64_t oom_score;
	int r;

	json_set_bool(process, "terminal", json_bool(in->service, "tty", false));
	user = json_set(process, "user", json_new_obj());
	json_set_int(user, "uid", 0);
	json_set_int(user, "gid", 0);
	json_set_int(user, "umask", 022);
	json_set_str(user, "username", spec_user(in->service, in->image));
	r = add_groups(in, user, e);
	if (r == 0)
		r = spec_args(in->service, in->image, &args, e);
	if (r == 0)
		r = add_cwd(in, process, e);
	if (r == 0)
		r = add_capabilities(in->service, process, e);
	if (r == 0)
		r = add_rlimits(in->service, process, e);
	if (r == 0)
		r = spec_number(in->service, "oom_score_adj", 0, &oom_score, e);
	if (r < 0)
		return r;
	spec_env(in->service, in->image, hostname, &env);
	json_set(process, "args", json_of_words(&args));
	json_set(process, "env", json_of_words(&env));
	json_set_bool(process, "noNewPrivileges",
		      no_new_privileges && !streq(no_new_privileges, "false"));
	json_set_int(process, "oomScoreAdj", oom_score);
	*ret = TAKE_PTR(process);
	return 0;
}
