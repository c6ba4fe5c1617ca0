/*
 * runtime/mountopt.h - the options of one mount entry, sorted into what each system call takes.
 *
 * Owns:    mountopt_done() frees data.
 * Units:   MS_* and MOUNT_ATTR_* bits.
 * Errors:  none: a word that is no mount flag belongs to the file system and goes to data.
 * Thread:  any.
 * Source:  runtime-spec config.md "Linux mount options"; mount(2), mount_setattr(2).
 */
#ifndef RUNTIME_MOUNTOPT_H
#define RUNTIME_MOUNTOPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"

struct mountopt {
	unsigned long flags;	      /* MS_*, for mount(2) of a file system */
	uint64_t attr_set, attr_clr;  /* MOUNT_ATTR_*, this mount only */
	uint64_t rattr_set, rattr_clr; /* MOUNT_ATTR_*, this mount and all below */
	unsigned long propagation;    /* MS_SHARED ... possibly with MS_REC; 0 = as it comes */
	bool bind, recursive;
	bool idmap, idmap_recursive;
	bool tmpcopyup;
	bool remount;
	struct buf data; /* what is left, joined with commas */
};

void mountopt_parse(struct mountopt *ret, const struct json *options);
void mountopt_done(struct mountopt *m);
static inline void mountopt_autop(struct mountopt *m)
{
	mountopt_done(m);
}
/* The names understood, for `features`; NULL past the last. */
const char *mountopt_name(size_t i);
/* The value of "KEY=" in data, copied; NULL when absent. */
char *mountopt_data_value(const struct mountopt *m, const char *key);

#endif
