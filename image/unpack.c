/*
 * Normally bytes flow: in_fd -> (hash, blob) -> decompress -> (hash: diff ID) -> tar -> entries.
 * Both hashes run in threads. A plain tar needs one hash only: blob and diff ID are the same bytes.
 *
 * When it fails, the threads are ended by their owners' cleanup; what is on disk is the caller's.
 *
 * libarchive is used twice: as a decompressor ("raw" format) and as a tar reader on the bytes that
 * come out, because the diff ID is the digest of those bytes, padding included.
 */
#include "image/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "image/unpack_tree.h"

enum { READ_SIZE = 1 << 18, SNIFF_SIZE = 512 };

#define MAX_ENTRIES    5000000ULL
#define MAX_RATIO      1000ULL
#define MAX_RATIO_FROM (1ULL << 30)

static void archive_autop(struct archive **a)
{
	if (*a)
		archive_read_free(*a);
}

struct unpacker {
	const struct unpack_job *job;
	char *block;    /* READ_SIZE bytes of in_fd */
	size_t n_block; /* the first block was read ahead for sniffing */
	bool has_block;
	struct digest_pipe *blob; /* hash of in_fd; NULL when it is the tar's */
	struct digest_pipe *diff; /* hash of the tar */
	struct archive *raw;
	struct unpack_tree tree;
	struct unpack_result result;
	uint64_t in_size, n_entries;
};

enum unpack_compression unpack_sniff(const void *p, size_t n)
{
	static const struct {
		const char *magic;
		size_t n;
		enum unpack_compression is;
	} rows[] = {
		{ "\x1f\x8b", 2, UNPACK_GZIP },
		{ "\x28\xb5\x2f\xfd", 4, UNPACK_ZSTD },
		{ "BZh", 3, UNPACK_BZIP2 },
		{ "\xfd"
		  "7zXZ\0",
		  6, UNPACK_XZ },
	};
	const unsigned char *u = p;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (n >= rows[i].n && memcmp(p, rows[i].magic, rows[i].n) == 0)
			return rows[i].is;
	/* A skippable frame may come before the first real one. */
	if (n >= 4 && (u[0] & 0xf0) == 0x50 && memcmp(u + 1, "\x2a\x4d\x18", 3) == 0)
		return UNPACK_ZSTD;
	return UNPACK_PLAIN;
}

bool unpack_is_archive(const void *p, size_t n)
{
	const unsigned char *u = p;
	unsigned long sum = 0, want;
	char field[9];

	if (unpack_sniff(p, n) != UNPACK_PLAIN)
		return true;
	if (n < SNIFF_SIZE)
		return false;
	if (memcmp(u + 257, "ustar", 5) == 0)
		return true;
	/* The oldest form has no magic: its header checksum must do. */
	memcpy(field, u + 148, 8);
	field[8] = '\0';
	want = strtoul(field, NULL, 8);
	for (size_t i = 0; i < SNIFF_SIZE; i++)
		sum += i >= 148 && i < 156 ? ' ' : u[i];
	return u[0] && want == sum;
}

/* An archive handle keeps its message until the next call on it. */
static int archive_failed(struct archive *a, const char *what, struct err **e)
{
	const char *text = archive_error_string(a);
	int code = archive_errno(a);

	return err_set(e, code > 0 ? code : EINVAL, "%s: %s", what, text ? text : "invalid data");
}

static bool is_cancelled(const struct unpacker *u)
{
	return u->job->cancelled && *u->job->cancelled;
}

