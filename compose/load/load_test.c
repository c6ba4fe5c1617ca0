/* The whole pipeline on small file sets in a directory of their own. What single modules promise is
 * tested beside them; here it is how the steps play together. */
#include "compose/load/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/path.h"
#include "base/test.h"
#include "compose/load/emit.h"

struct dir {
	char *path, *back;
	struct loaded *p;
	struct diags *d;
	char *text; /* of the last load */
	struct strv env;
	struct load_options opt;
};

static int setup(void **state)
{
	struct dir *t = xcalloc(1, sizeof(*t));
	char tmpl[] = "/tmp/load-test.XXXXXX";

	assert_non_null(mkdtemp(tmpl));
	t->back = path_cwd();
	t->path = realpath(tmpl, NULL);
	assert_int_equal(chdir(t->path), 0);
	strv_add(&t->env, "SHELL_VAR=s");
	*state = t;
	return 0;
}

static void forget(struct dir *t)
{
	loaded_free(t->p);
	diags_free(t->d);
	free(t->text);
	t->p = NULL;
	t->text = NULL;
	t->d = diags_new();
}

static int teardown(void **state)
{
	struct dir *t = *state;

	assert_int_equal(chdir(t->back), 0);
	assert_int_equal(tree_remove(AT_FDCWD, t->path, NULL), 0);
	forget(t);
	diags_free(t->d);
	strv_done(&t->env);
	free(t->path);
	free(t->back);
	free(t);
	return 0;
}

static void put(const char *path, const char *text)
{
	AUTO(mem) char *dir = path_dir(path);

	assert_int_equal(dir_make(AT_FDCWD, dir, 0755, NULL), 0);
	assert_int_equal(file_write(AT_FDCWD, path, text, strlen(text), 0644, false, NULL), 0);
}

static int load(struct dir *t)
{
	forget(t);
	t->opt.environ = t->env.v;
	return project_load(&t->opt, &t->p, t->d);
}

static const char *loads(void **state)
{
	struct dir *t = *state;

	if (load(t) < 0) {
		AUTO(mem) char *all = diags_format(t->d, DIAG_ERROR, false);

		fail_msg("refused: %s", all);
	}
	t->text = emit_yaml(t->p->root, t->opt.no_interpolate);
	return t->text;
}

static void has(void **state, const char *piece)
{
	const char *text = loads(state);

	if (!strstr(text, piece))
		fail_msg("no \"%s\" in\n%s", piece, text);
}

static void lacks(void **state, const char *piece)
{
	const char *text = loads(state);

	if (strstr(text, piece))
		fail_msg("\"%s\" in\n%s", piece, text);
}

/* The errors, as people see them, contain piece; n of them in all. */
static void refuses(void **state, size_t n, const char *piece)
{
	struct dir *t = *state;
	AUTO(mem) char *all = NULL;

	if (load(t) == 0)
		fail_msg("loaded, want %s", piece);
	all = diags_format(t->d, DIAG_ERROR, false);
	if (!strstr(all, piece))
		fail_msg("no \"%s\" in\n%s", piece, all);
	if (t->d->n_errors != n)
		fail_msg("%zu errors, want %zu:\n%s", t->d->n_errors, n, all);
}

static void warns(void **state, const char *piece)
{
	struct dir *t = *state;
	AUTO(mem) char *all = NULL;

	(void)loads(state);
	all = diags_format(t->d, DIAG_WARNING, false);
	if (!strstr(all, piece))
		fail_msg("no \"%s\" in\n%s", piece, all);
}

#define FILES(state, ...)                                                                          \
	do {                                                                                       \
		static const char *const files_[] = { __VA_ARGS__ };                               \
		((struct dir *)*(state))->opt.files = files_;                                      \
		((struct dir *)*(state))->opt.n_files = ARRAY_LEN(files_);                         \
	} while (0)

#define IMAGE "services: {a: {image: x}}\n"

/* ---- files, environment, name ---- */

