/*
 * A whole compose file: it loads, or there is a message. What loads prints YAML that loads again and
 * prints the same.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "compose/load/emit.h"
#include "compose/load/load.h"
#include "compose/load/project_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The text as a file; its path lives in path. */
static int make_file(const void *p, size_t n, char path[64])
{
	int fd = memfd_create("compose", MFD_CLOEXEC);

	assert(fd >= 0 && write(fd, p, n) == (ssize_t)n);
	assert(snprintf(path, 64, "/proc/self/fd/%d", fd) > 0);
	return fd;
}

static struct loaded *load(const void *p, size_t n)
{
	static char *const environment[] = { (char *)"A=1", (char *)"B=two words",
					     (char *)"COMPOSE_DISABLE_ENV_FILE=1", NULL };
	AUTO(diags) struct diags *d = diags_new();
	struct loaded *loaded = NULL;
	char path[64];
	const char *const files[] = { path };
	int fd = make_file(p, n, path);
	int r = project_load(&(struct load_options){ .files = files,
						     .n_files = 1,
						     .project_name = "fuzz",
						     .project_directory = "/nonexistent",
						     .environ = environment },
			     &loaded, d);

	if (r < 0) {
		AUTO(mem) char *text = diags_format(d, DIAG_ERROR, false);

		assert(*text);
	}
	close(fd);
	return loaded;
}

/* "$" is doubled in what `config` prints. */
static void doubled(const char *text, struct buf *out)
{
	for (; *text; text++) {
		buf_addch(out, *text);
		if (*text == '$')
			buf_addch(out, '$');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(loaded) struct loaded *first = load(data, size), *second = NULL;
	AUTO(buf) struct buf text = BUF_INIT;
	AUTO(mem) char *once = NULL, *twice = NULL;
	AUTO(json) struct json *json = NULL;

	if (!first)
		return 0;
	once = emit_yaml(first->root, /* raw= */ false);
	json = project_to_json(first);
	assert(json);
	doubled(once, &text);
	second = load(buf_str(&text), text.n);
	if (!second || strstr(once, "$"))
		return 0; /* files it names may not exist; keys keep doubled signs */
	twice = emit_yaml(second->root, /* raw= */ false);
	assert(strcmp(once, twice) == 0);
	return 0;
}