static int refill(struct unpacker *u)
{
	ssize_t n;

	/* A pipe that gives nothing may be interrupted for good. */
	u->n_block = 0;
	while (u->n_block < READ_SIZE) {
		n = read(u->job->in_fd, u->block + u->n_block, READ_SIZE - u->n_block);
		if (n == 0)
			break;
		if (n < 0 && (errno != EINTR || is_cancelled(u)))
			return -errno;
		u->n_block += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* libarchive reads in_fd through here. */
static la_ssize_t read_input(struct archive *a, void *arg, const void **ret)
{
	struct unpacker *u = arg;
	int r = u->has_block ? 0 : refill(u);

	if (r < 0) {
		archive_set_error(a, -r, "read: %s", strerror(-r));
		return -1;
	}
	u->has_block = false;
	*ret = u->block;
	u->in_size += u->n_block;
	if (u->blob)
		digest_pipe_add(u->blob, u->block, u->n_block);
	return (la_ssize_t)u->n_block;
}

/* One block of the uncompressed tar; 0 at the end. */
static la_ssize_t read_tar(struct archive *a, void *arg, const void **ret)
{
	struct unpacker *u = arg;
	la_int64_t offset;
	size_t n = 0;
	int r;

	do
		r = archive_read_data_block(u->raw, ret, &n, &offset);
	while (r == ARCHIVE_OK && n == 0);
	if (r == ARCHIVE_EOF)
		return 0;
	if (r < ARCHIVE_WARN) {
		const char *text = archive_error_string(u->raw);

		archive_set_error(a, EINVAL, "%s", text ? text : "invalid data");
		return -1;
	}
	digest_pipe_add(u->diff, *ret, n);
	return (la_ssize_t)n;
}

static int open_raw(struct unpacker *u, struct err **e)
{
	struct archive_entry *entry;
	struct archive *a = u->raw = archive_read_new();

	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	if (archive_read_open(a, u, NULL, read_input, NULL) != ARCHIVE_OK)
		return archive_failed(a, "read archive", e);
	switch (archive_read_next_header(a, &entry)) {
	case ARCHIVE_OK:
	case ARCHIVE_WARN:
		return 0;
	case ARCHIVE_EOF:
		return err_set(e, EINVAL, "read archive: the input is empty");
	default:
		return archive_failed(a, "read archive", e);
	}
}

/* Everything behind the tar's end counts for the digest. */
static int drain(struct unpacker *u, struct archive *a, struct err **e)
{
	const void *block;
	la_ssize_t n;

	while ((n = read_tar(a, u, &block)) > 0)
		;
	return n < 0 ? archive_failed(a, "read archive", e) : 0;
}

static int check_limits(struct unpacker *u, struct err **e)
{
	u->n_entries++;
	if (u->n_entries > MAX_ENTRIES)
		return err_set(e, EFBIG, "layer exceeds %llu entries", MAX_ENTRIES);
	if (u->tree.size > MAX_RATIO_FROM && u->tree.size / MAX_RATIO > u->in_size)
		return err_set(e, EFBIG, "layer exceeds a compression ratio of %llu:1", MAX_RATIO);
	if (is_cancelled(u))
		return err_set(e, EINTR, "cancelled");
	return 0;
}

static int unpack_entries(struct unpacker *u, struct archive *a, struct err **e)
{
	struct archive_entry *entry;
	int r;

	for (;;) {
		r = archive_read_next_header(a, &entry);
		if (r == ARCHIVE_EOF)
			return drain(u, a, e);
		if (r < ARCHIVE_WARN)
			return archive_failed(a, "read archive", e);
		r = check_limits(u, e);
		if (r == 0)
			r = unpack_tree_add(&u->tree, a, entry, e);
		if (r < 0)
			return r;
	}
}

static int unpack_tar(struct unpacker *u, struct err **e)
{
	AUTO(archive) struct archive *a = archive_read_new();
	int r;

	archive_read_support_format_tar(a);
	archive_read_support_format_empty(a);
	if (archive_read_open(a, u, NULL, read_tar, NULL) != ARCHIVE_OK)
		return archive_failed(a, "read archive", e);
	r = unpack_entries(u, a, e);
	return r < 0 ? r : unpack_tree_finish(&u->tree, e);
}

/* Reads ahead, so that the hashing threads can be arranged by the kind of compression. */
static int start(struct unpacker *u, struct err **e)
{
	bool blob_is_input;
	int r = refill(u);

	if (r < 0)
		return err_sys(e, -r, "read archive");
	u->has_block = true;
	u->result.compression = unpack_sniff(u->block, u->n_block);
	blob_is_input = u->job->blob_fd >= 0 && (u->result.compression == UNPACK_GZIP ||
						 u->result.compression == UNPACK_ZSTD);
	if (blob_is_input) {
		r = digest_pipe_start(u->job->blob_fd, &u->blob, e);
		if (r < 0)
			return r;
	}
	r = digest_pipe_start(blob_is_input ? -1 : u->job->blob_fd, &u->diff, e);
	return r < 0 ? r : open_raw(u, e);
}

static int end(struct unpacker *u, struct err **e)
{
	struct unpack_result *res = &u->result;
	int r = digest_pipe_end(u->diff, res->diff_id, &res->tar_size, e);

	if (r < 0)
		return r;
	memcpy(res->blob, res->diff_id, sizeof(res->blob));
	res->blob_size = res->tar_size;
	if (u->blob) {
		r = digest_pipe_end(u->blob, res->blob, &res->blob_size, e);
		if (r < 0)
			return r;
	}
	res->size = u->tree.size;
	res->n_files = u->n_entries;
	res->is_self_contained = !u->tree.needed_lower;
	return 0;
}

static int run(struct unpacker *u, struct err **e)
{
	int r = start(u, e);

	if (r == 0)
		r = unpack_tar(u, e);
	return r < 0 ? r : end(u, e);
}

int unpack(const struct unpack_job *job, struct unpack_result *ret, struct err **e)
{
	struct unpacker u = { .job = job, .block = xmalloc(READ_SIZE) };
	/* Names in pax headers are UTF-8; without such a locale libarchive cannot give them back.
	 */
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
	int r;

	unpack_tree_init(&u.tree, job);
	r = run(&u, e);
	if (r == 0)
		*ret = u.result;
	archive_autop(&u.raw);
	digest_pipe_free(u.blob);
	digest_pipe_free(u.diff);
	unpack_tree_done(&u.tree);
	free(u.block);
	if (utf8) {
		uselocale(before);
		freelocale(utf8);
	}
	return r;
}
