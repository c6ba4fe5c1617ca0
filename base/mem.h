/*
 * base/mem.h - allocation that cannot fail, and release tied to scope.
 *
 * Owns:    nothing; every x* function returns memory for free(3).
 * Units:   bytes.
 * Errors:  a failed allocation prints one line on stderr and aborts. Sizes that come from outside
 *          are checked against their limit by the caller first.
 * Thread:  any.
 * Source:  gcc manual "Common Variable Attributes", cleanup.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

void *xmalloc(size_t n);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t n);
/* NULL in, NULL out. */
char *xstrdup(const char *s);
/* At most n bytes of s, always NUL-terminated. */
char *xstrndup(const char *s, size_t n);
void *xmemdup(const void *p, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/* Grows ARRAY (of COUNT used, CAP allocated elements) so that one more element fits. */
#define ARRAY_RESERVE(array, count, cap)                                                           \
	do {                                                                                       \
		if ((count) == (cap)) {                                                            \
			(cap) = (cap) ? (cap) * 2 : 8;                                             \
			(array) = xrealloc((array), (cap) * sizeof(*(array)));                     \
		}                                                                                  \
	} while (0)

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* AUTO(T) runs T_autop on the variable when it leaves scope: AUTO(mem) char *s = NULL; */
#define AUTO(T) __attribute__((cleanup(T##_autop)))
#define TAKE_PTR(p)                                                                                \
	({                                                                                         \
		__typeof__(p) took_ = (p);                                                         \
		(p) = NULL;                                                                        \
		took_;                                                                             \
	})
#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int took_ = (fd);                                                                  \
		(fd) = -1;                                                                         \
		took_;                                                                             \
	})

/* For any pointer variable: frees what it points to. */
static inline void mem_autop(void *pp)
{
	free(*(void **)pp);
}
/* Closes *fd when it is >= 0; errno is kept. */
void fd_autop(const int *fd);
/* Closes *fd and sets it to -1; errno is kept. */
void fd_close(int *fd);

#endif
