/*
 * image/testdir.h - a directory for one test, and files in it; included by *_test.c and *_fuzz.c
 * only.
 *
 * Owns:    testdir_done() removes the directory.
 * Units:   none.
 * Errors:  abort.
 * Thread:  one.
 * Source:  mkdtemp(3).
 */
#ifndef IMAGE_TESTDIR_H
#define IMAGE_TESTDIR_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/path.h"
#include "base/strv.h"

struct testdir {
	char path[64];
	int fd;
};

static inline void testdir_init(struct testdir *t)
{
	(void)snprintf(t->path, sizeof(t->path), "/tmp/image-test-XXXXXX");
	if (!mkdtemp(t->path))
		abort();
	t->fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->fd < 0)
		abort();
}

static inline void testdir_done(struct testdir *t)
{
	fd_close(&t->fd);
	(void)tree_remove(AT_FDCWD, t->path, NULL);
}

static inline void testdir_write(const struct testdir *t, const char *name, const char *text)
{
	AUTO(mem) char *dir = path_dir(name);

	if (dir_make(t->fd, dir, 0755, NULL) < 0 ||
	    file_write(t->fd, name, text, strlen(text), 0644, false, NULL) < 0)
		abort();
}

#endif
