#include "compose/load/options.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/strv.h"

extern char **environ;

/* A growing list of strings in the arena. */
struct names {
	const char **v;
	size_t n, cap;
};

static void names_add(struct arena *a, struct names *s, const char *text)
{
	if (s->n == s->cap) {
		const char **old = s->v;

		s->cap = s->cap ? s->cap * 2 : 8;
		s->v = arena_alloc(a, s->cap * sizeof(*s->v));
		if (s->n)
			memcpy(s->v, old, s->n * sizeof(*s->v));
	}
	s->v[s->n++] = arena_strdup(a, text);
}

#define COMPLAIN(l, ...) diag_add((l)->diags, DIAG_ERROR, NULL, __VA_ARGS__)

static char *join_in(struct arena *a, const char *dir, const char *name)
{
	AUTO(mem) char *path = path_join(dir, name);

	return arena_strdup(a, path);
}

/* The current directory as the shell names it: through links, as long as PWD tells the truth. */
static const char *current_dir(struct loader *l)
{
	const char *pwd = env_get(l->env, "PWD");
	AUTO(mem) char *real = path_cwd();
	struct stat named, here;

	if (pwd && path_is_abs(pwd) && stat(pwd, &named) == 0 && stat(".", &here) == 0 &&
	    named.st_dev == here.st_dev && named.st_ino == here.st_ino)
		return join_in(l->arena, "/", pwd);
	return arena_strdup(l->arena, real);
}

static char *dir_in(struct arena *a, const char *path)
{
	AUTO(mem) char *dir = path_dir(path);

	return arena_strdup(a, dir);
}

/* ---- environment ---- */

static void take_process_env(struct loader *l)
{
	for (char *const *e = l->opt->environ ? l->opt->environ : environ; e && *e; e++) {
		const char *eq = strchr(*e, '=');
		AUTO(mem) char *key = eq ? xstrndup(*e, (size_t)(eq - *e)) : NULL;

		if (key && *key && !env_get(l->env, key))
			env_set(l->env, key, eq + 1, NULL);
	}
	l->cwd = current_dir(l);
	if (!env_get(l->env, "PWD"))
		env_set(l->env, "PWD", l->cwd, NULL);
}

/* The words Go's strconv.ParseBool knows. */
static int parse_bool(const char *s)
{
	static const char *const words[2][6] = { { "0", "f", "F", "false", "FALSE", "False" },
						 { "1", "t", "T", "true", "TRUE", "True" } };

	for (int v = 0; v < 2; v++)
		for (size_t i = 0; i < 6; i++)
			if (strcmp(s, words[v][i]) == 0)
				return v;
	return -1;
}

static bool read_env_file(struct loader *l, const char *path, struct env *out)
{
	int r = source_read_env(l, path, false, l->env, NULL, out);

	if (r == -ENOENT)
		COMPLAIN(l, "couldn't find env file: %s", path);
	else if (r == -EISDIR)
		COMPLAIN(l, "%s is a directory", path);
	else if (r < 0 && r != -EINVAL)
		COMPLAIN(l, "env file %s cannot be read", path);
	return r == 0;
}

static void default_env_file(struct loader *l, const char *dir, struct names *files)
{
	const char *path = join_in(l->arena, dir, ".env");
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		names_add(l->arena, files, path);
}

static void list_env_files(struct loader *l, const char *dir, struct names *files)
{
	const struct load_options *o = l->opt;
	const char *list = env_get(l->env, "COMPOSE_ENV_FILES");
	AUTO(strv) struct strv parts = STRV_INIT;

	for (size_t i = 0; i < o->n_env_files; i++)
		names_add(l->arena, files, join_in(l->arena, l->cwd, o->env_files[i]));
	if (!files->n && list && *list)
		strv_split(&parts, list, ',');
	for (size_t i = 0; i < parts.n; i++)
		names_add(l->arena, files, join_in(l->arena, l->cwd, parts.v[i]));
	if (!files->n)
		default_env_file(l, dir, files);
}

