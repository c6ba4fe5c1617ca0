/*
 * base/strv.h - a growing list of strings, usable as argv and envp.
 *
 * Invariant: v is NULL or v[n] == NULL.
 *
 * Owns:    the strings; strv_done() frees all.
 * Units:   n counts strings without the final NULL.
 * Errors:  none.
 * Thread:  any one thread at a time.
 * Source:  execve(2).
 */
#ifndef BASE_STRV_H
#define BASE_STRV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

struct strv {
	char **v;
	size_t n, cap;
};
#define STRV_INIT { 0 }

void strv_add(struct strv *s, const char *text);
void strv_addf(struct strv *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Takes text, which was allocated with malloc(3). */
void strv_take(struct strv *s, char *text);
/* Adds unless an equal string is there. */
void strv_add_unique(struct strv *s, const char *text);
bool strv_has(const struct strv *s, const char *text);
/* Pieces of text between sep; empty text gives no piece. */
void strv_split(struct strv *s, const char *text, char sep);
/* For free(3). */
char *strv_join(const struct strv *s, const char *sep);
/* strcmp(3) order. */
void strv_sort(struct strv *s);
/* Environment lists, "KEY=VALUE": replaces the entry of the same key, else adds. */
void strv_env_set(struct strv *s, const char *key, const char *value);
/* The value of key, NULL when absent. Borrowed. */
const char *strv_env_get(const struct strv *s, const char *key);
void strv_done(struct strv *s);
static inline void strv_autop(struct strv *s)
{
	strv_done(s);
}

#endif
