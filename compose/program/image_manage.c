#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <unistd.h>

#include "base/buf.h"
#include "compose/program/image_main.h"
#include "compose/supervise/place.h"
#include "image/blobs.h"
#include "image/complete.h"
#include "image/import.h"
#include "image/manifest.h"
#include "image/reference.h"
#include "image/remove.h"
#include "image/store_write.h"

static int usage(struct err **e, const char *text)
{
	return err_set(e, EINVAL, "Usage:  compose image %s", text);
}

static int open_input(const char *name, struct err **e)
{
	int fd;

	if (streq(name, "-"))
		return STDIN_FILENO;
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? err_sys(e, errno, "open %s", name) : fd;
}

static int import_named(const char *file, const char *name, struct import_opts *o, struct err **e)
{
	AUTO(image_store) struct image_store *s = NULL;
	AUTO(mem) char *ref = NULL, *id = NULL;
	int r;

	if (name) {
		ref = reference_canonical(name, e);
		if (!ref)
			return -EINVAL;
	}
	o->ref = ref;
	o->cancelled = &image_cancelled;
	o->in_fd = open_input(file, e);
	if (o->in_fd < 0)
		return o->in_fd;
	r = store_create(place_root(), &s, e);
	if (r == 0)
		r = import_rootfs(s, o, &id, e);
	if (r < 0)
		return r;
	(void)image_sweep_if_wanted(s, NULL);
	store_sync_later(s);
	printf("%s\n", id);
	return 0;
}

int image_cmd_import(int argc, char **argv, struct err **e)
{
	static const struct option opts[] = { { "change", 1, NULL, 'c' },
					      { "message", 1, NULL, 'm' },
					      { "platform", 1, NULL, 'p' },
					      { 0 } };
	AUTO(strv) struct strv changes = STRV_INIT;
	struct import_opts o = { .changes = &changes };
	int c;

	while ((c = getopt_long(argc, argv, "c:m:", opts, NULL)) != -1) {
		if (c == 'c')
			strv_add(&changes, optarg);
		else if (c == 'm')
			o.message = optarg;
		else if (c == '?')
			return 1;
	}
	if (argc - optind < 1 || argc - optind > 2)
		return usage(e, "import [OPTIONS] file|- [REPOSITORY[:TAG]]");
	return import_named(argv[optind], argv[optind + 1], &o, e);
}

int image_cmd_rm(int argc, char **argv, struct err **e)
{
	AUTO(image_store) struct image_store *s = NULL;
	bool force = false, failed = false;
	int c, r;

	while ((c = getopt(argc, argv, "f")) != -1) {
		if (c == '?')
			return 1;
		force = true;
	}
	if (optind == argc)
		return usage(e, "rm [OPTIONS] IMAGE [IMAGE...]");
	r = store_create(place_root(), &s, e);
	if (r < 0)
		return r;
	for (int i = optind; i < argc; i++) {
		AUTO(err) struct err *one = NULL;
		AUTO(strv) struct strv lines = STRV_INIT;

		r = image_remove(s, argv[i], force, &lines, &one);
		for (size_t k = 0; k < lines.n; k++)
			printf("%s\n", lines.v[k]);
		if (r == 0 || (force && r == -ENOENT))
			continue;
		failed = true;
		fflush(stdout);
		fprintf(stderr, "%s\n", err_text(one));
	}
	return failed ? 1 : 0;
}

int image_cmd_tag(int argc, char **argv, struct err **e)
{
	AUTO(image_store) struct image_store *s = NULL;
	AUTO(image) struct image *im = NULL;
	AUTO(strv) struct strv refs = STRV_INIT;
	AUTO(mem) char *ref = NULL;
	struct store_descriptor d = { .media_type = MEDIA_MANIFEST };
	int r;

	if (argc != 3)
		return usage(e, "tag SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]");
	ref = reference_canonical(argv[2], e);
	if (!ref)
		return err_wrap(e,
				"Error parsing reference: \"%s\" is not a valid "
				"repository/tag",
				argv[2]);
	if (strchr(ref, '@'))
		return err_set(e, EINVAL, "refusing to create a tag with a digest reference");
	r = store_create(place_root(), &s, e);
	if (r == 0)
		r = image_find(s, argv[1], &im, e);
	if (r < 0)
		return r;
	strv_add(&refs, ref);
	d.digest = im->manifest;
	d.size = im->manifest_size;
	d.platform = im->platform;
	return store_tag(s, &refs, &d, e);
}

static int no_registry(const char *name, struct err **e)
{
	(void)err_set(e, ENOTSUP, "pull %s: this version does not pull images", name);
	err_hint(e,
		 "make the image with \"compose image import\" or a build section, or copy it "
		 "into %s/images with skopeo",
		 place_root());
	return -ENOTSUP;
}

/* What another program put into the store is made ready; nothing comes from a registry. */
static int pull_one(const struct image_store *s, const char *name, struct err **e)
{
	AUTO(image) struct image *im = NULL;
	AUTO(fd) int gate = store_gate(s, /* alone= */ false, e);
	int r = gate < 0 ? gate : image_find(s, name, &im, e);

	if (r == -ENOENT)
		return no_registry(name, e);
	if (r < 0 || im->is_complete)
		return r;
	return image_complete(s, im, &image_cancelled, e);
}

int image_cmd_pull(int argc, char **argv, struct err **e)
{
	AUTO(image_store) struct image_store *s = NULL;
	int r = store_create(place_root(), &s, e);

	for (int i = 1; r == 0 && i < argc; i++)
		if (argv[i][0] != '-')
			r = pull_one(s, argv[i], e);
	if (r == 0)
		store_sync_later(s);
	return r;
}

int image_cmd_save(int argc, char **argv, struct err **e)
{
	AUTO(image_store) struct image_store *s = NULL;
	int r;

	if (argc < 2)
		return usage(e, "save --blobs IMAGE [IMAGE...]");
	r = store_create(place_root(), &s, e);
	for (int i = 1; r == 0 && i < argc; i++) {
		AUTO(image) struct image *im = NULL;

		if (streq(argv[i], "--blobs"))
			continue;
		r = image_find(s, argv[i], &im, e);
		if (r == 0)
			r = image_fill_blobs(s, im, e);
	}
	return r;
}
