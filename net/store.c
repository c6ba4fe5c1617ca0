#include "net/store.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "net/names.h"
#include "net/store_internal.h"

enum { FILE_MAX = 1 << 20, FREED_MAX = 256, NAME_MAX_BYTES = 200 };

bool network_name_ok(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (name[i] == '/' || iscntrl((unsigned char)name[i]))
			return false;
	return n > 0 && n <= NAME_MAX_BYTES && name[0] != '.';
}

static int boot_id_read(char ret[40], struct err **e)
{
	AUTO(buf) struct buf text = BUF_INIT;
	int r = file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &text, e);
	struct str id = str_trim((struct str){ text.p, text.n });

	if (r < 0)
		return r;
	if (id.n >= 40)
		return err_set(e, EINVAL, "unexpected boot id");
	memcpy(ret, id.p, id.n);
	ret[id.n] = '\0';
	return 0;
}

int store_open(const char *root, struct store **ret, struct err **e)
{
	AUTO(store) struct store *s = xcalloc(1, sizeof(*s));
	AUTO(mem) char *dir = xasprintf("%s/networks", root);
	AUTO(mem) char *real = NULL;
	int r;

	s->dirfd = s->lockfd = -1;
	r = dir_make(AT_FDCWD, dir, 0700, e);
	if (r < 0)
		return r;
	s->dirfd = dir_open(AT_FDCWD, dir, e);
	if (s->dirfd < 0)
		return s->dirfd;
	s->lockfd = openat(s->dirfd, ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lockfd < 0)
		return err_sys(e, errno, "open %s/.lock", dir);
	real = realpath(root, NULL);
	s->scope = xcalloc(1, 9);
	scope_name(real ? real : root, s->scope);
	r = boot_id_read(s->boot_id, e);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

static void store_forget(struct store *s)
{
	for (size_t i = 0; i < s->n_networks; i++)
		network_free(s->networks[i]);
	s->n_networks = 0;
	s->is_loaded = false;
}

void store_free(struct store *s)
{
	if (!s)
		return;
	store_forget(s);
	free(s->networks);
	fd_close(&s->dirfd);
	fd_close(&s->lockfd);
	free(s->scope);
	free(s);
}

static void set_aside(int dirfd, const char *path)
{
	AUTO(mem) char *bad = xasprintf("%s.bad", path);

	(void)renameat(dirfd, path, dirfd, bad);
}

static void network_push(struct store *s, struct network *n)
{
	ARRAY_RESERVE(s->networks, s->n_networks, s->cap_networks);
	s->networks[s->n_networks++] = n;
}

static void endpoint_push(struct network *n, struct endpoint *ep)
{
	ARRAY_RESERVE(n->endpoints, n->n_endpoints, n->cap_endpoints);
	n->endpoints[n->n_endpoints++] = ep;
}

static void endpoint_load(struct store *s, struct network *n, const char *file)
{
	AUTO(mem) char *path = xasprintf("%s/endpoints/%s", n->name, file);
	AUTO(json) struct json *j = NULL;
	AUTO(err) struct err *why = NULL;
	struct endpoint *ep;

	if (!ends_with(file, ".json") || file[0] == '.')
		return;
	if (json_parse_file(s->dirfd, path, FILE_MAX, &j, &why) < 0 ||
	    endpoint_decode(j, s->boot_id, &ep, &why) < 0) {
		set_aside(s->dirfd, path);
		return;
	}
	endpoint_push(n, ep);
}

static void freed_push(struct network *n, const struct ipaddr *ip, const char *name, int64_t at)
{
	if (!ip->family)
		return;
	if (n->n_freed == FREED_MAX) {
		free(n->freed[0].name);
		memmove(n->freed, n->freed + 1, (FREED_MAX - 1) * sizeof(*n->freed));
		n->n_freed--;
	}
	ARRAY_RESERVE(n->freed, n->n_freed, n->cap_freed);
	n->freed[n->n_freed++] = (struct freed){ *ip, xstrdup(name), at };
}

static void freed_load(struct store *s, struct network *n)
{
	AUTO(mem) char *path = xasprintf("%s/freed.json", n->name);
	AUTO(json) struct json *j = NULL;

	if (json_parse_file(s->dirfd, path, FILE_MAX, &j, NULL) < 0)
		return;
	JSON_EACH(one, j) {
		struct ipaddr ip;

		if (ipaddr_parse(json_str(one, "ip", ""), &ip))
			freed_push(n, &ip, json_str(one, "name", ""), json_int(one, "at", 0));
	}
}

static int freed_save(struct store *s, const struct network *n, struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s/freed.json", n->name);
	AUTO(json) struct json *arr = json_new_arr();
	AUTO(mem) char *text = NULL;
	char ip[IP_TEXT];

	for (size_t i = 0; i < n->n_freed; i++) {
		struct json *one = json_push(arr, json_new_obj());

		json_set_str(one, "ip", ipaddr_format(&n->freed[i].ip, ip));
		json_set_str(one, "name", n->freed[i].name);
		json_set_int(one, "at", n->freed[i].at_ns);
	}
	text = json_print(arr, false);
	return file_write(s->dirfd, path, text, strlen(text), 0600, /* durable= */ false, e);
}

static int network_load(struct store *s, const char *name, struct err **e)
{
	AUTO(mem) char *path = xasprintf("%s/network.json", name);
	AUTO(mem) char *dir = xasprintf("%s/endpoints", name);
	AUTO(strv) struct strv files = STRV_INIT;
	AUTO(json) struct json *j = NULL;
	AUTO(err) struct err *why = NULL;
	struct network *n;
	int r;

	r = json_parse_file(s->dirfd, path, FILE_MAX, &j, &why);
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0 || network_decode(j, &n, &why) < 0) {
		set_aside(s->dirfd, path);
		return 0;
	}
	network_push(s, n);
	r = dir_list(s->dirfd, dir, &files, e);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; i < files.n; i++)
		endpoint_load(s, n, files.v[i]);
	freed_load(s, n);
	return 0;
}

