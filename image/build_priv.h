/*
 * image/build_priv.h - what the parts of the builder share. Only image/build*.c include this.
 *
 * build.c loads and exports, build_stage.c resolves stages and walks their instructions,
 * build_step.c makes one layer (cache, overlay, packing), build_run.c and build_copy.c say what
 * goes into it.
 *
 * Owns:    struct build owns everything it points to, except what build_opts lends.
 * Units:   keys are "sha256:<64 hex>".
 * Errors:  as image/build.h; b->at is the instruction at fault.
 * Thread:  one.
 * Source:  image/build.h.
 */
#ifndef IMAGE_BUILD_PRIV_H
#define IMAGE_BUILD_PRIV_H

#include "image/build.h"
#include "image/config_edit.h"
#include "image/copy.h"
#include "image/dockerfile.h"
#include "image/manifest.h"
#include "image/store_write.h"

enum { NO_STAGE = -1 };

struct stage {
	int index;
	char *name;  /* lower case; NULL when it has none */
	char *shown; /* in brackets of step names, "" in a file with one unnamed stage */
	const struct instr *from, *body;
	size_t n_body;
	char *base;     /* FROM's word, expanded */
	int base_stage; /* or NO_STAGE */
	bool is_needed, is_built;

	/* State while and after it is built. */
	struct json *doc;
	struct manifest_layers manifest;
	struct strv layers; /* absolute directories, bottom -> top */
	struct strv diff_ids;
	struct strv args; /* ARGs in scope, KEY=VALUE */
	bool cmd_set;
	char seq_key[DIGEST_TEXT_SIZE]; /* everything so far, metadata included */
	char *created;                  /* of the newest step */
	unsigned n_steps, step;
	bool has_padding;
};

struct build {
	const struct image_store *s;
	const struct build_opts *o;
	const struct json *spec;
	struct steplog *p;
	struct dockerfile *file;
	struct strv file_lines; /* kept apart: a file that does not parse has lines too */
	char *file_name;
	char *context; /* absolute path; NULL without a context */
	int context_fd;
	struct ignore *ignore;
	struct filehash *hashes;
	struct strv global_args;
	struct strv used_args; /* names of --build-arg that were declared */
	struct stage *stages;
	int n_stages;
	bool context_shown, made_layers;
	struct strv empty_lower; /* one empty directory, under FROM scratch */
	const struct instr *at;
	char *now;
};

/* --- build_stage.c --- */
int stages_find(struct build *b, struct err **e);
/* The stage to build, from the target or the last one. */
int stages_target(struct build *b, struct stage **ret, struct err **e);
void stages_mark(struct build *b, struct stage *st);
int stage_build(struct build *b, struct stage *st, struct err **e);
void stage_done(struct stage *st);
/* Earlier stage by name or number; NO_STAGE when the word means something else. */
int stage_lookup(const struct build *b, const char *word, int before);
/* Value of a --build-arg, NULL when not given. */
const char *build_arg(const struct build *b, const char *name);
/* Environment for expansion: ARGs in scope, then ENV. */
void stage_env(const struct stage *st, struct strv *ret);

/* --- build_step.c --- */
struct step {
	struct build *b;
	struct stage *st;
	const struct instr *i;
	char *shown;   /* "[2/3] RUN x" */
	char *history; /* created_by */
	char key[DIGEST_TEXT_SIZE];
	/* Fills the layer. root_fd: merged and writable, -1 when the step does not need one
	 * mounted. */
	int (*make)(struct step *s, struct err **e);
	bool needs_root; /* mount the merged tree for make() */
	int root_fd;
	int upper_fd;             /* the layer's own directory */
	const char *upper, *work; /* absolute */
	void *arg;
};
/* From the cache, or made. */
int step_layer(struct step *s, struct err **e);
/* An instruction that only changes the config: history entry with a time that rebuilds keep. */
void step_metadata(struct build *b, struct stage *st, const char *text);
/* "[stage 2/4] RUN x" for the next step of the stage; counts. */
char *step_name(struct build *b, struct stage *st, const char *text);
/* Layers to mount: those of the stage, or an empty one. */
const struct strv *stage_lower(const struct build *b, const struct stage *st);
/* Chain ID of the stage's layers, "" for none. For free(3). */
char *stage_chain(const struct stage *st);

/* --- build_run.c, build_copy.c --- */
int build_run_step(struct build *b, struct stage *st, const struct instr *i, struct err **e);
int build_copy_step(struct build *b, struct stage *st, const struct instr *i, struct err **e);
int build_workdir_step(struct build *b, struct stage *st, const struct instr *i, const char *text,
		       struct err **e);
/* Where "--from" or a mount's "from" leads: a stage (built on demand), an image, or a named
 * context. */
struct build_source {
	int root_fd;
	char *path;   /* of a directory on the host that shows it, NULL when it is merged only */
	char *digest; /* of the layers; NULL for a directory of the host */
	struct ignore *ignore;
	bool is_context;
};
int build_source_open(struct build *b, struct stage *st, const char *from, struct build_source *ret,
		      struct err **e);
void build_source_done(struct build_source *s);
static inline void build_source_autop(struct build_source *s)
{
	build_source_done(s);
}
/* Named context of that name, NULL when there is none. Borrowed. */
const char *build_named_context(const struct build *b, const char *name);
int build_context_open(struct build *b, struct err **e);
/* Reads the ignore file of a directory; NULL when there is none. */
int build_ignore_read(int dirfd, const char *dockerfile, struct ignore **ret, size_t *ret_size,
		      struct err **e);

/* Text digests for keys. */
struct key_builder {
	struct digest *d;
};
void key_begin(struct key_builder *k, const char *kind);
void key_add(struct key_builder *k, const char *text);
void key_add_list(struct key_builder *k, const struct strv *list);
void key_end(struct key_builder *k, char ret[DIGEST_TEXT_SIZE]);

#endif
