#include "compose/load/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/path.h"
#include "compose/load/dotenv.h"

const char *source_shown(struct loader *l, const char *path)
{
	size_t n = l->cwd ? strlen(l->cwd) : 0;

	if (n > 1 && strncmp(path, l->cwd, n) == 0 && path[n] == '/')
		return arena_strdup(l->arena, path + n + 1);
	return arena_strdup(l->arena, path);
}

bool source_is_remote(const char *path)
{
	static const char *const starts[] = { "oci://", "https://", "http://",    "git://",
					      "ssh://", "git@",     "github.com/" };

	for (size_t i = 0; i < ARRAY_LEN(starts); i++)
		if (starts_with(path, starts[i]))
			return true;
	return false;
}

void source_refuse_remote(struct loader *l, const char *path, const struct srcpos *named_at)
{
	struct diag *g = diag_add(l->diags, DIAG_ERROR, named_at,
				  "remote compose file %s: not supported yet", path);

	diag_hint(g, "fetch it and name the local copy");
}

/* Up to max bytes and one more, so that the reader can say where the limit is passed. */
static int read_some(const char *path, size_t max, struct buf *out)
{
	AUTO(fd)
	int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
					: open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	while (out->n <= max) {
		/* A file that ends where it said leaves room for the read that finds it out. */
		size_t want =
			st.st_size > 0 && out->n <= (size_t)st.st_size && (size_t)st.st_size < max
				? (size_t)st.st_size + 1 - out->n
				: 65536;
		ssize_t n = read(fd, buf_space(out, want), want);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0;
		if (n > 0)
			buf_commit(out, (size_t)n);
	}
	return 0;
}

/* False once the files of this load are too many or too long. */
static bool within_budget(struct loader *l, const struct srcpos *named_at, size_t bytes)
{
	struct load_budget *b = l->budget;

	if (!b)
		return true;
	if (b->files > LOAD_FILES_MAX || b->bytes > LOAD_BYTES_MAX)
		return false; /* said already */
	b->files++;
	b->bytes += bytes;
	if (b->files <= LOAD_FILES_MAX && b->bytes <= LOAD_BYTES_MAX)
		return true;
	diag_add(l->diags, DIAG_ERROR, named_at, "the project reads more than %d files or %d MiB",
		 LOAD_FILES_MAX, LOAD_BYTES_MAX >> 20);
	return false;
}

bool source_read(struct loader *l, const char *path, const struct srcpos *named_at,
		 struct source *ret)
{
	AUTO(buf) struct buf text = BUF_INIT;
	int r;

	*ret = (struct source){ .path = path, .shown = source_shown(l, path) };
	r = read_some(path, YAML_BYTES_MAX, &text);
	if (r < 0) {
		diag_add(l->diags, DIAG_ERROR, named_at, "open %s: %s", path,
			 r == -ENOENT ? "no such file or directory" : strerror(-r));
		return false;
	}
	if (!within_budget(l, named_at, text.n))
		return false;
	if (strcmp(path, "-") == 0)
		diags_source(l->diags, ret->shown, buf_str(&text));
	return yaml_read(l->arena, l->diags, ret->shown, buf_str(&text), text.n, &ret->docs) == 0;
}

int source_read_env(struct loader *l, const char *path, bool raw, const struct env *first,
		    const struct env *second, struct env *out)
{
	AUTO(buf) struct buf text = BUF_INIT;
	const struct dotenv e = { .file = source_shown(l, path),
				  .lookup = { first, second },
				  .out = out,
				  .d = l->diags };
	int r = read_some(path, DOTENV_BYTES_MAX, &text);

	if (r < 0)
		return r;
	if (text.n > DOTENV_BYTES_MAX) {
		diag_add(l->diags, DIAG_ERROR, &(struct srcpos){ .file = e.file },
			 "the file is larger than %d MiB", DOTENV_BYTES_MAX >> 20);
		return -EINVAL;
	}
	return (raw ? dotenv_parse_raw : dotenv_parse)(&e, buf_str(&text), text.n) < 0 ? -EINVAL
										       : 0;
}
