#include <errno.h>
#include <fcntl.h>

#include "compose/cmd/apply.h"
#include "compose/cmd/build_run.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/containers.h"
#include "compose/cmd/spawn.h"
#include "compose/cmd/verb.h"
#include "compose/load/load.h"
#include "compose/supervise/client.h"
#include "compose/supervise/place.h"
#include "image/store.h"

struct down_opts {
	bool remove_orphans, volumes;
	const char *rmi;
	int timeout;
};

/* Images of services: "local" those without a name of their own, "all" every one. */
static void collect_images(const struct cli *cli, bool all, struct strv *out)
{
	NODE_EACH (s, node_get(cli->model ? cli->model->root : NULL, "services")) {
		bool named = node_get(s, "image") != NULL;

		if (all || (!named && node_get(s, "build")))
			strv_take(out, service_image(cli, s));
	}
}

static bool is_in_store(const struct image_store *store, const char *ref)
{
	AUTO(image) struct image *image = NULL;

	return image_find(store, ref, &image, NULL) == 0;
}

static void show(struct cli *cli, const char *ref, const char *text, enum progress_status status)
{
	AUTO(mem) char *id = xasprintf("Image %s", ref);

	progress_event(cli_progress(cli, NULL),
		       &(struct progress_event){ .id = id, .text = text, .status = status });
}

static int remove_image(struct cli *cli, const char *ref, struct err **e)
{
	char *argv[] = { (char *)"compose-image", (char *)"rm", (char *)ref, NULL };
	struct spawn s = SPAWN_INIT;
	AUTO(fd) int null = -1;
	pid_t pid;
	int r;

	show(cli, ref, "Removing", PROGRESS_WORKING);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return err_sys(e, errno, "open /dev/null");
	s.program = argv[0];
	s.argv = argv;
	s.out = s.err = null;
	r = cli->g.dry_run ? 0 : spawn_start(&s, &pid, e);
	if (r < 0)
		return r;
	if (cli->g.dry_run || spawn_wait(pid) == 0)
		show(cli, ref, "Removed", PROGRESS_DONE);
	else
		show(cli, ref, "Resource is still in use", PROGRESS_WARNING);
	return 0;
}

static int remove_images(struct cli *cli, const struct down_opts *o, struct err **e)
{
	AUTO(image_store) struct image_store *store = NULL;
	AUTO(strv) struct strv refs = STRV_INIT;
	int r = image_store_open(place_root(), &store, e);

	if (r < 0)
		return r;
	collect_images(cli, streq(o->rmi, "all"), &refs);
	for (size_t i = 0; i < refs.n && r == 0; i++)
		if (is_in_store(store, refs.v[i]))
			r = remove_image(cli, refs.v[i], e);
	return r;
}

static int check(const struct down_opts *o, struct err **e)
{
	if (o->rmi && !streq(o->rmi, "local") && !streq(o->rmi, "all"))
		return err_set(e, EINVAL, "invalid value for --rmi: \"%s\"", o->rmi);
	return 0;
}

static int down_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct down_opts *o = opts;
	AUTO(json) struct json *request = NULL;
	bool was_idle;
	int r = check(o, e);

	/* Volumes outlive the supervisor: somebody has to be there to remove them. */
	if (r == 0)
		r = cli_connect(cli, /* start= */ o->volumes, e);
	if (r < 0)
		return r;
	was_idle = client_is_idle(cli->client);
	request = verb_args(cli, args, n);
	verb_timeout(cli, request, o->timeout);
	json_set_bool(request, "volumes", o->volumes);
	if (o->remove_orphans || (!cli_given(cli, "remove-orphans") && remove_orphans_default(cli)))
		json_set_bool(request, "remove_orphans", true);
	r = cli_call(cli, "down", "down", request, NULL, e);
	if (r == 0 && o->rmi)
		r = remove_images(cli, o, e);
	if (r == 0 && was_idle && !cli->model)
		cli_warn(cli, "Warning: No resource found to remove for project \"%s\".", cli->project);
	return r;
}

static const struct opt down_opts[] = {
	OPT(down_opts, remove_orphans, .name = "remove-orphans",
	    .help = "Remove containers for services not defined in the Compose file"),
	OPT(down_opts, rmi, .name = "rmi", .kind = OPT_STR, .values = "local all",
	    .help = "Remove images used by services. \"local\" remove only images that don't have a "
		    "custom tag (\"local\"|\"all\")"),
	OPT(down_opts, timeout, .name = "timeout", .brief = 't', .kind = OPT_INT,
	    .help = "Specify a shutdown timeout in seconds"),
	OPT(down_opts, volumes, .name = "volumes", .brief = 'v', .alias = "volume",
	    .help = "Remove named volumes declared in the \"volumes\" section of the Compose file and "
		    "anonymous volumes attached to containers"),
	{ 0 },
};

const struct cmd cmd_down = {
	.name = "down",
	.args = "[SERVICES]",
	.summary = "Stop and remove containers, networks",
	.opts = down_opts,
	.size = sizeof(struct down_opts),
	.needs = NEED_PROJECT,
	.run = down_run,
};
