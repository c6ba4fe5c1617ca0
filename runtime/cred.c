#include "runtime/cred.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fdio.h"
#include "runtime/user.h"

static void take_user(struct identity *id, struct user *u, const struct spec_process *p)
{
	size_t extra = p->n_gids;

	id->uid = u->uid;
	id->gid = u->gid;
	id->groups = xcalloc(u->n_groups + extra + 1, sizeof(gid_t));
	/* The primary group is in the list as well: a program that drops it from its own ids must not
	 * lose what files deny to the group (CVE-2022-36109). */
	id->groups[id->n_groups++] = u->gid;
	for (size_t i = 0; i < u->n_groups; i++)
		id->groups[id->n_groups++] = u->groups[i];
	for (size_t i = 0; i < extra; i++)
		id->groups[id->n_groups++] = p->gids[i];
}

/* Later entries of the same name win, as in a shell. */
static void set_environment(struct identity *id, const struct spec_process *p)
{
	for (char **v = p->env; v && *v; v++)
		strv_add(&id->env, *v);
}

static void set_home(struct identity *id, int rootfd, const char *home)
{
	AUTO(mem) char *found = NULL;

	if (strv_env_get(&id->env, "HOME"))
		return;
	if (!home || !*home)
		home = found = user_home(rootfd, id->uid);
	strv_env_set(&id->env, "HOME", home && *home ? home : "/");
}

int identity_resolve(const struct spec_process *p, int rootfd, struct identity *ret, struct err **e)
{
	AUTO(user) struct user u = { 0 };
	struct identity id = { .uid = p->uid, .gid = p->gid };
	int r;

	set_environment(&id, p);
	if (p->username) {
		r = user_resolve(rootfd, p->username, &u, e);
		if (r < 0) {
			identity_done(&id);
			return r;
		}
		take_user(&id, &u, p);
	} else {
		id.groups = xmemdup(p->gids, p->n_gids * sizeof(gid_t));
		id.n_groups = p->n_gids;
	}
	set_home(&id, rootfd, u.home);
	*ret = id;
	return 0;
}

void identity_done(struct identity *id)
{
	free(id->groups);
	strv_done(&id->env);
	*id = (struct identity){ 0 };
}

/* The caller is inside the container's root, so plain paths stay there. */
int cwd_enter(const char *cwd, bool make, bool *ret_later, struct err **e)
{
	AUTO(fd) int made = -1;
	AUTO(fd) int root = -1;

	*ret_later = false;
	if (chdir(cwd) == 0)
		return 0;
	if (errno == EACCES) {
		*ret_later = true;
		return 0;
	}
	if (errno == ENOTDIR)
		return err_set(e, ENOTDIR, "Cannot mkdir: %s is not a directory", cwd);
	if (errno != ENOENT)
		return err_sys(e, errno, "chdir to cwd (\"%s\") set in config.json", cwd);
	if (!make)
		return err_set(e, ENOENT,
			       "chdir to cwd (\"%s\") set in config.json failed: no such file or directory",
			       cwd);
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys(e, errno, "open the container's root");
	made = dir_make_in_root(root, cwd, 0755);
	if (made < 0)
		return err_sys(e, -made, "mkdir %s", cwd);
	return fchdir(made) < 0 ? err_sys(e, errno, "chdir to \"%s\"", cwd) : 0;
}

int cwd_check(struct err **e)
{
	char here[4096];

	/* The kernel writes "(unreachable)" in front of a directory outside the root; glibc then
	 * answers ENOENT. */
	if (syscall(SYS_getcwd, here, sizeof(here)) < 0 || *here != '/')
		return err_set(e, EPERM, "the working directory is outside of the container");
	return 0;
}

