#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/num.h"
#include "compose/program/image_main.h"
#include "compose/supervise/place.h"
#include "image/manifest.h"
#include "image/reference.h"
#include "image/remove.h"

struct ls_opts {
	bool quiet, json, no_trunc, all;
	const char *name; /* show only images of this repository */
};

/* Rows of text, padded to the widest; right-aligned where align says so. */
struct text_table {
	char **cells;
	size_t n, cap, n_columns;
	const char *align; /* per column: 'l' or 'r' */
};

static void table_add(struct text_table *t, char *cell)
{
	ARRAY_RESERVE(t->cells, t->n, t->cap);
	t->cells[t->n++] = cell;
}

static size_t column_width(const struct text_table *t, size_t col)
{
	size_t width = 0;

	for (size_t i = col; i < t->n; i += t->n_columns)
		if (strlen(t->cells[i]) > width)
			width = strlen(t->cells[i]);
	return width;
}

static void table_print(const struct text_table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		size_t col = i % t->n_columns;
		int width = (int)column_width(t, col);
		/* The header is always to the left. */
		bool right = t->align[col] == 'r' && i >= t->n_columns;

		printf("%*s", right ? width : -width, t->cells[i]);
		fputs(col + 1 == t->n_columns ? "\n" : "   ", stdout);
	}
}

static void table_done(struct text_table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->cells[i]);
	free(t->cells);
}

static char *since(const char *created)
{
	AUTO(mem) char *text = NULL;
	int64_t ns;

	if (!created || time_parse_rfc3339(created, &ns) < 0)
		return xstrdup("N/A");
	text = duration_format_human(clock_wall_ns() - ns);
	return xasprintf("%s ago", text);
}

/* "2026-11-21 09:40:47 +0000 UTC" */
static char *created_at(const char *created)
{
	if (!created || strlen(created) < 19)
		return xstrdup("N/A");
	return xasprintf("%.10s %.8s +0000 UTC", created, created + 11);
}

/* What its blobs take in the store; those of layers built here are not kept. */
static uint64_t content_size(const struct image_store *s, const struct image *im)
{
	AUTO(manifest_layers) struct manifest_layers l = { 0 };
	uint64_t n = im->manifest_size;

	if (manifest_layers_read(s, im, &l, NULL) < 0)
		return n;
	for (size_t i = 0; i < l.n; i++) {
		AUTO(mem) char *path = xasprintf("blobs/sha256/%s", l.v[i].digest + 7);

		if (faccessat(s->images_fd, path, F_OK, 0) == 0)
			n += l.v[i].size;
	}
	return n;
}

/* "<none>" for both when the image is dangling. */
static void split_ref(const char *canonical, char **ret_repository, char **ret_tag)
{
	AUTO(reference) struct reference r = REFERENCE_INIT;

	if (!canonical || reference_parse(canonical, &r, NULL) < 0) {
		*ret_repository = xstrdup("<none>");
		*ret_tag = xstrdup("<none>");
		return;
	}
	*ret_repository = reference_format_repository(&r);
	*ret_tag = xstrdup(r.tag ? r.tag : "<none>");
}

static bool is_wanted(const struct ls_opts *o, const char *ref)
{
	AUTO(mem) char *repository = NULL, *tag = NULL, *familiar = NULL;

	if (!o->name)
		return true;
	split_ref(ref, &repository, &tag);
	familiar = ref ? reference_familiar(ref) : xstrdup("");
	return streq(o->name, repository) || streq(o->name, familiar) || streq(o->name, ref);
}

static void add_plain(const struct image_store *s, const struct image *im, const char *ref,
		      struct text_table *t)
{
	char *familiar = ref ? reference_familiar(ref) : xstrdup("<untagged>");
	uint64_t content = content_size(s, im);

	table_add(t, familiar);
	table_add(t, xasprintf("%.12s", im->id + 7));
	table_add(t, bytes_format_decimal((double)(im->size + content), 3));
	table_add(t, bytes_format_decimal((double)content, 3));
	table_add(t, xstrdup(image_is_used(s, im) ? "U" : ""));
}

