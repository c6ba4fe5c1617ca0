/* RUN: command, environment, and the layer without what only the mounts put there. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/path.h"
#include "image/build_mounts.h"
#include "image/build_priv.h"
#include "image/mount.h"

static const char *const proxy_names[] = { "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY",
					   "ALL_PROXY" };

struct run_step {
	struct strv argv, env, hosts;
	struct build_mounts mounts;
	const char *network;
	bool privileged;
	int code;
};

static void run_step_autop(struct run_step *r)
{
	strv_done(&r->argv);
	strv_done(&r->env);
	strv_done(&r->hosts);
	build_mounts_done(&r->mounts);
}

/* A proxy given in one case is there in both. They are no part of the key: where a proxy stands
 * says nothing about the result. */
static void add_proxies(struct build *b, struct strv *env)
{
	for (size_t i = 0; i < ARRAY_LEN(proxy_names); i++) {
		AUTO(mem) char *lower = xstrdup(proxy_names[i]);
		const char *upper_value = build_arg(b, proxy_names[i]), *value;

		for (char *p = lower; *p; p++)
			*p |= *p == '_' ? 0 : 0x20;
		value = upper_value ? upper_value : build_arg(b, lower);
		if (!value)
			continue;
		strv_add_unique(&b->used_args, proxy_names[i]);
		strv_add_unique(&b->used_args, lower);
		if (!strv_env_get(env, proxy_names[i]))
			strv_env_set(env, proxy_names[i], value);
		if (!strv_env_get(env, lower))
			strv_env_set(env, lower, value);
	}
}

/* The text with its here-documents behind it, for the shell to read. */
static char *with_heredocs(const struct instr *i)
{
	struct buf b = BUF_INIT;

	buf_addstr(&b, i->args.v[0]);
	for (size_t k = 0; k < i->n_heredocs; k++)
		buf_addf(&b, "\n%s%s", i->heredocs[k].text, i->heredocs[k].name);
	return buf_take(&b);
}

/* "RUN <<EOF" and nothing else: the body is the script. */
static bool is_script(const struct instr *i)
{
	return i->n_heredocs == 1 && i->args.n == 1 && !strpbrk(i->args.v[0], " \t");
}

static int set_argv(struct stage *st, const struct instr *i, struct run_step *r, struct err **e)
{
	AUTO(mem) char *text = NULL;

	if (!i->args.n)
		return err_set(e, EINVAL, "RUN requires at least one argument");
	if (i->is_json) {
		for (size_t k = 0; k < i->args.n; k++)
			strv_add(&r->argv, i->args.v[k]);
		return 0;
	}
	if (is_script(i) && starts_with(i->heredocs[0].text, "#!")) {
		text = xasprintf("/dev/pipes/%s", i->heredocs[0].name);
		strv_add(&r->argv, text);
		return build_mounts_add_script(&r->mounts, text, i->heredocs[0].text, e);
	}
	config_shell(st->doc, &r->argv);
	text = is_script(i) ? xstrdup(i->heredocs[0].text) : with_heredocs(i);
	strv_add(&r->argv, text);
	return 0;
}

static bool is_entitled(const struct build *b, const char *what)
{
	if (streq(what, "security.insecure") && json_bool(b->spec, "privileged", false))
		return true;
	JSON_EACH(item, json_get(b->spec, "entitlements"))
		if (streq(json_text(item), what))
			return true;
	return false;
}

static int set_sandbox(struct build *b, const struct instr *i, struct run_step *r, struct err **e)
{
	const char *network = instr_flag(i, "network"), *security = instr_flag(i, "security");

	r->network = json_str(b->spec, "network", "default");
	if (network && !streq(network, "default") && !streq(network, "none") &&
	    !streq(network, "host"))
		return err_set(e, EINVAL, "unsupported network mode \"%s\"", network);
	if (network && streq(network, "host") && !is_entitled(b, "network.host") &&
	    !streq(r->network, "host"))
		return err_set(e, EPERM, "network.host is not allowed");
	if (network && !streq(network, "default"))
		r->network = network;
	if (security && streq(security, "insecure")) {
		if (!is_entitled(b, "security.insecure"))
			return err_set(e, EPERM, "security.insecure is not allowed");
		r->privileged = true;
	} else if (security && !streq(security, "sandbox")) {
		return err_set(e, EINVAL, "unsupported security mode \"%s\"", security);
	}
	JSON_EACH(host, json_get(b->spec, "extra_hosts")) {
		AUTO(mem) char *text = xstrdup(json_text(host) ? json_text(host) : "");
		char *eq = strchr(text, '=');

		if (eq)
			*eq = ':';
		strv_add(&r->hosts, text);
	}
	return 0;
}

static void make_key(struct step *s, const struct run_step *r)
{
	AUTO(mem) char *chain = stage_chain(s->st);
	AUTO(strv) struct strv env = STRV_INIT;
	const struct json *run = json_get(s->st->doc, "config");
	struct key_builder k;

	for (size_t i = 0; i < r->env.n; i++)
		strv_add(&env, r->env.v[i]);
	strv_sort(&env);
	key_begin(&k, "run");
	key_add(&k, chain);
	key_add_list(&k, &r->argv);
	key_add_list(&k, &env);
	key_add(&k, json_str(run, "WorkingDir", ""));
	key_add(&k, json_str(run, "User", ""));
	key_add(&k, r->network);
	key_add_list(&k, &r->hosts);
	key_add(&k, r->privileged ? "privileged" : "");
	key_add_list(&k, &r->mounts.keys);
	key_end(&k, s->key);
}