static void finds_the_file_and_its_override_upwards(void **state)
{
	put("compose.yaml", "services: {a: {image: x}}\n");
	put("compose.override.yml", "services: {a: {hostname: over}}\n");
	put("sub/deep/x", "");
	assert_int_equal(chdir("sub/deep"), 0);
	has(state, "hostname: over");
	assert_int_equal(((struct dir *)*state)->p->n_config_files, 2);
	assert_string_equal(((struct dir *)*state)->p->working_dir, ((struct dir *)*state)->path);
}

static void named_files_have_no_override(void **state)
{
	put("compose.yaml", IMAGE);
	put("compose.override.yaml", "services: {a: {hostname: over}}\n");
	FILES(state, "compose.yaml");
	lacks(state, "hostname");
}

static void no_file_at_all_is_enoent(void **state)
{
	struct dir *t = *state;

	assert_int_equal(load(t), -ENOENT);
	refuses(state, 1, "no configuration file provided: not found");
}

static void several_candidates_are_warned_about(void **state)
{
	put("compose.yaml", IMAGE);
	put("docker-compose.yml", IMAGE);
	warns(state, "Found multiple config files with supported names");
}

static void compose_file_lists_files(void **state)
{
	struct dir *t = *state;

	put("a.yaml", IMAGE);
	put("b.yaml", "services: {a: {hostname: b}}\n");
	strv_env_set(&t->env, "COMPOSE_FILE", "a.yaml,b.yaml");
	strv_env_set(&t->env, "COMPOSE_PATH_SEPARATOR", ",");
	has(state, "hostname: b");
}

static void the_shell_beats_env_files_and_later_ones_win(void **state)
{
	struct dir *t = *state;
	static const char *const files[] = { "a.env", "b.env" };

	put("compose.yaml", "services: {a: {image: \"$SHELL_VAR-$X-$Y\"}}\n");
	put("a.env", "SHELL_VAR=no\nX=a\nY=a\n");
	put("b.env", "X=b\n");
	t->opt.env_files = files;
	t->opt.n_env_files = 2;
	has(state, "image: s-b-a");
}

static void the_name_comes_from_flag_environment_file_directory(void **state)
{
	struct dir *t = *state;

	put("My.Project_x/compose.yaml", IMAGE);
	put("n.yaml", "name: From File\nservices: {a: {image: \"$COMPOSE_PROJECT_NAME\"}}\n");
	FILES(state, "My.Project_x/compose.yaml");
	has(state, "name: myproject_x\n");
	FILES(state, "n.yaml");
	has(state, "image: fromfile\n");
	strv_env_set(&t->env, "COMPOSE_PROJECT_NAME", "fromenv");
	has(state, "name: fromenv\n");
	t->opt.project_name = "flag";
	has(state, "name: flag\n");
	t->opt.project_name = "Bad.Name";
	refuses(state, 1, "invalid project name \"Bad.Name\"");
}

static void a_link_gives_its_own_name_to_the_project(void **state)
{
	struct dir *t = *state;
	AUTO(mem) char *pwd = xasprintf("%s/other", t->path);

	put("real/compose.yaml", "services: {a: {image: x, build: .}}\n");
	assert_int_equal(symlink("real", "other"), 0);
	assert_int_equal(chdir("other"), 0);
	has(state, "name: real\n");
	strv_env_set(&t->env, "PWD", pwd);
	has(state, "name: other\n");
	has(state, "/other\n");
	warns(state, "from a symlink. Using name \"other\"");
	strv_env_set(&t->env, "PWD", "/");
	has(state, "name: real\n");
}

static void remote_files_are_refused_by_name(void **state)
{
	FILES(state, "oci://registry/x");
	refuses(state, 1, "remote compose file oci://registry/x: not supported yet");
	FILES(state, "compose.yaml");
	put("compose.yaml", "include: [\"https://github.com/a/b.git\"]\n" IMAGE);
	refuses(state, 1, "compose.yaml:1:11: remote compose file https://github.com/a/b.git");
}

