/*
 * config --resolve-image-digests, --lock-image-digests: images by content, as the local store has them; one
 * that is not there as its registry has it.
 */
#include <errno.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"
#include "compose/cmd/config.h"
#include "compose/cmd/spawn.h"
#include "compose/load/node.h"
#include "compose/supervise/place.h"
#include "image/reference.h"
#include "image/store.h"

struct pinner {
	struct loaded *p;
	struct image_store *store;
};

enum { ANSWER_MAX = 65536 };

/* What the worker said went wrong: a line, and perhaps one with a hint. */
static int worker_error(struct buf *said, struct err **e)
{
	static const char mark[] = "\n  hint: ";
	AUTO(mem) char *text = buf_take(said);
	char *hint = strstr(text, mark);

	if (hint)
		*hint = '\0';
	text[strcspn(text, "\n")] = '\0';
	(void)err_set(e, EIO, "%s", *text ? text : "compose-registry failed");
	if (hint) {
		hint += sizeof(mark) - 1;
		hint[strcspn(hint, "\n")] = '\0';
		err_hint(e, "%s", hint);
	}
	return -EIO;
}

/* By the worker: what a registry answers is a stranger's. */
static int ask_registry(const char *name, char **ret, struct err **e)
{
	AUTO(fd) int answer = memory_file("digest", "", e);
	char *argv[] = { (char *)"compose-registry", (char *)"digest", (char *)name, NULL };
	struct spawn s = { .program = argv[0], .argv = argv, .out = answer, .err = answer };
	AUTO(buf) struct buf text = BUF_INIT;
	pid_t pid;
	int r, code;

	if (answer < 0)
		return answer;
	r = spawn_start(&s, &pid, e);
	if (r < 0)
		return r;
	code = spawn_wait(pid);
	if (lseek(answer, 0, SEEK_SET) < 0 || fd_read_all(answer, ANSWER_MAX, &text) < 0)
		return err_set(e, EIO, "read what compose-registry says");
	if (code != 0)
		return worker_error(&text, e);
	*ret = str_dup(str_trim((struct str){ buf_str(&text), text.n }));
	return digest_is_valid(*ret) ? 0 : err_set(e, EIO, "compose-registry says \"%s\"", *ret);
}

static int find_digest(const struct pinner *w, const char *canonical, char **ret, struct err **e)
{
	AUTO(image) struct image *found = NULL;
	AUTO(err) struct err *why = NULL;
	int r = image_find(w->store, canonical, &found, &why);

	if (r == -ENOENT)
		return ask_registry(canonical, ret, e);
	if (r == 0)
		*ret = xstrdup(found->digest);
	else if (e)
		*e = TAKE_PTR(why);
	return r;
}

/* "postgres:16" -> "postgres:16@sha256:..." */
static int pin(struct pinner *w, struct node *image, struct err **e)
{
	AUTO(reference) struct reference ref = REFERENCE_INIT;
	AUTO(mem) char *canonical = NULL, *familiar = NULL, *digest = NULL;
	int r;

	if (!node_is(image, NODE_STR) || !*image->text)
		return 0;
	r = reference_parse(image->text, &ref, e);
	if (r < 0)
		return err_wrap(e, "resolve digest for %s", image->text);
	if (ref.digest)
		return 0;
	canonical = reference_format(&ref);
	familiar = reference_format_familiar(&ref);
	r = find_digest(w, canonical, &digest, e);
	if (r < 0)
		return err_wrap(e, "failed to resolve digest for %s", canonical);
	node_origin(w->p->arena, image, "resolved to a digest", NULL);
	image->text = arena_printf(w->p->arena, "%s@%s", familiar, digest);
	return 0;
}

static int pin_hooks(struct pinner *w, const struct node *service, struct err **e)
{
	int r = 0;

	NODE_EACH(hook, node_get(service, "pre_start")) {
		if (r == 0)
			r = pin(w, node_get(hook, "image"), e);
	}
	return r;
}

static int pin_mounts(struct pinner *w, const struct node *service, struct err **e)
{
	int r = 0;

	NODE_EACH(mount, node_get(service, "volumes")) {
		if (r == 0 && streq(node_text(node_get(mount, "type")), "image"))
			r = pin(w, node_get(mount, "source"), e);
	}
	return r;
}

static int pin_service(struct pinner *w, const struct node *service, struct err **e)
{
	int r = 0;

	/* What is built here has no digest yet. */
	if (!node_get(service, "build"))
		r = pin(w, node_get(service, "image"), e);
	if (r == 0)
		r = pin_hooks(w, service, e);
	return r < 0 ? r : pin_mounts(w, service, e);
}

/* Leaves only what the lock file says: the image of every service, and image mounts. */
static void keep_images(struct loaded *p)
{
	NODE_EACH(section, p->root) {
		if (!streq(section->key, "services"))
			node_remove(section);
	}
	NODE_EACH(service, node_get(p->root, "services")) {
		NODE_EACH(member, service) {
			if (!streq(member->key, "image") && !streq(member->key, "volumes"))
				node_remove(member);
		}
		NODE_EACH(mount, node_get(service, "volumes")) {
			if (!streq(node_text(node_get(mount, "type")), "image"))
				node_remove(mount);
		}
	}
}

int config_pin_images(struct loaded *p, bool lock, struct err **e)
{
	AUTO(image_store) struct image_store *store = NULL;
	struct pinner w = { .p = p };
	int r = image_store_open(place_root(), &store, e);

	if (r < 0)
		return r;
	w.store = store;
	NODE_EACH(service, node_get(p->root, "services")) {
		if (r == 0)
			r = pin_service(&w, service, e);
	}
	if (r == 0 && lock)
		keep_images(p);
	return r;
}
