#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/*
 * Chunks grow with the arena. Memory is handed out zeroed because it was never used before, so what
 * costs is the first touch of each page: large arenas ask the kernel for all pages of a chunk at once,
 * and for huge ones when they are so large that 2 MiB more or less are no matter.
 */
enum {
	CHUNK_SMALL = 32 * 1024,
	CHUNK_MAPPED = 256 * 1024,
	CHUNK_HUGE = 2 * 1024 * 1024,
	MAP_FROM = 96 * 1024,        /* bytes in use from which chunks are mapped */
	HUGE_FROM = 2 * 1024 * 1024, /* and from which they are huge */
};

struct chunk {
	struct chunk *next;
	size_t used, size;
	size_t mapped; /* bytes of the mapping, 0 = from malloc */
	alignas(max_align_t) char data[];
};

struct arena {
	struct chunk *head; /* the one being filled */
	size_t used;
};

struct arena *arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	for (struct chunk *c = a->head, *next; c; c = next) {
		next = c->next;
		if (c->mapped)
			munmap(c, c->mapped);
		else
			free(c);
	}
	free(a);
}

static void *map_pages(size_t n, int flags)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* 2 MiB at an address where one page can hold them. */
static void *map_huge(void)
{
	char *p = map_pages(2 * CHUNK_HUGE, 0), *aligned;
	size_t before;

	if (!p)
		return NULL;
	aligned = (char *)(((uintptr_t)p + CHUNK_HUGE - 1) & ~(uintptr_t)(CHUNK_HUGE - 1));
	before = (size_t)(aligned - p);
	if (before)
		munmap(p, before);
	if (before < CHUNK_HUGE)
		munmap(aligned + CHUNK_HUGE, CHUNK_HUGE - before);
	(void)madvise(aligned, CHUNK_HUGE, MADV_HUGEPAGE);
	return aligned;
}

static struct chunk *chunk_new(size_t size)
{
	struct chunk *c = xcalloc(1, sizeof(*c) + size);

	c->size = size;
	return c;
}

/* The chunk to be filled next, for pieces of at least n bytes. */
static struct chunk *chunk_next(const struct arena *a, size_t n)
{
	size_t bytes = a->used >= HUGE_FROM ? CHUNK_HUGE : CHUNK_MAPPED;
	struct chunk *c = NULL;

	if (a->used < MAP_FROM || n > bytes - sizeof(*c))
		return chunk_new(n > CHUNK_SMALL ? n : CHUNK_SMALL);
	c = bytes == CHUNK_HUGE ? map_huge() : map_pages(bytes, MAP_POPULATE);
	if (!c)
		return chunk_new(CHUNK_SMALL);
	c->size = bytes - sizeof(*c);
	c->mapped = bytes;
	return c;
}

static void *alloc(struct arena *a, size_t n, size_t align)
{
	struct chunk *c = a->head;
	size_t at = c ? (c->used + align - 1) & ~(align - 1) : 0;

	if (!c || at > c->size || c->size - at < n) {
		if (c && n > CHUNK_SMALL / 4) {
			/* A big piece gets a chunk of its own behind the one being filled. */
			struct chunk *big = chunk_new(n);

			big->next = c->next;
			c->next = big;
			c = big;
		} else {
			c = chunk_next(a, n);
			c->next = a->head;
			a->head = c;
		}
		at = 0;
	}
	a->used += n;
	c->used = at + n;
	return c->data + at;
}

void *arena_alloc(struct arena *a, size_t n)
{
	return alloc(a, n, alignof(max_align_t));
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *copy = alloc(a, n + 1, 1);

	memcpy(copy, s, n);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_concat(struct arena *a, ...)
{
	va_list ap;
	const char *s;
	char *text, *at;
	size_t n = 1;

	va_start(ap, a);
	while ((s = va_arg(ap, const char *)) != NULL)
		n += strlen(s);
	va_end(ap);
	at = text = alloc(a, n, 1);
	va_start(ap, a);
	while ((s = va_arg(ap, const char *)) != NULL)
		at = stpcpy(at, s);
	va_end(ap);
	*at = '\0';
	return text;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s, *copy;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	copy = arena_strdup(a, s);
	free(s);
	return copy;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}
