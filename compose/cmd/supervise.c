#include "compose/supervise/supervisor.h"

#include <errno.h>
#include <fcntl.h>

#include "compose/cmd/cmd.h"

/* Started by client_connect() through the guardian, which hands the readiness pipe down. */
static int supervise_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	int ready = fcntl(SUPERVISE_READY_FD, F_GETFD) >= 0 ? SUPERVISE_READY_FD : -1;

	(void)cli;
	(void)opts;
	if (n != 1)
		return err_set(e, EINVAL, "supervise takes the name of one project");
	return supervise_main(args[0], ready);
}

const struct cmd cmd_supervise = {
	.name = "supervise",
	.args = "PROJECT",
	.summary = "Run the supervisor of one project (started by the other commands)",
	.raw = true,
	.hidden = true,
	.run = supervise_run,
};
