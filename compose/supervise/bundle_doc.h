/*
 * compose/supervise/bundle_doc.h - the content of container.json for a new container; used by bundle.c.
 *
 * Owns:    JSON results belong to the caller.
 * Units:   nanoseconds.
 * Errors:  -EINVAL with attribute and value.
 * Thread:  pool.
 * Source:  cli reference 2.2 "Labels"; ARCHITECTURE.md "Contract: compose-net" attach.
 */
#ifndef COMPOSE_SUPERVISE_BUNDLE_DOC_H
#define COMPOSE_SUPERVISE_BUNDLE_DOC_H

#include "compose/supervise/bundle.h"
#include "image/store.h"

/* The whole document. mounts is copied. */
int bundle_doc(const struct bundle_request *q, const struct image *image, const struct json *mounts,
	       bool has_secrets, struct json **ret, struct err **e);
/* The image the document was made from, as far as spec_build() needs it. */
struct image *bundle_doc_image(const struct json *spec);

#endif
