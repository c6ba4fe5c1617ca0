#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/num.h"
#include "compose/cmd/cmd.h"
#include "compose/cmd/containers.h"
#include "compose/supervise/place.h"
#include "compose/ui/human.h"
#include "compose/ui/jsontext.h"
#include "compose/ui/table.h"
#include "image/reference.h"
#include "image/store.h"

struct images_opts {
	bool quiet;
	const char *format;
};

enum { MIN_WIDTH = 20, GAP = 3, SHORT_ID = 12, SIZE_DIGITS = 3 };

/* What is known about the image of one container. */
struct row {
	const char *container, *id; /* id with "sha256:" */
	char *repository, *tag, *platform, *created;
	uint64_t size;
};

static void row_done(struct row *r)
{
	free(r->repository);
	free(r->tag);
	free(r->platform);
	free(r->created);
}

static bool has_ref(const struct image *image, const char *canonical)
{
	return canonical && strv_has(&image->refs, canonical);
}

/* The reference the container was made from, as far as it still names this image. */
static void set_names(struct row *r, const struct image *image, const char *ref)
{
	AUTO(mem) char *canonical = reference_canonical(ref, NULL);
	AUTO(reference) struct reference parsed = REFERENCE_INIT;
	const char *use = has_ref(image, canonical) ? canonical : NULL;

	if (!use && image->refs.n)
		use = image->refs.v[0];
	if (!use || reference_parse(use, &parsed, NULL) < 0)
		return;
	free(r->repository);
	free(r->tag);
	r->repository = reference_format_repository(&parsed);
	r->tag = xstrdup(parsed.tag ? parsed.tag : "<none>");
}

static struct row make_row(const struct image_store *store, const struct json *c)
{
	AUTO(image) struct image *image = NULL;
	struct row r = { .container = json_str(c, "name", ""), .id = json_str(c, "image_id", "") };

	r.repository = xstrdup("<none>");
	r.tag = xstrdup("<none>");
	if (image_find(store, r.id, &image, NULL) < 0) {
		r.platform = xstrdup("unknown");
		return r;
	}
	set_names(&r, image, json_str(c, "image", ""));
	r.platform = xstrdup(image->platform ? image->platform : "unknown");
	r.created = xstrdup(image->created);
	r.size = image->size;
	return r;
}

static const char *hex_of(const char *id)
{
	return starts_with(id, "sha256:") ? id + strlen("sha256:") : id;
}

static void add_table_row(struct table *t, const struct row *r)
{
	AUTO(mem) char *size = bytes_format_decimal((double)r->size, SIZE_DIGITS);
	AUTO(mem) char *ago = human_ago(r->created, clock_wall_ns());
	AUTO(mem) char *id = xstrndup(hex_of(r->id), SHORT_ID);

	table_row(t, r->container, r->repository, r->tag, r->platform, id, size, ago, NULL);
}

static void add_json_row(struct json *list, const struct row *r)
{
	struct json *o = json_push(list, json_new_obj());

	json_set_str(o, "ID", r->id);
	json_set_str(o, "ContainerName", r->container);
	json_set_str(o, "Repository", r->repository);
	json_set_str(o, "Tag", r->tag);
	json_set_str(o, "Platform", r->platform);
	json_set_int(o, "Size", (int64_t)r->size);
	json_set_str(o, "Created", r->created ? r->created : "0001-01-01T00:00:00Z");
	json_set_str(o, "LastTagTime", "0001-01-01T00:00:00Z");
}

static void print_quiet(const struct containers *list)
{
	AUTO(strv) struct strv ids = STRV_INIT;

	for (size_t i = 0; i < list->n; i++)
		strv_add_unique(&ids, hex_of(json_str(list->v[i], "image_id", "")));
	for (size_t i = 0; i < ids.n; i++)
		puts(ids.v[i]);
}

static int print_rows(const struct containers *list, bool as_json, struct err **e)
{
	AUTO(image_store) struct image_store *store = NULL;
	AUTO(json) struct json *rows = json_new_arr();
	AUTO(table) struct table t;
	AUTO(buf) struct buf out = BUF_INIT;
	int r = image_store_open(place_root(), &store, e);

	table_init(&t, MIN_WIDTH, GAP);
	table_row(&t, "CONTAINER", "REPOSITORY", "TAG", "PLATFORM", "IMAGE ID", "SIZE", "CREATED", NULL);
	for (size_t i = 0; i < list->n && r == 0; i++) {
		struct row row = make_row(store, list->v[i]);

		add_table_row(&t, &row);
		add_json_row(rows, &row);
		row_done(&row);
	}
	if (r < 0)
		return r;
	if (as_json)
		jsontext_add(&out, rows);
	else
		table_format(&t, &out);
	printf("%s%s", buf_str(&out), as_json ? "\n" : "");
	return 0;
}

static int images_run(struct cli *cli, const void *opts, char **args, size_t n, struct err **e)
{
	const struct images_opts *o = opts;
	AUTO(containers) struct containers list = { 0 };
	bool as_json = streq(o->format, "json");
	int r;

	if (!as_json && !streq(o->format, "table"))
		return err_set(e, EINVAL, "format value \"%s\" could not be parsed: parsing failed",
			       o->format);
	r = containers_list(cli, args, n, WITH_ONEOFF, &list, e);
	if (r < 0)
		return r;
	if (!o->quiet)
		return print_rows(&list, as_json, e);
	print_quiet(&list);
	return 0;
}

static const struct opt images_opts[] = {
	OPT(images_opts, format, .name = "format", .kind = OPT_STR, .dflt = "table",
	    .values = "table json", .help = "Format the output. Values: [table | json]",
	    .note = "the json of no containers is [], LastTagTime is not recorded"),
	OPT(images_opts, quiet, .name = "quiet", .brief = 'q', .help = "Only display IDs"),
	{ 0 },
};

const struct cmd cmd_images = {
	.name = "images",
	.args = "[SERVICE...]",
	.summary = "List images used by the created containers",
	.opts = images_opts,
	.size = sizeof(struct images_opts),
	.needs = NEED_NAME | NEED_CLIENT,
	.run = images_run,
};
