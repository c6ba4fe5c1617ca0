/*
 * compose/load/load.h - from the command line's files and flags to one canonical project tree.
 *
 *	AUTO(diags) struct diags *d = diags_new();
 *	AUTO(loaded) struct loaded *p = NULL;
 *	r = project_load(&(struct load_options){ .files = f, .n_files = 1 }, &p, d);
 *
 * Owns:    the caller owns *ret and d. Everything in struct loaded lives in its arena.
 * Units:   none.
 * Errors:  0, or -EINVAL (-ENOENT when there is no file at all) with at least one error in d.
 *          Warnings may be in d either way. On failure *ret is untouched.
 * Thread:  any one thread at a time; reads files, so not on the loop thread.
 * Source:  reference "Loading pipeline"; the order of the steps is binding.
 */
#ifndef COMPOSE_LOAD_LOAD_H
#define COMPOSE_LOAD_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "compose/load/diag.h"
#include "compose/load/environ.h"
#include "compose/load/node.h"

struct load_options {
	const char *const *files; /* -f, "-" is standard input */
	size_t n_files;
	const char *const *env_files; /* --env-file */
	size_t n_env_files;
	const char *const *profiles; /* --profile */
	size_t n_profiles;
	/* Named on the command line; glob patterns allowed; none = all. */
	const char *const *services;
	size_t n_services;
	const char *project_directory; /* --project-directory or NULL */
	const char *project_name;      /* -p or NULL */
	char *const *environ;          /* NULL = that of the process */
	bool no_interpolate;           /* raw tree: stops before binding, profiles and env files */
	bool no_normalize;
	bool no_path_resolution;
	bool no_consistency;
	bool no_env_resolution; /* env files are not read, value-less environment stays null */
	bool all_resources;     /* keep networks, volumes, ... that no service uses */
	bool no_dependencies;   /* selected services come without what they depend on */
	bool keep_env_files;    /* env_file and label_file stay in the tree after being read */
	bool variables_only;   /* --variables: merged before interpolation, without checks */
	bool environment_only; /* files are found, not read; only env, name, dirs are set */
};

struct loaded {
	struct arena *arena;
	const char *name;                /* project name */
	const char *working_dir;         /* the project directory, absolute */
	const char *const *config_files; /* absolute, or "-" */
	size_t n_config_files;
	const char *const *profiles; /* active ones */
	size_t n_profiles;
	struct env *env;   /* the project environment */
	struct node *root; /* name, services, networks, volumes, secrets, configs, models, x-* */
	/* Mapping of the services in the files that are not in root: no active profile, not
	 * selected. */
	struct node *disabled;
};

int project_load(const struct load_options *opt, struct loaded **ret, struct diags *d);
void loaded_free(struct loaded *p);
static inline void loaded_autop(struct loaded **p)
{
	loaded_free(*p);
}

/* Only what comes before the files are read: the process's environment and the env files. Never NULL, for
 * env_free(); what is wrong with an env file is left to project_load() to say. */
struct env *load_environment(const struct load_options *opt);

/* One variable the files ask for. */
struct variable {
	const char *name;
	const char *dflt;      /* behind :- or -, "" when none */
	const char *alternate; /* behind :+ or +, "" when none */
	bool required;
};
/* Of a tree loaded with variables_only; sorted by name; in the arena. */
struct variable *variables_extract(struct arena *a, const struct node *root, size_t *ret_n);

/* `config --explain`: the value at a dotted path and the chain of places it came from. For free(3);
 * NULL with an error in d when there is nothing at that path. */
char *explain(const struct loaded *p, const char *path, struct diags *d);

#endif
