/* Our OCI runtime under the name other programs know: `compose oci create ...`. */
#include "compose/cmd/cmd.h"
#include "compose/cmd/spawn.h"

static int oci_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	AUTO(strv) struct strv argv = STRV_INIT;
	struct spawn s = SPAWN_INIT;

	(void)cli;
	(void)opts;
	strv_add(&argv, "compose-runtime");
	for (size_t i = 0; i < n; i++)
		strv_add(&argv, args[i]);
	s.program = argv.v[0];
	s.argv = argv.v;
	return spawn_exec(&s, e);
}

const struct cmd cmd_oci = {
	.name = "oci",
	.args = "COMMAND [ARGS...]",
	.summary = "Run the OCI runtime: create, start, state, kill, delete, exec, features",
	.raw = true,
	.hidden = true,
	.run = oci_run,
};
