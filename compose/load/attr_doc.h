/*
 * compose/load/attr_doc.h - the attribute table for readers: docs/compose-attributes.md, and a list to hold
 * it against the specification.
 *
 * Owns:    texts are for free(3).
 * Units:   none.
 * Errors:  none.
 * Thread:  any.
 * Source:  compose/load/attr.h.
 */
#ifndef COMPOSE_LOAD_ATTR_DOC_H
#define COMPOSE_LOAD_ATTR_DOC_H

#include "base/strv.h"

/* The whole page. */
char *attr_doc_markdown(void);
/* "services.*.ports[].target" of every row, in the order of the table. */
void attr_doc_paths(struct strv *ret);

#endif
