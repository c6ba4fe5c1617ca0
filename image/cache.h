/*
 * image/cache.h - the build cache: what a step with this key gave the last time.
 *
 * A key is the digest of everything that decides a step's result; the record names the layer.
 * Records are small files ROOT/build/cache/<hex>; a record whose layer is gone does not count.
 *
 * Owns:    cache_record_done() frees the texts.
 * Units:   sizes in bytes, times in RFC 3339.
 * Errors:  -ENOENT no such record.
 * Thread:  any; blocks.
 * Source:  none; keys are our own.
 */
#ifndef IMAGE_CACHE_H
#define IMAGE_CACHE_H

#include <stdint.h>

#include "base/map.h"
#include "image/store.h"

struct cache_record {
	char *diff_id; /* NULL: the step makes no layer */
	char *created; /* when it was made */
	char *text;    /* what a content digest came to; NULL for steps */
	uint64_t tar_size;
};
void cache_record_done(struct cache_record *r);
static inline void cache_record_autop(struct cache_record *r)
{
	cache_record_done(r);
}

/* key is "sha256:<hex>". */
int cache_get(const struct image_store *s, const char *key, struct cache_record *ret);
int cache_put(const struct image_store *s, const char *key, const struct cache_record *r,
	      struct err **e);
/* Adds the layers that records name to marks. Records not used for a month, whose layer is gone, or
 * beyond the quota are dropped instead. */
int cache_mark(const struct image_store *s, struct map *marks, struct err **e);

#endif
