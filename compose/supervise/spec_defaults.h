/*
 * compose/supervise/spec_defaults.h - what every container gets unless its service says otherwise:
 * capabilities, mounts, masked paths, namespaces, device rules. Shared by services and build steps.
 *
 * Owns:    every struct json returned belongs to the caller.
 * Units:   bytes.
 * Errors:  -EINVAL for an unknown capability, with the name in the text.
 * Thread:  any.
 * Source:  OCI runtime-spec config.md, config-linux.md; the defaults are those of Docker Engine.
 */
#ifndef COMPOSE_SUPERVISE_SPEC_DEFAULTS_H
#define COMPOSE_SUPERVISE_SPEC_DEFAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strv.h"

#define SPEC_DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Appends one mount to the array; options are separate arguments ending with NULL. */
void spec_mount_add(struct json *mounts, const char *destination, const char *type,
		    const char *source, ...) __attribute__((sentinel));

/* /proc, /dev, /dev/pts, /sys, /sys/fs/cgroup, /dev/mqueue, /dev/shm, in that order. shm_bytes 0 =
 * 64 MiB. privileged: sysfs and cgroup are writable. */
struct json *spec_default_mounts(int64_t shm_bytes, bool privileged);

/* The five sets of process.capabilities. Names are case-insensitive, "CAP_" optional, ALL allowed. */
int spec_capabilities(const struct strv *add, const struct strv *drop, bool privileged,
		      struct json **ret, struct err **e);

/* linux.namespaces with the types named, each without a path; NULL ends the list. */
struct json *spec_namespaces(const char *first, ...) __attribute__((sentinel));

/* Sets maskedPaths and readonlyPaths of the linux object. */
void spec_mask_paths(struct json *linux_obj);

/* resources.devices: nothing but what the runtime always allows; privileged: everything. */
struct json *spec_device_rules(bool privileged);

#endif