/* Steps 3 and 4; what is set already stays. */
static bool take_env_files(struct loader *l, const char *dir)
{
	const char *off = env_get(l->env, "COMPOSE_DISABLE_ENV_FILE");
	int is_off = off && *off ? parse_bool(off) : 0;
	struct names files = { 0 };
	AUTO(env) struct env *set = env_new();
	bool ok = true;

	if (is_off < 0) {
		diag_expect(COMPLAIN(l, "COMPOSE_DISABLE_ENV_FILE: invalid boolean \"%s\"", off),
			    "true or false");
		return false;
	}
	if (is_off)
		return true;
	list_env_files(l, dir, &files);
	for (size_t i = 0; i < files.n; i++)
		ok &= read_env_file(l, files.v[i], set);
	env_fill(l->env, set);
	return ok;
}

/* ---- files ---- */

static const char *const main_names[] = { "compose.yaml", "compose.yml", "docker-compose.yml",
					  "docker-compose.yaml", NULL };
static const char *const override_names[] = { "compose.override.yml", "compose.override.yaml",
					      "docker-compose.override.yml",
					      "docker-compose.override.yaml", NULL };

/* Adds the first of names that exists in dir; warns when there are more. */
static bool find_in(struct loader *l, const char *dir, const char *const *names, const char *what,
		    struct names *files)
{
	AUTO(strv) struct strv found = STRV_INIT;
	AUTO(mem) char *list = NULL;

	for (; *names; names++) {
		const char *path = join_in(l->arena, dir, *names);

		if (access(path, F_OK) == 0)
			strv_add(&found, path);
	}
	if (!found.n)
		return false;
	if (found.n > 1) {
		list = strv_join(&found, ", ");
		diag_add(l->diags, DIAG_WARNING, NULL,
			 "Found multiple %s files with supported names: %s", what, list);
		diag_add(l->diags, DIAG_WARNING, NULL, "Using %s", found.v[0]);
	}
	names_add(l->arena, files, found.v[0]);
	return true;
}

/* In dir or the nearest directory above it. */
static bool discover(struct loader *l, const char *dir, struct names *files)
{
	for (;;) {
		if (find_in(l, dir, main_names, "config", files)) {
			find_in(l, dir, override_names, "override", files);
			return true;
		}
		if (strcmp(dir, "/") == 0)
			break;
		dir = dir_in(l->arena, dir);
	}
	diag_hint(COMPLAIN(l, "no configuration file provided: not found"),
		  "make a compose.yaml here, or name the file with -f");
	return false;
}

static bool add_named(struct loader *l, const char *path, struct names *files)
{
	if (source_is_remote(path)) {
		source_refuse_remote(l, path, NULL);
		return false;
	}
	names_add(l->arena, files, strcmp(path, "-") == 0 ? path : join_in(l->arena, l->cwd, path));
	return true;
}

static bool list_files(struct loader *l, const char *dir, struct names *files)
{
	const struct load_options *o = l->opt;
	const char *list = env_get(l->env, "COMPOSE_FILE"),
		   *sep = env_get(l->env, "COMPOSE_PATH_SEPARATOR");
	bool ok = true;

	for (size_t i = 0; i < o->n_files; i++)
		ok &= add_named(l, o->files[i], files);
	if (o->n_files)
		return ok;
	if (!list || !*list)
		return discover(l, dir, files);
	sep = sep && *sep ? sep : ":";
	while (list) {
		const char *end = strstr(list, sep);
		AUTO(mem) char *one = end ? xstrndup(list, (size_t)(end - list)) : xstrdup(list);

		if (*one)
			ok &= add_named(l, one, files);
		list = end ? end + strlen(sep) : NULL;
	}
	return ok;
}

/* ---- profiles ---- */

static void take_profiles(struct loader *l, struct loaded *p)
{
	const char *list = env_get(l->env, "COMPOSE_PROFILES");
	struct str rest = str_of(list);
	struct names all = { 0 };

	for (size_t i = 0; i < l->opt->n_profiles; i++)
		names_add(l->arena, &all, l->opt->profiles[i]);
	while (!l->opt->n_profiles && rest.n) {
		struct str one = str_trim(str_cut(&rest, ','));

		if (one.n)
			names_add(l->arena, &all, arena_strndup(l->arena, one.p, one.n));
	}
	p->profiles = all.v;
	p->n_profiles = all.n;
}

