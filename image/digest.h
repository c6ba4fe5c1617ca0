/*
 * image/digest.h - SHA-256 of large data, in this thread or in one of its own.
 *
 * A digest_pipe takes bytes as they pass by, hashes them in a thread and writes them to a file if
 * asked to: reading, hashing, and unpacking then overlap.
 *
 * Owns:    *_free releases; a pipe borrows the descriptor it writes to.
 * Units:   bytes; digests are the text "sha256:<64 hex>".
 * Errors:  a failed write of the pipe is reported by digest_pipe_end().
 * Thread:  one thread feeds one digest or pipe.
 * Source:  EVP_DigestUpdate(3).
 */
#ifndef IMAGE_DIGEST_H
#define IMAGE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { DIGEST_TEXT_SIZE = 72 };

struct digest;
struct digest *digest_new(void);
void digest_free(struct digest *d);
static inline void digest_autop(struct digest **d)
{
	digest_free(*d);
}
void digest_add(struct digest *d, const void *p, size_t n);
/* Ready for the next message afterwards. */
void digest_end(struct digest *d, char ret[DIGEST_TEXT_SIZE]);
void digest_of(const void *p, size_t n, char ret[DIGEST_TEXT_SIZE]);

struct digest_pipe;
/* tee_fd >= 0: everything is also written there. */
int digest_pipe_start(int tee_fd, struct digest_pipe **ret, struct err **e);
/* Copies the bytes; waits while the thread is too far behind. */
void digest_pipe_add(struct digest_pipe *p, const void *data, size_t n);
/* Waits for the thread. ret_size may be NULL. */
int digest_pipe_end(struct digest_pipe *p, char ret[DIGEST_TEXT_SIZE], uint64_t *ret_size,
		    struct err **e);
/* Ends the thread if it still runs. */
void digest_pipe_free(struct digest_pipe *p);
static inline void digest_pipe_autop(struct digest_pipe **p)
{
	digest_pipe_free(*p);
}

#endif
