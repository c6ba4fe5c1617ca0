/*
 * compose/cmd/commands.h - the entries of all commands, declared once.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  none.
 * Thread:  any.
 * Source:  commands.def.
 */
#ifndef COMPOSE_CMD_COMMANDS_H
#define COMPOSE_CMD_COMMANDS_H

#include "compose/cmd/cmd.h"

#define COMMAND(name) extern const struct cmd cmd_##name;
#include "compose/cmd/commands.def"
#undef COMMAND

#endif
