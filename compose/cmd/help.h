/*
 * compose/cmd/help.h - usage texts made from the rows, in the layout docker users know.
 *
 * Owns:    nothing.
 * Units:   columns.
 * Errors:  none.
 * Thread:  any.
 * Source:  cli reference section 0 "--help"; pflag's wrapping rule (five columns of slack).
 */
#ifndef COMPOSE_CMD_HELP_H
#define COMPOSE_CMD_HELP_H

#include "base/buf.h"
#include "compose/cmd/cmd.h"

/* path is "compose" or "compose image": what stands in front of the command's name. */
void help_command(struct buf *out, const char *path, const struct cmd *cmd, size_t width);
void help_root(struct buf *out, size_t width);
/* "--file stringArray" without dashes: the word shown for the value, "" for booleans. */
const char *opt_arg_word(const struct opt *o);
/* " (default 10)" or "". For free(3). */
char *opt_default_text(const struct opt *o);
/* The Options: block of rows (and more_opts, which may be NULL), sorted by long name. */
void help_options(struct buf *out, const struct opt *opts, const struct opt *more_opts, size_t width);

#endif
