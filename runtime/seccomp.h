/*
 * runtime/seccomp.h - the system call filter of a container as a ready BPF program.
 *
 * Compiling the default profile for three architectures takes some ten milliseconds, so the result is
 * kept as a file named after everything it depends on; later containers read it in one go.
 *
 * Owns:    seccomp_program_done() frees the code.
 * Units:   n counts BPF instructions.
 * Errors:  -EINVAL for unknown values of known enums; a damaged cache file is compiled anew.
 * Thread:  seccomp_install changes the calling thread for good.
 * Source:  runtime-spec config-linux.md "Seccomp"; seccomp(2).
 */
#ifndef RUNTIME_SECCOMP_H
#define RUNTIME_SECCOMP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "runtime/spec.h"

struct sock_filter;

struct seccomp_program {
	struct sock_filter *code; /* NULL = no filter */
	size_t n;
	unsigned flags;	     /* SECCOMP_FILTER_FLAG_* */
	bool wants_listener; /* some rule notifies */
};

/* The filter of config.json, or of the annotation; code == NULL when it has none. cache_dir may be
 * NULL (nothing is kept); it is made when missing. */
int seccomp_prepare(const struct spec *s, const char *cache_dir, struct seccomp_program *ret,
		    struct err **e);
/* Returns 0, or the notification descriptor when wants_listener. */
int seccomp_install(const struct seccomp_program *p, struct err **e);
void seccomp_program_done(struct seccomp_program *p);
static inline void seccomp_program_autop(struct seccomp_program *p)
{
	seccomp_program_done(p);
}

/* For `features`. */
const char *seccomp_action_name(size_t i);
const char *seccomp_operator_name(size_t i);
const char *seccomp_arch_name(size_t i);
const char *seccomp_flag_name(size_t i);

#endif
