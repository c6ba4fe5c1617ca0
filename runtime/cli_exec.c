/* exec: by a process file, or by flags on top of the container's own process. */
#include "runtime/cli.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "base/num.h"
#include "base/strv.h"
#include "runtime/exec.h"
#include "runtime/lookup.h"
#include "runtime/runtime.h"
#include "runtime/state.h"

enum {
	OPT_CONSOLE = 256,
	OPT_PID_FILE,
	OPT_PRESERVE,
	OPT_CWD,
	OPT_CAP,
	OPT_NNP,
	OPT_CGROUP,
	OPT_APPARMOR,
	OPT_LABEL,
	OPT_IGNORE_PAUSED,
};

static const struct option options[] = {
	{ "detach", no_argument, NULL, 'd' },
	{ "tty", no_argument, NULL, 't' },
	{ "user", required_argument, NULL, 'u' },
	{ "additional-gids", required_argument, NULL, 'g' },
	{ "cwd", required_argument, NULL, OPT_CWD },
	{ "env", required_argument, NULL, 'e' },
	{ "cap", required_argument, NULL, OPT_CAP },
	{ "no-new-privs", no_argument, NULL, OPT_NNP },
	{ "process", required_argument, NULL, 'p' },
	{ "console-socket", required_argument, NULL, OPT_CONSOLE },
	{ "pid-file", required_argument, NULL, OPT_PID_FILE },
	{ "preserve-fds", required_argument, NULL, OPT_PRESERVE },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "apparmor", required_argument, NULL, OPT_APPARMOR },
	{ "process-label", required_argument, NULL, OPT_LABEL },
	{ "ignore-paused", no_argument, NULL, OPT_IGNORE_PAUSED },
	{ NULL, 0, NULL, 0 },
};

struct flags {
	struct exec_options o;
	const char *process, *cwd, *user, *apparmor, *label;
	bool tty, no_new_privs;
	struct strv env, caps, gids;
};

/* Where the value of an option goes. */
enum target { TO_BOOL, TO_TEXT, TO_LIST };
static const struct {
	int option;
	enum target target;
	size_t at; /* in struct flags */
} rows[] = {
	{ 'd', TO_BOOL, offsetof(struct flags, o.detach) },
	{ 't', TO_BOOL, offsetof(struct flags, tty) },
	{ OPT_NNP, TO_BOOL, offsetof(struct flags, no_new_privs) },
	{ OPT_IGNORE_PAUSED, TO_BOOL, offsetof(struct flags, o.ignore_paused) },
	{ 'u', TO_TEXT, offsetof(struct flags, user) },
	{ 'p', TO_TEXT, offsetof(struct flags, process) },
	{ OPT_CWD, TO_TEXT, offsetof(struct flags, cwd) },
	{ OPT_CONSOLE, TO_TEXT, offsetof(struct flags, o.console_socket) },
	{ OPT_PID_FILE, TO_TEXT, offsetof(struct flags, o.pid_file) },
	{ OPT_CGROUP, TO_TEXT, offsetof(struct flags, o.sub_cgroup) },
	{ OPT_APPARMOR, TO_TEXT, offsetof(struct flags, apparmor) },
	{ OPT_LABEL, TO_TEXT, offsetof(struct flags, label) },
	{ 'g', TO_LIST, offsetof(struct flags, gids) },
	{ 'e', TO_LIST, offsetof(struct flags, env) },
	{ OPT_CAP, TO_LIST, offsetof(struct flags, caps) },
};

static int take_option(struct flags *f, int c, const char *value)
{
	int64_t n;

	if (c == OPT_PRESERVE) {
		if (num_parse(value, 0, 1 << 20, &n) < 0)
			return -EINVAL;
		f->o.preserve_fds = (unsigned)n;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		void *at = (char *)f + rows[i].at;

		if (rows[i].option != c)
			continue;
		if (rows[i].target == TO_BOOL)
			*(bool *)at = true;
		else if (rows[i].target == TO_TEXT)
			*(const char **)at = value;
		else
			strv_add(at, value);
		return 0;
	}
	return -EINVAL;
}

/* The whole text must be a number: "1" is uid 1 and "1x" nothing at all. */
static int set_id(struct json *user, const char *key, const char *text, struct err **e)
{
	int64_t n;

	if (num_parse(text, 0, 2147483647, &n) < 0)
		return err_set(e, EINVAL, "\"%s\" is not a user or group id", text);
	json_set_int(user, key, n);
	return 0;
}

static int set_user(struct json *process, const char *text, struct err **e)
{
	struct json *user = json_set(process, "user", json_new_obj());
	AUTO(mem) char *uid = xstrdup(text);
	char *gid = strchr(uid, ':');
	int r;

	if (gid)
		*gid++ = '\0';
	/* A name is for the container's passwd to tell. */
	if (!isdigit((unsigned char)*uid) || (gid && !isdigit((unsigned char)*gid))) {
		json_set_str(user, "username", text);
		return 0;
	}
	r = set_id(user, "uid", uid, e);
	if (r == 0)
		r = set_id(user, "gid", gid ? gid : "0", e);
	return r;
}

static void set_env(struct json *process, const struct strv *extra)
{
	AUTO(strv) struct strv env = STRV_INIT;
	struct json *list = json_new_arr();

	JSON_EACH(item, json_get(process, "env"))
		if (json_text(item))
			strv_add(&env, json_text(item));
	for (size_t i = 0; i < extra->n; i++) {
		char *eq = strchr(extra->v[i], '=');
		AUTO(mem) char *key = eq ? xstrndup(extra->v[i], (size_t)(eq - extra->v[i])) : NULL;

		if (eq)
			strv_env_set(&env, key, eq + 1);
	}
	for (size_t i = 0; i < env.n; i++)
		json_push_str(list, env.v[i]);
	json_set(process, "env", list);
}

