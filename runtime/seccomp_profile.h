/*
 * runtime/seccomp_profile.h - the built-in system call filter, as rows.
 *
 * Everything not named is refused with EPERM. Rows that need a capability count only for a container
 * that has it in its bounding set. Kernel versions are not conditions: every kernel we run on is newer
 * than the oldest the profile asks for.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  none.
 * Thread:  any.
 * Source:  moby/profiles seccomp default profile, 2026-06: same calls, same conditions.
 */
#ifndef RUNTIME_SECCOMP_PROFILE_H
#define RUNTIME_SECCOMP_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Part of the key of cached programs: change it with the rows. */
#define PROFILE_VERSION "2026-06"

/* MASKED_EQ compares (argument & value) with 0. */
enum profile_op { PROFILE_LT, PROFILE_EQ, PROFILE_GT, PROFILE_MASKED_EQ };

struct profile_arg {
	unsigned index;
	enum profile_op op;
	uint64_t value;
};

struct profile_rule {
	const char *names; /* separated by blanks */
	int errnum;	   /* 0 = allow, else refuse with this */
	bool has_arg;
	struct profile_arg arg;
	uint64_t with_caps;    /* counts only when all are in the bounding set */
	uint64_t without_caps; /* counts only when none is */
	const char *with_arches, *without_arches; /* Go names; NULL = any */
};

const struct profile_rule *profile_rules(size_t *ret_n);

#endif