static void add_classic(const struct image *im, const char *ref, struct text_table *t)
{
	char *repository, *tag;

	split_ref(ref, &repository, &tag);
	table_add(t, repository);
	table_add(t, tag);
	table_add(t, xstrdup(im->id));
	table_add(t, since(im->created));
	table_add(t, bytes_format_decimal((double)im->size, 3));
}

static void print_json(const struct image *im, const char *ref, bool no_trunc)
{
	AUTO(mem) char *repository = NULL, *tag = NULL, *ago = since(im->created);
	AUTO(mem) char *at = created_at(im->created), *text = NULL;
	AUTO(mem) char *size = bytes_format_decimal((double)im->size, 3);
	AUTO(mem) char *id = no_trunc ? xstrdup(im->id) : xstrndup(im->id + 7, 12);
	AUTO(json) struct json *j = json_new_obj();

	split_ref(ref, &repository, &tag);
	json_set_str(j, "Containers", "N/A");
	json_set_str(j, "CreatedAt", at);
	json_set_str(j, "CreatedSince", ago);
	json_set_str(j, "Digest", im->digest);
	json_set_str(j, "ID", id);
	json_set_str(j, "Repository", repository);
	json_set_str(j, "SharedSize", "N/A");
	json_set_str(j, "Size", size);
	json_set_str(j, "Tag", tag);
	json_set_str(j, "UniqueSize", "N/A");
	text = json_print(j, false);
	printf("%s\n", text);
}

static void table_header(struct text_table *t, const struct ls_opts *o)
{
	static const char *const plain[] = { "IMAGE", "ID", "DISK USAGE", "CONTENT SIZE", "EXTRA" };
	static const char *const classic[] = { "REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE" };

	t->n_columns = 5;
	t->align = o->no_trunc ? "lllll" : "llrrl";
	for (size_t i = 0; i < t->n_columns; i++)
		table_add(t, xstrdup(o->no_trunc ? classic[i] : plain[i]));
}

struct ls_line {
	const struct image *im;
	const char *ref; /* NULL = dangling */
};

static int by_name(const void *pa, const void *pb)
{
	const struct ls_line *a = pa, *b = pb;
	AUTO(mem) char *na = reference_familiar(a->ref ? a->ref : "~");
	AUTO(mem) char *nb = reference_familiar(b->ref ? b->ref : "~");

	return strcmp(na, nb);
}

static void print_lines(const struct image_store *s, const struct ls_line *lines, size_t n,
			const struct ls_opts *o)
{
	struct text_table t = { 0 };

	table_header(&t, o);
	for (size_t i = 0; i < n; i++) {
		const struct image *im = lines[i].im;

		if (o->quiet)
			printf(o->no_trunc ? "%s\n" : "%.12s\n", im->id + (o->no_trunc ? 0 : 7));
		else if (o->json)
			print_json(im, lines[i].ref, o->no_trunc);
		else if (o->no_trunc)
			add_classic(im, lines[i].ref, &t);
		else
			add_plain(s, im, lines[i].ref, &t);
	}
	if (!o->quiet && !o->json)
		table_print(&t);
	table_done(&t);
}

static int ls(const struct ls_opts *o, struct err **e)
{
	AUTO(image_store) struct image_store *s = NULL;
	AUTO(image_list) struct image_list l = { 0 };
	AUTO(mem) struct ls_line *lines = NULL;
	size_t n = 0, cap = 0;
	int r = image_store_open(place_root(), &s, e);

	if (r == 0)
		r = image_list(s, &l, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < l.n; i++) {
		const struct image *im = l.v[i];

		for (size_t k = 0; k < im->refs.n || (k == 0 && !im->refs.n); k++) {
			const char *ref = im->refs.n ? im->refs.v[k] : NULL;

			if (!is_wanted(o, ref))
				continue;
			ARRAY_RESERVE(lines, n, cap);
			lines[n++] = (struct ls_line){ im, ref };
		}
	}
	if (n)
		qsort(lines, n, sizeof(*lines), by_name);
	print_lines(s, lines, n, o);
	return 0;
}

