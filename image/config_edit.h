/*
 * image/config_edit.h - what Dockerfile instructions do to an image's config document.
 *
 * Owns:    documents belong to the caller; texts returned are for free(3).
 * Units:   durations in nanoseconds.
 * Errors:  -EINVAL with BuildKit's wording.
 * Thread:  any one per document.
 * Source:  image-spec config.md; Dockerfile reference; Docker's Healthcheck, Shell, OnBuild
 * members.
 */
#ifndef IMAGE_CONFIG_EDIT_H
#define IMAGE_CONFIG_EDIT_H

#include "base/json.h"
#include "base/strv.h"
#include "image/dockerfile.h"
#include "image/expand.h"

/* A document without layers for this machine. */
struct json *config_new(void);
/* Member "config", made when missing. Borrowed. */
struct json *config_run(struct json *doc);

void config_env(const struct json *doc, struct strv *ret);
void config_set_env(struct json *doc, const char *key, const char *value);
void config_set_label(struct json *doc, const char *key, const char *value);
/* The shell for commands that are text: its member "Shell", else /bin/sh -c. */
void config_shell(const struct json *doc, struct strv *ret);
/* PATH when the environment has none. */
void config_ensure_path(struct json *doc);

void config_add_history(struct json *doc, const char *created, const char *created_by,
			const char *comment, bool is_empty);
void config_add_diff_id(struct json *doc, const char *diff_id);

/* Carries out an instruction that makes no layer. WORKDIR only sets the member. cmd_set: a CMD came
 * in this stage, so that ENTRYPOINT keeps it. *ret_text: the history's words; NULL = no entry. */
int config_apply(struct json *doc, const struct instr *i, const struct expand *x, bool *cmd_set,
		 char **ret_text, struct err **e);

#endif
