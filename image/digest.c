#include "image/digest.h"

#include <assert.h>
#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>

#include "base/fdio.h"
#include "base/rand.h"

struct digest {
	EVP_MD_CTX *ctx;
};

struct digest *digest_new(void)
{
	struct digest *d = xcalloc(1, sizeof(*d));

	d->ctx = EVP_MD_CTX_new();
	if (!d->ctx || EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL) != 1)
		abort(); /* libcrypto without memory or without SHA-256 */
	return d;
}

void digest_free(struct digest *d)
{
	if (!d)
		return;
	EVP_MD_CTX_free(d->ctx);
	free(d);
}

void digest_add(struct digest *d, const void *p, size_t n)
{
	(void)EVP_DigestUpdate(d->ctx, p, n);
}

void digest_end(struct digest *d, char ret[DIGEST_TEXT_SIZE])
{
	uint8_t raw[32];

	(void)EVP_DigestFinal_ex(d->ctx, raw, NULL);
	(void)EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL);
	memcpy(ret, "sha256:", 7);
	hex_format(ret + 7, raw, sizeof(raw));
}

void digest_of(const void *p, size_t n, char ret[DIGEST_TEXT_SIZE])
{
	AUTO(digest) struct digest *d = digest_new();

	digest_add(d, p, n);
	digest_end(d, ret);
}

/* Blocks wander round a ring: the feeder fills ring[tail], the thread empties ring[head]. */
enum { RING_BLOCKS = 4, BLOCK_SIZE = 1 << 20 };

struct block {
	size_t n;
	char *data;
};

struct digest_pipe {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct block ring[RING_BLOCKS];
	size_t head, tail; /* count up; tail - head blocks are full */
	bool is_running, is_ended;
	int tee_fd;
	int write_error; /* first -errno of the thread */
	uint64_t size;
	struct digest *digest;
};

static void use_block(struct digest_pipe *p, const struct block *b)
{
	digest_add(p->digest, b->data, b->n);
	if (p->tee_fd >= 0 && !p->write_error)
		p->write_error = fd_write_all(p->tee_fd, b->data, b->n);
}

static void *pipe_thread(void *arg)
{
	struct digest_pipe *p = arg;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->head == p->tail && !p->is_ended)
			pthread_cond_wait(&p->changed, &p->lock);
		if (p->head == p->tail)
			break;
		pthread_mutex_unlock(&p->lock);
		use_block(p, &p->ring[p->head % RING_BLOCKS]);
		pthread_mutex_lock(&p->lock);
		p->head++;
		pthread_cond_signal(&p->changed);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

int digest_pipe_start(int tee_fd, struct digest_pipe **ret, struct err **e)
{
	struct digest_pipe *p = xcalloc(1, sizeof(*p));
	int r;

	p->tee_fd = tee_fd;
	p->digest = digest_new();
	for (size_t i = 0; i < RING_BLOCKS; i++)
		p->ring[i].data = xmalloc(BLOCK_SIZE);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->changed, NULL);
	r = pthread_create(&p->thread, NULL, pipe_thread, p);
	if (r != 0) {
		digest_pipe_free(p);
		return err_sys(e, r, "start a hashing thread");
	}
	p->is_running = true;
	*ret = p;
	return 0;
}

/* Hands the block being filled to the thread and waits for room for the next one. */
static void pass_block(struct digest_pipe *p)
{
	pthread_mutex_lock(&p->lock);
	p->tail++;
	pthread_cond_signal(&p->changed);
	while (p->tail - p->head == RING_BLOCKS)
		pthread_cond_wait(&p->changed, &p->lock);
	pthread_mutex_unlock(&p->lock);
	p->ring[p->tail % RING_BLOCKS].n = 0;
}

void digest_pipe_add(struct digest_pipe *p, const void *data, size_t n)
{
	const char *from = data;

	p->size += n;
	while (n) {
		struct block *b = &p->ring[p->tail % RING_BLOCKS];
		size_t part = n < BLOCK_SIZE - b->n ? n : BLOCK_SIZE - b->n;

		memcpy(b->data + b->n, from, part);
		b->n += part;
		from += part;
		n -= part;
		if (b->n == BLOCK_SIZE)
			pass_block(p);
	}
}

static void stop_thread(struct digest_pipe *p)
{
	if (!p->is_running)
		return;
	if (p->ring[p->tail % RING_BLOCKS].n)
		pass_block(p);
	pthread_mutex_lock(&p->lock);
	p->is_ended = true;
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	p->is_running = false;
}

int digest_pipe_end(struct digest_pipe *p, char ret[DIGEST_TEXT_SIZE], uint64_t *ret_size,
		    struct err **e)
{
	assert(p->is_running);
	stop_thread(p);
	if (p->write_error)
		return err_sys(e, -p->write_error, "store the data read");
	digest_end(p->digest, ret);
	if (ret_size)
		*ret_size = p->size;
	return 0;
}

void digest_pipe_free(struct digest_pipe *p)
{
	if (!p)
		return;
	stop_thread(p);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->changed);
	for (size_t i = 0; i < RING_BLOCKS; i++)
		free(p->ring[i].data);
	digest_free(p->digest);
	free(p);
}
