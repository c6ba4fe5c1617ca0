/*
 * base/rand.h - random identifiers.
 *
 * Owns:    nothing.
 * Units:   n counts random bytes; hex text is twice as long.
 * Errors:  none: the process aborts when the kernel has no randomness.
 * Thread:  any.
 * Source:  getrandom(2).
 */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

void rand_bytes(void *p, size_t n);
/* Writes 2 * n lower-case hex digits and a NUL to out. */
void rand_hex(char *out, size_t n);
/* Any bytes as lower-case hex: 2 * n digits and a NUL. */
void hex_format(char *out, const uint8_t *p, size_t n);

#endif
