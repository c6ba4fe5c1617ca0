/*
 * compose/load/options.h - what is known before any file is interpreted: environment, files,
 * directory, profiles, name.
 *
 * Owns:    everything is the loader's arena's, except l->env, which the caller owns.
 * Units:   none.
 * Errors:  into l->diags; false.
 * Thread:  any one thread at a time; blocks on files.
 * Source:  reference "Inputs before any YAML is read", numbered steps 1 to 9.
 */
#ifndef COMPOSE_LOAD_OPTIONS_H
#define COMPOSE_LOAD_OPTIONS_H

#include "compose/load/source.h"

/* Steps 1 to 7 and 9: fills l->env, l->files, l->working_dir and p's profiles. */
bool options_resolve(struct loader *l, struct loaded *p);
/* Step 8: sets l->project_name and COMPOSE_PROJECT_NAME. */
bool options_name(struct loader *l, const struct source *sources, size_t n);

#endif