int image_cmd_ls(int argc, char **argv, struct err **e)
{
	static const struct option opts[] = { { "all", 0, NULL, 'a' },
					      { "quiet", 0, NULL, 'q' },
					      { "format", 1, NULL, 'f' },
					      { "no-trunc", 0, NULL, 'n' },
					      { 0 } };
	struct ls_opts o = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "aq", opts, NULL)) != -1) {
		if (c == 'q')
			o.quiet = true;
		else if (c == 'n')
			o.no_trunc = true;
		else if (c == 'f' && streq(optarg, "json"))
			o.json = true;
		else if (c == 'f' && !streq(optarg, "table"))
			return err_set(e, EINVAL,
				       "invalid value \"%s\" for --format: use table or json",
				       optarg);
		else if (c == '?')
			return 1;
	}
	o.name = argv[optind];
	return ls(&o, e);
}

static void strv_to_json(struct json *obj, const char *key, const struct strv *list)
{
	struct json *a = json_set(obj, key, json_new_arr());

	for (size_t i = 0; i < list->n; i++)
		json_push_str(a, list->v[i]);
}

static struct json *inspect_one(const struct image *im)
{
	AUTO(strv) struct strv tags = STRV_INIT, digests = STRV_INIT;
	struct json *j = json_new_obj(), *sub;

	for (size_t i = 0; i < im->refs.n; i++) {
		AUTO(mem) char *repository = NULL, *tag = NULL;

		split_ref(im->refs.v[i], &repository, &tag);
		strv_addf(&tags, "%s:%s", repository, tag);
		strv_addf(&digests, "%s@%s", repository, im->digest);
	}
	json_set_str(j, "Id", im->id);
	strv_to_json(j, "RepoTags", &tags);
	strv_to_json(j, "RepoDigests", &digests);
	json_set_str(j, "Comment", im->comment ? im->comment : "");
	json_set_str(j, "Created", im->created ? im->created : "");
	sub = json_get(im->config, "config");
	json_set(j, "Config", sub ? json_dup(sub) : json_new_obj());
	json_set_str(j, "Architecture", json_str(im->config, "architecture", ""));
	json_set_str(j, "Os", json_str(im->config, "os", ""));
	json_set_int(j, "Size", (int64_t)im->size);
	sub = json_set(j, "RootFS", json_new_obj());
	json_set_str(sub, "Type", "layers");
	strv_to_json(sub, "Layers", &im->diff_ids);
	sub = json_set(j, "Descriptor", json_new_obj());
	json_set_str(sub, "mediaType", MEDIA_MANIFEST);
	json_set_str(sub, "digest", im->manifest);
	json_set_int(sub, "size", (int64_t)im->manifest_size);
	return j;
}

/* cJSON prints with tabs and puts arrays on one line; people compare with docker's four blanks. */
static void print_indented(const struct json *j, int depth)
{
	bool is_obj = json_is(j, JSON_OBJ);
	AUTO(mem) char *text = NULL;

	if ((!is_obj && !json_is(j, JSON_ARR)) || !json_len(j)) {
		text = json_print(j, false);
		fputs(text, stdout);
		return;
	}
	puts(is_obj ? "{" : "[");
	JSON_EACH(child, j) {
		printf("%*s", (depth + 1) * 4, "");
		if (is_obj) {
			AUTO(json) struct json *key = json_new_str(json_key(child));
			AUTO(mem) char *quoted = json_print(key, false);

			printf("%s: ", quoted);
		}
		print_indented(child, depth + 1);
		puts(json_next(child) ? "," : "");
	}
	printf("%*s%s", depth * 4, "", is_obj ? "}" : "]");
}

int image_cmd_inspect(int argc, char **argv, struct err **e)
{
	AUTO(image_store) struct image_store *s = NULL;
	AUTO(json) struct json *all = json_new_arr();
	bool failed = false;
	int r;

	if (argc < 2)
		return err_set(e, EINVAL, "Usage:  compose image inspect IMAGE [IMAGE...]");
	r = image_store_open(place_root(), &s, e);
	if (r < 0)
		return r;
	for (int i = 1; i < argc; i++) {
		AUTO(image) struct image *im = NULL;
		AUTO(err) struct err *one = NULL;

		r = image_find(s, argv[i], &im, &one);
		if (r == 0) {
			json_push(all, inspect_one(im));
			continue;
		}
		failed = true;
		fprintf(stderr, "%s\n", err_text(one));
	}
	print_indented(all, 0);
	putchar('\n');
	return failed ? 1 : 0;
}
