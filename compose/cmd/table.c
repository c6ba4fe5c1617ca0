#include "compose/cmd/commands.h"

const struct cmd *const cmd_table[] = { /* sorted by name */
#define COMMAND(name) &cmd_##name,
#include "compose/cmd/commands.def"
#undef COMMAND
	NULL,
};
