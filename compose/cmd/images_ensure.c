/* Before anything is created: every selected service has its image, or it is built now. */
#include <errno.h>

#include "base/path.h"

#include "compose/cmd/apply.h"
#include "compose/cmd/build_run.h"
#include "compose/load/load.h"
#include "compose/supervise/place.h"
#include "image/store.h"

enum need { NEED_IMAGE_READY, NEED_IMAGE_BUILD, NEED_IMAGE_MISSING };

int pull_policy_check(const char *pull, bool with_build, struct err **e)
{
	static const char *const words[] = { "policy", "always", "missing", "never", "build",
					     "if_not_present" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (streq(pull, words[i]) && (with_build || !streq(pull, "build")))
			return 0;
	return pull ? err_set(e, EINVAL, "invalid --pull option \"%s\"", pull) : 0;
}

static const char *policy_of(const struct node *service, const struct image_options *opt)
{
	const char *p = node_text(node_get(service, "pull_policy"));

	if (opt->pull && !streq(opt->pull, "policy"))
		return opt->pull;
	return p ? p : "missing";
}

/* What the store has: many services share an image, each is looked up once. */
struct look {
	const struct image_store *store;
	struct strv present, absent;
};

static void look_autop(struct look *l)
{
	strv_done(&l->present);
	strv_done(&l->absent);
}

static int is_present(struct look *l, const char *ref, bool *ret, struct err **e)
{
	AUTO(image) struct image *image = NULL;
	AUTO(err) struct err *why = NULL;
	int r;

	*ret = strv_has(&l->present, ref);
	if (*ret || strv_has(&l->absent, ref))
		return 0;
	r = image_find(l->store, ref, &image, &why);
	if (r < 0 && r != -ENOENT)
		return err_set(e, -r, "%s", err_text(why));
	*ret = r == 0;
	strv_add(*ret ? &l->present : &l->absent, ref);
	return 0;
}

static int decide(struct cli *cli, struct look *look, const struct node *service,
		  const struct image_options *opt, enum need *ret, struct err **e)
{
	AUTO(mem) char *ref = service_image(cli, service);
	const char *policy = policy_of(service, opt);
	bool has_build = node_get(service, "build") != NULL, present = false;
	int r = is_present(look, ref, &present, e);

	if (r < 0)
		return r;
	*ret = NEED_IMAGE_READY;
	if (has_build && !opt->no_build && (opt->build || streq(policy, "build") || !present))
		*ret = NEED_IMAGE_BUILD;
	else if (!present)
		*ret = NEED_IMAGE_MISSING;
	else if (streq(policy, "always") && !has_build)
		cli_warn(cli, "service \"%s\": images cannot be pulled yet, using the local %s",
			 service->key, ref);
	return 0;
}

static int missing(struct cli *cli, const struct node *service, struct err **e)
{
	AUTO(mem) char *ref = service_image(cli, service);
	bool has_tag = strchr(path_base(ref), ':') || strchr(ref, '@');

	err_set(e, ENOENT, "No such image: %s%s", ref, has_tag ? "" : ":latest");
	if (node_get(service, "build"))
		err_hint(e, "service \"%s\" can be built: leave out --no-build", service->key);
	else
		err_hint(e, "service \"%s\" needs it; \"compose image import FILE %s\" brings a root "
			 "file system into the store", service->key, ref);
	return -ENOENT;
}

int images_ensure(struct cli *cli, const struct image_options *opt, struct err **e)
{
	AUTO(image_store) struct image_store *store = NULL;
	AUTO(strv) struct strv build = STRV_INIT;
	AUTO(look) struct look look = { 0 };
	int r = image_store_open(place_root(), &store, e);

	if (r < 0)
		return r;
	look.store = store;
	NODE_EACH (service, node_get(cli->model->root, "services")) {
		enum need need;

		if (node_get(service, "provider"))
			continue;
		r = decide(cli, &look, service, opt, &need, e);
		if (r == 0 && need == NEED_IMAGE_MISSING)
			r = missing(cli, service, e);
		if (r < 0)
			return r;
		if (need == NEED_IMAGE_BUILD)
			strv_add(&build, service->key);
	}
	if (build.n == 0)
		return 0;
	return build_services(cli, &build, &(struct build_options){ .quiet = opt->quiet_build }, e);
}