static void empty_files_count_only_alone(void **state)
{
	put("compose.yaml", "# nothing\n");
	put("b.yaml", IMAGE);
	FILES(state, "compose.yaml");
	refuses(state, 1, "empty compose file");
	FILES(state, "compose.yaml", "b.yaml");
	has(state, "image: x");
	put("compose.yaml", IMAGE "---\nnull\n");
	refuses(state, 1, "compose.yaml:3:1: top-level object must be a mapping");
}

/* ---- merging ---- */

static void merges(void **state, const char *base, const char *over, const char *piece)
{
	put("a.yaml", base);
	put("b.yaml", over);
	FILES(state, "a.yaml", "b.yaml");
	has(state, piece);
}

static void every_rule_merges_its_way(void **state)
{
#define S(x) "services: {a: {image: x, " x "}}\n"
	merges(state, S("command: [a, b]"), S("command: [c]"), "command:\n      - c\n    image");
	merges(state, S("command: [a, b]"), S("command: "), "a:\n    image");
	merges(state, S("build: dir"), S("build: {target: t}"),
	       "dockerfile: Dockerfile\n      target: t");
	merges(state,
	       "services: {a: {image: x, depends_on: {b: {condition: service_healthy}}}, b: "
	       "{image: y}}\n",
	       S("depends_on: [b]"), "condition: service_started");
	merges(state, S("networks: {default: {aliases: [q]}}"), S("networks: [default]"), "- q");
	merges(state, S("logging: {driver: a, options: {o: p}}"), S("logging: {driver: b}"),
	       "logging:\n      driver: b\n    networks");
	merges(state, S("logging: {driver: a, options: {o: p}}"), S("logging: {options: {q: r}}"),
	       "o: p\n        q: r");
	merges(state, S("ulimits: {nofile: 5}"), S("ulimits: {nofile: {soft: 1, hard: 2}}"),
	       "soft: 1");
	merges(state, S("environment: [A=1, B]"), S("environment: {A: 2}"),
	       "A: \"2\"\n      B: null");
	merges(state, S("environment: {A: 1}"), S("environment: {A: }"), "A: null");
	merges(state, S("dns: 1.1.1.1"), S("dns: [8.8.8.8]"), "- 1.1.1.1\n      - 8.8.8.8");
	merges(state, S("extra_hosts: {h: 1.1.1.1}"),
	       S("extra_hosts: [\"h=1.1.1.1\", \"i:2.2.2.2\"]"), "- h=1.1.1.1\n      - i=2.2.2.2");
	merges(state, S("hostname: h"), S("hostname: "), "hostname: h");
	merges(state, S("ports: [\"80:80\"]"), S("ports: [\"80:80\", \"81:81\"]"),
	       "published: \"81\"");
	merges(state, S("volumes: [\"a:/x\"]") "volumes: {a: , b: }\n", S("volumes: [\"b:/x\"]"),
	       "source: b");
	merges(state, S("security_opt: [a=b]"), S("security_opt: [a=b]"),
	       "security_opt:\n      - a=b\n");
	merges(state,
	       IMAGE "networks: {default: {ipam: {config: [{subnet: 10.0.0.0/8}, {subnet: "
		     "11.0.0.0/8}]}}}\n",
	       "networks: {default: {ipam: {config: [{subnet: 11.0.0.0/8, gateway: 11.0.0.1}]}}}\n",
	       "- subnet: 10.0.0.0/8\n        - subnet: 11.0.0.0/8\n          gateway: 11.0.0.1");
}

static void kinds_that_do_not_go_together_are_refused(void **state)
{
	put("a.yaml", S("healthcheck: {test: x}"));
	put("b.yaml", S("\n healthcheck: nope"));
	FILES(state, "a.yaml", "b.yaml");
	refuses(state, 1, "b.yaml:2:15: cannot override services.a.healthcheck");
	put("b.yaml", "services: [a]\n");
	refuses(state, 1, "b.yaml:1:11: cannot override services");
	put("a.yaml", S("environment: {A: 1}"));
	put("b.yaml", S("environment: {A: {b: c}}"));
	refuses(state, 1, "cannot override services.a.environment");
}

