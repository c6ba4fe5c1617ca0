/*
 * base/sha256.h - SHA-256 for small texts: configuration hashes and computed names.
 *
 * libcrypto is faster and serves image/, but its start-up cost and memory have no place in the
 * command line's and the supervisor's processes, which hash a few kilobytes.
 *
 * Owns:    nothing.
 * Units:   bytes.
 * Errors:  none.
 * Thread:  any one thread at a time per context.
 * Source:  FIPS 180-4.
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
	uint32_t h[8];
	uint64_t n_bytes;
	uint8_t block[64];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *p, size_t n);
void sha256_end(struct sha256 *s, uint8_t ret[32]);
/* 64 hex digits and a NUL. */
void sha256_hex(const void *p, size_t n, char ret[65]);

#endif
