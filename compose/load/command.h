/*
 * compose/load/command.h - a command written as one string, cut into words.
 *
 * Quotes group, a backslash takes the next character as it is, \t and \n are a tab and a newline. An
 * unquoted ; & | < > ends the command and what follows is dropped, for no shell is started.
 *
 * Owns:    strings are the caller's strv.
 * Units:   none.
 * Errors:  -EINVAL for an open quote or a bare parenthesis.
 * Thread:  any.
 * Source:  reference "Command string split"; go-shellwords without expansion.
 */
#ifndef COMPOSE_LOAD_COMMAND_H
#define COMPOSE_LOAD_COMMAND_H

#include "base/err.h"
#include "base/strv.h"

int command_split(const char *text, struct strv *words, struct err **e);

#endif
