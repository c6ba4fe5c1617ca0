/*
 * compose/cmd/manual.h - manual pages made from the command rows.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  none.
 * Thread:  any.
 * Source:  man(7).
 */
#ifndef COMPOSE_CMD_MANUAL_H
#define COMPOSE_CMD_MANUAL_H

#include "base/buf.h"
#include "compose/cmd/cmd.h"

/* compose(1): global flags and the list of commands. */
void manual_root(struct buf *out);
/* compose-COMMAND(1). */
void manual_command(struct buf *out, const struct cmd *cmd);

#endif
