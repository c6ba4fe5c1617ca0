/*
 * image/users.h - which containers stand on which layers, read from the bundles below
 * ROOT/projects: the annotation compose.overlay of each config.json lists them.
 *
 * Owns:    results are the caller's.
 * Units:   none.
 * Errors:  a bundle that does not parse uses nothing.
 * Thread:  any; blocks.
 * Source:  ARCHITECTURE.md "Contract: config.json".
 */
#ifndef IMAGE_USERS_H
#define IMAGE_USERS_H

#include "base/map.h"
#include "image/store.h"

/* Name of a container whose lower layers are exactly these (bottom -> top); NULL when none. */
char *image_user_find(const struct image_store *s, const struct strv *layers);
/* Adds the directory names below ROOT/layers that containers use. */
void image_users_mark(const struct image_store *s, struct map *marks);

#endif
