/*
 * image/registry.h - asking a registry.
 *
 * Credentials come from the "auths" of config.json in $DOCKER_CONFIG or ~/.docker. A registry on a
 * loopback address is asked by plain HTTP where it does not speak TLS; every other one by HTTPS alone.
 *
 * Owns:    *ret is for free(3).
 * Units:   none.
 * Errors:  -ENOENT the registry does not have it, -EACCES it does not say it to us, -EIO it cannot be
 *          reached or answers nonsense; *ret is untouched then.
 * Thread:  one; blocks for as long as the network does, at most half a minute without a byte.
 * Source:  OCI distribution specification 1.1 "Pulling manifests"; docker token authentication.
 */
#ifndef IMAGE_REGISTRY_H
#define IMAGE_REGISTRY_H

#include "image/reference.h"

/* "sha256:...": what the reference's tag stands for there, an index where there is one. */
int registry_digest(const struct reference *ref, char **ret, struct err **e);

#endif
