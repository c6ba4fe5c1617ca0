#include "compose/cmd/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fdio.h"
#include "base/num.h"

enum { SMALL = 64 << 10, PASSWD_MAX = 4 << 20 };

static int read_text(int dirfd, const char *name, struct buf *out)
{
	return file_read(dirfd, name, SMALL, out, NULL);
}

/* Some line of /proc/PID/cgroup has the container's id in its path, whatever the hierarchy. */
static bool is_member(int dirfd, const char *id)
{
	AUTO(buf) struct buf text = BUF_INIT;

	return read_text(dirfd, "cgroup", &text) == 0 && strstr(buf_str(&text), id) != NULL;
}

static int64_t boot_wall_ns(void)
{
	return clock_wall_ns() - clock_mono_ns();
}

/* Fields 3 and on of stat: what stands in front may hold blanks and parentheses. */
static int read_stat(int dirfd, struct proc *p, struct buf *name)
{
	AUTO(buf) struct buf text = BUF_INIT;
	unsigned long long utime, stime, start;
	char *open_paren, *close_paren, state;
	int parent, tty;

	if (read_text(dirfd, "stat", &text) < 0)
		return -ESRCH;
	open_paren = strchr(text.p, '(');
	close_paren = strrchr(text.p, ')');
	if (!open_paren || !close_paren)
		return -ESRCH;
	buf_add(name, open_paren + 1, (size_t)(close_paren - open_paren) - 1);
	if (sscanf(close_paren + 1,
		   " %c %d %*d %*d %d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d %llu",
		   &state, &parent, &tty, &utime, &stime, &start) != 6)
		return -ESRCH;
	p->parent = parent;
	p->tty = tty;
	p->ticks = utime + stime;
	p->start_ns = boot_wall_ns() + (int64_t)(start * (1000000000ull / (unsigned)sysconf(_SC_CLK_TCK)));
	return 0;
}

static char *command_text(int dirfd, const struct buf *name)
{
	AUTO(buf) struct buf text = BUF_INIT;

	if (read_text(dirfd, "cmdline", &text) < 0 || text.n == 0)
		return xasprintf("[%s]", buf_str(name));
	for (size_t i = 0; i + 1 < text.n; i++)
		if (text.p[i] == '\0' || text.p[i] == '\n')
			text.p[i] = ' ';
	return buf_take(&text);
}

static int read_process(int procfd, const char *pid, const char *id, struct proc *p)
{
	AUTO(fd) int dirfd = openat(procfd, pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(buf) struct buf name = BUF_INIT;
	struct stat st;

	if (dirfd < 0 || !is_member(dirfd, id) || fstat(dirfd, &st) < 0)
		return -ESRCH;
	*p = (struct proc){ .pid = (pid_t)strtol(pid, NULL, 10), .uid = st.st_uid };
	if (read_stat(dirfd, p, &name) < 0)
		return -ESRCH;
	p->command = command_text(dirfd, &name);
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct proc *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

int procs_of(const char *id, struct procs *ret, struct err **e)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;

	if (!dir)
		return err_sys(e, errno, "open /proc");
	while ((d = readdir(dir))) {
		struct proc p;

		if (!isdigit((unsigned char)d->d_name[0]) ||
		    read_process(dirfd(dir), d->d_name, id, &p) < 0)
			continue;
		ARRAY_RESERVE(ret->v, ret->n, ret->cap);
		ret->v[ret->n++] = p;
	}
	(void)closedir(dir);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_pid);
	return 0;
}

void procs_done(struct procs *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].command);
	free(p->v);
	*p = (struct procs){ 0 };
}

char *proc_user(uid_t uid)
{
	AUTO(buf) struct buf text = BUF_INIT;
	AUTO(mem) char *number = xasprintf("%u", uid);
	struct str rest;

	if (file_read(AT_FDCWD, "/etc/passwd", PASSWD_MAX, &text, NULL) < 0)
		return TAKE_PTR(number);
	rest = str_of(buf_str(&text));
	while (rest.p) {
		struct str line = str_cut(&rest, '\n');
		struct str name = str_cut(&line, ':');

		(void)str_cut(&line, ':');
		if (str_eq(str_cut(&line, ':'), number))
			return str_dup(name);
	}
	return TAKE_PTR(number);
}
