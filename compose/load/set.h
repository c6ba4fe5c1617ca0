/*
 * compose/load/set.h - one set of files (the project's, or an included one) to one tree.
 *
 * Owns:    the tree is the loader's arena's.
 * Units:   none.
 * Errors:  into l->diags; the tree holds what could be made out.
 * Thread:  any one thread at a time; blocks on files.
 * Source:  reference "Loading pipeline", tables 1.1 and 1.2 up to step 17.
 */
#ifndef COMPOSE_LOAD_SET_H
#define COMPOSE_LOAD_SET_H

#include "compose/load/source.h"

/* Steps 1 to 13 for every document. */
struct node *set_load(struct loader *l, const struct source *sources, size_t n);
/* Steps 14 to 17; with_paths false leaves relative paths alone. */
void set_finish(struct loader *l, struct node *root, bool with_paths);
/* The text of a value that names a file. Where values stay as they are written (--no-interpolate)
 * its variables are replaced all the same, or the file could not be found. NULL when it is no
 * string. */
const char *set_file_name(struct loader *l, const struct node *n);

#endif