static void tags_act_on_what_came_before(void **state)
{
	merges(state, S("ports: [\"80:80\"], hostname: h"),
	       S("ports: !override [\"90:90\"], hostname: !reset null"),
	       "    ports:\n      - mode: ingress\n        target: 90");
	lacks(state, "target: 80");
	lacks(state, "hostname");
	merges(state, "services: {a: {image: x}, b: {image: y}}\n", "services: {b: !reset null}\n",
	       "image: x");
	lacks(state, "image: y");
	put("compose.yaml", "services:\n  a: {extends: b, volumes: !reset []}\n  b: {image: x, "
			    "volumes: [\"/v\"]}\n");
	FILES(state, "compose.yaml");
	has(state, "  a:\n    image: x\n    networks");
}

static void documents_of_one_file_override_each_other(void **state)
{
	put("compose.yaml", S("hostname: one") "---\n" S("hostname: two"));
	FILES(state, "compose.yaml");
	has(state, "hostname: two");
}

/* ---- extends ---- */

static void extends_takes_everything_and_the_own_value_wins(void **state)
{
	FILES(state, "compose.yaml");
	put("compose.yaml",
	    "services:\n  a: {extends: {service: b}, hostname: mine, environment: {E: 2}}\n"
	    "  b: {extends: c, image: x, hostname: theirs}\n  c: {image: y, environment: [E=1, "
	    "F=1], command: run}\n");
	has(state, "  a:\n    command:\n      - run\n    environment:\n      E: \"2\"\n      F: "
		   "\"1\"\n    hostname: mine\n    image: x");
}

static void extended_files_keep_their_directory(void **state)
{
	FILES(state, "compose.yaml");
	put("compose.yaml", "services: {a: {extends: {file: sub/base.yaml, service: b}}}\n");
	put("sub/base.yaml",
	    "services: {b: {extends: {file: more/c.yaml, service: c}, volumes: [\"./v:/v\"]}}\n");
	put("sub/more/c.yaml", "services: {c: {image: x, build: ./app, env_file: e.env}}\n");
	put("sub/more/e.env", "FROM=c\n");
	has(state, "/sub/more/app\n");
	has(state, "/sub/v\n");
	has(state, "FROM: c\n");
	((struct dir *)*state)->opt.no_path_resolution = true;
	has(state, "context: sub/more/app\n");
}

static void a_file_is_read_once_for_many_services(void **state)
{
	FILES(state, "compose.yaml");
	put("compose.yaml", "services:\n  a: {extends: {file: base.yaml, service: x}}\n"
			    "  b: {extends: {file: ./base.yaml, service: y}}\n");
	put("base.yaml", "services: {x: {image: \"x$NOT_SET\"}, y: {image: y}}\n");
	warns(state, "base.yaml:1:25: warning: The \"NOT_SET\" variable is not set");
	assert_int_equal(((struct dir *)*state)->d->n, 1);
}

static void extends_mistakes_have_a_place_and_a_suggestion(void **state)
{
	FILES(state, "compose.yaml");
	put("base.yaml", "services: {web: {image: x}}\n");
	put("none.yaml", "volumes: {v: }\n");
	put("compose.yaml", "services: {a: {extends: {file: base.yaml, service: wep}}}\n");
	refuses(state, 1, "compose.yaml:1:52: cannot extend service \"a\"");
	refuses(state, 1, "did you mean \"web\"?");
	put("compose.yaml", "services: {a: {extends: {file: none.yaml, service: w}}}\n");
	refuses(state, 1, "no services section");
	put("compose.yaml", "services: {a: {extends: {file: gone.yaml, service: w}}}\n");
	refuses(state, 1, "compose.yaml:1:32: open ");
	put("compose.yaml", "services: {a: {extends: b}, b: {extends: a}}\n");
	refuses(state, 1, "Circular reference:\n  a in ");
	put("compose.yaml", "services: {a: {extends: a}}\n");
	refuses(state, 1, "Circular reference");
	put("compose.yaml", "services: {a: {image: x, extends: {file: base.yaml}}}\n");
	refuses(state, 1, "extends.a.service is required");
	put("compose.yaml", "services: {a: {image: x, extends: {service: 5}}}\n");
	refuses(state, 1, "services.a.extends.service must be a string");
	put("compose.yaml", "services: {a: {image: x, extends: [b]}}\n");
	refuses(state, 1, "services.a.extends must be a");
	put("compose.yaml",
	    "services: {a: {image: x, extends: {service: b, fil: c}}, b: {image: y}}\n");
	refuses(state, 1, "additional properties 'fil' not allowed");
}

