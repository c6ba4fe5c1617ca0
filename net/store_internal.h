/*
 * net/store_internal.h - between store.c (files) and store_decode.c (their content).
 *
 * Owns:    *ret belongs to the caller.
 * Units:   as net/store.h.
 * Errors:  EINVAL for content that makes no sense.
 * Thread:  any one thread at a time; no I/O.
 * Source:  net/store.h.
 */
#ifndef NET_STORE_INTERNAL_H
#define NET_STORE_INTERNAL_H

#include "net/store.h"

/* json is copied. */
int network_decode(struct json *json, struct network **ret, struct err **e);
void network_free(struct network *n);
int endpoint_decode(const struct json *j, const char *boot_id, struct endpoint **ret,
		    struct err **e);

#endif
