/*
 * runtime/seccomp_compact.h - the same filter in fewer instructions.
 *
 * libseccomp tests call numbers one by one. Here the program is run on all numbers at once, as intervals,
 * and written anew: per architecture one search among the numbers at which the answer changes. Only where
 * an answer depends on arguments the instructions that look at them are taken over as they are. The kernel
 * checks, translates and tries out a program each time it is loaded, so a third of the instructions is a
 * third of the time.
 *
 * Owns:    nothing; the result is the caller's.
 * Units:   lengths count instructions.
 * Errors:  none: what is not understood is left as it is.
 * Thread:  any.
 * Source:  kernel Documentation/networking/filter.rst, seccomp(2).
 */
#ifndef RUNTIME_SECCOMP_COMPACT_H
#define RUNTIME_SECCOMP_COMPACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sock_filter;

/* arches: the AUDIT_ARCH_* numbers that the program tells apart, each once. On true *ret (for free(3))
 * answers every call as the program does, and is shorter; on false there is no such program. */
bool seccomp_compact(const struct sock_filter *in, size_t n, const uint32_t *arches,
		     size_t n_arches, struct sock_filter **ret, size_t *ret_n);

#endif