/* The directory before the files are known, then the one they say. */
static const char *first_dir(struct loader *l, const char *const *files, size_t n)
{
	if (l->opt->project_directory)
		return join_in(l->arena, l->cwd, l->opt->project_directory);
	for (size_t i = 0; i < n; i++)
		if (strcmp(files[i], "-") != 0 && !source_is_remote(files[i]))
			return dir_in(l->arena, join_in(l->arena, l->cwd, files[i]));
	return l->cwd;
}

bool options_resolve(struct loader *l, struct loaded *p)
{
	struct names files = { 0 };
	const char *dir;
	bool ok;

	take_process_env(l);
	dir = first_dir(l, l->opt->files, l->opt->n_files);
	ok = take_env_files(l, dir);
	if (!list_files(l, dir, &files))
		return false;
	l->files = files.v;
	l->n_files = files.n;
	l->working_dir = first_dir(l, files.v, files.n);
	if (strcmp(l->working_dir, dir) != 0 && !l->opt->n_env_files)
		ok &= take_env_files(l, l->working_dir);
	take_profiles(l, p);
	return ok;
}

/* ---- name ---- */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static const char *normalise(struct arena *a, const char *name)
{
	char *out = arena_alloc(a, strlen(name) + 1), *w = out;

	for (; *name; name++) {
		char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;

		if (is_name_char(c))
			*w++ = c;
	}
	return out + strspn(out, "_-");
}

static const char *interpolated_name(struct loader *l, const struct node *n)
{
	struct loader quiet = *l;
	AUTO(diags) struct diags *unseen = diags_new();
	struct node *copy = node_new(l->arena, NODE_MAP, &n->pos);

	/* What is wrong with it is said when the document itself is interpolated. */
	quiet.diags = unseen;
	node_set(l->arena, copy, "name", node_copy(l->arena, n));
	if (!l->opt->no_interpolate)
		step_interpolate(&quiet, copy);
	return copy->first->text;
}

/* The last non-empty `name:` of all documents. */
static const char *name_in_files(struct loader *l, const struct source *sources, size_t n)
{
	const char *name = NULL;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < sources[i].docs.n; j++) {
			const struct node *v = node_get(sources[i].docs.v[j], "name");
			const char *text = node_is(v, NODE_STR) ? interpolated_name(l, v) : NULL;

			if (text && *text)
				name = text;
		}
	}
	return name;
}

static const char *name_of_directory(struct loader *l)
{
	AUTO(mem) char *real = realpath(l->working_dir, NULL);
	const char *base = path_base(l->working_dir), *name = normalise(l->arena, base);

	if (real && *name && strcmp(path_base(real), base) != 0)
		diag_add(l->diags, DIAG_WARNING, NULL,
			 "project has been loaded without an explicit name from a symlink. Using "
			 "name \"%s\"",
			 name);
	return name;
}

bool options_name(struct loader *l, const struct source *sources, size_t n)
{
	const char *given = l->opt->project_name, *name;

	l->name_origin = "given on the command line";
	if (!given || !*given) {
		given = env_get(l->env, "COMPOSE_PROJECT_NAME");
		l->name_origin = "given as COMPOSE_PROJECT_NAME";
	}
	if (given && *given) {
		name = given;
		if (strcmp(normalise(l->arena, given), given) != 0) {
			COMPLAIN(l,
				 "invalid project name \"%s\": must consist only of lowercase "
				 "alphanumeric "
				 "characters, hyphens, and underscores as well as start with a "
				 "letter or number",
				 given);
			return false;
		}
	} else {
		name = name_in_files(l, sources, n);
		l->name_origin = name ? NULL : "the name of the directory";
		name = name ? normalise(l->arena, name) : name_of_directory(l);
	}
	if (!*name) {
		diag_hint(COMPLAIN(l, "project name must not be empty"),
			  "give one with -p, or with name: in the compose file");
		return false;
	}
	l->project_name = arena_strdup(l->arena, name);
	env_set(l->env, "COMPOSE_PROJECT_NAME", name, NULL);
	return true;
}
