/*
 * image/tarball.h - tars made by hand, for tests of what no tar program would write.
 *
 * Owns:    the caller's buf.
 * Units:   none.
 * Errors:  none.
 * Thread:  one.
 * Source:  pax(1) ustar.
 */
#ifndef IMAGE_TARBALL_H
#define IMAGE_TARBALL_H

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fdio.h"

/* A test names only what matters to it; the rest is zero. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

struct tar_entry {
	const char *name;
	char type;        /* '0' file, '5' directory, ... */
	const char *text; /* content, or target of a link */
	unsigned mode, uid;
	unsigned mtime;
	unsigned major, minor;
};

static inline void tarball_add(struct buf *b, const struct tar_entry *en)
{
	bool is_link = en->type == '1' || en->type == '2';
	size_t n = en->text && !is_link ? strlen(en->text) : 0;
	char h[512] = { 0 };
	unsigned sum = 0;

	(void)snprintf(h, 100, "%s", en->name);
	(void)snprintf(h + 100, 8, "%07o", en->mode ? en->mode : en->type == '5' ? 0755 : 0644);
	(void)snprintf(h + 108, 8, "%07o", en->uid);
	(void)snprintf(h + 116, 8, "%07o", en->uid);
	(void)snprintf(h + 124, 12, "%011o", (unsigned)n);
	(void)snprintf(h + 136, 12, "%011o", en->mtime);
	h[156] = en->type;
	if (is_link)
		(void)snprintf(h + 157, 100, "%s", en->text);
	memcpy(h + 257, "ustar\00000", 8);
	(void)snprintf(h + 329, 8, "%07o", en->major);
	(void)snprintf(h + 337, 8, "%07o", en->minor);
	memset(h + 148, ' ', 8);
	for (size_t i = 0; i < sizeof(h); i++)
		sum += (unsigned char)h[i];
	(void)snprintf(h + 148, 7, "%06o", sum);
	buf_add(b, h, sizeof(h));
	buf_add(b, en->text ? en->text : "", n);
	while (b->n % 512)
		buf_addch(b, '\0');
}

/* The archive's end, and all of it as a descriptor to read from. */
static inline int tarball_open(struct buf *b)
{
	static const char zero[1024];
	int fd = memfd_create("tar", MFD_CLOEXEC);

	buf_add(b, zero, sizeof(zero));
	if (fd < 0 || fd_write_all(fd, b->p, b->n) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	return fd;
}

#endif