static int store_load(struct store *s, struct err **e)
{
	AUTO(strv) struct strv names = STRV_INIT;
	int r;

	store_forget(s);
	r = dir_list(s->dirfd, ".", &names, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < names.n; i++) {
		if (!network_name_ok(names.v[i]))
			continue;
		r = network_load(s, names.v[i], e);
		if (r < 0)
			return r;
	}
	s->is_loaded = true;
	return 0;
}

int store_lock(struct store *s, bool will_change, struct err **e)
{
	uint64_t counter = 0;
	int r;

	do
		r = flock(s->lockfd, LOCK_EX);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_sys(e, errno, "lock the networks directory");
	if (pread(s->lockfd, &counter, sizeof(counter), 0) < 0) {
		r = err_sys(e, errno, "read the networks lock");
		goto unlock;
	}
	if (!s->is_loaded || counter != s->counter) {
		r = store_load(s, e);
		if (r < 0)
			goto unlock;
		s->counter = counter;
	}
	if (!will_change)
		return 0;
	s->counter++;
	if (pwrite(s->lockfd, &s->counter, sizeof(s->counter), 0) != sizeof(s->counter)) {
		r = err_sys(e, errno ? errno : EIO, "write the networks lock");
		goto unlock;
	}
	return 0;
unlock:
	store_forget(s);
	store_unlock(s);
	return r;
}

void store_unlock(struct store *s)
{
	(void)flock(s->lockfd, LOCK_UN);
}

struct network *store_find(const struct store *s, const char *name)
{
	for (size_t i = 0; i < s->n_networks; i++)
		if (streq(s->networks[i]->name, name))
			return s->networks[i];
	return NULL;
}

struct endpoint *network_endpoint(const struct network *n, const char *id)
{
	for (size_t i = 0; i < n->n_endpoints; i++)
		if (streq(n->endpoints[i]->id, id))
			return n->endpoints[i];
	return NULL;
}

struct endpoint *store_endpoint(const struct store *s, const char *id)
{
	for (size_t i = 0; i < s->n_networks; i++) {
		struct endpoint *ep = network_endpoint(s->networks[i], id);

		if (ep)
			return ep;
	}
	return NULL;
}

int store_network_add(struct store *s, struct json *json, struct network **ret, struct err **e)
{
	AUTO(json) struct json *owned = json;
	AUTO(mem) char *dir = NULL, *path = NULL, *text = NULL;
	struct network *n;
	int r = network_decode(owned, &n, e);

	if (r < 0)
		return r;
	dir = xasprintf("%s/endpoints", n->name);
	path = xasprintf("%s/network.json", n->name);
	text = json_print(owned, true);
	r = dir_make(s->dirfd, dir, 0700, e);
	if (r == 0)
		r = file_write(s->dirfd, path, text, strlen(text), 0600, /* durable= */ false, e);
	if (r < 0) {
		(void)tree_remove(s->dirfd, n->name, NULL);
		network_free(n);
		return r;
	}
	network_push(s, n);
	*ret = n;
	return 0;
}

int store_network_del(struct store *s, struct network *n, struct err **e)
{
	int r = tree_remove(s->dirfd, n->name, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < s->n_networks; i++) {
		if (s->networks[i] != n)
			continue;
		s->networks[i] = s->networks[--s->n_networks];
		break;
	}
	network_free(n);
	return 0;
}

static char *endpoint_path(const struct network *n, const char *id)
{
	return xasprintf("%s/endpoints/%s.json", n->name, id);
}

int store_endpoint_put(struct store *s, struct network *n, struct endpoint *ep, struct err **e)
{
	AUTO(mem) char *path = endpoint_path(n, ep->id);
	AUTO(json) struct json *j = endpoint_format(ep, s->boot_id);
	AUTO(mem) char *text = json_print(j, false);
	int r = file_write(s->dirfd, path, text, strlen(text), 0600, /* durable= */ false, e);

	if (r < 0)
		return r;
	if (network_endpoint(n, ep->id) != ep)
		endpoint_push(n, ep);
	return 0;
}

int store_endpoint_del(struct store *s, struct network *n, struct endpoint *ep, struct err **e)
{
	AUTO(mem) char *path = endpoint_path(n, ep->id);
	int64_t now = clock_wall_ns();

	if (unlinkat(s->dirfd, path, 0) < 0 && errno != ENOENT)
		return err_sys(e, errno, "remove %s", path);
	freed_push(n, &ep->ip4, ep->name, now);
	freed_push(n, &ep->ip6, ep->name, now);
	for (size_t i = 0; i < n->n_endpoints; i++) {
		if (n->endpoints[i] != ep)
			continue;
		n->endpoints[i] = n->endpoints[--n->n_endpoints];
		break;
	}
	endpoint_free(ep);
	return freed_save(s, n, e);
}
