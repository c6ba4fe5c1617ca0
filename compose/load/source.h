/*
 * compose/load/source.h - the files one load reads: their names as shown, and their documents.
 *
 * Owns:    everything is the loader's arena's.
 * Units:   none.
 * Errors:  into l->diags, false or NULL returned.
 * Thread:  any one thread at a time; blocks on files.
 * Source:  reference "Inputs before any YAML is read".
 */
#ifndef COMPOSE_LOAD_SOURCE_H
#define COMPOSE_LOAD_SOURCE_H

#include "compose/load/steps.h"
#include "compose/load/yaml.h"

struct source {
	const char *path;  /* absolute, or "-" for standard input */
	const char *shown; /* in positions: relative to the current directory when below it */
	struct yaml_docs docs;
};

/* named_at is where the file was asked for, or NULL. False when it cannot be read or is no YAML;
 * the documents that could be read are there all the same. */
bool source_read(struct loader *l, const char *path, const struct srcpos *named_at,
		 struct source *ret);
/* What people see for an absolute path. In the arena. */
const char *source_shown(struct loader *l, const char *path);
/* git, http and oci references. */
bool source_is_remote(const char *path);
/* Reports that remote files are not supported. */
void source_refuse_remote(struct loader *l, const char *path, const struct srcpos *named_at);

/* Reads one env file into out; first and second are looked up before out itself. missing_ok: a file
 * that is not there is silently nothing. Returns -ENOENT for a missing file, -EINVAL with
 * complaints. */
int source_read_env(struct loader *l, const char *path, bool raw, const struct env *first,
		    const struct env *second, struct env *out);

#endif
