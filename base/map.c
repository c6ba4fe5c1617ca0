#include "base/map.h"

#include <string.h>

#include "base/mem.h"

/* FNV-1a with a final mix; keys that strangers choose are bounded in number by the callers. */
static uint64_t hash_of(const char *key)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 0x100000001b3ULL;
	return h ^ (h >> 29);
}

static uint32_t *slot_of(const struct map *m, const char *key, uint64_t hash)
{
	size_t mask = m->n_slots - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		const struct map_entry *e;

		if (!m->slots[i])
			return &m->slots[i];
		e = &m->entries[m->slots[i] - 1];
		if (e->hash == hash && e->key && strcmp(e->key, key) == 0)
			return &m->slots[i];
	}
}

static void rebuild(struct map *m, size_t n_slots)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n_entries; i++)
		if (m->entries[i].key)
			m->entries[kept++] = m->entries[i];
	m->n_entries = kept;
	free(m->slots);
	m->n_slots = n_slots;
	m->slots = xcalloc(n_slots, sizeof(*m->slots));
	for (size_t i = 0; i < kept; i++) {
		size_t mask = n_slots - 1, s = m->entries[i].hash & mask;

		while (m->slots[s])
			s = (s + 1) & mask;
		m->slots[s] = (uint32_t)i + 1;
	}
}

static struct map_entry *find(const struct map *m, const char *key)
{
	uint32_t at;

	if (!m->n)
		return NULL;
	at = *slot_of(m, key, hash_of(key));
	return at ? &m->entries[at - 1] : NULL;
}

void *map_get(const struct map *m, const char *key)
{
	struct map_entry *e = find(m, key);

	return e ? e->value : NULL;
}

bool map_has(const struct map *m, const char *key)
{
	return find(m, key) != NULL;
}

void *map_set(struct map *m, const char *key, void *value)
{
	struct map_entry *e = find(m, key);
	uint64_t hash;
	void *old;

	if (e) {
		old = e->value;
		e->value = value;
		return old;
	}
	/* Holes count as used: a walk over slots must meet a free one. */
	if ((m->n_entries + 1) * 4 > m->n_slots * 3)
		rebuild(m, m->n * 2 + 2 > m->n_slots * 3 / 4 ? (m->n_slots ? m->n_slots * 2 : 16) :
							       m->n_slots);
	hash = hash_of(key);
	ARRAY_RESERVE(m->entries, m->n_entries, m->cap_entries);
	m->entries[m->n_entries] = (struct map_entry){ xstrdup(key), value, hash };
	*slot_of(m, key, hash) = (uint32_t)++m->n_entries;
	m->n++;
	return NULL;
}

void *map_del(struct map *m, const char *key)
{
	struct map_entry *e = find(m, key);
	void *old;

	if (!e)
		return NULL;
	old = e->value;
	free(e->key);
	e->key = NULL;
	e->value = NULL;
	m->n--;
	return old;
}

struct map_entry *map_next(const struct map *m, size_t *cursor)
{
	while (*cursor < m->n_entries) {
		struct map_entry *e = &m->entries[(*cursor)++];

		if (e->key)
			return e;
	}
	return NULL;
}

void map_done(struct map *m)
{
	for (size_t i = 0; i < m->n_entries; i++)
		free(m->entries[i].key);
	free(m->entries);
	free(m->slots);
	*m = (struct map)MAP_INIT;
}
