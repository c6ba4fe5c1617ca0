#include <errno.h>

#include "compose/cmd/build_run.h"
#include "compose/cmd/cmd.h"
#include "compose/load/load.h"

struct build_opts {
	struct strv build_args, ssh;
	bool pull, no_cache, push, quiet, with_dependencies, check, print;
	bool ignored;
	const char *memory, *builder, *provenance, *sbom, *progress;
};

static int load(struct cli *cli, const struct build_opts *o, char **args, size_t n, struct err **e)
{
	struct load_options lo;

	cli_load_options(cli, &lo);
	lo.services = (const char *const *)args;
	lo.n_services = n;
	lo.no_dependencies = !o->with_dependencies;
	return cli_load(cli, &lo, e);
}

static int refuse(const struct build_opts *o, struct err **e)
{
	if (o->push)
		return err_set(e, ENOTSUP, "build --push: there is no registry client yet");
	if (o->check)
		return err_set(e, ENOTSUP, "build --check: linting a Dockerfile is not available");
	if (o->print)
		return err_set(e, ENOTSUP, "build --print: there is no bake definition to print");
	return 0;
}

/* Services whose image is another's build context ("service:NAME") are built before it. visited ends
 * circles. */
static void add_service(const struct cli *cli, const struct node *service, struct strv *visited,
			struct strv *out)
{
	if (strv_has(visited, service->key))
		return;
	strv_add(visited, service->key);
	NODE_EACH (c, node_at(service, "build", "additional_contexts", NULL)) {
		const char *text = node_text(c);

		if (text && starts_with(text, "service:")) {
			const struct node *other = node_at(cli->model->root, "services",
							   text + strlen("service:"), NULL);

			if (other)
				add_service(cli, other, visited, out);
		}
	}
	if (node_get(service, "build"))
		strv_add_unique(out, service->key);
}

static int build_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct build_opts *o = opts;
	AUTO(strv) struct strv services = STRV_INIT, visited = STRV_INIT;
	int r = refuse(o, e);

	if (r == 0)
		r = load(cli, o, args, n, e);
	if (r < 0)
		return r;
	NODE_EACH (s, node_get(cli->model->root, "services"))
		add_service(cli, s, &visited, &services);
	if (services.n == 0) {
		cli_warn(cli, "No services to build");
		return 0;
	}
	return build_services(cli, &services,
			      &(struct build_options){ .args = &o->build_args,
						       .no_cache = o->no_cache,
						       .pull = o->pull,
						       .quiet = o->quiet },
			      e);
}

#define IGNORED(flag)                                                                              \
	OPT(build_opts, ignored, .name = flag, .hidden = true,                                     \
	    .help = "Without effect: kept for old scripts")

static const struct opt build_opts[] = {
	OPT(build_opts, build_args, .name = "build-arg", .kind = OPT_ARRAY,
	    .help = "Set build-time variables for services"),
	OPT(build_opts, builder, .name = "builder", .kind = OPT_STR,
	    .help = "Set builder to use", .note = "accepted without effect: there is one builder"),
	OPT(build_opts, check, .name = "check", .help = "Check build configuration",
	    .note = "refused for now"),
	IGNORED("compress"),
	IGNORED("force-rm"),
	OPT(build_opts, memory, .name = "memory", .brief = 'm', .kind = OPT_STR, .arg = "bytes",
	    .help = "Set memory limit for the build container. Not supported by BuildKit."),
	OPT(build_opts, no_cache, .name = "no-cache", .help = "Do not use cache when building the image"),
	IGNORED("no-rm"),
	IGNORED("parallel"),
	OPT(build_opts, print, .name = "print", .help = "Print equivalent bake file",
	    .note = "refused: builds do not go through bake"),
	OPT(build_opts, progress, .name = "progress", .kind = OPT_STR, .hidden = true,
	    .help = "Set type of ui output"),
	OPT(build_opts, provenance, .name = "provenance", .kind = OPT_STR,
	    .help = "Add a provenance attestation"),
	OPT(build_opts, pull, .name = "pull",
	    .help = "Always attempt to pull a newer version of the image"),
	OPT(build_opts, push, .name = "push", .help = "Push service images", .note = "refused for now"),
	OPT(build_opts, quiet, .name = "quiet", .brief = 'q', .help = "Suppress the build output"),
	OPT(build_opts, sbom, .name = "sbom", .kind = OPT_STR, .help = "Add a SBOM attestation"),
	OPT(build_opts, ssh, .name = "ssh", .kind = OPT_ARRAY, .arg = "string",
	    .help = "Set SSH authentications used when building service images. (use 'default' for "
		    "using your default SSH Agent)"),
	OPT(build_opts, with_dependencies, .name = "with-dependencies",
	    .help = "Also build dependencies (transitively)"),
	{ 0 },
};

const struct cmd cmd_build = {
	.name = "build",
	.args = "[SERVICE...]",
	.summary = "Build or rebuild services",
	.opts = build_opts,
	.size = sizeof(struct build_opts),
	.run = build_run,
};
