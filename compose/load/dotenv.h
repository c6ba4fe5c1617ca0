/*
 * compose/load/dotenv.h - the grammar of .env files, of a service's env_file and label_file.
 *
 * Owns:    nothing; what is defined goes into the caller's env.
 * Units:   none.
 * Errors:  into d with file, line and column; -EINVAL. A file is read to its end unless a quote is
 * open. Thread:  any one thread at a time. Source:  reference ".env grammar" and "format: raw".
 */
#ifndef COMPOSE_LOAD_DOTENV_H
#define COMPOSE_LOAD_DOTENV_H

#include "compose/load/diag.h"
#include "compose/load/environ.h"

enum { DOTENV_BYTES_MAX = 4 * 1024 * 1024 };

struct dotenv {
	const char *file; /* shown in positions */
	/* Where $NAME and value-less keys look first; then into out. NULL entries are skipped. */
	const struct env *lookup[2];
	struct env *out; /* replaced key by key */
	struct diags *d;
};

int dotenv_parse(const struct dotenv *e, const char *text, size_t n);
/* KEY=VALUE lines taken as they stand. */
int dotenv_parse_raw(const struct dotenv *e, const char *text, size_t n);

#endif
