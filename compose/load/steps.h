/*
 * compose/load/steps.h - the steps of loading, in the order project_load() runs them.
 *
 * Every step takes the loader and a tree, changes the tree in place, reports into l->diags and goes
 * on: a step must survive (skip silently) anything an earlier step has already complained about, so
 * that one run shows every independent mistake. Whether a step's complaints would only be echoes of
 * earlier ones is decided here, by the order and by project_load().
 *
 * Owns:    all nodes belong to l->arena.
 * Units:   none.
 * Errors:  into l->diags, never returned.
 * Thread:  any one thread at a time.
 * Source:  reference "Loading pipeline"; step numbers are those of its tables.
 */
#ifndef COMPOSE_LOAD_STEPS_H
#define COMPOSE_LOAD_STEPS_H

#include "compose/load/diag.h"
#include "compose/load/environ.h"
#include "compose/load/load.h"
#include "compose/load/node.h"

/* One file set being loaded: the project, or something it includes. */
struct loader {
	struct arena *arena;
	struct diags *diags;
	const struct load_options *opt;
	struct env *env;             /* what interpolation looks up */
	const char *cwd;             /* the current directory, as the shell names it */
	const char *working_dir;     /* relative paths resolve against it; absolute */
	const char *project_name;    /* known before the files are interpolated */
	const char *name_origin;     /* what decided it, NULL = the files */
	const struct loader *parent; /* the including set, or NULL */
	const char *const *files;    /* absolute, of this set */
	size_t n_files;
	const char *const *profiles; /* active ones */
	size_t n_profiles;
	struct load_budget *budget; /* shared by all sets of one load */
	struct extended *extended;  /* files that extends has read for this set */
};

/* What one load may cost however its files refer to each other. */
struct load_budget {
	unsigned files;
	size_t bytes;
	size_t copied; /* values copied by extends */
};
enum { LOAD_FILES_MAX = 1000, LOAD_BYTES_MAX = 64 * 1024 * 1024, LOAD_COPIED_MAX = 150000 };

/* ---- per document (1-13) ---- */

/* 2: takes !reset values out of doc and both tags off it. Returns what they name, as a tree of
 * mappings whose leaves are the places; NULL when there is none. (tags.c) */
struct node *tags_collect(struct loader *l, struct node *doc);
/* 6: removes from a tree what the tags of a later one name. mask NULL does nothing. */
void tags_apply(const struct node *mask, struct node *root);
/* 3, 4: values only. Strings at cast places get their type. (interpolate.c, cast.c) */
void step_interpolate(struct loader *l, struct node *doc);
/* 5: pulls in what the document's `include` names, removes the key. mask holds the document's tags.
 * (include.c) */
void step_include(struct loader *l, struct node *doc, const struct node *mask);
/* 7 (extends.c). file is the one doc was read from, absolute or "-". */
void step_extends(struct loader *l, struct node *doc, const struct node *mask, const char *file);
/* 8: acc becomes acc overridden by doc; nodes are moved, doc is used up. (merge.c) */
void step_merge(struct loader *l, struct node *acc, struct node *doc);
/* One value over another by the rule of row: what step_merge does at every place. Either may be
 * NULL. */
struct attr;
struct node *merge_value(struct loader *l, const struct attr *row, struct node *base,
			 struct node *over);
/* 9, 13 (unicity.c) */
void step_unicity(struct loader *l, struct node *root);
/* 10: unknown keys, kinds, enums, patterns, ranges, required members, names. Reports every mistake,
 * each once even though acc is checked again after each file. Takes out (or replaces by nothing)
 * what it rejected, so that later steps only see trees of legal shape. Warns about and removes
 * `version`. file names the document just merged, for "validating FILE". (validate.c) */
void step_validate(struct loader *l, struct node *root, const char *file);
/* 11, 12: short forms become long forms. (canonical.c) */
void step_canonical(struct loader *l, struct node *root);
/* The same for one service (bases of extends in other files). (canonical.c) */
void canonical_service(struct loader *l, struct node *service);

/* ---- once, over the whole set (14-17); also run for every included set ---- */

/* 14 (normalize.c) */
void step_defaults(struct loader *l, struct node *root);
/* 15 (check.c) */
void step_structure(struct loader *l, struct node *root);
/* 16: relative paths against dir, which is l->working_dir here. (paths.c) */
void step_paths(struct loader *l, struct node *root, const char *dir);
/* The same for one service, used on bases of extends: dir may be relative to l->working_dir
 * ("sub"), then the results are too ("sub/app"). (paths.c) */
void paths_service(struct loader *l, struct node *service, const char *dir);
/* 17: value-less environment list entries from env; secrets' and configs' environment.
 * (normalize.c) */
void step_environment(struct loader *l, struct node *root);

/* ---- once, over the project (20-27) ---- */

/* 20, not with no_normalize. (normalize.c) */
void step_normalize(struct loader *l, struct node *root);
/* 22: everything gets the one type `config` shows: list-or-mapping values become mappings, sizes
 * integers, durations canonical text, commands lists. Not with no_interpolate. (bind.c) */
void step_bind(struct loader *l, struct node *root);
/* 23, 25: moves services no profile enables to *disabled, then drops those not asked for.
 * (select.c) */
void step_profiles(struct loader *l, struct node *root, struct node *disabled);
void step_select(struct loader *l, struct node *root, struct node *disabled);
/* 24: references, exclusions, cycles; enabled services only; disabled is for hints. (check.c) */
void step_consistency(struct loader *l, struct node *root, const struct node *disabled);
/* 26: resources no service uses. (select.c) */
void step_prune(struct loader *l, struct node *root);
/* 27: env_file and label_file into environment and labels (both mappings by now). (service_env.c)
 */
void step_service_env(struct loader *l, struct node *root);

#endif