static int write_label(int proc_fd, const char *file, const char *label, struct err **e)
{
	AUTO(fd) int fd = openat(proc_fd, file, O_WRONLY | O_CLOEXEC);
	struct statfs fs;
	int r;

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return err_set(e, EINVAL, "%s is not in procfs", file);
	r = fd_write_all(fd, label, strlen(label));
	return r < 0 ? err_sys(e, -r, "write the label \"%s\"", label) : 0;
}

static bool apparmor_enabled(void)
{
	AUTO(buf) struct buf b = BUF_INIT;

	return file_read(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", 16, &b, NULL) == 0 &&
	       *buf_str(&b) == 'Y';
}

int label_exec(const struct spec_process *p, int proc_fd, struct err **e)
{
	AUTO(mem) char *text = NULL;
	int r = 0;

	if (p->apparmor && *p->apparmor && apparmor_enabled()) {
		text = xasprintf("exec %s", p->apparmor);
		r = write_label(proc_fd, "thread-self/attr/apparmor/exec", text, e);
		if (r == -ENOENT)
			r = write_label(proc_fd, "thread-self/attr/exec", text, e);
		if (r < 0)
			return r;
	}
	if (p->selinux && *p->selinux && access("/sys/fs/selinux", F_OK) == 0)
		r = write_label(proc_fd, "thread-self/attr/exec", p->selinux, e);
	return r;
}

void stdio_chown(uid_t uid, gid_t gid)
{
	struct stat st;

	for (int fd = 0; fd < 3; fd++)
		if (fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) &&
		    (st.st_uid != uid || st.st_gid != gid))
			(void)!fchown(fd, uid, gid);
}

static int set_ids(const struct identity *id, struct err **e)
{
	/* Raw calls: the libc ones would look for other threads. */
	if (syscall(SYS_setgroups, id->n_groups, id->groups) < 0 &&
	    !(errno == EPERM && id->n_groups == 0))
		return err_sys(e, errno, "setgroups");
	if (syscall(SYS_setresgid, id->gid, id->gid, id->gid) < 0)
		return err_sys(e, errno, "setgid to %u", id->gid);
	if (syscall(SYS_setresuid, id->uid, id->uid, id->uid) < 0)
		return err_sys(e, errno, "setuid to %u", id->uid);
	return 0;
}

static int set_rlimits(const struct spec_process *p, pid_t pid, struct err **e)
{
	for (size_t i = 0; i < p->n_rlimits; i++) {
		struct rlimit lim = { p->rlimits[i].soft, p->rlimits[i].hard };

		if (prlimit(pid, (enum __rlimit_resource)p->rlimits[i].resource, &lim, NULL) < 0)
			return err_sys(e, errno, "set rlimit %s to %llu:%llu",
				       spec_rlimit_name(p->rlimits[i].resource),
				       (unsigned long long)lim.rlim_cur,
				       (unsigned long long)lim.rlim_max);
	}
	return 0;
}