static void many_services_of_one_chain_are_all_complete(void **state)
{
	AUTO(buf) struct buf b = BUF_INIT;

	/* The order of the walk must not matter: bases behind, in front, and replaced on the way. */
	buf_addstr(&b, "services:\n  s0: {image: x}\n");
	for (int i = 1; i < 40; i++)
		buf_addf(&b, "  s%d: {extends: s%d, hostname: h%d}\n", i,
			 (i % 2 ? i + 1 : i - 2) % 40, i);
	put("compose.yaml", buf_str(&b));
	FILES(state, "compose.yaml");
	(void)loads(state);
	NODE_EACH(s, node_get(((struct dir *)*state)->p->root, "services"))
		assert_non_null(node_get(s, "image"));
}

/* ---- include ---- */

static void includes_bring_their_own_directory_and_environment(void **state)
{
	struct dir *t = *state;
	AUTO(mem) char *want = NULL;

	FILES(state, "compose.yaml");
	put("compose.yaml",
	    "include: [sub/inc.yaml]\nservices: {a: {image: \"x$V\", depends_on: [b]}}\n");
	put("sub/inc.yaml", "services: {b: {image: \"$V-$SHELL_VAR\", volumes: [\"./d:/d\"]}}\n");
	put("sub/.env", "V=sub\nSHELL_VAR=no\n");
	put(".env", "V=top\n");
	has(state, "image: top-s\n");
	has(state, "/sub/d\n");
	put(".env", "");
	has(state, "image: sub-s\n");
	put("other.env", "V=other\n");
	put("compose.yaml",
	    "include: [{path: sub/inc.yaml, project_directory: ., env_file: other.env}]\n" IMAGE);
	has(state, "image: other-s\n");
	want = xasprintf("source: %s/d\n", t->path);
	has(state, want);
}

static void the_including_file_overrides_what_it_includes(void **state)
{
	FILES(state, "compose.yaml");
	put("inc.yaml",
	    "services: {b: {image: x, ports: [\"80:80\"], hostname: h}}\nnetworks: {n: }\n");
	put("more.yaml", "services: {b: {hostname: more}}\n");
	put("compose.yaml",
	    "include: [inc.yaml]\nservices: {b: {image: mine, ports: !override [\"90:90\"]}}\n");
	has(state, "image: mine");
	has(state, "hostname: h\n");
	has(state, "target: 90");
	lacks(state, "target: 80");
	put("compose.yaml", "include: [{path: [inc.yaml, more.yaml]}]\n");
	has(state, "hostname: more\n");
}

