#include <errno.h>
#include <stdio.h>

#include "base/buf.h"
#include "compose/cmd/cmd.h"

struct version_opts {
	const char *format;
	bool is_short;
};

static int version_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct version_opts *o = opts;

	(void)cli;
	(void)args;
	(void)n;
	if (o->is_short)
		puts(COMPOSE_SPOKEN_VERSION);
	else if (streq(o->format, "json"))
		puts("{\"version\":\"v" COMPOSE_SPOKEN_VERSION "\",\"compose\":\"" COMPOSE_VERSION "\"}");
	else if (!o->format || streq(o->format, "pretty"))
		puts("Docker Compose version v" COMPOSE_SPOKEN_VERSION);
	else
		return err_set(e, EINVAL, "format value \"%s\" could not be parsed: parsing failed",
			       o->format);
	return 0;
}

static const struct opt version_opts[] = {
	OPT(version_opts, format, .name = "format", .brief = 'f', .kind = OPT_STR,
	    .values = "pretty json", .help = "Format the output. Values: [pretty | json]. (Default: pretty)",
	    .note = "json has a second key, \"compose\", with the version of this program"),
	OPT(version_opts, is_short, .name = "short", .help = "Shows only Compose's version number"),
	{ 0 },
};

const struct cmd cmd_version = {
	.name = "version",
	.summary = "Show the Docker Compose version information",
	.opts = version_opts,
	.size = sizeof(struct version_opts),
	.max_args = NO_ARGS,
	.run = version_run,
};