/* "RUN |2 A=1 B=2 /bin/sh -c make # buildkit" */
static char *history_text(const struct stage *st, const struct run_step *r)
{
	AUTO(mem) char *argv = strv_join(&r->argv, " "), *args = strv_join(&st->args, " ");

	if (!st->args.n)
		return xasprintf("RUN %s # buildkit", argv);
	return xasprintf("RUN |%zu %s %s # buildkit", st->args.n, args, argv);
}

static void show_output(void *arg, const char *p, size_t n)
{
	steplog_output(arg, p, n);
}

/* Mount points that the runtime makes when the image has none. */
static const char *const stub_paths[] = { "/proc",      "/sys",         "/dev", "/etc/resolv.conf",
					  "/etc/hosts", "/etc/hostname" };

static bool has_same_attributes(int below_fd, int upper_fd, const char *path)
{
	AUTO(fd) int a = open_in_root(below_fd, path, O_PATH | O_DIRECTORY, 0);
	AUTO(fd) int b = open_in_root(upper_fd, path, O_RDONLY | O_DIRECTORY, 0);
	struct stat sa, sb;
	char opaque[2];

	if (a < 0)
		return true; /* nothing there before: it was made for the mount point */
	if (b < 0 || fstat(a, &sa) < 0 || fstat(b, &sb) < 0)
		return false;
	return sa.st_mode == sb.st_mode && sa.st_uid == sb.st_uid && sa.st_gid == sb.st_gid &&
	       fgetxattr(b, "trusted.overlay.opaque", opaque, sizeof(opaque)) < 0;
}

static int unlink_in(int root_fd, const char *path, int flags)
{
	AUTO(mem) char *dir = path_dir(path);
	AUTO(fd) int fd = open_in_root(root_fd, dir, O_PATH | O_DIRECTORY, 0);

	if (fd < 0)
		return fd;
	return unlinkat(fd, path_base(path), flags) < 0 ? -errno : 0;
}

static bool is_empty_file(int root_fd, const char *path)
{
	AUTO(fd) int fd = open_in_root(root_fd, path, O_PATH | O_NOFOLLOW, 0);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
}

/* Takes a mount point out of the layer when it was not there before and nothing was put in; then
 * the directories above that only exist because of it. */
static void remove_stub(int below_fd, int upper_fd, const char *path)
{
	AUTO(fd) int before = open_in_root(below_fd, path, O_PATH | O_NOFOLLOW, 0);
	AUTO(mem) char *dir = path_dir(path);

	if (before >= 0)
		return;
	if (is_empty_file(upper_fd, path) ? unlink_in(upper_fd, path, 0) < 0
					  : unlink_in(upper_fd, path, AT_REMOVEDIR) < 0)
		return;
	while (!streq(dir, "/") && has_same_attributes(below_fd, upper_fd, dir) &&
	       unlink_in(upper_fd, dir, AT_REMOVEDIR) == 0) {
		char *up = path_dir(dir);

		free(dir);
		dir = up;
	}
}

static int remove_stubs(struct step *s, const struct run_step *r, struct err **e)
{
	const struct strv *lower = stage_lower(s->b, s->st);
	struct mount_layers m = { .lower = lower, .upper_fd = -1, .work_fd = -1 };
	AUTO(fd)
	int below = lower->n > 1 ? mount_layers(&m, e) : dir_open(AT_FDCWD, lower->v[0], e);

	if (below < 0)
		return below;
	for (size_t i = 0; i < r->mounts.n; i++)
		remove_stub(below, s->upper_fd, r->mounts.v[i].target);
	for (size_t i = 0; i < ARRAY_LEN(stub_paths); i++)
		remove_stub(below, s->upper_fd, stub_paths[i]);
	return 0;
}

static int make_run(struct step *s, struct err **e)
{
	const struct json *config = json_get(s->st->doc, "config");
	struct run_step *r = s->arg;
	struct build_run run = {
		.lower = stage_lower(s->b, s->st),
		.upper = s->upper,
		.work = s->work,
		.argv = &r->argv,
		.env = &r->env,
		.cwd = json_str(config, "WorkingDir", "/"),
		.user = json_str(config, "User", ""),
		.network = r->network,
		.hosts = &r->hosts,
		.shm_size = json_int(s->b->spec, "shm_size", 0),
		.mounts = r->mounts.v,
		.n_mounts = r->mounts.n,
		.privileged = r->privileged,
		.output = show_output,
		.output_arg = s->b->p,
	};
	AUTO(mem) char *command = strv_join(&r->argv, " ");
	int code;

	if (r->mounts.missing)
		return err_make(e, err_code(r->mounts.missing), err_text(r->mounts.missing), NULL);
	if (!*run.cwd)
		run.cwd = "/";
	code = s->b->o->ops->run(s->b->o->ops->arg, &run, e);
	if (code < 0)
		return code;
	if (code > 0)
		return err_set(e, ECHILD,
			       "process \"%s\" did not complete successfully: exit code: %d",
			       command, code);
	return remove_stubs(s, r, e);
}

int build_run_step(struct build *b, struct stage *st, const struct instr *i, struct err **e)
{
	AUTO(run_step) struct run_step run = { 0 };
	struct step s = { .b = b, .st = st, .i = i, .make = make_run, .root_fd = -1, .arg = &run };
	int r = build_mounts_open(b, st, i, &run.mounts, e);

	if (r == 0)
		r = set_argv(st, i, &run, e);
	if (r == 0)
		r = set_sandbox(b, i, &run, e);
	if (r < 0)
		return r;
	config_ensure_path(st->doc);
	stage_env(st, &run.env);
	make_key(&s, &run);
	add_proxies(b, &run.env);
	build_mounts_add_env(&run.mounts, &run.env);
	s.shown = step_name(b, st, i->shown);
	s.history = history_text(st, &run);
	r = step_layer(&s, e);
	free(s.shown);
	free(s.history);
	return r;
}
