/* The image worker's own commands: their words are handed over as they are. */
#include "compose/cmd/cmd.h"
#include "compose/cmd/spawn.h"

static int image_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	AUTO(strv) struct strv argv = STRV_INIT;
	struct spawn s = SPAWN_INIT;

	(void)opts;
	strv_add(&argv, "compose-image");
	strv_add(&argv, cli->cmd->name);
	for (size_t i = 0; i < n; i++)
		strv_add(&argv, args[i]);
	s.program = argv.v[0];
	s.argv = argv.v;
	return spawn_exec(&s, e);
}

#define IMAGE_COMMAND(word, arguments, text)                                                       \
	&(const struct cmd)                                                                        \
	{                                                                                          \
		.name = word, .args = arguments, .summary = text, .raw = true, .run = image_run,   \
	}

static const struct cmd *const subs[] = {
	IMAGE_COMMAND("import", "FILE|- [REPOSITORY[:TAG]]",
		      "Bring a root file system into the store"),
	IMAGE_COMMAND("inspect", "IMAGE...", "Show what is known about images"),
	IMAGE_COMMAND("ls", "[REPOSITORY[:TAG]]", "List images"),
	IMAGE_COMMAND("rm", "IMAGE...", "Remove images"),
	IMAGE_COMMAND("tag", "SOURCE TARGET", "Give an image a further name"),
	NULL,
};

const struct cmd cmd_image = {
	.name = "image",
	.args = "COMMAND",
	.summary = "Manage images",
	.subs = subs,
};
