/*
 * image/mount_opt.h - the value of RUN --mount: comma-separated fields, perhaps quoted.
 *
 * Owns:    mount_opt_done() frees the texts.
 * Units:   size in bytes, mode as permission bits.
 * Errors:  -EINVAL with BuildKit's wording.
 * Thread:  any.
 * Source:  Dockerfile reference "RUN --mount".
 */
#ifndef IMAGE_MOUNT_OPT_H
#define IMAGE_MOUNT_OPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "image/expand.h"

enum mount_opt_type { MOUNT_OPT_BIND, MOUNT_OPT_CACHE, MOUNT_OPT_TMPFS, MOUNT_OPT_SECRET };
enum mount_opt_sharing { MOUNT_OPT_SHARED, MOUNT_OPT_PRIVATE, MOUNT_OPT_LOCKED };

struct mount_opt {
	enum mount_opt_type type;
	char *from, *source, *target, *id, *env;
	bool read_only; /* after parsing: as it is to be mounted */
	bool is_writable, is_required;
	enum mount_opt_sharing sharing;
	int64_t size, mode, uid, gid; /* mode -1 = the type's default */
};

/* x expands the values, except that of from. */
int mount_opt_parse(const char *text, const struct expand *x, struct mount_opt *ret,
		    struct err **e);
void mount_opt_done(struct mount_opt *m);
static inline void mount_opt_autop(struct mount_opt *m)
{
	mount_opt_done(m);
}
/* Value of "from" in the flag "mount=...", for free(3); NULL when there is none. */
char *mount_opt_from(const char *flag);

#endif