static void add_caps(struct json *process, const struct strv *caps)
{
	static const char *const sets[] = { "bounding", "effective", "permitted" };
	struct json *c = json_get(process, "capabilities");

	if (!caps->n)
		return;
	if (!json_is(c, JSON_OBJ))
		c = json_set(process, "capabilities", json_new_obj());
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		struct json *set = json_get(c, sets[i]);

		if (!json_is(set, JSON_ARR))
			set = json_set(c, sets[i], json_new_arr());
		for (size_t k = 0; k < caps->n; k++)
			json_push_str(set, caps->v[k]);
	}
}

static int add_gids(struct json *process, const struct strv *gids, struct err **e)
{
	struct json *user = json_get(process, "user");
	struct json *list = json_get(user, "additionalGids");

	if (!gids->n)
		return 0;
	if (!user)
		user = json_set(process, "user", json_new_obj());
	if (!json_is(list, JSON_ARR))
		list = json_set(user, "additionalGids", json_new_arr());
	for (size_t i = 0; i < gids->n; i++) {
		int64_t n;

		if (num_parse(gids->v[i], 0, 2147483647, &n) < 0)
			return err_set(e, EINVAL, "\"%s\" is not a group id", gids->v[i]);
		json_push(list, json_new_int(n));
	}
	return 0;
}

static int process_of_flags(const struct flags *f, const char *root, int argc, char **argv,
			    struct json **ret, struct err **e)
{
	AUTO(json) struct json *p = NULL;
	struct json *args = json_new_arr();
	int r = container_process(root, f->o.id, &p, e);

	if (r < 0) {
		json_free(args);
		return r;
	}
	for (int i = 0; i < argc; i++)
		json_push_str(args, argv[i]);
	json_set(p, "args", args);
	json_set_bool(p, "terminal", f->tty);
	if (f->cwd)
		json_set_str(p, "cwd", f->cwd);
	if (f->user)
		r = set_user(p, f->user, e);
	set_env(p, &f->env);
	add_caps(p, &f->caps);
	if (r == 0)
		r = add_gids(p, &f->gids, e);
	if (f->no_new_privs)
		json_set_bool(p, "noNewPrivileges", true);
	if (f->apparmor)
		json_set_str(p, "apparmorProfile", f->apparmor);
	if (f->label)
		json_set_str(p, "selinuxLabel", f->label);
	/* Limits of the container's program are not those of every exec's. */
	if (r == 0)
		*ret = TAKE_PTR(p);
	return r;
}

static int read_process(const char *path, struct json **ret, struct err **e)
{
	AUTO(buf) struct buf b = BUF_INIT;
	int r;

	if (!streq(path, "-"))
		return json_parse_file(AT_FDCWD, path, 4 << 20, ret, e);
	r = fd_read_all(STDIN_FILENO, 4 << 20, &b);
	if (r < 0)
		return err_sys(e, -r, "read the process from standard input");
	return json_parse(buf_str(&b), b.n, ret, e);
}

static int check_sub_cgroup(const char *sub, struct err **e)
{
	struct str rest = str_of(sub);

	while (rest.n)
		if (str_eq(str_cut(&rest, '/'), ".."))
			return err_set(e, EINVAL, "cgroup \"%s\": `..` components are not allowed", sub);
	return 0;
}

static int run(const struct cli *cli, struct flags *f, int argc, char **argv, struct err **e)
{
	AUTO(json) struct json *process = NULL;
	int r;

	if (argc < 1 || (argc < 2 && !f->process))
		return err_set(e, EINVAL, "exec takes a container id and a command");
	f->o.id = argv[0];
	r = check_sub_cgroup(f->o.sub_cgroup, e);
	if (r == 0)
		r = state_check_id(f->o.id, e);
	if (r < 0)
		return r;
	if (f->process)
		r = read_process(f->process, &process, e);
	else
		r = process_of_flags(f, cli->root, argc - 1, argv + 1, &process, e);
	if (r == 0 && f->tty)
		json_set_bool(process, "terminal", true);
	return r < 0 ? r : container_exec(&f->o, process, e);
}

int cmd_exec(const struct cli *cli, int argc, char **argv, struct err **e)
{
	struct flags f = { .o = { .root = cli->root, .seccomp_cache = cli->seccomp_cache } };
	AUTO(err) struct err *inner = NULL;
	int c, r = 0;

	while (r == 0 && (c = getopt_long(argc, argv, "+dtu:g:e:p:", options, NULL)) != -1)
		if (take_option(&f, c, optarg) < 0)
			r = err_set(e, EINVAL, "exec: bad option or value");
	if (r == 0)
		r = run(cli, &f, argc - optind, argv + optind, &inner);
	strv_done(&f.env);
	strv_done(&f.caps);
	strv_done(&f.gids);
	if (!inner)
		return r;
	/* The words and codes engines pass on and people look for. A user that does not exist is found
	 * out by engines before their runtime is asked, so its text has nothing in front. */
	if (err_code(inner) == ENOKEY) {
		dprintf(STDERR_FILENO, "%s\n", err_text(inner));
		return RUNTIME_EXIT_NOT_EXECUTABLE;
	}
	dprintf(STDERR_FILENO,
		"OCI runtime exec failed: exec failed: unable to start container process: %s\n",
		err_text(inner));
	return lookup_exit_code(err_code(inner));
}
