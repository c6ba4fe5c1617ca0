/*
 * compose/load/suggest.h - the known word nearest to a mistyped one.
 *
 * Owns:    nothing; the answer is one of the candidates.
 * Units:   none.
 * Errors:  NULL when nothing is near enough to be worth naming.
 * Thread:  any.
 * Source:  optimal string alignment distance (insert, delete, replace, swap of neighbours).
 */
#ifndef COMPOSE_LOAD_SUGGEST_H
#define COMPOSE_LOAD_SUGGEST_H

#include <stddef.h>

const char *suggest(const char *word, const char *const *candidates, size_t n);

#endif