static void include_mistakes_have_a_place(void **state)
{
	FILES(state, "compose.yaml");
	put("compose.yaml", "include: b.yaml\n" IMAGE);
	refuses(state, 1, "compose.yaml:1:10: `include` must be a list, got b.yaml");
	put("compose.yaml",
	    "include: [gone.yaml]\nservices: {a: {image: x, depends_on: [from_gone]}}\n");
	refuses(state, 1, "compose.yaml:1:11: open ");
	put("compose.yaml", "include: [{pat: b.yaml}]\n" IMAGE);
	refuses(state, 1, "include[0] additional properties 'pat' not allowed");
	refuses(state, 1, "did you mean \"path\"?");
	put("compose.yaml", "include: [{env_file: x}]\n" IMAGE);
	refuses(state, 1, "include[0] missing property 'path'");
	put("b.yaml", "include: [compose.yaml]\n");
	put("compose.yaml", "include: [b.yaml]\n" IMAGE);
	refuses(state, 1, "b.yaml:1:11: include cycle detected:");
	put("b.yaml", "services: {b: {imge: x}}\n");
	refuses(state, 1, "b.yaml:1:16: services.b additional properties 'imge'");
	put("b.yaml", IMAGE);
	put("compose.yaml", "include: [{path: b.yaml, env_file: gone.env}]\n");
	refuses(state, 1, "compose.yaml:1:36: open ");
}

/* ---- profiles, selection ---- */

static void profiles_enable_and_selection_keeps_dependencies(void **state)
{
	struct dir *t = *state;
	static const char *const dev[] = { "dev" }, *const web[] = { "web" },
				 *const glob[] = { "w*" }, *const no[] = { "wep" };

	FILES(state, "compose.yaml");
	put("compose.yaml", "services:\n  web: {image: w, depends_on: [db], profiles: [front]}\n  "
			    "db: {image: d, volumes: [\"v:/v\"]}\n"
			    "  dbg: {image: g, profiles: [dev, x]}\n  other: {image: o, profiles: "
			    "[front]}\nvolumes: {v: , unused: }\n");
	lacks(state, "image: g");
	lacks(state, "unused");
	assert_non_null(node_get(t->p->disabled, "dbg"));
	t->opt.profiles = dev;
	t->opt.n_profiles = 1;
	has(state, "image: g");
	t->opt.n_profiles = 0;
	t->opt.services = web;
	t->opt.n_services = 1;
	has(state, "image: d\n");
	lacks(state, "image: o");
	t->opt.services = glob;
	has(state, "image: w\n");
	t->opt.no_dependencies = true;
	lacks(state, "image: d\n");
	lacks(state, "depends_on");
	t->opt.services = no;
	refuses(state, 1, "no such service: wep");
	refuses(state, 1, "did you mean \"web\"?");
	t->opt.n_services = 0;
	t->opt.all_resources = true;
	has(state, "unused");
}

/* ---- env files ---- */

static void env_files_fill_what_environment_leaves(void **state)
{
	struct dir *t = *state;

	FILES(state, "compose.yaml");
	put("compose.yaml",
	    "services:\n  a:\n    image: x\n    environment: {A: own, N: , REF: r}\n"
	    "    env_file: [one.env, two.env, {path: gone.env, required: false}, {path: raw.env, "
	    "format: raw}]\n"
	    "    label_file: l.env\n    labels: {own: 1}\n");
	put("one.env", "A=file\nN=file\nB=1\nC=${REF}${B}${SHELL_VAR}\n");
	put("two.env", "B=2\n");
	put("raw.env", "R=\"$x\"\n");
	put("l.env", "own=2\nl=3\n");
	has(state, "A: own\n      B: \"2\"\n      C: r1s\n      'N': null\n      R: '\"$x\"'\n     "
		   " REF: r\n");
	has(state, "l: \"3\"\n      own: \"1\"\n");
	lacks(state, "env_file");
	t->opt.keep_env_files = true;
	has(state, "env_file");
	put("two.env", "B=\"open\n");
	refuses(state, 1, "two.env:1:3: unterminated quoted value");
	put("compose.yaml", "services: {a: {image: x, env_file: gone.env}}\n");
	refuses(state, 1, "compose.yaml:1:36: env file ");
}

/* ---- interpolation in the pipeline ---- */

static void a_value_that_cannot_be_made_out_is_complained_about_once(void **state)
{
	FILES(state, "compose.yaml");
	put("compose.yaml",
	    "services: {a: {image: \"${X?}\", ports: [\"${P?no port}:80\"], mem_limit: \"${\"}}\n");
	refuses(state, 3, "required variable P is missing a value: no port");
	put("compose.yaml", "services: {a: {image: x, scale: three, privileged: maybe}}\n");
	refuses(state, 2, "invalid boolean: maybe");
}

