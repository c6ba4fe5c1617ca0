/*
 * image/instr_form.h - the argument forms of Dockerfile instructions, one row per instruction.
 *
 * Only image/dockerfile*.c use this: joining lines and taking a line apart are two matters.
 *
 * Owns:    fills members of struct instr.
 * Units:   none.
 * Errors:  -EINVAL with BuildKit's wording, without a position.
 * Thread:  any.
 * Source:  Dockerfile reference.
 */
#ifndef IMAGE_INSTR_FORM_H
#define IMAGE_INSTR_FORM_H

#include "image/dockerfile.h"

/* -1 for an unknown word. */
int instr_find(const char *word);
/* The nearest known word, upper case; NULL when none is near. */
const char *instr_suggest(const char *word);
/* Takes flags off the front of *text. */
int instr_parse_flags(struct instr *i, const char **text, char escape, struct err **e);
/* Fills args from i->text. */
int instr_parse_args(struct instr *i, char escape, struct err **e);
bool instr_takes_heredoc(enum instr_kind kind);

#endif
