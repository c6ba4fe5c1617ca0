/*
 * image/owner.h - user and group names looked up in an image's own /etc/passwd and /etc/group.
 *
 * Owns:    nothing.
 * Units:   ids 0 .. 2^31-1.
 * Errors:  -ENOENT: unable to find user NAME ...
 * Thread:  any; blocks.
 * Source:  passwd(5), group(5); Dockerfile reference "COPY --chown".
 */
#ifndef IMAGE_OWNER_H
#define IMAGE_OWNER_H

#include <sys/types.h>

#include "base/err.h"

/* spec: "user", "user:group", names or numbers. A user's name alone brings its group, a number
 * alone is also the group's. "" is 0:0. */
int owner_find(int root_fd, const char *spec, uid_t *ret_uid, gid_t *ret_gid, struct err **e);

#endif
