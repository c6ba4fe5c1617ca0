/*
 * image/platform.h - which of several platforms an image runs on here.
 *
 * Owns:    platform_of_config() returns memory for free(3); the rest borrows.
 * Units:   none.
 * Errors:  -EINVAL for a platform that is not os[/arch[/variant]].
 * Thread:  any.
 * Source:  containerd/platforms; image-spec image-index.md.
 */
#ifndef IMAGE_PLATFORM_H
#define IMAGE_PLATFORM_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json.h"

/* The best entry of an index's "manifests" for linux on this architecture, or NULL. */
const struct json *platform_choose(const struct json *manifests, const char *arch);
/* "linux/arm64/v8" from an image config's members. */
char *platform_of_config(const struct json *config);
/* This machine's architecture in image terms: "amd64", "arm64" ... Borrowed. */
const char *platform_host_arch(void);
/* Other names of the same architecture: "x86_64" -> "amd64". Borrowed. */
const char *platform_normalise_arch(const char *arch);
/* Whether "linux/amd64" or "amd64" means this machine. */
int platform_is_host(const char *text, bool *ret, struct err **e);

#endif
