#include "image/filehash.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "base/map.h"
#include "base/sha256.h"

enum { MEMORY_MAX = 256 << 20, READ_SIZE = 1 << 18 };

#define RACY_NS 2000000000LL

struct entry {
	char digest[DIGEST_TEXT_SIZE];
	bool used;
};

struct filehash {
	int root_fd;
	char *path;
	struct map entries; /* "dev ino size mtime ctime mode" -> struct entry */
	bool changed;
	char *block;
};

static int64_t ns_of(struct timespec t)
{
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static char *key_of(const struct stat *st)
{
	return xasprintf("%llx %llx %llx %llx %llx %o", (unsigned long long)st->st_dev,
			 (unsigned long long)st->st_ino, (unsigned long long)st->st_size,
			 (unsigned long long)ns_of(st->st_mtim),
			 (unsigned long long)ns_of(st->st_ctim), st->st_mode);
}

static void remember(struct filehash *h, const char *key, const char *digest, bool used)
{
	struct entry *en = xcalloc(1, sizeof(*en));

	(void)snprintf(en->digest, sizeof(en->digest), "%s", digest);
	en->used = used;
	free(map_set(&h->entries, key, en));
}

/* Lines "<digest> <key>". */
static void load(struct filehash *h)
{
	AUTO(buf) struct buf b = BUF_INIT;
	struct str rest;

	if (file_read(h->root_fd, h->path, MEMORY_MAX, &b, NULL) < 0)
		return;
	rest = (struct str){ buf_str(&b), b.n };
	while (rest.p) {
		AUTO(mem) char *line = str_dup(str_cut(&rest, '\n'));

		if (strlen(line) < DIGEST_TEXT_SIZE || !starts_with(line, "sha256:"))
			continue;
		line[DIGEST_TEXT_SIZE - 1] = '\0';
		remember(h, line + DIGEST_TEXT_SIZE, line, false);
	}
}

struct filehash *filehash_open(int root_fd, const char *name)
{
	struct filehash *h = xcalloc(1, sizeof(*h));
	char hex[65];

	sha256_hex(name, strlen(name), hex);
	h->root_fd = root_fd;
	h->path = xasprintf("build/stat/%s", hex);
	load(h);
	return h;
}

static int hash_data(struct filehash *h, int fd, char ret[DIGEST_TEXT_SIZE])
{
	AUTO(digest) struct digest *d = digest_new();
	ssize_t n;

	if (!h->block)
		h->block = xmalloc(READ_SIZE);
	while ((n = fd_read_full(fd, h->block, READ_SIZE)) > 0)
		digest_add(d, h->block, (size_t)n);
	if (n < 0)
		return (int)n;
	digest_end(d, ret);
	return 0;
}

int filehash_get(struct filehash *h, int fd, const struct stat *st, char ret[DIGEST_TEXT_SIZE])
{
	AUTO(mem) char *key = key_of(st);
	struct entry *en = map_get(&h->entries, key);
	int64_t now;
	int r;

	if (en) {
		memcpy(ret, en->digest, DIGEST_TEXT_SIZE);
		en->used = true;
		return 0;
	}
	now = clock_wall_ns();
	r = hash_data(h, fd, ret);
	if (r < 0)
		return r;
	if (now - ns_of(st->st_mtim) > RACY_NS && now - ns_of(st->st_ctim) > RACY_NS) {
		remember(h, key, ret, true);
		h->changed = true;
	}
	return 0;
}

void filehash_save(struct filehash *h)
{
	AUTO(buf) struct buf b = BUF_INIT;
	struct map_entry *m;

	if (!h->changed || dir_make(h->root_fd, "build/stat", 0700, NULL) < 0)
		return;
	MAP_EACH(m, &h->entries)
	{
		const struct entry *en = m->value;

		if (en->used)
			buf_addf(&b, "%s %s\n", en->digest, m->key);
	}
	(void)file_write(h->root_fd, h->path, buf_str(&b), b.n, 0600, /* durable= */ false, NULL);
	h->changed = false;
}

void filehash_free(struct filehash *h)
{
	struct map_entry *m;

	if (!h)
		return;
	MAP_EACH(m, &h->entries)
	free(m->value);
	map_done(&h->entries);
	free(h->block);
	free(h->path);
	free(h);
}
