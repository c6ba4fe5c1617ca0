/* Namespaces: which flag is which, and joining those that exist already. */
#include "runtime/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#define NS_GET_NSTYPE _IO(0xb7, 0x3)

static const unsigned flags[NS_TYPES] = {
	[NS_USER] = CLONE_NEWUSER, [NS_MOUNT] = CLONE_NEWNS, [NS_PID] = CLONE_NEWPID,
	[NS_NET] = CLONE_NEWNET,   [NS_IPC] = CLONE_NEWIPC,  [NS_UTS] = CLONE_NEWUTS,
	[NS_CGROUP] = CLONE_NEWCGROUP, [NS_TIME] = CLONE_NEWTIME,
};

/* The user namespace last: afterwards the others may not be ours to join; the mount namespace just
 * before, because it changes what paths mean. */
static const enum ns_type join_order[] = { NS_NET, NS_IPC,  NS_UTS,   NS_CGROUP,
					   NS_PID, NS_TIME, NS_MOUNT, NS_USER };

unsigned ns_clone_flag(enum ns_type t)
{
	return flags[t];
}

static int join_one(enum ns_type t, int fd, const char *path, struct err **e)
{
	int kind = ioctl(fd, NS_GET_NSTYPE);

	if (kind < 0 || (unsigned)kind != flags[t])
		return err_set(e, EINVAL, "%s is not a %s namespace", path, ns_type_name(t));
	if (setns(fd, (int)flags[t]) < 0 && !(t == NS_USER && errno == EINVAL))
		return err_sys(e, errno, "join the %s namespace %s", ns_type_name(t), path);
	return 0;
}

int ns_join(const struct spec *s, unsigned mask, struct err **e)
{
	int fds[NS_TYPES];
	int r = 0;

	for (int t = 0; t < NS_TYPES; t++) {
		fds[t] = -1;
		if (!(mask & 1u << t) || !s->ns[t].path)
			continue;
		fds[t] = open(s->ns[t].path, O_RDONLY | O_CLOEXEC);
		if (fds[t] < 0 && r == 0)
			r = err_sys(e, errno, "open the %s namespace %s",
				    ns_type_name((enum ns_type)t), s->ns[t].path);
	}
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(join_order); i++) {
		enum ns_type t = join_order[i];

		if (fds[t] >= 0)
			r = join_one(t, fds[t], s->ns[t].path, e);
	}
	for (int t = 0; t < NS_TYPES; t++)
		fd_close(&fds[t]);
	return r;
}
