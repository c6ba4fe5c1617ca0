/* config: the compose files as one canonical file, or one aspect of them. */
#include "compose/cmd/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "compose/cmd/cmd.h"
#include "compose/load/emit.h"
#include "compose/load/node.h"

struct config_opts {
	const char *format, *output, *hash, *explain;
	bool quiet, services, volumes, networks, images, models, profiles, environment, variables;
	bool no_interpolate, no_normalize, no_path_resolution, no_consistency, no_env_resolution;
	bool resolve_image_digests, lock_image_digests;
};

/* ---- loading ---- */

static void set_load_options(struct cli *cli, const struct config_opts *o, char **args, size_t n,
			     struct load_options *lo)
{
	cli_load_options(cli, lo);
	lo->no_interpolate = o->no_interpolate;
	lo->no_normalize = o->no_normalize || cli->g.compatibility;
	lo->no_path_resolution = o->no_path_resolution;
	lo->no_consistency = o->no_consistency;
	lo->no_env_resolution = o->no_env_resolution;
	lo->variables_only = o->variables;
	lo->environment_only = o->environment;
	if (o->no_interpolate && n) {
		cli_warn(cli, "service filtering is not applied when --no-interpolate is set, the "
			      "full model will be rendered");
		return;
	}
	lo->services = (const char *const *)args;
	lo->n_services = n;
}

static void print_warnings(const struct cli *cli, const struct diags *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct diag *g = &d->v[i];

		if (g->level != DIAG_WARNING)
			continue;
		if (g->pos.file && g->pos.line)
			cli_warn(cli, "%s:%u:%u: %s", g->pos.file, g->pos.line, g->pos.col,
				 g->message);
		else
			cli_warn(cli, "%s", g->message);
	}
}

/* What is wrong, for people or for editors. */
static int load_failed(struct cli *cli, const struct config_opts *o, struct diags *d, int r,
		       struct err **e)
{
	bool json = streq(o->format, "json");
	AUTO(mem) char *text = json ? diags_format_json(d) :
				      diags_format(d, DIAG_ERROR, cli_color(cli, STDERR_FILENO));
	size_t n = strlen(text);

	while (n && text[n - 1] == '\n')
		text[--n] = 0;
	return err_make(e, -r, text, NULL);
}

static int load(struct cli *cli, const struct config_opts *o, const struct load_options *lo,
		struct err **e)
{
	AUTO(diags) struct diags *d = diags_new();
	int r = project_load(lo, &cli->model, d);

	diags_sort(d);
	if (!(r < 0 && streq(o->format, "json")))
		print_warnings(cli, d);
	if (r < 0)
		return load_failed(cli, o, d, r, e);
	cli->project = cli->model->name;
	return 0;
}

/* ---- output ---- */

/* The output is a compose file: what was "$$" there must be so again. */
static void add_doubled(const char *text, struct buf *out)
{
	for (const char *dollar; (dollar = strchr(text, '$')); text = dollar + 1) {
		buf_add(out, text, (size_t)(dollar - text + 1));
		buf_addch(out, '$');
	}
	buf_addstr(out, text);
}

static void add_project(const struct config_opts *o, const struct node *root, struct buf *out)
{
	AUTO(mem) char *text = streq(o->format, "json") ? emit_json(root, o->no_interpolate) :
							  emit_yaml(root, o->no_interpolate);

	if (o->no_interpolate)
		buf_addstr(out, text);
	else
		add_doubled(text, out);
}

static int write_out(const struct config_opts *o, const struct buf *out, struct err **e)
{
	int r;

	if (o->output)
		return file_write(AT_FDCWD, o->output, buf_str(out), out->n, 0644,
				  /* durable= */ false, e);
	r = fd_write_all(STDOUT_FILENO, buf_str(out), out->n);
	/* A reader that has seen enough is no failure of ours. */
	return r < 0 && r != -EPIPE ? err_sys(e, -r, "write to standard output") : 0;
}

static int add_explanation(struct cli *cli, const struct config_opts *o, struct buf *out,
			   struct err **e)
{
	AUTO(diags) struct diags *d = diags_new();
	AUTO(mem) char *text = explain(cli->model, o->explain, d);

	if (!text)
		return load_failed(cli, o, d, -ENOENT, e);
	buf_addstr(out, text);
	return 0;
}

/* ---- what was asked for ---- */

