/*
 * runtime/user.h - "user[:group]" against the container's own /etc/passwd and /etc/group.
 *
 * Nothing of the host's name services is asked, and nothing found in the image is executed.
 *
 * Owns:    user_done() frees groups and home.
 * Units:   ids 0 to 2^31 - 1.
 * Errors:  an unknown name is ENOKEY, never root; an overlong file or number is an error.
 * Thread:  any.
 * Source:  passwd(5), group(5); moby "USER" semantics.
 */
#ifndef RUNTIME_USER_H
#define RUNTIME_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct user {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary */
	size_t n_groups;
	char *home; /* NULL when passwd does not tell */
};

/* spec is "user", "uid", "user:group" ...; rootfd is the container's root. */
int user_resolve(int rootfd, const char *spec, struct user *ret, struct err **e);
/* The home directory of uid, for free(3); NULL when unknown. */
char *user_home(int rootfd, uid_t uid);
void user_done(struct user *u);
static inline void user_autop(struct user *u)
{
	user_done(u);
}

#endif
