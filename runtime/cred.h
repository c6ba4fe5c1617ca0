/*
 * runtime/cred.h - what a process may do: identity, capabilities, limits, labels; shared by the
 * container's init and by exec.
 *
 * Owns:    identity_done() frees.
 * Units:   none.
 * Errors:  as usual.
 * Thread:  changes the calling process.
 * Source:  capabilities(7), credentials(7); runtime-spec config.md "User", "Capabilities".
 */
#ifndef RUNTIME_CRED_H
#define RUNTIME_CRED_H

#include <sys/types.h>

#include "base/err.h"
#include "base/strv.h"
#include "runtime/seccomp.h"
#include "runtime/spec.h"

/* Who the process will be, and its final environment. */
struct identity {
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	size_t n_groups;
	struct strv env;
};

/* rootfd: the container's root, where names and home directories are looked up. */
int identity_resolve(const struct spec_process *p, int rootfd, struct identity *ret, struct err **e);
void identity_done(struct identity *id);

/* chdir, making a missing directory if make; -EACCES is left for after the change of user. */
int cwd_enter(const char *cwd, bool make, bool *ret_later, struct err **e);
/* The working directory must lie inside the root. */
int cwd_check(struct err **e);
/* Labels for the next execve. */
int label_exec(const struct spec_process *p, int proc_fd, struct err **e);
/* Standard streams that are pipes or sockets become the user's, so that /dev/stdout can be opened. */
void stdio_chown(uid_t uid, gid_t gid);
/* Limits, bounding set, identity, capabilities, no_new_privs and the filter, in the order that works.
 * A filter for a process with no_new_privs is left for the caller to load last. */
int cred_apply(const struct spec_process *p, const struct identity *id, bool userns,
	       const struct seccomp_program *filter, int *ret_listener, struct err **e);
/* On another process: the oom score, and limits when it has a user namespace. proc_fd is the host's procfs. */
int limits_apply(const struct spec_process *p, pid_t pid, int proc_fd, bool userns,
		 struct err **e);
/* scheduler and ioPriority of the calling process. */
int scheduling_apply(const struct spec_process *p, struct err **e);

#endif