static void one_run_shows_the_mistakes_of_all_steps(void **state)
{
	FILES(state, "compose.yaml");
	put("compose.yaml", "services:\n  a: {image: x, prots: [], networks: [nope]}\n  b: {image: "
			    "y, depends_on: [c], mem_limit: lots}\n");
	refuses(state, 4, "did you mean \"ports\"?");
	refuses(state, 4, "refers to undefined network nope");
	refuses(state, 4, "depends on undefined service \"c\"");
	refuses(state, 4, "invalid size: 'lots'");
}

static void variables_are_listed_without_being_set(void **state)
{
	struct dir *t = *state;
	struct variable *v;
	size_t n;

	FILES(state, "compose.yaml");
	put("compose.yaml", "services: {a: {image: \"$A${B:-${C:?c}}\", ports: [\"${A:-80}:80\"], "
			    "init: \"${D:+alt}\"}}\n");
	t->opt.variables_only = true;
	(void)load(t);
	assert_non_null(t->p);
	v = variables_extract(t->p->arena, t->p->root, &n);
	assert_int_equal(n, 4);
	assert_string_equal(v[0].dflt, "80");
	assert_string_equal(v[1].dflt, "${C:?c}");
	assert_true(v[2].required);
	assert_string_equal(v[3].alternate, "alt");
}

/* ---- explain ---- */

static void explain_names_every_place(void **state)
{
	struct dir *t = *state;
	AUTO(mem) char *text = NULL, *none = NULL;

	put("a.yaml", S("environment: {DEBUG: \"0\"}"));
	put("b.yaml", "services:\n  a:\n    environment:\n      DEBUG: \"${SHELL_VAR}\"\n");
	FILES(state, "a.yaml", "b.yaml");
	(void)loads(state);
	text = explain(t->p, "services.a.environment.DEBUG", t->d);
	assert_non_null(text);
	assert_non_null(strstr(text, "services.a.environment.DEBUG = \"s\"\n"));
	assert_non_null(strstr(text, "b.yaml:4"));
	assert_non_null(strstr(text, "interpolated from \"${SHELL_VAR}\""));
	assert_non_null(strstr(text, "overrode a.yaml:1"));
	none = explain(t->p, "services.a.enviroment", t->d);
	assert_null(none);
	assert_string_equal(t->d->v[t->d->n - 1].hint, "did you mean \"environment\"?");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(finds_the_file_and_its_override_upwards),
		T(named_files_have_no_override),
		T(no_file_at_all_is_enoent),
		T(several_candidates_are_warned_about),
		T(compose_file_lists_files),
		T(the_shell_beats_env_files_and_later_ones_win),
		T(the_name_comes_from_flag_environment_file_directory),
		T(a_link_gives_its_own_name_to_the_project),
		T(remote_files_are_refused_by_name),
		T(empty_files_count_only_alone),
		T(every_rule_merges_its_way),
		T(kinds_that_do_not_go_together_are_refused),
		T(tags_act_on_what_came_before),
		T(documents_of_one_file_override_each_other),
		T(extends_takes_everything_and_the_own_value_wins),
		T(extended_files_keep_their_directory),
		T(a_file_is_read_once_for_many_services),
		T(extends_mistakes_have_a_place_and_a_suggestion),
		T(many_services_of_one_chain_are_all_complete),
		T(includes_bring_their_own_directory_and_environment),
		T(the_including_file_overrides_what_it_includes),
		T(include_mistakes_have_a_place),
		T(profiles_enable_and_selection_keeps_dependencies),
		T(env_files_fill_what_environment_leaves),
		T(a_value_that_cannot_be_made_out_is_complained_about_once),
		T(one_run_shows_the_mistakes_of_all_steps),
		T(variables_are_listed_without_being_set),
		T(explain_names_every_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
