/*
 * compose/supervise/spec_parts.h - the pieces spec_build() puts together; used by spec*.c only.
 *
 * Owns:    objects are filled in place; the caller owns them.
 * Units:   bytes, nanoseconds.
 * Errors:  -EINVAL with attribute and value.
 * Thread:  any.
 * Source:  as compose/supervise/spec.h.
 */
#ifndef COMPOSE_SUPERVISE_SPEC_PARTS_H
#define COMPOSE_SUPERVISE_SPEC_PARTS_H

#include "compose/supervise/spec.h"

/* The "process" object. */
int spec_process(const struct spec_input *in, struct json **ret, struct err **e);
/* linux.resources and linux.devices. */
int spec_resources(const struct json *service, struct json *linux_obj, struct err **e);
/* Appends the OCI form of each record to the mounts array. */
int spec_mounts_append(const struct spec_input *in, struct json *mounts, struct err **e);

/* A text, number or boolean member as text: canonical forms print sizes as strings. NULL when absent. */
const char *spec_text(const struct json *obj, const char *key);
/* A member that is a number or a decimal string; dflt when absent; -EINVAL names `what`. */
int spec_number(const struct json *obj, const char *key, int64_t dflt, int64_t *ret, struct err **e);

/* One security_opt value by key ("seccomp", "no-new-privileges", ...): its text, "" for a bare word, NULL
 * when absent. For free(3). */
char *spec_security_opt(const struct json *service, const char *key);

/* Id of a user or group, a number or a name from the image's /etc/passwd or /etc/group. */
int spec_lookup_id(const struct image *image, bool is_group, const char *name, uint32_t *ret,
		   struct err **e);

#endif
