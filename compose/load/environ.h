/*
 * compose/load/environ.h - the variables interpolation looks up, each still knowing where it was
 * set.
 *
 * Owns:    env_free() releases everything; values returned are borrowed from the env.
 * Units:   none.
 * Errors:  env_get() returns NULL for an unset variable.
 * Thread:  any one thread at a time.
 * Source:  reference "Inputs before any YAML is read".
 */
#ifndef COMPOSE_LOAD_ENVIRON_H
#define COMPOSE_LOAD_ENVIRON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strv.h"

struct env;

struct env *env_new(void);
/* A copy that starts with everything in parent. */
struct env *env_fork(const struct env *parent);
void env_free(struct env *e);
static inline void env_autop(struct env **e)
{
	env_free(*e);
}
const char *env_get(const struct env *e, const char *key);
/* Where the variable was set; NULL when by the shell or when it is not set. */
const struct srcpos *env_pos(const struct env *e, const char *key);
/* Replaces. pos NULL = not out of a file. Key, value and pos are copied (pos.file too). */
void env_set(struct env *e, const char *key, const char *value, const struct srcpos *pos);
/* Sets only what is unset. */
void env_fill(struct env *e, const struct env *more);
/* "K=V" of all, sorted. */
void env_list(const struct env *e, struct strv *out);
/* Every variable in order of definition: start with *cursor 0; NULL at the end. */
const char *env_next(const struct env *e, size_t *cursor, const char **ret_value);

#endif
