/*
 * compose/ui/prompt.h - a yes/no question that can never hang a script.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  none: end of file answers dflt.
 * Thread:  any; blocks on standard input.
 * Source:  cli reference section 0 "Prompts".
 */
#ifndef COMPOSE_UI_PROMPT_H
#define COMPOSE_UI_PROMPT_H

#include <stdbool.h>

/* On a terminal "? MESSAGE (y/N) ", on a pipe the bare message without newline; reads one line. */
bool prompt_confirm(const char *message, bool dflt);
/* The words that mean yes: y 1 t true yes on, in any case, trimmed. */
bool word_is_true(const char *s);

#endif