static int add_aspect(struct cli *cli, const struct config_opts *o, struct buf *out, struct err **e)
{
	const struct loaded *p = cli->model;

	if (o->explain)
		return add_explanation(cli, o, out, e);
	if (o->hash)
		return config_list_hashes(p, o->hash, out, e);
	if (o->environment)
		config_list_environment(p, out);
	else if (o->variables)
		config_list_variables(p, o->format, out);
	else if (o->services)
		config_list_services(p, out);
	else if (o->volumes)
		config_list_keys(p, "volumes", out);
	else if (o->networks)
		config_list_keys(p, "networks", out);
	else if (o->models)
		config_list_models(p, out);
	else if (o->profiles)
		config_list_profiles(p, out);
	else if (o->images)
		config_list_images(p, out);
	else if (!o->quiet)
		add_project(o, p->root, out);
	return 0;
}

static int config_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct config_opts *o = opts;
	AUTO(buf) struct buf out = BUF_INIT;
	struct load_options lo;
	int r;

	if (o->format && *o->format && !streq(o->format, "yaml") && !streq(o->format, "json"))
		return err_set(e, EINVAL, "unsupported format \"%s\"", o->format);
	set_load_options(cli, o, args, n, &lo);
	r = load(cli, o, &lo, e);
	if (r == 0 && (o->resolve_image_digests || o->lock_image_digests))
		r = config_pin_images(cli->model, o->lock_image_digests, e);
	if (r == 0)
		r = add_aspect(cli, o, &out, e);
	return r < 0 ? r : write_out(o, &out, e);
}

static const struct opt config_opts[] = {
	OPT(config_opts, environment, .name = "environment",
	    .help = "Print environment used for interpolation."),
	OPT(config_opts, explain, .name = "explain", .kind = OPT_STR, .arg = "PATH",
	    .help = "Print the value at PATH and the places it came from.",
	    .note = "not in docker compose"),
	OPT(config_opts, format, .name = "format", .kind = OPT_STR, .values = "yaml json",
	    .help = "Format the output. Values: [yaml | json]",
	    .note = "json also makes errors a JSON array on standard error"),
	OPT(config_opts, hash, .name = "hash", .kind = OPT_STR,
	    .help = "Print the service config hash, one per line."),
	OPT(config_opts, images, .name = "images", .help = "Print the image names, one per line."),
	OPT(config_opts, lock_image_digests, .name = "lock-image-digests",
	    .help = "Produces an override file with image digests"),
	OPT(config_opts, models, .name = "models", .help = "Print the model names, one per line."),
	OPT(config_opts, networks, .name = "networks",
	    .help = "Print the network names, one per line."),
	OPT(config_opts, no_consistency, .name = "no-consistency",
	    .help = "Don't check model consistency - warning: may produce invalid Compose output"),
	OPT(config_opts, no_env_resolution, .name = "no-env-resolution",
	    .help = "Don't resolve service env files"),
	OPT(config_opts, no_interpolate, .name = "no-interpolate",
	    .help = "Don't interpolate environment variables"),
	OPT(config_opts, no_normalize, .name = "no-normalize",
	    .help = "Don't normalize compose model"),
	OPT(config_opts, no_path_resolution, .name = "no-path-resolution",
	    .help = "Don't resolve file paths"),
	OPT(config_opts, output, .name = "output", .brief = 'o', .kind = OPT_STR,
	    .help = "Save to file (default to stdout)"),
	OPT(config_opts, profiles, .name = "profiles",
	    .help = "Print the profile names, one per line."),
	OPT(config_opts, quiet, .name = "quiet", .brief = 'q',
	    .help = "Only validate the configuration, don't print anything"),
	OPT(config_opts, resolve_image_digests, .name = "resolve-image-digests",
	    .help = "Pin image tags to digests"),
	OPT(config_opts, services, .name = "services",
	    .help = "Print the service names, one per line."),
	OPT(config_opts, variables, .name = "variables",
	    .help = "Print model variables and default values."),
	OPT(config_opts, volumes, .name = "volumes",
	    .help = "Print the volume names, one per line."),
	{ 0 },
};

const struct cmd cmd_config = {
	.name = "config",
	.args = "[SERVICE...]",
	.summary = "Parse, resolve and render compose file in canonical format",
	.opts = config_opts,
	.size = sizeof(struct config_opts),
	.needs = NEED_ENVIRONMENT,
	.run = config_run,
};
