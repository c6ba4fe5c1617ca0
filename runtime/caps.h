/*
 * runtime/caps.h - capability names and sets.
 *
 * Owns:    nothing.
 * Units:   a set is a 64-bit mask, bit n = capability n.
 * Errors:  -ENOENT for a name this program does not know.
 * Thread:  any; caps_drop_bounding and caps_set change the calling thread.
 * Source:  capabilities(7); runtime-spec config.md "capabilities".
 */
#ifndef RUNTIME_CAPS_H
#define RUNTIME_CAPS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct caps {
	uint64_t bounding, effective, inheritable, permitted, ambient;
};

/* "CAP_CHOWN", "chown"; any case. Returns the number or -ENOENT. */
int caps_number(const char *name);
/* "CAP_CHOWN", NULL past the last known. */
const char *caps_name(unsigned number);
size_t caps_count(void);
/* All capabilities the running kernel has. */
uint64_t caps_kernel_all(void);
/* Drops from the bounding set whatever is not in keep. Needs CAP_SETPCAP. */
int caps_drop_bounding(uint64_t keep, uint64_t kernel_all, struct err **e);
/* effective, permitted, inheritable and ambient; sets are cut to what the kernel grants. */
int caps_set(const struct caps *c, struct err **e);

#endif
