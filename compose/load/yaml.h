/*
 * compose/load/yaml.h - YAML text to trees that know their lines. The only door to libyaml.
 *
 * Aliases and merge keys are gone afterwards, tags `!reset` and `!override` are left on their
 * nodes, plain scalars have their YAML 1.2 type, every key is a string.
 *
 * Owns:    nodes and strings are the arena's; text is not kept.
 * Units:   bytes.
 * Errors:  into d; -EINVAL when there was any. Documents that were complete before a syntax error
 * are still returned. Thread:  any one thread at a time. Source:  YAML 1.2.2; reference "YAML
 * layer". Limits below hold however the file tries to get around them: its size, depth, values and
 * what its aliases expand to.
 */
#ifndef COMPOSE_LOAD_YAML_H
#define COMPOSE_LOAD_YAML_H

#include "compose/load/diag.h"
#include "compose/load/node.h"

enum {
	YAML_BYTES_MAX = 8 * 1024 * 1024,
	YAML_DEPTH_MAX = 256,
	YAML_VALUES_MAX = 250000, /* of one file */
	YAML_ALIASED_MAX = 100000 /* of them, made by aliases */
};

struct yaml_docs {
	struct node **v; /* in the arena */
	size_t n;
};

/* file is put into every position and must live as long as the arena. */
int yaml_read(struct arena *a, struct diags *d, const char *file, const char *text, size_t n,
	      struct yaml_docs *ret);

#endif
