/*
 * base/arena.h - memory with one lifetime that dies at one moment.
 *
 * Owns:    everything allocated from it; nothing is freed one by one.
 * Units:   bytes.
 * Errors:  as base/mem.h.
 * Thread:  any one thread at a time.
 * Source:  postgres src/backend/utils/mmgr/README (the idea).
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/mem.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);
static inline void arena_autop(struct arena **a)
{
	arena_free(*a);
}
/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *a, size_t n);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
/* The strings given, up to NULL, one behind the other. */
char *arena_concat(struct arena *a, ...) __attribute__((sentinel));
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* All bytes handed out so far. */
size_t arena_used(const struct arena *a);

#endif
