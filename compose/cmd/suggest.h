/*
 * compose/cmd/suggest.h - the nearest command to a mistyped word.
 *
 * Owns:    results are for free(3).
 * Units:   none.
 * Errors:  NULL when nothing is near.
 * Thread:  any.
 * Source:  optimal string alignment distance.
 */
#ifndef COMPOSE_CMD_SUGGEST_H
#define COMPOSE_CMD_SUGGEST_H

#include "compose/cmd/cmd.h"

/* Insertions, deletions, replacements and swaps that turn a into b. */
size_t edit_distance(const char *a, const char *b);
char *suggest_command(const struct cmd *const *list, const char *word);

#endif
