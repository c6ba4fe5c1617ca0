/*
 * Commands of docker compose that this program does not have. Each says so in one line, so that a script
 * fails with the reason instead of with "unknown command"; none is shown in the help.
 */
#include <errno.h>

#include "base/buf.h"
#include "compose/cmd/cmd.h"

static const struct {
	const char *name, *why, *hint;
} reasons[] = {
	{ "bridge", "converting a project needs transformer images", NULL },
	{ "commit", "making an image of a container is not available", NULL },
	{ "cp", "copying files is not available", "compose exec -T SERVICE tar c PATH | tar x" },
	{ "export", "exporting a root file system is not available",
	  "compose exec -T SERVICE tar c / > FILE" },
	{ "publish", "there is no registry client", NULL },
	{ "pull", "there is no registry client",
	  "compose image import FILE REFERENCE brings images into the store" },
	{ "push", "there is no registry client", NULL },
	{ "stats", "live figures are not available", "compose top lists the processes" },
	{ "viz", "drawing the project is not available", "compose config shows it as text" },
	{ "watch", "watching source code is not available", "bind-mount the source code instead" },
};

static int refused_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	(void)opts;
	(void)args;
	(void)n;
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		if (!streq(reasons[i].name, cli->cmd->name))
			continue;
		err_set(e, ENOTSUP, "%s: %s", cli->cmd->name, reasons[i].why);
		if (reasons[i].hint)
			err_hint(e, "%s", reasons[i].hint);
	}
	return -ENOTSUP;
}

#define REFUSED(id, text)                                                                          \
	const struct cmd cmd_##id = {                                                              \
		.name = #id, .summary = text, .raw = true, .hidden = true, .run = refused_run,     \
	}

REFUSED(bridge, "Convert compose files into another model");
REFUSED(commit, "Create a new image from a service container's changes");
REFUSED(cp, "Copy files/folders between a service container and the local filesystem");
REFUSED(export, "Export a service container's filesystem as a tar archive");
REFUSED(publish, "Publish compose application");
REFUSED(pull, "Pull service images");
REFUSED(push, "Push service images");
REFUSED(stats, "Display a live stream of container(s) resource usage statistics");
REFUSED(viz, "Graph the services of the project");
REFUSED(watch, "Watch build context for service and rebuild/refresh containers when files are updated");
