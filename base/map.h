/*
 * base/map.h - strings to pointers, iterated in the order of insertion.
 *
 * Owns:    copies of the keys, never the values.
 * Units:   n counts live entries.
 * Errors:  none; map_get() returns NULL for absence.
 * Thread:  any one thread at a time.
 * Source:  none.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_entry {
	char *key; /* NULL = deleted */
	void *value;
	uint64_t hash;
};

struct map {
	struct map_entry *entries; /* in order of insertion, with holes */
	size_t n_entries, cap_entries;
	uint32_t *slots; /* index + 1 into entries, 0 = free */
	size_t n_slots;
	size_t n;
};
#define MAP_INIT { 0 }

void *map_get(const struct map *m, const char *key);
bool map_has(const struct map *m, const char *key);
/* Returns the value replaced, or NULL. A replaced key keeps its place in the order. */
void *map_set(struct map *m, const char *key, void *value);
/* Returns the value removed, or NULL. */
void *map_del(struct map *m, const char *key);
void map_done(struct map *m);
/* The next live entry at or after *cursor (start with 0), or NULL. Deleting during a walk is fine. */
struct map_entry *map_next(const struct map *m, size_t *cursor);
#define MAP_EACH(entry, m)                                                                         \
	for (size_t cursor_ = 0; ((entry) = map_next((m), &cursor_)) != NULL;)

static inline void map_autop(struct map *m)
{
	map_done(m);
}

#endif