int cred_apply(const struct spec_process *p, const struct identity *id, bool userns,
	       const struct seccomp_program *filter, int *ret_listener, struct err **e)
{
	uint64_t all = caps_kernel_all();
	struct caps caps = p->caps;
	int r = 0;

	*ret_listener = -1;
	/* No list at all means no capability at all. */
	if (!p->has_caps)
		caps = (struct caps){ .bounding = 0 };
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_sys(e, errno, "keep capabilities over the change of user");
	/* By the process itself while it is still root: from outside it takes a capability that
	 * nested machines lack. In a user namespace it was done before the namespace was entered. */
	if (!userns)
		r = set_rlimits(p, 0, e);
	if (r == 0)
		r = caps_drop_bounding(caps.bounding, all, e);
	if (r == 0 && filter->code && !p->no_new_privs) {
		r = seccomp_install(filter, e);
		if (r >= 0 && filter->wants_listener)
			*ret_listener = r;
	}
	if (r >= 0)
		r = set_ids(id, e);
	if (r == 0)
		r = caps_set(&caps, e);
	if (r == 0 && p->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = err_sys(e, errno, "set no_new_privs");
	return r;
}

static int set_oom_score(const struct spec_process *p, pid_t pid, int proc_fd, bool userns,
			 struct err **e)
{
	AUTO(mem) char *path = NULL;
	char text[16];
	struct err *first = NULL;
	int r;

	if (!p->has_oom_score_adj)
		return 0;
	path = xasprintf("%d/oom_score_adj", (int)pid);
	(void)snprintf(text, sizeof(text), "%d", p->oom_score_adj);
	r = file_put(proc_fd, path, text, &first);
	/* An unprivileged user may not lower it; that is no reason not to start. */
	if (r < 0 && !(userns && (r == -EACCES || r == -EPERM))) {
		if (e)
			*e = first;
		else
			err_free(first);
		return r;
	}
	err_free(first);
	return 0;
}

int limits_apply(const struct spec_process *p, pid_t pid, int proc_fd, bool userns, struct err **e)
{
	int r = userns ? set_rlimits(p, pid, e) : 0;

	return r < 0 ? r : set_oom_score(p, pid, proc_fd, userns, e);
}

struct sched_attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static int row_of(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; name && i < n; i++)
		if (names[i] && streq(names[i], name))
			return (int)i;
	return -1;
}

static int set_scheduler(const struct json *j, struct err **e)
{
	static const char *const policies[] = { "SCHED_OTHER", "SCHED_FIFO",	 "SCHED_RR",
						"SCHED_BATCH", "SCHED_ISO",	 "SCHED_IDLE",
						"SCHED_DEADLINE" };
	static const char *const flags[] = { "SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM",
					     "SCHED_FLAG_DL_OVERRUN", "SCHED_FLAG_KEEP_POLICY",
					     "SCHED_FLAG_KEEP_PARAMS", "SCHED_FLAG_UTIL_CLAMP_MIN",
					     "SCHED_FLAG_UTIL_CLAMP_MAX" };
	int policy = row_of(policies, ARRAY_LEN(policies), json_str(j, "policy", NULL));
	struct sched_attributes a = {
		.size = sizeof(a),
		.policy = (uint32_t)policy,
		.nice = (int32_t)json_int(j, "nice", 0),
		.priority = (uint32_t)json_int(j, "priority", 0),
		.runtime = (uint64_t)json_int(j, "runtime", 0),
		.deadline = (uint64_t)json_int(j, "deadline", 0),
		.period = (uint64_t)json_int(j, "period", 0),
	};

	if (policy < 0)
		return err_set(e, EINVAL, "process.scheduler: unknown policy \"%s\"",
			       json_str(j, "policy", ""));
	JSON_EACH(f, json_get(j, "flags")) {
		int bit = row_of(flags, ARRAY_LEN(flags), json_text(f));

		if (bit < 0)
			return err_set(e, EINVAL, "process.scheduler: unknown flag");
		a.flags |= (uint64_t)1 << bit;
	}
	if (syscall(SYS_sched_setattr, 0, &a, 0) < 0)
		return err_sys(e, errno, "set the scheduler");
	return 0;
}

int scheduling_apply(const struct spec_process *p, struct err **e)
{
	static const char *const classes[] = { NULL, "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE",
					       "IOPRIO_CLASS_IDLE" };
	const struct json *io = json_get(p->json, "ioPriority");
	const struct json *scheduler = json_get(p->json, "scheduler");

	if (json_is(io, JSON_OBJ)) {
		int class = row_of(classes, ARRAY_LEN(classes), json_str(io, "class", NULL));
		int prio = (int)json_int(io, "priority", 0);

		if (class < 0)
			return err_set(e, EINVAL, "process.ioPriority: unknown class");
		if (syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, class << 13 | prio) < 0)
			return err_sys(e, errno, "set the I/O priority");
	}
	return json_is(scheduler, JSON_OBJ) ? set_scheduler(scheduler, e) : 0;
}
